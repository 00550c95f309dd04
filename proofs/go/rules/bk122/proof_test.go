package bk122_test

import (
	"context"
	"errors"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk122/avoid"
	prefer "proofs.example/rules/bk122/prefer"
)

const order = `insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
	insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)`

type charge func(ctx context.Context, db *gorm.DB) (bool, error)

func avoided(ctx context.Context, db *gorm.DB) (bool, error) {
	return avoid.Charge(ctx, db, avoid.IdempotencyKey{UserID: 1, Route: "POST /payments", Key: "8e03978e", RequestHash: "1 1900"},
		avoid.Payment{OrderID: 1, AmountMinor: 1900})
}

func preferred(ctx context.Context, db *gorm.DB) (bool, error) {
	return prefer.Charge(ctx, db, prefer.IdempotencyKey{UserID: 1, Route: "POST /payments", Key: "8e03978e", RequestHash: "1 1900"},
		prefer.Payment{OrderID: 1, AmountMinor: 1900})
}

// retry ends a charge while it waits for the order, and repeats it.
func retry(t *testing.T, charge charge) (charged bool, payments int) {
	t.Helper()
	url := proof.FreshDatabase(t, order)
	db := proof.Gorm(t, url)
	row := proof.Hold(t, url, "select from orders where id = 1 for update")
	ctx, cancel := context.WithCancel(t.Context())
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		cancel()
	}, func() error { _, err := charge(ctx, db); return err })
	if !errors.Is(failures[0], context.Canceled) {
		t.Fatalf("the first attempt ended with %v", failures[0])
	}
	row.Release()
	charged, err := charge(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return charged, proof.Scalar[int](t, url, "select count(*) from payments")
}

func TestAvoid_a_charge_that_ran_out_of_time_keeps_its_key_and_is_never_made(t *testing.T) {
	if charged, payments := retry(t, avoided); charged || payments != 0 {
		t.Fatalf("charged: %t, %d payments; expected the retry to be sent away", charged, payments)
	}
}

func TestPrefer_a_charge_that_ran_out_of_time_is_made_by_the_retry(t *testing.T) {
	if charged, payments := retry(t, preferred); !charged || payments != 1 {
		t.Fatalf("charged: %t, %d payments; expected one", charged, payments)
	}
}
