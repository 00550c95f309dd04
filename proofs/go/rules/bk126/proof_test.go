package bk126_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk126/avoid"
	prefer "proofs.example/rules/bk126/prefer"
)

type store interface {
	Names(ctx context.Context) ([]string, error)
	Metrics() string
}

// saturate blocks all four connections of the pool and starts one more call. Its error comes through the channel;
// served lets the others go and returns their errors.
func saturate(t *testing.T, url string, store store) (before string, fifth <-chan error, served func() error) {
	t.Helper()
	table := proof.Hold(t, url, "lock table products")
	four := make(chan error, 4)
	for range 4 {
		go func() { _, err := store.Names(t.Context()); four <- err }()
	}
	proof.UntilBlocked(t, url, 4)
	before = store.Metrics()
	last := make(chan error, 1)
	go func() { _, err := store.Names(t.Context()); last <- err }()
	return before, last, func() error {
		table.Release()
		return errors.Join(<-four, <-four, <-four, <-four)
	}
}

// ended waits for the error of a call, but not for long.
func ended(call <-chan error, patience time.Duration) (err error, answered bool) {
	select {
	case err = <-call:
		return err, true
	case <-time.After(patience):
		return nil, false
	}
}

func TestAvoid_a_caller_waits_without_end_and_no_metric_shows_it(t *testing.T) {
	url := proof.FreshDatabase(t)
	db := &avoid.Store{Pool: proof.Pool(t, url+"?pool_max_conns=4")}
	before, fifth, served := saturate(t, url, db)
	if err, answered := ended(fifth, 2500*time.Millisecond); answered {
		t.Fatalf("the fifth caller was answered: %v", err)
	}
	if after := db.Metrics(); after != before {
		t.Fatalf("the metrics changed from %q to %q", before, after)
	}
	if err := errors.Join(served(), <-fifth); err != nil {
		t.Fatal(err)
	}
}

func TestPrefer_a_caller_is_counted_while_it_waits_and_turned_away_in_time(t *testing.T) {
	url := proof.FreshDatabase(t)
	db := &prefer.Store{Pool: proof.Pool(t, url+"?pool_max_conns=4")}
	_, fifth, served := saturate(t, url, db)
	start := time.Now()
	seen := false
	for !seen && len(fifth) == 0 && time.Since(start) < 10*time.Second {
		time.Sleep(time.Millisecond)
		seen = strings.Contains(db.Metrics(), "db_pool_waiting 1")
	}
	if !seen {
		t.Fatalf("the metrics show no waiter: %q", db.Metrics())
	}
	err, answered := ended(fifth, 10*time.Second)
	if !answered || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the fifth caller ended with %v, answered: %t", err, answered)
	}
	proof.Figure(t, "BK126", "until the caller was told, of a bound of 1,000 ms", float64(time.Since(start).Milliseconds()), "ms")
	if err := served(); err != nil {
		t.Fatal(err)
	}
}
