package bk108_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk108/avoid"
	prefer "proofs.example/rules/bk108/prefer"
)

const shop = `
	alter table orders alter constraint orders_product_id_fkey deferrable initially deferred;
	insert into tenants (name) values ('Acme');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 10);`

const unknown = 404 // a product that there is not: found out at the commit

var errDown = errors.New("connection refused")

// broker remembers the orders that it was told of.
type broker struct {
	down  bool
	heard []int64
}

func (b *broker) Publish(_ context.Context, topic string, payload any) error {
	if b.down {
		return errDown
	}
	if event := payload.(map[string]int64); topic == "order.placed" {
		b.heard = append(b.heard, event["orderId"])
	}
	return nil
}

// relay publishes what waits in the outbox.
func relay(t *testing.T, url string, b *broker) error {
	t.Helper()
	type message struct {
		ID      int64
		Topic   string
		Payload string
	}
	pending := "select id, topic, payload::text from outbox where published_at is null order by id"
	for _, m := range proof.Rows[message](t, url, pending) {
		var event map[string]int64
		if err := json.Unmarshal([]byte(m.Payload), &event); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(t.Context(), m.Topic, event); err != nil {
			return err
		}
		proof.Scalar[int64](t, url, "update outbox set published_at = now() where id = $1 returning id", m.ID)
	}
	return nil
}

func TestAvoid_an_event_speaks_of_an_order_whose_commit_failed(t *testing.T) {
	url, b := proof.FreshDatabase(t, shop), &broker{}
	s := avoid.Shop{DB: proof.Pool(t, url), Broker: b}
	_, err := s.Place(t.Context(), avoid.Order{UserID: 1, ProductID: unknown, TotalMinor: 1900})
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != "23503" {
		t.Fatalf("expected the commit to fail with 23503, not %v", err)
	}
	orders := proof.Scalar[int](t, url, "select count(*) from orders")
	if orders != 0 || !slices.Equal(b.heard, []int64{1}) {
		t.Fatalf("%d orders, events about %v: expected no order and an event about 1", orders, b.heard)
	}
}

func TestPrefer_what_was_committed_is_announced_once_whichever_side_fails(t *testing.T) {
	url, b := proof.FreshDatabase(t, shop), &broker{}
	s := prefer.Shop{DB: proof.Pool(t, url), Broker: b}
	if _, err := s.Place(t.Context(), prefer.Order{UserID: 1, ProductID: unknown, TotalMinor: 1900}); err == nil {
		t.Fatal("an order of an unknown product was committed")
	}
	b.down = true
	id, err := s.Place(t.Context(), prefer.Order{UserID: 1, ProductID: 1, TotalMinor: 1900})
	if err != nil {
		t.Fatalf("an order needs no broker: %v", err)
	}
	if err := relay(t, url, b); !errors.Is(err, errDown) {
		t.Fatalf("the relay published to a broker that is down: %v", err)
	}
	b.down = false
	if err := relay(t, url, b); err != nil {
		t.Fatal(err)
	}
	stored := proof.Scalar[int64](t, url, "select id from orders")
	if stored != id || !slices.Equal(b.heard, []int64{id}) {
		t.Fatalf("order %d, events about %v: expected both to be about %d alone", stored, b.heard, id)
	}
}
