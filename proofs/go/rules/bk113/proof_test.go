package bk113_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk113/avoid"
	prefer "proofs.example/rules/bk113/prefer"
)

const read = "select count(*) from orders"

type (
	connect func(url string) (*sql.DB, error)
	up      func(ctx context.Context, steps *goose.Provider) error
)

var files = fstest.MapFS{"00001_note.sql": {Data: []byte("-- +goose Up\nalter table orders add column note text;\n")}}

// canRead tells whether somebody can read the table within three seconds.
func canRead(t *testing.T, url string) bool {
	t.Helper()
	ctx := context.Background()
	session, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(ctx)
	_, err = session.Exec(ctx, "set lock_timeout = '3s'; "+read)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == "55P03" {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// readBehind reads the table while a report is open and the migration waits for it.
func readBehind(t *testing.T, connect connect, up up) (readable bool) {
	t.Helper()
	url := proof.FreshDatabase(t)
	db, err := connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	steps, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		t.Fatal(err)
	}
	report := proof.Hold(t, url, read)
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		readable = canRead(t, url)
		report.Release()
	}, func() error { return up(t.Context(), steps) })
	columns := proof.Scalar[int](t, url, "select count(*) from information_schema.columns where column_name = 'note'")
	if failures[0] != nil || columns != 1 {
		t.Fatalf("%d columns, %v", columns, failures[0])
	}
	return readable
}

func TestAvoid_nobody_can_read_the_table_while_the_migration_waits_for_a_report(t *testing.T) {
	if readBehind(t, avoid.Connect, avoid.Up) {
		t.Fatal("the reader did not wait")
	}
}

func TestPrefer_reads_go_on_and_the_migration_is_done_after_the_report(t *testing.T) {
	if !readBehind(t, prefer.Connect, prefer.Up) {
		t.Fatal("the reader waited for the report")
	}
}
