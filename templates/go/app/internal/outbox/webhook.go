package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"example.com/storefront/internal/timestamp"
)

const (
	longestReply = 64 << 10
	idleTimeout  = 90 * time.Second
)

// Webhook delivers events by POST. A receiver tells repeated ones by the header Webhook-Id.
func Webhook(receiver string) Deliver {
	client := &http.Client{
		Timeout:       deliveryTimeout, // http.DefaultClient has none
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: batch, IdleConnTimeout: idleTimeout,
		},
	}
	return func(ctx context.Context, message Message) error {
		request, err := newDelivery(ctx, receiver, message)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("deliver an event: %w", withoutURL(err))
		}
		defer func() { _ = response.Body.Close() }()
		_, _ = io.CopyN(io.Discard, response.Body, longestReply) // so that the connection can be used again
		if response.StatusCode < 200 || response.StatusCode > 299 {
			return fmt.Errorf("deliver an event: the receiver answered %d", response.StatusCode)
		}
		return nil
	}
}

// withoutURL takes the receiver's address out of an error, for it may hold a secret, and errors are logged.
func withoutURL(err error) error {
	if failure, ok := errors.AsType[*url.Error](err); ok {
		return failure.Err
	}
	return err
}

func newDelivery(ctx context.Context, receiver string, message Message) (*http.Request, error) {
	body, err := json.Marshal(struct {
		ID         string          `json:"id"`
		Type       string          `json:"type"`
		OccurredAt string          `json:"occurred_at"`
		Data       json.RawMessage `json:"data"`
	}{message.ID.String(), message.Type, timestamp.Format(message.OccurredAt), message.Data})
	if err != nil {
		return nil, fmt.Errorf("write an event: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, receiver, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("address an event: %w", withoutURL(err))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Webhook-Id", message.ID.String())
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(request.Header))
	return request, nil
}

// Log stands in for a receiver where none is configured; the relay says what it delivered.
func Log(log *slog.Logger) Deliver {
	return func(ctx context.Context, message Message) error {
		log.InfoContext(ctx, "event", "event_id", message.ID, "type", message.Type)
		return nil
	}
}
