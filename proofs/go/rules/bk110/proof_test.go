package bk110_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk110/avoid"
	prefer "proofs.example/rules/bk110/prefer"
)

const address = "ada@example.com"

// customer returns what the sample tells of the customer.
type customer func(ctx context.Context, db *gorm.DB, tenantID int64, email string) (id, tenant int64, err error)

func avoidCustomer(ctx context.Context, db *gorm.DB, tenantID int64, email string) (id, tenant int64, err error) {
	user, err := avoid.Customer(ctx, db, tenantID, email)
	return user.ID, user.TenantID, err
}

func preferCustomer(ctx context.Context, db *gorm.DB, tenantID int64, email string) (id, tenant int64, err error) {
	user, err := prefer.Customer(ctx, db, tenantID, email)
	return user.ID, user.TenantID, err
}

// twoAtOnce lets two calls for one new address meet at a table that a third session holds.
func twoAtOnce(t *testing.T, customer customer) (ids [2]int64, stored int64) {
	t.Helper()
	url := proof.FreshDatabase(t, "insert into tenants (name) values ('Acme')")
	db := proof.Gorm(t, url)
	table := proof.Hold(t, url, "lock table users in share mode")
	call := func(answer *int64) func() error {
		return func() (err error) {
			*answer, _, err = customer(t.Context(), db, 1, address)
			return err
		}
	}
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 2)
		table.Release()
	}, call(&ids[0]), call(&ids[1]))
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	return ids, proof.Scalar[int64](t, url, "select id from users")
}

// known asks, for the second tenant, after a customer whom the first one has.
func known(t *testing.T, customer customer) (id, tenant int64) {
	t.Helper()
	url := proof.FreshDatabase(t, `insert into tenants (name) values ('Acme'), ('Bolt');
		insert into users (tenant_id, email) values (1, 'ada@example.com')`)
	id, tenant, err := customer(t.Context(), proof.Gorm(t, url), 2, address)
	if err != nil {
		t.Fatal(err)
	}
	return id, tenant
}

func TestAvoid_of_two_first_requests_of_a_customer_one_gets_the_id_0_and_no_error(t *testing.T) {
	ids, stored := twoAtOnce(t, avoidCustomer)
	if !slices.Contains(ids[:], 0) || !slices.Contains(ids[:], stored) {
		t.Fatalf("ids %v: expected %d and 0", ids, stored)
	}
}

func TestAvoid_a_known_customer_gets_the_id_0_and_no_error(t *testing.T) {
	if id, _ := known(t, avoidCustomer); id != 0 {
		t.Fatalf("id %d: expected 0", id)
	}
}

func TestPrefer_both_first_requests_of_a_customer_get_the_same_id(t *testing.T) {
	ids, stored := twoAtOnce(t, preferCustomer)
	if ids != [2]int64{stored, stored} {
		t.Fatalf("ids %v: expected twice %d", ids, stored)
	}
}

func TestPrefer_a_known_customer_comes_back_as_stored(t *testing.T) {
	if id, tenant := known(t, preferCustomer); id != 1 || tenant != 1 {
		t.Fatalf("id %d, tenant %d: expected 1 and 1", id, tenant)
	}
}
