package proof

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const patience = 10 * time.Second

// Holder is a session in the middle of a transaction.
type Holder struct {
	release func()
}

// Release rolls the transaction back, so that whoever waits goes on. Releasing twice is fine.
func (h *Holder) Release() { h.release() }

// Hold begins a transaction on a connection of its own and runs the SQL in it, such as
// `select … for update` or `lock table …`. Reads pass, writers queue up until [Holder.Release].
func Hold(t testing.TB, url, sql string) *Holder {
	t.Helper()
	ctx := context.Background()
	session := connect(t, url)
	if _, err := session.Exec(ctx, "begin; "+sql); err != nil {
		_ = session.Close(ctx)
		t.Fatal(err)
	}
	// Closing alone would not wait for the server to let go of the locks.
	holder := &Holder{sync.OnceFunc(func() {
		_, err := session.Exec(ctx, "rollback")
		_ = session.Close(ctx)
		if err != nil {
			t.Errorf("release: %v", err)
		}
	})}
	t.Cleanup(holder.Release)
	return holder
}

// UntilBlocked returns as soon as n sessions of the database wait for a lock.
func UntilBlocked(t testing.TB, url string, n int) {
	t.Helper()
	ctx := context.Background()
	session := connect(t, url)
	defer session.Close(ctx)
	deadline := time.Now().Add(patience)
	for {
		var blocked int
		err := session.QueryRow(ctx, `select count(*) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock'`).Scan(&blocked)
		switch {
		case err != nil:
			t.Fatal(err)
		case blocked >= n:
			return
		case time.Now().After(deadline):
			t.Fatalf("%d of %d sessions wait for a lock after %s:\n%s", blocked, n, patience, sessions(session))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func sessions(session *pgx.Conn) string {
	ctx := context.Background()
	rows, err := session.Query(ctx, `select format('%s %s/%s: %s', state, wait_event_type, wait_event, left(query, 200))
		from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	if err != nil {
		return err.Error()
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}

// Together starts the calls at once and returns their errors, in order, when all have ended.
// Between start and end it runs the given steps, such as [UntilBlocked] and [Holder.Release].
func Together(between func(), calls ...func() error) []error {
	failures := make([]error, len(calls))
	var running sync.WaitGroup
	for i, call := range calls {
		running.Go(func() { failures[i] = call() })
	}
	between()
	running.Wait()
	return failures
}
