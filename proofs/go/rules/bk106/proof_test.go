package bk106_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk106/avoid"
	prefer "proofs.example/rules/bk106/prefer"
)

const accounts = `
	insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);`

type transfer func(ctx context.Context, db *gorm.DB, from, to, amount int64) error

// crossing moves 30 from account 2 to 1 and 10 from 1 to 2: the second starts when the first waits for account 2.
func crossing(t *testing.T, transfer transfer) (balances []int64, failures []error) {
	t.Helper()
	url := proof.FreshDatabase(t, accounts)
	db := proof.Gorm(t, url)
	row := proof.Hold(t, url, "select from accounts where id = 2 for update")
	waiting := make(chan struct{})
	failures = proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		close(waiting)
		proof.UntilBlocked(t, url, 2)
		row.Release()
	}, func() error {
		return transfer(t.Context(), db, 2, 1, 30)
	}, func() error {
		<-waiting
		return transfer(t.Context(), db, 1, 2, 10)
	})
	type balance struct{ Minor int64 }
	for _, each := range proof.Rows[balance](t, url, "select balance_minor from accounts order by id") {
		balances = append(balances, each.Minor)
	}
	return balances, failures
}

func TestAvoid_two_transfers_in_opposite_directions_deadlock_and_one_fails(t *testing.T) {
	balances, failures := crossing(t, avoid.Transfer)
	deadlocks := 0
	for _, err := range failures {
		var refusal *pgconn.PgError
		if errors.As(err, &refusal) && refusal.Code == "40P01" {
			deadlocks++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if deadlocks != 1 {
		t.Fatalf("%d deadlocks, %v: expected one", deadlocks, failures)
	}
	if balances[0] != 130 && balances[0] != 90 {
		t.Fatalf("balances %v: expected one of the two transfers to be missing", balances)
	}
}

func TestPrefer_two_transfers_in_opposite_directions_both_succeed(t *testing.T) {
	balances, failures := crossing(t, prefer.Transfer)
	if err := errors.Join(failures...); err != nil || balances[0] != 120 || balances[1] != 80 {
		t.Fatalf("balances %v, %v: expected 120 and 80", balances, err)
	}
}
