// Package proof is what the proofs share: a database of their own, sessions that hold locks,
// servers that misbehave, and figures for the pages.
package proof

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const objectInUse = "55006" // somebody is connected to the template

// FreshDatabase clones the shop's tables into a database that lives as long as the test, runs the
// extra SQL there, and returns its URL. It also gives the test a minute: see [Limit].
func FreshDatabase(t testing.TB, extraSQL ...string) string {
	t.Helper()
	Limit(t)
	server := os.Getenv("DATABASE_URL")
	if server == "" {
		t.Fatal("DATABASE_URL is not set: it names a superuser's database, beside one called shop")
	}
	name := "proof_" + strings.ToLower(rand.Text())
	if err := create(server, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { execute(t, server, "drop database if exists "+name+" with (force)") })
	own, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	own.Path = "/" + name
	for _, sql := range extraSQL {
		execute(t, own.String(), sql)
	}
	return own.String()
}

// Gorm opens the database as an application would, without a log, until the test ends.
func Gorm(t testing.TB, url string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return db
}

// Pool opens the database for pgx alone, until the test ends. Closing waits for connections that
// are in use, so it is given up after a second: dropping the database ends those.
func Pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() { pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(time.Second):
		}
	})
	return pool
}

// Rows asks on a connection of its own and returns each row as a T: a struct whose fields are in
// the order of the columns. [Scalar] asks for a single value.
func Rows[T any](t testing.TB, url, sql string, args ...any) []T {
	t.Helper()
	if row := reflect.TypeFor[T](); row.Kind() != reflect.Struct {
		t.Fatalf("Rows fills structs, and %v is none: take Scalar, or a struct with one field", row)
	}
	return ask(t, url, sql, args, pgx.RowToStructByPos[T])
}

// Scalar asks on a connection of its own for one value: the only column of the only row.
func Scalar[T any](t testing.TB, url, sql string, args ...any) T {
	t.Helper()
	values := ask(t, url, sql, args, pgx.RowTo[T])
	if len(values) != 1 {
		t.Fatalf("%d rows instead of one: %s", len(values), sql)
	}
	return values[0]
}

func ask[T any](t testing.TB, url, sql string, args []any, each pgx.RowToFunc[T]) []T {
	t.Helper()
	ctx := context.Background()
	session := connect(t, url)
	defer session.Close(ctx) // the answer is here or the test has failed
	rows, err := session.Query(ctx, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, each)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	session, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// execute runs SQL, which may be several statements.
func execute(t testing.TB, url, sql string) {
	t.Helper()
	session := connect(t, url)
	_, err := session.Exec(context.Background(), sql)
	_ = session.Close(context.Background())
	if err != nil {
		t.Fatal(err)
	}
}

// create waits while somebody else is connected to the template.
func create(server, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	session, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer session.Close(context.Background()) // created or not, the session is done
	for {
		_, err := session.Exec(ctx, "create database "+name+" template shop")
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) || refusal.Code != objectInUse {
			if err != nil {
				err = fmt.Errorf("clone shop: %w", err)
			}
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
