package bk132_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk132/avoid"
	prefer "proofs.example/rules/bk132/prefer"
)

const shop = `
	alter table products add constraint stock_is_left check (stock >= 0);
	insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 10);`

type place func(ctx context.Context, db *gorm.DB, quantity int64) error

func placeAvoid(ctx context.Context, db *gorm.DB, quantity int64) error {
	return avoid.Place(ctx, db, &avoid.Order{UserID: 1, ProductID: 1, TotalMinor: 1900, Quantity: quantity})
}

func placePrefer(ctx context.Context, db *gorm.DB, quantity int64) error {
	return prefer.Place(ctx, db, &prefer.Order{UserID: 1, ProductID: 1, TotalMinor: 1900, Quantity: quantity})
}

// work takes the jobs that a worker sees, and says what became of each.
func work(t *testing.T, url string) []string {
	t.Helper()
	type job struct{ Order int64 }
	taken := proof.Rows[job](t, url, `delete from jobs where id in (select id from jobs for update skip locked)
		returning (payload ->> 'orderId')::bigint`)
	done := []string{}
	for _, job := range taken {
		if proof.Scalar[int](t, url, "select count(*) from orders where id = $1", job.Order) == 1 {
			done = append(done, fmt.Sprintf("receipt for order %d", job.Order))
		} else {
			done = append(done, fmt.Sprintf("no order %d", job.Order))
		}
	}
	return done
}

// aroundTheCommit lets a worker run while the transaction stands behind a row lock, and after its commit.
func aroundTheCommit(t *testing.T, place place) (before, after []string) {
	t.Helper()
	url := proof.FreshDatabase(t, shop)
	db := proof.Gorm(t, url)
	product := proof.Hold(t, url, "select from products for no key update")
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		before = work(t, url)
		product.Release()
	}, func() error { return place(t.Context(), db, 1) })
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	return before, work(t, url)
}

// afterARollback lets a worker run after a transaction that found too little stock.
func afterARollback(t *testing.T, place place) []string {
	t.Helper()
	url := proof.FreshDatabase(t, shop)
	err := place(t.Context(), proof.Gorm(t, url), 11)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.ConstraintName != "stock_is_left" {
		t.Fatalf("expected stock_is_left to be violated, not %v", err)
	}
	return work(t, url)
}

func expect(t *testing.T, got []string, expected ...string) {
	t.Helper()
	if !slices.Equal(got, expected) {
		t.Fatalf("the worker did %q, expected %q", got, expected)
	}
}

func TestAvoid_the_worker_finds_no_order_and_the_order_gets_no_receipt(t *testing.T) {
	before, after := aroundTheCommit(t, placeAvoid)
	expect(t, before, "no order 1")
	expect(t, after)
}

func TestAvoid_the_job_of_an_order_that_was_rolled_back_runs(t *testing.T) {
	expect(t, afterARollback(t, placeAvoid), "no order 1")
}

func TestPrefer_the_worker_gets_the_job_together_with_the_order(t *testing.T) {
	before, after := aroundTheCommit(t, placePrefer)
	expect(t, before)
	expect(t, after, "receipt for order 1")
}

func TestPrefer_an_order_that_was_rolled_back_leaves_no_job(t *testing.T) {
	expect(t, afterARollback(t, placePrefer))
}
