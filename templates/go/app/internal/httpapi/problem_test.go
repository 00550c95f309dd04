package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5/pgconn"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/idempotency"
	"example.com/storefront/internal/order"
)

// describe writes what parseIfMatch understood.
func describe(seen order.Versions, err error) string {
	switch {
	case err != nil:
		return "required"
	case seen.Any:
		return "any"
	default:
		return fmt.Sprint(seen.List)
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	state := func(code, constraint string) error {
		return fmt.Errorf("insert: %w", &pgconn.PgError{Code: code, ConstraintName: constraint})
	}
	for _, each := range []struct {
		err    error
		want   string
		status int
	}{
		{fiber.ErrNotFound, "not-found", 404},
		{fiber.ErrMethodNotAllowed, "method-not-allowed", 405},
		{fiber.ErrRequestTimeout, "request-timeout", 408},
		{fiber.ErrRequestEntityTooLarge, "too-large", 413},
		{fiber.ErrRequestHeaderFieldsTooLarge, "malformed-request", 400},
		{fiber.ErrBadGateway, "malformed-request", 400},
		{account.ErrEmailTaken, "email-taken", 409},
		{account.ErrCredentials, "unauthorized", 401},
		{account.ErrRefreshToken, "unauthorized", 401},
		{account.ErrAccessToken, "unauthorized", 401},
		{catalog.ErrNotFound, "not-found", 404},
		{&order.LineError{Err: catalog.ErrNotFound}, "invalid", 422},
		{&order.LineError{Err: catalog.ErrInsufficientStock}, "insufficient-stock", 409},
		{order.ErrNotFound, "not-found", 404},
		{order.ErrMixedCurrencies, "mixed-currencies", 409},
		{order.ErrTotalTooLarge, "invalid", 422},
		{order.ErrStale, "stale", 412},
		{order.ErrNotCancellable, "order-not-cancellable", 409},
		{idempotency.ErrInProgress, "request-in-progress", 409},
		{idempotency.ErrKeyReused, "key-reused", 422},
		{state("23503", "orders_user_id_fkey"), "unauthorized", 401},
		{state("23503", "order_lines_product_id_fkey"), "invalid", 422},
		{state("23514", "products_stock_check"), "internal-error", 500},
		{state("40001", ""), "unavailable", 503},
		{state("55P03", ""), "unavailable", 503},
		{state("57014", ""), "unavailable", 503},
		{state("57P01", ""), "unavailable", 503},
		{state("53300", ""), "unavailable", 503},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), "unavailable", 503},
		{io.ErrUnexpectedEOF, "unavailable", 503},
		{errors.New("canary"), "internal-error", 500},
	} {
		if got := problemOf(each.err); got.name != each.want || got.status != each.status {
			t.Errorf("%v: got %s (%d), want %s (%d)", each.err, got.name, got.status, each.want, each.status)
		}
	}
}
