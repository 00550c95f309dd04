// Package testdb gives each test a database of its own on a real PostgreSQL.
package testdb

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/migrations"
)

// Database is a migrated database that ends with its test.
type Database struct {
	*postgres.Database

	SQL      *sql.DB // for what the service itself would not do
	Settings config.Database
}

// New copies a template, which each package migrates once. DATABASE_URL names a role that may create databases.
func New(tb testing.TB) *Database {
	tb.Helper()
	server := serverURL(tb)
	name := uniqueName()
	execute(tb, server, "create database "+name+" template "+migrated(tb, server))
	settings := config.Database{
		URL: config.Secret(at(tb, server, name)), PoolSize: 10,
		AcquireTimeout: 10 * time.Second, StatementTimeout: 10 * time.Second, LockTimeout: 10 * time.Second,
	}
	db, err := postgres.Open(tb.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	conns, err := sql.Open("pgx", string(settings.URL))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = db.Close(ctx)
		_ = conns.Close()
		execute(tb, server, "drop database "+name+" with (force)")
	})
	return &Database{Database: db, SQL: conns, Settings: settings}
}

// Empty returns the URL of a database without any table, which ends with its test.
func Empty(tb testing.TB) string {
	tb.Helper()
	server := serverURL(tb)
	name := uniqueName()
	execute(tb, server, "create database "+name)
	tb.Cleanup(func() { execute(tb, server, "drop database "+name+" with (force)") })
	return at(tb, server, name)
}

// Exec runs a statement on the side.
func (d *Database) Exec(tb testing.TB, statement string, values ...any) {
	tb.Helper()
	if _, err := d.SQL.ExecContext(tb.Context(), statement, values...); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// Int asks on the side for one number.
func (d *Database) Int(tb testing.TB, query string, values ...any) int {
	tb.Helper()
	var number int
	if err := d.SQL.QueryRowContext(tb.Context(), query, values...).Scan(&number); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return number
}

// AddProduct puts a product on sale.
func (d *Database) AddProduct(tb testing.TB, stock int) uuid.UUID {
	tb.Helper()
	id := uuid.New()
	d.Exec(tb, `insert into products (id, name, price_minor, currency, stock) values ($1, 'Kettle', 3900, 'EUR', $2)`,
		id, stock)
	return id
}

var (
	templateOnce sync.Once
	templateName string
)

// migrated returns the template of this process. It stays behind where a test run is killed; `drop database` is safe.
func migrated(tb testing.TB, server string) string {
	tb.Helper()
	templateOnce.Do(func() {
		name := "template_" + uniqueName()
		execute(tb, server, "create database "+name)
		settings := config.Migration{URL: config.Secret(at(tb, server, name)), LockTimeout: time.Second}
		log := slog.New(slog.DiscardHandler)
		if err := postgres.Migrate(context.Background(), settings, migrations.Files, log); err != nil {
			tb.Fatal(err)
		}
		templateName = name
	})
	if templateName == "" {
		tb.Fatal("the migrations failed in another test")
	}
	return templateName
}

// Drop removes the template; call it from TestMain.
func Drop() {
	if templateName == "" {
		return
	}
	if db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")); err == nil {
		_, _ = db.ExecContext(context.Background(), "drop database if exists "+templateName+" with (force)")
		_ = db.Close()
	}
}

func serverURL(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("DATABASE_URL")
	if server == "" {
		tb.Fatal("DATABASE_URL is not set: a PostgreSQL server where databases may be created")
	}
	return server
}

func execute(tb testing.TB, server, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

func at(tb testing.TB, server, name string) string {
	tb.Helper()
	parsed, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("DATABASE_URL: %v", err)
	}
	parsed.Path = "/" + name
	return parsed.String()
}

func uniqueName() string {
	return "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
}
