// Package admin answers the platform, on a listener that is never published: health, readiness, metrics, profiles.
package admin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const readyTimeout = time.Second

// Server is a net/http server, so it answers while Fiber drains.
type Server struct {
	http.Server

	draining atomic.Bool
}

// New returns a server that asks ready whether requests can be served.
func New(address string, ready func(context.Context) error, metrics prometheus.Gatherer, log *slog.Logger) *Server {
	s := &Server{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "ok") // without the database: its outage is no reason to restart this process
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if s.draining.Load() {
			answer(w, http.StatusServiceUnavailable, "shutting down")
		} else if err := ready(ctx); err != nil {
			log.WarnContext(ctx, "not ready", "error", err.Error())
			answer(w, http.StatusServiceUnavailable, "database unavailable")
		} else {
			answer(w, http.StatusOK, "ok")
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	s.Server = http.Server{
		Addr:              address,
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      90 * time.Second, // a profile takes 30 seconds unless asked otherwise
		IdleTimeout:       90 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return s
}

// Drain makes /readyz fail, so that balancers send new requests elsewhere.
func (s *Server) Drain() { s.draining.Store(true) }

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"status\":%q}\n", text)
}
