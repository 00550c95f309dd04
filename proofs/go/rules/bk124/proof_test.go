package bk124_test

import (
	"context"
	"errors"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk124/avoid"
	prefer "proofs.example/rules/bk124/prefer"
)

const shop = `insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 5)`

type send func(ctx context.Context, db *pgxpool.Pool, hash string) (status int, body map[string]int64, err error)

func order(ctx context.Context, tx pgx.Tx) (body map[string]int64, err error) {
	err = tx.QueryRow(ctx, `insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)
		returning json_build_object('id', id)`).Scan(&body)
	return body, err
}

func avoided(ctx context.Context, db *pgxpool.Pool, hash string) (int, map[string]int64, error) {
	claim := [4]any{1, "POST /orders", "8e03978e", hash}
	answer, err := avoid.Once(ctx, db, claim, func(tx pgx.Tx) (avoid.Answer, error) {
		body, err := order(ctx, tx)
		return avoid.Answer{Status: 201, Body: body}, err
	})
	return answer.Status, answer.Body, err
}

func preferred(ctx context.Context, db *pgxpool.Pool, hash string) (int, map[string]int64, error) {
	claim := [4]any{1, "POST /orders", "8e03978e", hash}
	answer, err := prefer.Once(ctx, db, claim, func(tx pgx.Tx) (prefer.Answer, error) {
		body, err := order(ctx, tx)
		return prefer.Answer{Status: 201, Body: body}, err
	})
	return answer.Status, answer.Body, err
}

type outcome struct {
	Retries  []int // their status; 0 while they wait
	Starved  bool  // whether somebody else finds no connection
	Orders   int
	Replayed bool // whether a later retry gets the first answer
}

// retryWhileRunning sends two retries through a pool of three connections while the first attempt waits.
func retryWhileRunning(t *testing.T, send send) outcome {
	t.Helper()
	database := proof.FreshDatabase(t, shop)
	db := proof.Pool(t, withThree(t, database))
	product := proof.Hold(t, database, "select from products where id = 1 for update")
	retries := make(chan int, 2)
	var seen outcome
	var first map[string]int64
	failures := proof.Together(func() {
		proof.UntilBlocked(t, database, 1)
		var ended []error
		waiting := make(chan []error, 1)
		retry := func() error {
			status, _, err := send(t.Context(), db, "a lamp")
			retries <- status
			return err
		}
		go func() { waiting <- proof.Together(func() {}, retry, retry) }()
		select {
		case ended = <-waiting:
			seen.Retries = []int{<-retries, <-retries}
		case <-blocked(t, database, 3):
			seen.Retries = []int{0, 0}
		}
		patience, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		seen.Starved = errors.Is(db.Ping(patience), context.DeadlineExceeded)
		product.Release()
		if ended == nil {
			ended = <-waiting
		}
		if err := errors.Join(ended...); err != nil {
			t.Error(err)
		}
	}, func() (err error) { _, first, err = send(t.Context(), db, "a lamp"); return err })
	status, body, err := send(t.Context(), db, "a lamp")
	if err := errors.Join(append(failures, err)...); err != nil {
		t.Fatal(err)
	}
	seen.Replayed = status == 201 && len(body) == 1 && reflect.DeepEqual(body, first)
	seen.Orders = proof.Scalar[int](t, database, "select count(*) from orders")
	return seen
}

// withThree limits a pool to three connections.
func withThree(t *testing.T, database string) string {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	query.Set("pool_max_conns", "3")
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// blocked tells when so many sessions wait for a lock, and never if that does not come.
func blocked(t *testing.T, database string, n int) <-chan struct{} {
	t.Helper()
	reached := make(chan struct{})
	go func() {
		for t.Context().Err() == nil {
			session, err := pgx.Connect(t.Context(), database)
			if err != nil {
				return
			}
			var waiting int
			err = session.QueryRow(t.Context(), `select count(*) from pg_stat_activity
				where datname = current_database() and wait_event_type = 'Lock'`).Scan(&waiting)
			_ = session.Close(context.Background())
			if err == nil && waiting >= n {
				close(reached)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return reached
}

func TestAvoid_retries_of_a_slow_order_take_every_connection(t *testing.T) {
	seen := retryWhileRunning(t, avoided)
	expected := outcome{Retries: []int{0, 0}, Starved: true, Orders: 1, Replayed: true}
	if !reflect.DeepEqual(seen, expected) {
		t.Fatalf("%+v; expected %+v", seen, expected)
	}
}

func TestPrefer_retries_of_a_slow_order_get_409_and_leave_the_pool_to_others(t *testing.T) {
	seen := retryWhileRunning(t, preferred)
	expected := outcome{Retries: []int{409, 409}, Orders: 1, Replayed: true}
	if !reflect.DeepEqual(seen, expected) {
		t.Fatalf("%+v; expected %+v", seen, expected)
	}
}
