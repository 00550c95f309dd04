package bk127_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk127/avoid"
	prefer "proofs.example/rules/bk127/prefer"
)

const (
	lamp      = "insert into products (name, price_minor, stock) values ('lamp', 1900, 1)"
	terminate = `select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()`
)

type store interface {
	Price(ctx context.Context, id int64) (int64, error)
}

// failover leaves three idle connections in the pool, terminates them, and counts which of three reads fail.
func failover(t *testing.T, url string, store store) (failed int) {
	t.Helper()
	read := func() error {
		price, err := store.Price(t.Context(), 1)
		if err == nil && price != 1900 {
			t.Errorf("price %d", price)
		}
		return err
	}
	table := proof.Hold(t, url, "lock table products")
	warm := proof.Together(func() {
		proof.UntilBlocked(t, url, 3)
		table.Release()
	}, slices.Repeat([]func() error{read}, 3)...)
	if err := errors.Join(warm...); err != nil {
		t.Fatal(err)
	}
	if ended := proof.Scalar[int](t, url, terminate); ended < 3 {
		t.Fatalf("%d sessions terminated, expected 3", ended)
	}
	for range 3 {
		if read() != nil {
			failed++
		}
	}
	return failed
}

func open(t *testing.T) (string, *pgxpool.Pool) {
	t.Helper()
	url := proof.FreshDatabase(t, lamp)
	return url, proof.Pool(t, url)
}

func TestAvoid_reads_after_a_failover_fail(t *testing.T) {
	url, pool := open(t)
	failed := 0
	// On a machine that stood still for a second, the pool has pinged in between: then again.
	for attempt := 0; failed == 0 && attempt < 5; attempt++ {
		failed = failover(t, url, avoid.New(pool))
	}
	if failed == 0 {
		t.Fatal("all reads were answered")
	}
	proof.Figure(t, "BK127", "reads of three that failed after the failover", float64(failed), "reads")
}

func TestPrefer_reads_after_a_failover_are_answered(t *testing.T) {
	url, pool := open(t)
	for range 3 {
		if failed := failover(t, url, prefer.New(pool)); failed > 0 {
			t.Fatalf("%d of 3 reads failed", failed)
		}
	}
}
