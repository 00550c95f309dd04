package bk114_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk114/avoid"
	prefer "proofs.example/rules/bk114/prefer"
)

const (
	orders = `insert into tenants (name) values ('Acme');
		insert into users (tenant_id, email) values (1, 'ada@example.com');
		insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
		alter table orders add column currency text;
		insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 2500)`
	filled = "select count(*) from orders where currency = 'EUR'"
	kill   = `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and wait_event_type = 'Lock'`
)

// canPay tells whether the first order can be paid within half a second.
func canPay(t *testing.T, url string) bool {
	t.Helper()
	ctx := context.Background()
	session, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(ctx)
	_, err = session.Exec(ctx, "set lock_timeout = '500ms'; update orders set status = 'paid' where id = 1")
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == "55P03" {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// killedAtTheLast stops the backfill at the last order, kills it there, and runs it again.
func killedAtTheLast(t *testing.T, backfill func(context.Context, *sql.DB) error) (paid bool, kept int) {
	t.Helper()
	url := proof.FreshDatabase(t, orders)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	order := proof.Hold(t, url, "select from orders where id = 2500 for update")
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		paid = canPay(t, url)
		proof.Scalar[bool](t, url, kill)
	}, func() error { return backfill(t.Context(), db) })
	if failures[0] == nil {
		t.Fatal("the backfill was killed and knows nothing of it")
	}
	kept = proof.Scalar[int](t, url, filled)
	order.Release()
	if err := backfill(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if all := proof.Scalar[int](t, url, filled); all != 2500 {
		t.Fatalf("%d of 2500 orders are filled in the end", all)
	}
	return paid, kept
}

func TestAvoid_an_order_waits_for_all_batches_which_are_lost_when_the_backfill_is_killed(t *testing.T) {
	if paid, kept := killedAtTheLast(t, avoid.Currencies); paid || kept != 0 {
		t.Fatalf("paid %t, %d orders kept: expected a wait and none", paid, kept)
	}
}

func TestPrefer_an_order_is_paid_meanwhile_and_a_killed_backfill_keeps_what_it_has_done(t *testing.T) {
	if paid, kept := killedAtTheLast(t, prefer.Currencies); !paid || kept != 2000 {
		t.Fatalf("paid %t, %d orders kept: expected a payment and 2000", paid, kept)
	}
}
