package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"gorm.io/gorm"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/internal/testdb"
	"example.com/storefront/migrations"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testdb.Drop()
	os.Exit(code)
}

func failure(code string) error { return &pgconn.PgError{Code: code, Message: "made up"} }

func TestATransactionIsRepeatedThreeTimesAtMost(t *testing.T) {
	db := testdb.New(t)
	for _, each := range []struct {
		name     string
		failures []error
		tries    int
		succeeds bool
	}{
		{"at once", nil, 1, true},
		{"serialization failure", []error{failure("40001")}, 2, true},
		{"deadlock", []error{failure("40P01"), failure("40P01")}, 3, true},
		{"a deadlock each time", []error{failure("40P01"), failure("40P01"), failure("40P01")}, 3, false},
		{"a lost connection", []error{io.ErrUnexpectedEOF}, 2, true},
		{"another failure", []error{failure("23505")}, 1, false},
		{"one's own error", []error{context.Canceled}, 1, false},
	} {
		tries := 0
		err := db.Transact(t.Context(), func(tx *gorm.DB) error {
			tries++
			insert := "insert into products (name, price_minor, currency, stock) values (?, 1, 'EUR', 1)"
			if err := gorm.G[any](tx).Exec(t.Context(), insert, each.name); err != nil {
				return err
			}
			if tries <= len(each.failures) {
				return each.failures[tries-1]
			}
			return nil
		})
		rows := db.Int(t, "select count(*) from products where name = $1", each.name)
		if (err == nil) != each.succeeds || tries != each.tries || (rows == 1) != each.succeeds {
			t.Errorf("%s: got %v after %d tries, %d rows", each.name, err, tries, rows)
		}
	}
}

func TestARepetitionEndsWithItsContext(t *testing.T) {
	db := testdb.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Transact(ctx, func(*gorm.DB) error {
		cancel()
		return failure("40001")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOrdersInOppositeDirectionsBothGoThrough(t *testing.T) {
	db := testdb.New(t)
	first, second := db.AddProduct(t, 10), db.AddProduct(t, 10)
	both := make(chan struct{})
	var meeting sync.WaitGroup
	meeting.Add(2)
	go func() { meeting.Wait(); close(both) }()
	var calls sync.WaitGroup
	for _, ids := range [][]any{{first, second}, {second, first}} {
		met := false
		calls.Go(func() {
			err := db.Transact(t.Context(), func(tx *gorm.DB) error {
				for i, id := range ids {
					if err := gorm.G[any](tx).Exec(t.Context(), "update products set stock = stock - 1 where id = ?", id); err != nil {
						return err
					}
					if i == 0 && !met { // both hold one row, and want the other: a deadlock
						met = true
						meeting.Done()
						<-both
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if sum := db.Int(t, "select sum(stock) from products"); sum != 16 {
		t.Errorf("got %d", sum)
	}
}

func TestTheWaitForAConnectionIsBoundedAndCounted(t *testing.T) {
	template := testdb.New(t)
	settings := template.Settings
	settings.PoolSize, settings.AcquireTimeout = 1, time.Second
	db, err := postgres.Open(t.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Transact(t.Context(), func(*gorm.DB) error {
		started := time.Now()
		waited := make(chan error, 1)
		go func() {
			waited <- db.Read(t.Context(), func(tx *gorm.DB) error { return tx.Exec("select 1").Error })
		}()
		counted := false
		for !counted && time.Since(started) < settings.AcquireTimeout {
			counted = gauges(t, db)["db_client_connection_pending_requests"] == 1
		}
		err := <-waited
		if took := time.Since(started); !postgres.Unavailable(err) || took > 5*time.Second || !counted {
			t.Errorf("got %v after %v, counted: %v", err, took, counted)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if got := gauges(t, db); got["db_client_connection_max"] != 1 || got["db_client_connection_pending_requests"] != 0 {
		t.Errorf("got %v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := db.Close(ctx); err != nil {
		t.Error(err)
	}
}

func gauges(t *testing.T, db *postgres.Database) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(db)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, family := range families {
		values[family.GetName()] = family.GetMetric()[0].GetGauge().GetValue()
	}
	return values
}

func TestAProcessStartsWhileItsDatabaseIsAway(t *testing.T) {
	db, err := postgres.Open(t.Context(), config.Database{
		URL: "postgres://nobody@127.0.0.1:1/nowhere", PoolSize: 1,
		AcquireTimeout: time.Second, StatementTimeout: time.Second, LockTimeout: time.Second,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); !postgres.Unavailable(err) {
		t.Errorf("got %v", err)
	}
}

func TestMigrationsMayRunAgainAndAtOnce(t *testing.T) {
	settings := config.Migration{URL: config.Secret(testdb.Empty(t)), LockTimeout: time.Second}
	outcomes := make(chan error, 2)
	for range 2 {
		go func() {
			outcomes <- postgres.Migrate(t.Context(), settings, migrations.Files, slog.New(slog.DiscardHandler))
		}()
	}
	for range 2 {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
	if got := tables(t, settings); got != "goose_db_version idempotency_keys order_lines orders outbox products refresh_tokens users" {
		t.Errorf("got %s", got)
	}
}

func TestEachMigrationCanBeTakenBack(t *testing.T) {
	settings := config.Migration{URL: config.Secret(testdb.Empty(t)), LockTimeout: time.Second}
	if err := postgres.Migrate(t.Context(), settings, migrations.Files, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), string(settings.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Backward(names) {
		text, err := migrations.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, down, ok := strings.Cut(string(text), "-- +goose Down")
		if !ok {
			t.Fatalf("%s has no way down", name)
		}
		if _, err := conn.Exec(t.Context(), down); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if got := tables(t, settings); got != "goose_db_version" {
		t.Errorf("left: %s", got)
	}
}

func tables(t *testing.T, settings config.Migration) string {
	t.Helper()
	db, err := postgres.OpenOwner(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var names string
	query := "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'"
	if err := db.QueryRowContext(t.Context(), query).Scan(&names); err != nil {
		t.Fatal(fmt.Errorf("list tables: %w", err))
	}
	return names
}
