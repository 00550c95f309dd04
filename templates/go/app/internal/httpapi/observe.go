package httpapi

import (
	"log/slog"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/storefront/internal/telemetry"
)

var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// exchange is what is kept of a request until its last line in the log.
type exchange struct {
	started  time.Time
	span     trace.Span
	bodyRead bool
}

type exchangeKey struct{}

func exchangeOf(c fiber.Ctx) *exchange { return fiber.Locals[*exchange](c, exchangeKey{}) }

// observe surrounds every request. Those that fail are finished by answerProblem, when their status is known.
func (s *Server) observe(c fiber.Ctx) error {
	s.begin(c)
	if err := c.Next(); err != nil {
		return err
	}
	if c.Matched() { // fasthttp's own errors run the middleware without a route, and then the error handler
		s.finish(c)
	}
	return nil
}

//nolint:spancheck // finish ends the span
func (s *Server) begin(c fiber.Ctx) {
	if exchangeOf(c) != nil {
		return
	}
	id := c.Get(fiber.HeaderXRequestID)
	if !requestIDPattern.MatchString(id) {
		id = uuid.NewString()
	}
	ctx := otel.GetTextMapPropagator().Extract(c.Context(), propagation.MapCarrier{
		"traceparent": c.Get("Traceparent"), "tracestate": c.Get("Tracestate"),
	})
	ctx = telemetry.WithRequestID(ctx, id)
	ctx, span := otel.Tracer("example.com/storefront/internal/httpapi").
		Start(ctx, c.Method(), trace.WithSpanKind(trace.SpanKindServer))
	c.SetContext(ctx)
	c.Locals(exchangeKey{}, &exchange{started: time.Now(), span: span})

	c.Set(fiber.HeaderXRequestID, id)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	c.Set(fiber.HeaderCacheControl, "no-store")
}

func (s *Server) finish(c fiber.Ctx) {
	ongoing := exchangeOf(c)
	took := time.Since(ongoing.started)
	method, status, route := c.Method(), c.Response().StatusCode(), ""
	if c.Matched() {
		route = c.FullPath()
	}
	s.requests.Observe(method, route, status, took)
	ongoing.span.SetName(strings.TrimSpace(method + " " + route))
	ongoing.span.SetAttributes(
		semconv.HTTPRequestMethodKey.String(method), semconv.HTTPRoute(route), semconv.HTTPResponseStatusCode(status),
		attribute.String("request_id", telemetry.RequestID(c.Context())))
	if status >= fiber.StatusInternalServerError {
		ongoing.span.SetStatus(codes.Error, "")
	}
	ongoing.span.End()
	s.log.InfoContext(c.Context(), "request",
		slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000))
	if !ongoing.bodyRead {
		discardBody(c)
	}
}

// logPanic keeps the stack of a panic for the log; the client sees an internal error.
func (s *Server) logPanic(c fiber.Ctx, value any) {
	s.log.ErrorContext(c.Context(), "panic", slog.Any("value", value), slog.String("stack", string(debug.Stack())))
}
