package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"

	"example.com/storefront/internal/postgres"
)

const (
	batch           = 10 // delivered side by side, so that a lease outlives all of them
	deliveryTimeout = 5 * time.Second
	databaseTimeout = 5 * time.Second
	longestPause    = 300 * time.Second
)

// Several workers may run: each takes rows that no other is taking, and keeps them for a lease of 30 seconds.
const claim = `with due as materialized (
		select id from outbox where published_at is null and next_attempt_at <= now()
		order by next_attempt_at limit ? for update skip locked
	)
	update outbox set attempts = attempts + 1, next_attempt_at = now() + interval '30 seconds'
	from due where outbox.id = due.id
	returning outbox.id, topic, payload, traceparent, created_at, attempts`

const published = `update outbox set published_at = now() where id = ?`

const postponed = `update outbox set next_attempt_at = now() + make_interval(secs => ?)
	where id = ? and published_at is null`

// Deliver hands an event to whoever wants it. It may be called more than once for an event.
type Deliver func(ctx context.Context, message Message) error

// Relay publishes what stands in the outbox, at least once each, in no promised order.
type Relay struct {
	db      *postgres.Database
	deliver Deliver
	poll    time.Duration
	log     *slog.Logger
}

// NewRelay wires the relay.
func NewRelay(db *postgres.Database, deliver Deliver, poll time.Duration, log *slog.Logger) *Relay {
	return &Relay{db: db, deliver: deliver, poll: poll, log: log}
}

// Run publishes until the context ends. Deliveries at hand are finished first.
func (r *Relay) Run(ctx context.Context) {
	for ctx.Err() == nil {
		due, err := r.claim(ctx)
		if err != nil {
			r.log.ErrorContext(ctx, "claiming events failed", "error", err.Error())
		}
		r.publishAll(context.WithoutCancel(ctx), due)
		if len(due) == batch {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.poll):
		}
	}
}

// claim commits before anything is delivered: no transaction waits for the network (BK102).
func (r *Relay) claim(ctx context.Context) ([]event, error) {
	// A claim is not broken off: nobody would deliver what it took, before its lease ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), databaseTimeout)
	defer cancel()
	var due []event
	err := r.db.Transact(ctx, func(tx *gorm.DB) (err error) {
		due, err = gorm.G[event](tx).Raw(claim, batch).Find(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	return due, nil
}

func (r *Relay) publishAll(ctx context.Context, due []event) {
	var deliveries sync.WaitGroup
	for _, each := range due {
		deliveries.Go(func() { r.publish(each.continueTrace(ctx), each) })
	}
	deliveries.Wait()
}

func (r *Relay) publish(ctx context.Context, e event) {
	ctx, span := otel.Tracer("example.com/storefront/internal/outbox").Start(ctx, "publish "+e.Topic,
		trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.String("messaging.message.id", e.ID.String())))
	defer span.End()
	outcome := r.log.With("event_id", e.ID, "type", e.Topic, "attempt", e.Attempts)

	limited, cancel := context.WithTimeout(ctx, deliveryTimeout) // BK134
	defer cancel()
	if err := r.deliver(limited, e.message()); err != nil {
		span.SetStatus(codes.Error, "not delivered")
		outcome.WarnContext(ctx, "event not delivered", "error", err.Error())
		r.record(ctx, postponed, pause(e.Attempts).Seconds(), e.ID)
		return
	}
	r.record(ctx, published, e.ID)
	outcome.InfoContext(ctx, "event delivered")
}

func (r *Relay) record(ctx context.Context, statement string, values ...any) {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	err := r.db.Transact(ctx, func(tx *gorm.DB) error {
		return gorm.G[event](tx).Exec(ctx, statement, values...)
	})
	if err != nil { // the lease ends, and the event is delivered again
		r.log.ErrorContext(ctx, "recording a delivery failed", "error", err.Error())
	}
}

// pause is 1, 2, 4 … seconds, and never more than five minutes.
func pause(attempts int) time.Duration {
	if attempts > 9 {
		return longestPause
	}
	return min(time.Second<<max(attempts-1, 0), longestPause)
}

// Message is an event as its receivers see it.
type Message struct {
	ID         uuid.UUID
	Type       string
	OccurredAt time.Time
	Data       []byte // JSON
}

func (e event) message() Message {
	return Message{ID: e.ID, Type: e.Topic, OccurredAt: e.CreatedAt, Data: e.Payload}
}
