// Package outbox publishes events that were committed with the work they tell of.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"gorm.io/gorm"
)

const traceparent = "traceparent"

// event is a row of the outbox.
type event struct {
	ID            uuid.UUID `gorm:"default:gen_random_uuid()"`
	Topic         string
	Payload       json.RawMessage `gorm:"serializer:json"`
	Traceparent   *string
	CreatedAt     time.Time `gorm:"autoCreateTime:false;default:current_timestamp"`
	Attempts      int
	NextAttemptAt time.Time `gorm:"default:current_timestamp"`
}

// TableName overrides GORM's guess.
func (event) TableName() string { return "outbox" }

// Append writes an event within the caller's transaction, with the trace that it belongs to.
func Append(ctx context.Context, tx *gorm.DB, topic string, payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("write the event %s: %w", topic, err)
	}
	row := event{Topic: topic, Payload: text}
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	if parent := carrier.Get(traceparent); parent != "" {
		row.Traceparent = &parent
	}
	if err := gorm.G[event](tx).Create(ctx, &row); err != nil {
		return fmt.Errorf("insert the event %s: %w", topic, err)
	}
	return nil
}

// continueTrace returns a context within the trace of the request that caused the event.
func (e event) continueTrace(ctx context.Context) context.Context {
	if e.Traceparent == nil {
		return ctx
	}
	return otel.GetTextMapPropagator().Extract(ctx, propagation.MapCarrier{traceparent: *e.Traceparent})
}
