package outbox_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"

	"example.com/storefront/internal/housekeeping"
	"example.com/storefront/internal/outbox"
	"example.com/storefront/internal/testdb"
)

func TestMain(m *testing.M) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	code := m.Run()
	testdb.Drop()
	os.Exit(code)
}

// receiver remembers what was delivered to it, and fails as often as it is told.
type receiver struct {
	*httptest.Server

	mutex    sync.Mutex
	failures int
	headers  []http.Header
	bodies   []map[string]any
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		text, _ := io.ReadAll(request.Body)
		var body map[string]any
		_ = json.Unmarshal(text, &body)
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.headers, r.bodies = append(r.headers, request.Header), append(r.bodies, body)
		if r.failures > 0 {
			r.failures--
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func appendEvent(ctx context.Context, t *testing.T, db *testdb.Database) {
	t.Helper()
	err := db.Transact(ctx, func(tx *gorm.DB) error {
		return outbox.Append(ctx, tx, "order.placed", map[string]int{"version": 1})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// relay runs so many relays until so many events are published.
func relay(t *testing.T, db *testdb.Database, relays int, url string, published int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range relays {
		running.Go(func() {
			log := slog.New(slog.DiscardHandler)
			outbox.NewRelay(db.Database, outbox.Webhook(url), 10*time.Millisecond, log).Run(ctx)
		})
	}
	deadline := time.Now().Add(10 * time.Second)
	for db.Int(t, "select count(*) from outbox where published_at is not null") != published {
		if time.Now().After(deadline) {
			t.Error("not everything is published")
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	running.Wait()
}

func TestAnEventIsDeliveredWithTheTraceThatCausedIt(t *testing.T) {
	db, receiver := testdb.New(t), newReceiver(t)
	cause := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	})
	appendEvent(trace.ContextWithRemoteSpanContext(t.Context(), cause), t, db)
	relay(t, db, 1, receiver.URL, 1)

	header, body := receiver.headers[0], receiver.bodies[0]
	if got := header.Get("Traceparent"); got != "00-01000000000000000000000000000000-0200000000000000-01" {
		t.Errorf("traceparent: got %s", got)
	}
	if body["id"] != header.Get("Webhook-Id") || body["type"] != "order.placed" || body["occurred_at"] == "" || len(body) != 4 {
		t.Errorf("got %v", body)
	}
	if data, _ := body["data"].(map[string]any); data["version"] != 1.0 {
		t.Errorf("got %v", body)
	}
}

func TestAFailedDeliveryIsTriedAgain(t *testing.T) {
	db, receiver := testdb.New(t), newReceiver(t)
	receiver.failures = 1
	appendEvent(t.Context(), t, db)
	started := time.Now()
	relay(t, db, 1, receiver.URL, 1)
	if took := time.Since(started); len(receiver.bodies) != 2 || took < 900*time.Millisecond {
		t.Errorf("got %d deliveries in %v", len(receiver.bodies), took)
	}
}

func TestTwoRelaysDeliverEachEventOnce(t *testing.T) {
	db, receiver := testdb.New(t), newReceiver(t)
	const events = 50
	for range events {
		appendEvent(t.Context(), t, db)
	}
	relay(t, db, 2, receiver.URL, events)
	if got := len(receiver.bodies); got != events {
		t.Errorf("got %d deliveries", got)
	}
}

func TestAnEventIsAsGoodAsItsTransaction(t *testing.T) {
	db := testdb.New(t)
	_ = db.Transact(t.Context(), func(tx *gorm.DB) error {
		if err := outbox.Append(t.Context(), tx, "order.placed", "anything"); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	if got := db.Int(t, "select count(*) from outbox"); got != 0 {
		t.Errorf("got %d", got)
	}
}

func TestHousekeepingDeletesWhatIsOutlivedAndNothingElse(t *testing.T) {
	db := testdb.New(t)
	db.Exec(t, `insert into outbox (topic, payload, published_at)
		select 'x', '1', now() - interval '8 days' from generate_series(1, 2500)`)
	db.Exec(t, `insert into outbox (topic, payload, published_at) values ('x', '1', now()), ('x', '1', null)`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() {
		for ctx.Err() == nil && db.Int(t, "select count(*) from outbox") > 2 {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	housekeeping.Run(ctx, db.Database, slog.New(slog.DiscardHandler))
	if got := db.Int(t, "select count(*) from outbox"); got != 2 {
		t.Errorf("got %d", got)
	}
}
