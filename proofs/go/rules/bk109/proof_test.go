package bk109_test

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk109/avoid"
	prefer "proofs.example/rules/bk109/prefer"
)

const project = `
	insert into tenants (name) values ('Acme');
	insert into projects (tenant_id, name) values (1, 'Bridge');
	insert into documents (project_id, title) values (1, 'Plan');`

// paused opens a database whose copy on the standby stands still.
func paused(t *testing.T) (primary, replica *gorm.DB) {
	t.Helper()
	standby := os.Getenv("REPLICA_URL")
	if standby == "" {
		t.Fatal("REPLICA_URL is not set: it names a streaming standby")
	}
	proof.Scalar[string](t, standby, "select pg_wal_replay_resume()::text")
	own := proof.FreshDatabase(t, project)
	t.Cleanup(func() { proof.Scalar[string](t, standby, "select pg_wal_replay_resume()::text") })

	copied := with(t, standby, own)
	until(t, copied, "select title from documents", "Plan")
	proof.Scalar[string](t, standby, "select pg_wal_replay_pause()::text")
	until(t, standby, "select pg_get_wal_replay_pause_state()", "paused")
	return proof.Gorm(t, own), proof.Gorm(t, copied)
}

// with returns the standby's URL of a database.
func with(t *testing.T, standby, database string) string {
	t.Helper()
	there, err := url.Parse(standby)
	if err != nil {
		t.Fatal(err)
	}
	own, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	there.Path = own.Path
	return there.String()
}

// until waits until a query of the standby gives the value.
func until(t *testing.T, standby, sql, expected string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		seen, err := ask(ctx, standby, sql)
		if seen == expected {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the standby says %q, %v to %s", seen, err, sql)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func ask(ctx context.Context, standby, sql string) (seen string, err error) {
	session, err := pgx.Connect(ctx, standby)
	if err != nil {
		return "", err
	}
	defer session.Close(context.Background())
	err = session.QueryRow(ctx, sql).Scan(&seen)
	return seen, err
}

func TestAvoid_a_title_that_was_just_saved_comes_back_as_it_was_before(t *testing.T) {
	primary, replica := paused(t)
	saved, err := avoid.Store{Primary: primary, Replica: replica}.Rename(t.Context(), 1, "Budget")
	if err != nil || saved.Title != "Plan" {
		t.Fatalf("%q, %v: expected the old title", saved.Title, err)
	}
}

func TestPrefer_a_title_that_was_just_saved_comes_back_and_figures_may_lag(t *testing.T) {
	primary, replica := paused(t)
	store := prefer.Store{Primary: primary, Replica: replica}
	saved, err := store.Rename(t.Context(), 1, "Budget")
	if err != nil || saved.Title != "Budget" {
		t.Fatalf("%q, %v: expected the new title", saved.Title, err)
	}
	if err := primary.Exec("delete from documents").Error; err != nil {
		t.Fatal(err)
	}
	if count, err := store.Count(t.Context()); err != nil || count != 1 {
		t.Fatalf("%d, %v: expected the count of the standby, 1", count, err)
	}
}
