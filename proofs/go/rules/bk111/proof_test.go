package bk111_test

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
	avoid "proofs.example/rules/bk111/avoid"
	prefer "proofs.example/rules/bk111/prefer"
)

const (
	shop = `insert into tenants (name) values ('Acme');
		insert into users (tenant_id, email) values (1, 'ada@example.com');
		insert into products (name, price_minor, stock) values ('lamp', 1900, 10)`
	broken = `create index orders_user_id_idx on orders (user_id);
		update pg_index set indisvalid = false where indexrelid = 'orders_user_id_idx'::regclass`
	valid = `select count(*) from pg_index where indexrelid = to_regclass('orders_user_id_idx') and indisvalid`
)

// runner opens the database as a release does: the table of versions is there, from the releases before.
func runner(t *testing.T, url string, migration *goose.Migration) *goose.Provider {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	provider, err := goose.NewProvider(goose.DialectPostgres, db, nil,
		goose.WithGoMigrations(migration), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.GetDBVersion(t.Context()); err != nil {
		t.Fatal(err)
	}
	return provider
}

// order places one, and gives up when it waits for half a second.
func order(t *testing.T, url string) (state string) {
	t.Helper()
	ctx := context.Background()
	session, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(ctx)
	_, err = session.Exec(ctx, `set lock_timeout = '500ms';
		insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)`)
	return code(t, err)
}

func code(t *testing.T, err error) string {
	t.Helper()
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return "done"
}

// whileItIsBuilt places an order when the build has locked the table, and returns how that ended.
func whileItIsBuilt(t *testing.T, migration *goose.Migration) string {
	t.Helper()
	url := proof.FreshDatabase(t, shop)
	provider := runner(t, url, migration)
	list := proof.Hold(t, url, "lock table pg_index in share mode")
	var placed string
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		placed = order(t, url)
		list.Release()
	}, func() error { _, err := provider.Up(t.Context()); return err })
	if failures[0] != nil || proof.Scalar[int](t, url, valid) != 1 {
		t.Fatalf("the index was not built: %v", failures[0])
	}
	return placed
}

func afterFailedRun(t *testing.T, migration *goose.Migration) (state string, indexes int) {
	t.Helper()
	url := proof.FreshDatabase(t, shop, broken)
	_, err := runner(t, url, migration).Up(t.Context())
	return code(t, err), proof.Scalar[int](t, url, valid)
}

func TestAvoid_orders_wait_while_the_index_is_built(t *testing.T) {
	if placed := whileItIsBuilt(t, avoid.OrdersByUser); placed != "55P03" {
		t.Fatalf("the order ended with %s, expected it to wait", placed)
	}
}

func TestAvoid_the_broken_index_of_a_failed_run_stays(t *testing.T) {
	if state, indexes := afterFailedRun(t, avoid.OrdersByUser); state != "42P07" || indexes != 0 {
		t.Fatalf("ended with %s and %d valid indexes, expected 42P07 and none", state, indexes)
	}
}

func TestPrefer_orders_go_on_while_the_index_is_built(t *testing.T) {
	if placed := whileItIsBuilt(t, prefer.OrdersByUser); placed != "done" {
		t.Fatalf("the order ended with %s", placed)
	}
}

func TestPrefer_the_broken_index_of_a_failed_run_is_built_anew(t *testing.T) {
	if state, indexes := afterFailedRun(t, prefer.OrdersByUser); state != "done" || indexes != 1 {
		t.Fatalf("ended with %s and %d valid indexes", state, indexes)
	}
}
