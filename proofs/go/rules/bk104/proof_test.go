package bk104_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk104/avoid"
	prefer "proofs.example/rules/bk104/prefer"
)

type serializable func(ctx context.Context, db *gorm.DB, work func(tx *gorm.DB) error) error

const accounts = `insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into accounts (user_id, balance_minor) values (1, 100), (1, 100)`

var errNotCovered = errors.New("not covered")

// sqlState returns the code of the server's error, or nothing where it is another one.
func sqlState(err error) string {
	failure, _ := errors.AsType[*pgconn.PgError](err)
	if failure == nil {
		return ""
	}
	return failure.Code
}

// oneRow lets two payments of 30 out of one account meet, and returns what is left of 100.
func oneRow(t *testing.T, run serializable) (left int64, failures []error) {
	t.Helper()
	url := proof.FreshDatabase(t, accounts)
	db := proof.Gorm(t, url)
	row := proof.Hold(t, url, "select from accounts where id = 1 for update")
	pay := func() error {
		return run(t.Context(), db, func(tx *gorm.DB) error {
			return tx.Exec("update accounts set balance_minor = balance_minor - 30 where id = 1").Error
		})
	}
	failures = proof.Together(func() {
		proof.UntilBlocked(t, url, 2)
		row.Release()
	}, pay, pay)
	return proof.Scalar[int64](t, url, "select balance_minor from accounts where id = 1"), failures
}

// twoRows takes 150 from either account if their sum covers it. Both have written before either
// commits, so that only a commit can fail.
func twoRows(t *testing.T, run serializable) (sum int64, failures []error) {
	t.Helper()
	url := proof.FreshDatabase(t, accounts)
	db := proof.Gorm(t, url)
	var both sync.WaitGroup
	both.Add(2)
	pay := func(id int64) func() error {
		arrive := sync.OnceFunc(both.Done)
		return func() error {
			defer arrive() // whatever happens, the other one need not wait
			return run(t.Context(), db, func(tx *gorm.DB) error {
				var sum int64
				if err := tx.Raw("select sum(balance_minor) from accounts").Scan(&sum).Error; err != nil {
					return err
				}
				if sum < 150 {
					return errNotCovered
				}
				err := tx.Exec("update accounts set balance_minor = balance_minor - 150 where id = ?", id).Error
				if err != nil {
					return err
				}
				arrive()
				both.Wait()
				return nil
			})
		}
	}
	failures = proof.Together(func() {}, pay(1), pay(2))
	return proof.Scalar[int64](t, url, "select sum(balance_minor)::bigint from accounts"), failures
}

// only returns the error of the one call that failed.
func only(t *testing.T, failures []error) error {
	t.Helper()
	if (failures[0] == nil) == (failures[1] == nil) {
		t.Fatalf("one of two was expected to fail: %v", failures)
	}
	return errors.Join(failures...)
}

func TestAvoid_the_second_try_answers_25P02(t *testing.T) {
	left, failures := oneRow(t, avoid.Serializable)
	if state := sqlState(only(t, failures)); state != "25P02" || left != 70 {
		t.Fatalf("%d left of 100, SQLSTATE %q: expected 70 and 25P02: %v", left, state, failures)
	}
}

func TestAvoid_a_conflict_at_commit_is_not_repeated(t *testing.T) {
	sum, failures := twoRows(t, avoid.Serializable)
	if state := sqlState(only(t, failures)); state != "40001" || sum != 50 {
		t.Fatalf("%d left of 200, SQLSTATE %q: expected 50 and 40001: %v", sum, state, failures)
	}
}

func TestPrefer_the_payment_that_lost_runs_again(t *testing.T) {
	left, failures := oneRow(t, prefer.Serializable)
	if err := errors.Join(failures...); err != nil || left != 40 {
		t.Fatalf("%d left of 100, %v: expected 40", left, err)
	}
}

func TestPrefer_who_loses_at_commit_decides_anew(t *testing.T) {
	sum, failures := twoRows(t, prefer.Serializable)
	if err := only(t, failures); !errors.Is(err, errNotCovered) || sum != 50 {
		t.Fatalf("%d left of 200, %v: expected 50 and one refusal", sum, err)
	}
}

func TestPrefer_lasting_conflicts_end_and_other_errors_are_not_repeated(t *testing.T) {
	db := proof.Gorm(t, proof.FreshDatabase(t))
	for state, expected := range map[string]int{"40001": 5, "40P01": 5, "23505": 1} {
		attempts := 0
		err := prefer.Serializable(t.Context(), db, func(tx *gorm.DB) error {
			attempts++
			return tx.Exec("do $$ begin raise exception using errcode = '" + state + "'; end $$").Error
		})
		if sqlState(err) != state || attempts != expected {
			t.Fatalf("%d attempts for %s, expected %d; ended with %v", attempts, state, expected, err)
		}
	}
}
