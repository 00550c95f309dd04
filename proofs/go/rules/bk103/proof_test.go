package bk103_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk103/avoid"
	prefer "proofs.example/rules/bk103/prefer"
)

type place func(ctx context.Context, db *gorm.DB) error

func placeAvoid(ctx context.Context, db *gorm.DB) error {
	return avoid.Shop{DB: db}.Place(ctx, avoid.Order{UserID: 1, ProductID: 1, TotalMinor: 1900})
}

func placePrefer(ctx context.Context, db *gorm.DB) error {
	return prefer.Shop{DB: db}.Place(ctx, prefer.Order{UserID: 1, ProductID: 1, TotalMinor: 1900})
}

// order places one order with so much in stock and so many connections, and counts what is left.
func order(
	t *testing.T, place place, stock, connections int, patience time.Duration,
) (orders, messages int, err error) {
	t.Helper()
	url := proof.FreshDatabase(t, `insert into tenants (name) values ('Acme');
		insert into users (tenant_id, email) values (1, 'ada@example.com')`)
	proof.Scalar[int64](t, url,
		"insert into products (name, price_minor, stock) values ('lamp', 1900, $1) returning id", stock)
	db := proof.Gorm(t, url)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(connections)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = place(ctx, db)
	return proof.Scalar[int](t, url, "select count(*) from orders"),
		proof.Scalar[int](t, url, "select count(*) from outbox"), err
}

func TestAvoid_an_order_that_was_rolled_back_is_announced(t *testing.T) {
	orders, messages, err := order(t, placeAvoid, 0, 10, 20*time.Second)
	if !errors.Is(err, avoid.ErrSoldOut) || orders != 0 || messages != 1 {
		t.Fatalf("%d orders, %d messages, %v: expected a message without an order", orders, messages, err)
	}
}

func TestAvoid_on_a_pool_of_one_the_transaction_waits_for_itself(t *testing.T) {
	orders, _, err := order(t, placeAvoid, 5, 1, 700*time.Millisecond)
	if !errors.Is(err, context.DeadlineExceeded) || orders != 0 {
		t.Fatalf("%d orders, %v: expected to wait until the deadline", orders, err)
	}
}

func TestPrefer_an_order_that_was_rolled_back_is_not_announced(t *testing.T) {
	orders, messages, err := order(t, placePrefer, 0, 10, 20*time.Second)
	if !errors.Is(err, prefer.ErrSoldOut) || orders != 0 || messages != 0 {
		t.Fatalf("%d orders, %d messages, %v: expected neither", orders, messages, err)
	}
}

func TestPrefer_one_connection_is_enough_for_an_order_and_its_announcement(t *testing.T) {
	orders, messages, err := order(t, placePrefer, 5, 1, 5*time.Second)
	if err != nil || orders != 1 || messages != 1 {
		t.Fatalf("%d orders, %d messages, %v: expected one each", orders, messages, err)
	}
}
