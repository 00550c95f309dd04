package bk107_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk107/avoid"
	prefer "proofs.example/rules/bk107/prefer"
)

const (
	product = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)"
	take    = "update products set stock = stock - 1 where id = 1"
	short   = 4 * time.Second
	long    = 10 * time.Second
)

type open func(ctx context.Context, url string) (*pgxpool.Pool, error)

// stuck opens the sample's pool, and leaves a transaction alone after it has locked the product.
func stuck(t *testing.T, open open) (url string, pool *pgxpool.Pool) {
	t.Helper()
	url = proof.FreshDatabase(t, product)
	pool, err := open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // fails where the server ended the session
	if _, err := tx.Exec(t.Context(), "update products set name = 'desk lamp' where id = 1"); err != nil {
		t.Fatal(err)
	}
	return url, pool
}

// sold says whether a product can be sold within that time.
func sold(t *testing.T, pool *pgxpool.Pool, patience time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if _, err := pool.Exec(ctx, take); err == nil {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// answered says whether a query that needs no lock is answered within that time, when three buyers had come before.
func answered(t *testing.T, pool *pgxpool.Pool, patience time.Duration) bool {
	t.Helper()
	ended := make(chan struct{}, 3)
	for range 3 {
		go func() {
			_, _ = pool.Exec(t.Context(), take)
			ended <- struct{}{}
		}()
	}
	for deadline := time.Now().Add(10 * time.Second); pool.Stat().AcquiredConns() < 4 && len(ended) == 0; {
		if time.Now().After(deadline) {
			t.Fatalf("only %d connections are in use", pool.Stat().AcquiredConns())
		}
		time.Sleep(5 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var one int
	return pool.QueryRow(ctx, "select 1").Scan(&one) == nil
}

func TestAvoid_the_row_stays_locked_as_long_as_the_session_that_hangs_lives(t *testing.T) {
	url, pool := stuck(t, avoid.Open)
	if sold(t, pool, short) {
		t.Fatal("the product was sold while a session that hangs had locked it")
	}
	if state := proof.Scalar[string](t, url, "select state from pg_stat_activity where query like '%desk lamp%' and pid <> pg_backend_pid()"); state != "idle in transaction" {
		t.Fatalf("the session that hangs is %s", state)
	}
}

func TestAvoid_one_session_that_hangs_empties_the_pool_for_everybody(t *testing.T) {
	_, pool := stuck(t, avoid.Open)
	if answered(t, pool, short) {
		t.Fatal("a query that needs no lock was answered")
	}
}

func TestPrefer_the_session_that_hangs_is_ended_and_the_row_is_free(t *testing.T) {
	url, pool := stuck(t, prefer.Open)
	if !sold(t, pool, long) {
		t.Fatal("the product could not be sold")
	}
	if name := proof.Scalar[string](t, url, "select name from products where stock = 9"); name != "lamp" {
		t.Fatalf("the product is called %s: the change of the session that hung was to be rolled back", name)
	}
}

func TestPrefer_a_query_that_needs_no_lock_is_answered(t *testing.T) {
	_, pool := stuck(t, prefer.Open)
	if !answered(t, pool, long) {
		t.Fatal("a query that needs no lock was not answered")
	}
}
