package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/testdb"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testdb.Drop()
	os.Exit(code)
}

func TestExitCodes(t *testing.T) {
	empty := func(string) string { return "" }
	for command, want := range map[string]int{"": 64, "sing": 64, "api": 78, "worker": 78, "migrate": 78, "seed": 78} {
		if got := exitCode(run(t.Context(), strings.Fields(command), empty)); got != want {
			t.Errorf("%q: got %d, want %d", command, got, want)
		}
	}
}

func TestAnEmptyDatabaseIsMigratedAndSeeded(t *testing.T) {
	database := testdb.Empty(t)
	getenv := func(name string) string { return map[string]string{"MIGRATION_DATABASE_URL": database}[name] }
	for _, command := range []string{"migrate", "seed --development", "migrate", "seed --development"} {
		if err := run(t.Context(), strings.Fields(command), getenv); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
}

// get returns a status, or 0 where nobody answers.
func get(port, path string) int {
	response, err := http.Get("http://127.0.0.1:" + port + path)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// environment has limits that only the shutdown can reach.
func environment(db *testdb.Database, port, adminPort, delay, grace string) func(string) string {
	values := map[string]string{
		"DATABASE_URL": string(db.Settings.URL), "HOST": "127.0.0.1", "PORT": port, "ADMIN_PORT": adminPort,
		"JWT_SECRET":        base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"SHUTDOWN_DELAY_MS": delay, "SHUTDOWN_GRACE_MS": grace, "LOG_LEVEL": "error",
		"REQUEST_TIMEOUT_MS": "20000", "DATABASE_STATEMENT_TIMEOUT_MS": "20000", "DATABASE_LOCK_TIMEOUT_MS": "20000",
	}
	return func(name string) string { return values[name] }
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// BK133: unready first, served within the delay, then no more, and the end of all that was begun.
func TestTheAPIDrains(t *testing.T) {
	db := testdb.New(t)
	port, adminPort := freePort(t), freePort(t)
	getenv := environment(db, port, adminPort, "500", "20000")
	ctx, terminate := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"api"}, getenv) }()
	until(t, "ready", func() bool { return get(adminPort, "/readyz") == 200 })
	if err := runHealth(t.Context(), getenv); err != nil {
		t.Error(err)
	}

	silent, err := net.Dial("tcp", "127.0.0.1:"+port) // a balancer's, opened in advance
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	tx, err := db.SQL.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "lock table refresh_tokens"); err != nil {
		t.Fatal(err)
	}
	flying := make(chan string, 1)
	go func() { flying <- signOut(port) }()
	until(t, "a request waits", func() bool { return db.Int(t, "select count(*) from pg_locks where not granted") == 1 })

	terminate()
	until(t, "unready", func() bool { return get(adminPort, "/readyz") == 503 })
	if status := get(port, "/openapi.json"); status != 200 {
		t.Errorf("within the delay: got %d", status)
	}
	until(t, "closed", func() bool { return get(port, "/openapi.json") == 0 })
	if status := get(adminPort, "/healthz"); status != 200 {
		t.Errorf("health while draining: got %d", status)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := <-flying; got != "204 No Content" {
		t.Errorf("the request in flight: got %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("got %v", err)
	}
}

func TestWhatOutlastsTheGraceTimeIsCut(t *testing.T) {
	db := testdb.New(t)
	port, adminPort := freePort(t), freePort(t)
	ctx, terminate := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"api"}, environment(db, port, adminPort, "0", "200")) }()
	until(t, "ready", func() bool { return get(adminPort, "/readyz") == 200 })
	tx, err := db.SQL.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "lock table refresh_tokens"); err != nil {
		t.Fatal(err)
	}
	go signOut(port)
	until(t, "a request waits", func() bool { return db.Int(t, "select count(*) from pg_locks where not granted") == 1 })
	terminate()
	started := time.Now()
	err = <-ended
	if took := time.Since(started); exitCode(err) != 1 || took > 2*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}

// signOut is a request that does nothing but ask the database.
func signOut(port string) string {
	body := strings.NewReader(`{"refresh_token":"x"}`)
	response, err := http.Post("http://127.0.0.1:"+port+"/v1/auth/sign-out", "application/json", body)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}

func TestTheWorkerEndsWhenItIsTold(t *testing.T) {
	db := testdb.New(t)
	environment := map[string]string{"DATABASE_URL": string(db.Settings.URL), "LOG_LEVEL": "error"}
	ctx, terminate := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer terminate()
	if err := run(ctx, []string{"worker"}, func(name string) string { return environment[name] }); err != nil {
		t.Error(err)
	}
}

func TestFaultsKeepTheirTypeOnTheWayOut(t *testing.T) {
	err := run(t.Context(), []string{"api"}, func(string) string { return "" })
	if _, ok := errors.AsType[config.FaultsError](err); !ok {
		t.Errorf("got %v", err)
	}
}
