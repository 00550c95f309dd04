package proof

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
)

// Serve runs the application on a free local port until the test ends, and returns its address,
// such as `http://127.0.0.1:40123`.
func Serve(t testing.TB, app *fiber.App) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		_ = app.ShutdownWithTimeout(time.Second)
		_ = listener.Close()
		<-ended
	})
	return "http://" + listener.Addr().String()
}

// SlowServer answers every request with 200, but only after the delay, and returns its address.
// With a delay of an hour it never answers.
func SlowServer(t testing.TB, delay time.Duration) string {
	t.Helper()
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			w.WriteHeader(http.StatusOK)
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	t.Cleanup(func() { close(stop); server.CloseClientConnections(); server.Close() })
	return server.URL
}
