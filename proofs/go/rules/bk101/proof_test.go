package bk101_test

import (
	"context"
	"errors"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk101/avoid"
	prefer "proofs.example/rules/bk101/prefer"
)

type take func(ctx context.Context, db *gorm.DB, productID int64, pieces int) error

// twoAtOnce lets two customers take three pieces each out of the stock: both have read before either writes.
func twoAtOnce(t *testing.T, take take, stock int) (left int, failures []error) {
	t.Helper()
	url := proof.FreshDatabase(t)
	db := proof.Gorm(t, url)
	id := proof.Scalar[int64](t, url,
		"insert into products (name, price_minor, stock) values ('lamp', 1900, $1) returning id", stock)

	row := proof.Hold(t, url, "select from products for update")
	call := func() error { return take(t.Context(), db, id, 3) }
	failures = proof.Together(func() {
		proof.UntilBlocked(t, url, 2)
		row.Release()
	}, call, call)
	return proof.Scalar[int](t, url, "select stock from products where id = $1", id), failures
}

func TestAvoid_two_takes_at_once_lose_one(t *testing.T) {
	left, failures := twoAtOnce(t, avoid.Take, 10)
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	if left != 7 {
		t.Fatalf("%d left of 10 after two times 3, expected one take to be lost: 7", left)
	}
	proof.Figure(t, "BK101", "pieces lost by two takes of three", float64(left-4), "pieces")
}

func TestAvoid_the_last_pieces_are_sold_twice(t *testing.T) {
	left, failures := twoAtOnce(t, avoid.Take, 5)
	if err := errors.Join(failures...); err != nil || left != 2 {
		t.Fatalf("%d left of 5, %v: expected both takes of 3 to succeed and 2 left", left, err)
	}
}

func TestPrefer_two_takes_at_once_both_count(t *testing.T) {
	left, failures := twoAtOnce(t, prefer.Take, 10)
	if err := errors.Join(failures...); err != nil || left != 4 {
		t.Fatalf("%d left of 10, %v: expected 4", left, err)
	}
}

func TestPrefer_the_second_buyer_of_the_last_pieces_is_refused(t *testing.T) {
	left, failures := twoAtOnce(t, prefer.Take, 5)
	refused := 0
	for _, err := range failures {
		if errors.Is(err, prefer.ErrSoldOut) {
			refused++
		}
	}
	if refused != 1 || left != 2 {
		t.Fatalf("%d refused, %d left of 5, %v: expected one refusal and 2 left", refused, left, failures)
	}
}
