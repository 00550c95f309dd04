package bk102_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk102/avoid"
	prefer "proofs.example/rules/bk102/prefer"
)

const order = `insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 7);
	insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)`

// provider charges by an HTTP request to its URL.
type provider string

func (p provider) Charge(ctx context.Context, _, _ int64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, string(p), http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// during pays the order on a pool of one, and does something else while the provider, who got the
// charge, keeps silent.
func during(
	t *testing.T,
	pay func(ctx context.Context, db *gorm.DB, p provider) error,
	somethingElse func(url string, db *gorm.DB),
) {
	t.Helper()
	url := proof.FreshDatabase(t, order)
	db := proof.Gorm(t, url)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	charged, told := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(charged)
		<-told
	}))
	t.Cleanup(server.Close)
	tell := sync.OnceFunc(func() { close(told) })
	t.Cleanup(tell)

	paid := make(chan error, 1)
	go func() { paid <- pay(t.Context(), db, provider(server.URL)) }()
	select {
	case <-charged:
	case err := <-paid:
		t.Fatalf("paid without a charge: %v", err)
	}
	somethingElse(url, db)
	tell()
	if err := <-paid; err != nil {
		t.Fatal(err)
	}
	if status := proof.Scalar[string](t, url, "select status from orders"); status != "paid" {
		t.Fatalf("the order is %s, expected paid", status)
	}
}

func payAvoid(ctx context.Context, db *gorm.DB, p provider) error { return avoid.Pay(ctx, db, p, 1) }

func payPrefer(ctx context.Context, db *gorm.DB, p provider) error { return prefer.Pay(ctx, db, p, 1) }

func idle(t *testing.T, url string) int {
	t.Helper()
	return proof.Scalar[int](t, url, `select count(*) from pg_stat_activity
		where datname = current_database() and state = 'idle in transaction'`)
}

// change changes the order on a connection of its own, and waits for locks no longer than a moment.
func change(t *testing.T, url string) error {
	t.Helper()
	session, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(t.Context())
	_, err = session.Exec(t.Context(), "set lock_timeout = '300ms'; update orders set quantity = 2")
	return err
}

// count counts products through the pool of the application.
func count(t *testing.T, db *gorm.DB, patience time.Duration) (int64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var products int64
	err := db.WithContext(ctx).Table("products").Count(&products).Error
	return products, err
}

func TestAvoid_the_order_is_locked_while_the_provider_is_silent(t *testing.T) {
	during(t, payAvoid, func(url string, _ *gorm.DB) {
		open := idle(t, url)
		failure, ok := errors.AsType[*pgconn.PgError](change(t, url))
		if open != 1 || !ok || failure.Code != "55P03" {
			t.Fatalf("%d idle in transaction, %v: expected one, and 55P03", open, failure)
		}
	})
}

func TestAvoid_a_query_that_has_nothing_to_do_with_it_gets_no_connection(t *testing.T) {
	during(t, payAvoid, func(_ string, db *gorm.DB) {
		if products, err := count(t, db, 700*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%d products, %v: expected to wait until the deadline", products, err)
		}
	})
}

func TestPrefer_the_order_can_be_changed_while_the_provider_is_silent(t *testing.T) {
	during(t, payPrefer, func(url string, _ *gorm.DB) {
		if open := idle(t, url); open != 0 {
			t.Fatalf("%d sessions are idle in transaction", open)
		}
		if err := change(t, url); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPrefer_the_connection_is_free_while_the_provider_is_silent(t *testing.T) {
	during(t, payPrefer, func(_ string, db *gorm.DB) {
		if products, err := count(t, db, 5*time.Second); err != nil || products != 1 {
			t.Fatalf("%d products, %v: expected 1", products, err)
		}
	})
}
