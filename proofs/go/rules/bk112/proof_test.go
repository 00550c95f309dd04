package bk112_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk112/avoid"
	prefer "proofs.example/rules/bk112/prefer"
)

const oldKey = `insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into idempotency_keys (user_id, route, key, request_hash) values (1, 'POST /orders', 'k', 'h')`

// runner opens the database as a release does: the table of versions is there, from the releases before.
func runner(t *testing.T, url string, migrations []*goose.Migration) *goose.Provider {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	provider, err := goose.NewProvider(goose.DialectPostgres, db, nil,
		goose.WithGoMigrations(migrations...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.GetDBVersion(t.Context()); err != nil {
		t.Fatal(err)
	}
	return provider
}

// canSignUp tells whether a new user can sign up within half a second.
func canSignUp(t *testing.T, url string) bool {
	t.Helper()
	ctx := context.Background()
	session, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(ctx)
	_, err = session.Exec(ctx, `set lock_timeout = '500ms';
		insert into users (tenant_id, email) values (1, 'grace@example.com')`)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == "55P03" {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// signUpMeanwhile stops the check of the old rows half-way, and lets somebody sign up.
func signUpMeanwhile(t *testing.T, migrations []*goose.Migration) bool {
	t.Helper()
	url := proof.FreshDatabase(t, oldKey)
	provider := runner(t, url, migrations)
	index := proof.Hold(t, url, "alter index idempotency_keys_pkey set tablespace pg_default")
	var signedUp bool
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		signedUp = canSignUp(t, url)
		index.Release()
	}, func() error { _, err := provider.Up(t.Context()); return err })
	validated := proof.Scalar[int](t, url,
		"select count(*) from pg_constraint where conname = 'idempotency_keys_user_id_fkey' and convalidated")
	if failures[0] != nil || validated != 1 {
		t.Fatalf("%d validated constraints, %v", validated, failures[0])
	}
	return signedUp
}

func TestAvoid_nobody_can_sign_up_while_old_keys_are_checked(t *testing.T) {
	if signUpMeanwhile(t, avoid.Migrations) {
		t.Fatal("the sign-up did not wait")
	}
}

func TestPrefer_sign_ups_go_on_while_old_keys_are_checked(t *testing.T) {
	if !signUpMeanwhile(t, prefer.Migrations) {
		t.Fatal("the sign-up waited")
	}
}
