package bk133_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk133/avoid"
	prefer "proofs.example/rules/bk133/prefer"
)

const (
	lameDuck = 2 * time.Second
	product  = "insert into products (name, price_minor, stock) values ('lamp', 1900, 10)"
)

// serve is the process that gets SIGTERM: it is `main` of a program that uses the sample.
func serve(role, database string, lameDuck, drain time.Duration) error {
	pool, err := pgxpool.New(context.Background(), database)
	if err != nil {
		return err
	}
	app := fiber.New()
	app.Get("/hello", func(c fiber.Ctx) error { return c.SendString("hello") })
	app.Get("/work", func(c fiber.Ctx) error {
		_, err := pool.Exec(context.Background(), "select from products for update")
		return err
	})
	app.Hooks().OnListen(func(on fiber.ListenData) error {
		_, err := fmt.Println("listening http://127.0.0.1:" + on.Port)
		return err
	})
	if role == "avoid" {
		return (&avoid.Service{App: app, Pool: pool, Addr: "127.0.0.1:0", LameDuck: lameDuck, Drain: drain}).Run()
	}
	return (&prefer.Service{App: app, Pool: pool, Addr: "127.0.0.1:0", LameDuck: lameDuck, Drain: drain}).Run()
}

// TestMain is the service in the child process, and runs the tests in the parent.
func TestMain(m *testing.M) {
	role := os.Getenv("BK133_ROLE")
	if role == "" {
		os.Exit(m.Run())
	}
	wait, err := time.ParseDuration(os.Getenv("BK133_LAME_DUCK"))
	if err != nil {
		panic(err)
	}
	drain, err := time.ParseDuration(os.Getenv("BK133_DRAIN"))
	if err != nil {
		panic(err)
	}
	if err := serve(role, os.Getenv("BK133_DATABASE"), wait, drain); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

// ask opens a connection of its own, and returns the status.
func ask(url string) (int, error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

type answer struct {
	status int
	err    error
}

type busy struct {
	url  string
	row  *proof.Holder
	work <-chan answer // of the request that waits for the row
	exit <-chan int
}

// stopWhileBusy starts the service, and a request that waits for a row lock; then it sends SIGTERM.
func stopWhileBusy(t *testing.T, role string, lameDuck, drain time.Duration) busy {
	t.Helper()
	database := proof.FreshDatabase(t, product)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), "BK133_ROLE="+role, "BK133_DATABASE="+database,
		"BK133_LAME_DUCK="+lameDuck.String(), "BK133_DRAIN="+drain.String())
	command.Stderr = os.Stderr
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(printed)
	lines.Scan()
	url, found := strings.CutPrefix(lines.Text(), "listening ")
	if !found {
		t.Fatalf("no address: %q", lines.Text())
	}
	exit, work := make(chan int, 1), make(chan answer, 1)
	go func() {
		_ = command.Wait()
		exit <- command.ProcessState.ExitCode()
	}()
	row := proof.Hold(t, database, "select from products for update")
	go func() {
		status, err := ask(url + "/work")
		work <- answer{status, err}
	}()
	proof.UntilBlocked(t, database, 1)
	if status, err := ask(url + "/readyz"); status != 200 {
		t.Fatalf("not ready: %d, %v", status, err)
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return busy{url, row, work, exit}
}

// exitCode waits for the end of the process, but not for ever.
func (b busy) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case code := <-b.exit:
		return code
	case <-time.After(10 * time.Second):
		t.Fatal("the process does not end")
		return 0
	}
}

func TestAvoid_the_process_ends_with_0_while_a_request_is_in_flight(t *testing.T) {
	b := stopWhileBusy(t, "avoid", lameDuck, 20*time.Second)
	code := b.exitCode(t) // and the row is still locked
	if work := <-b.work; code != 0 || work.err == nil {
		t.Fatalf("exit code %d, the request got %d, %v: expected 0 and a cut connection", code, work.status, work.err)
	}
}

func TestPrefer_readiness_fails_first_every_request_is_answered_and_the_process_ends_with_0(t *testing.T) {
	b := stopWhileBusy(t, "prefer", lameDuck, 20*time.Second)
	begun, servedWhileNotReady := time.Now(), false
	for {
		status, err := ask(b.url + "/readyz")
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if status == http.StatusServiceUnavailable {
			hello, _ := ask(b.url + "/hello")
			servedWhileNotReady = servedWhileNotReady || hello == http.StatusOK
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("still accepts connections")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !servedWhileNotReady {
		t.Fatal("refused connections before readiness had failed")
	}
	b.row.Release()
	if work := <-b.work; work.status != http.StatusOK {
		t.Fatalf("the request in flight got %d, %v", work.status, work.err)
	}
	if code := b.exitCode(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	proof.Figure(t, "BK133", "from SIGTERM to exit, with a lame duck of 2 s", float64(time.Since(begun).Milliseconds()), "ms")
}

func TestPrefer_a_request_that_never_ends_holds_the_process_no_longer_than_the_deadline(t *testing.T) {
	b := stopWhileBusy(t, "prefer", 0, time.Second)
	if code := b.exitCode(t); code != 1 {
		t.Fatalf("exit code %d, expected 1: not all was finished", code)
	}
}
