package bk125_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk125/avoid"
	prefer "proofs.example/rules/bk125/prefer"
)

// lamp adds a role of the database's name that may have four connections.
const lamp = `
	insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
	do $$ begin
		execute format('create role %I login connection limit 4 in role pg_read_all_data', current_database());
	end $$`

type build func(url string) (*fiber.App, error)

// start builds the application for a role that may have four connections, and returns the
// administrator's URL and what sends a request.
func start(t *testing.T, build build) (admin string, get func() int) {
	t.Helper()
	server := proof.FreshDatabase(t, lamp)
	own, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	role := strings.TrimPrefix(own.Path, "/")
	own.User = url.User(role)
	t.Cleanup(func() { proof.Rows[struct{}](t, server, "drop role "+role) })
	app, err := build(own.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Shutdown() })
	return server, func() int {
		request := httptest.NewRequest(fiber.MethodGet, "/products/1", nil)
		response, err := app.Test(request, fiber.TestConfig{Timeout: 30 * time.Second})
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
}

// sessionsAfterFour sends four requests, one after the other, and counts the sessions that are left.
func sessionsAfterFour(t *testing.T, build build) int {
	t.Helper()
	server, get := start(t, build)
	for range 4 {
		if status := get(); status != fiber.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	return proof.Scalar[int](t, server, "select count(*) from pg_stat_activity where usename = current_database()")
}

// eightAtOnce sends eight requests while nobody can read the table, and counts those that are served.
// The last four begin when the first four wait: sessions that begin at once count each other, and
// the server may refuse them all.
func eightAtOnce(t *testing.T, build build, patience time.Duration) (served int) {
	t.Helper()
	server, get := start(t, build)
	table := proof.Hold(t, server, "lock table products")
	answers := make(chan int, 8)
	four := func() {
		for range 4 {
			go func() { answers <- get() }()
		}
	}
	four()
	proof.UntilBlocked(t, server, 4)
	four()
	for end := time.Now().Add(patience); len(answers) < 4 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	table.Release()
	for range 8 {
		if <-answers == fiber.StatusOK {
			served++
		}
	}
	return served
}

func TestAvoid_each_request_leaves_a_session_behind(t *testing.T) {
	if sessions := sessionsAfterFour(t, avoid.New); sessions != 4 {
		t.Fatalf("%d sessions after four requests, expected 4", sessions)
	}
}

func TestAvoid_the_server_refuses_half_of_eight_requests_at_once(t *testing.T) {
	if served := eightAtOnce(t, avoid.New, 10*time.Second); served != 4 {
		t.Fatalf("%d of 8 served, expected 4", served)
	}
	proof.Figure(t, "BK125", "requests refused of eight at once", 4, "requests")
}

func TestPrefer_all_requests_share_a_session(t *testing.T) {
	if sessions := sessionsAfterFour(t, prefer.New); sessions != 1 {
		t.Fatalf("%d sessions after four requests, expected 1", sessions)
	}
}

func TestPrefer_eight_requests_at_once_wait_for_each_other(t *testing.T) {
	if served := eightAtOnce(t, prefer.New, 500*time.Millisecond); served != 8 {
		t.Fatalf("%d of 8 served", served)
	}
}
