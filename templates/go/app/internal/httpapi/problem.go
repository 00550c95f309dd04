package httpapi

import (
	"errors"
	"log/slog"
	"strconv"

	"github.com/gofiber/fiber/v3"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/idempotency"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/internal/telemetry"
)

// kind is what all problems of a type have in common.
type kind struct {
	name   string
	status int
	title  string
}

var (
	malformedRequest     = kind{"malformed-request", fiber.StatusBadRequest, "The request cannot be read"}
	unauthorized         = kind{"unauthorized", fiber.StatusUnauthorized, "Not signed in"}
	notFound             = kind{"not-found", fiber.StatusNotFound, "There is no such thing"}
	methodNotAllowed     = kind{"method-not-allowed", fiber.StatusMethodNotAllowed, "The method is not allowed here"}
	requestTimeout       = kind{"request-timeout", fiber.StatusRequestTimeout, "The request came too slowly"}
	emailTaken           = kind{"email-taken", fiber.StatusConflict, "The email belongs to an account"}
	insufficientStock    = kind{"insufficient-stock", fiber.StatusConflict, "There is not enough in stock"}
	mixedCurrencies      = kind{"mixed-currencies", fiber.StatusConflict, "An order has one currency"}
	orderNotCancellable  = kind{"order-not-cancellable", fiber.StatusConflict, "The order cannot be cancelled"}
	requestInProgress    = kind{"request-in-progress", fiber.StatusConflict, "The first request still runs"}
	stale                = kind{"stale", fiber.StatusPreconditionFailed, "It has changed since it was read"}
	tooLarge             = kind{"too-large", fiber.StatusRequestEntityTooLarge, "The body is too large"}
	unsupportedMediaType = kind{"unsupported-media-type", fiber.StatusUnsupportedMediaType, "The body has to be JSON"}
	invalid              = kind{"invalid", fiber.StatusUnprocessableEntity, "The request is invalid"}
	keyReused            = kind{"key-reused", fiber.StatusUnprocessableEntity, "The key belongs to another request"}
	preconditionRequired = kind{"precondition-required", fiber.StatusPreconditionRequired, "If-Match is required"}
	tooManyRequests      = kind{"too-many-requests", fiber.StatusTooManyRequests, "Too many requests"}
	internalError        = kind{"internal-error", fiber.StatusInternalServerError, "Something went wrong"}
	unavailable          = kind{"unavailable", fiber.StatusServiceUnavailable, "Not available now"}
)

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	Pointer   *string `json:"pointer,omitempty"` // a JSON pointer; an empty one means the whole body
	Parameter string  `json:"parameter,omitempty"`
	Detail    string  `json:"detail"`
}

// problem is an error that a client is told about. Its cause stays in the log.
type problem struct {
	kind

	detail       string
	errors       []FieldError
	retryAfter   int // in seconds
	authenticate string
	cause        error
}

func (p *problem) Error() string { return p.name }

func (p *problem) Unwrap() error { return p.cause }

func atPointer(pointer, detail string) FieldError {
	return FieldError{Pointer: &pointer, Detail: detail}
}

func (k kind) at(pointer, detail string) *problem {
	return &problem{kind: k, errors: []FieldError{atPointer(pointer, detail)}}
}

// domainProblems says what becomes of the domain's errors.
var domainProblems = []struct {
	err     error
	problem *problem
}{
	{account.ErrEmailTaken, &problem{kind: emailTaken}},
	{account.ErrCredentials, &problem{kind: unauthorized, detail: "No account has this email and password."}},
	{account.ErrRefreshToken, &problem{kind: unauthorized, detail: "The refresh token does not count (any more)."}},
	{account.ErrAccessToken, &problem{kind: unauthorized, authenticate: `Bearer error="invalid_token"`}},
	{catalog.ErrNotFound, &problem{kind: notFound}},
	{order.ErrNotFound, &problem{kind: notFound}},
	{order.ErrMixedCurrencies, &problem{kind: mixedCurrencies}},
	{order.ErrTotalTooLarge, invalid.at("/lines", "Cost too much together.")},
	{order.ErrStale, &problem{kind: stale}},
	{order.ErrNotCancellable, &problem{kind: orderNotCancellable}},
	{idempotency.ErrInProgress, &problem{kind: requestInProgress, retryAfter: 1}},
	{idempotency.ErrKeyReused, &problem{kind: keyReused}},
}

// problemOf translates an error; what nobody expected is an internal error.
func problemOf(err error) *problem {
	if known, ok := errors.AsType[*problem](err); ok {
		return known
	}
	if fault, ok := errors.AsType[*fiber.Error](err); ok {
		return problemOfFramework(fault)
	}
	if fault, ok := errors.AsType[*order.LineError](err); ok {
		return problemOfLine(fault)
	}
	for _, each := range domainProblems {
		if errors.Is(err, each.err) {
			return each.problem
		}
	}
	return problemOfDatabase(err)
}

func problemOfLine(fault *order.LineError) *problem {
	line := "/lines/" + strconv.Itoa(fault.Line)
	if errors.Is(fault, catalog.ErrNotFound) {
		return invalid.at(line+"/product_id", "There is no such product.")
	}
	return insufficientStock.at(line+"/quantity", "There is not as much in stock.")
}

func problemOfDatabase(err error) *problem {
	switch postgres.Constraint(err) { // BK131: by name, for each means something else
	case "orders_user_id_fkey", "refresh_tokens_user_id_fkey", "idempotency_keys_user_id_fkey":
		return problemOf(account.ErrAccessToken) // the account was deleted after the token was made
	case "order_lines_product_id_fkey":
		return invalid.at("/lines", "A product is gone.")
	}
	if postgres.Unavailable(err) {
		return &problem{kind: unavailable, retryAfter: 1, cause: err}
	}
	return &problem{kind: internalError, cause: err}
}

// problemOfFramework translates what Fiber and fasthttp find wrong before a handler runs.
func problemOfFramework(fault *fiber.Error) *problem {
	switch fault.Code {
	case fiber.StatusNotFound:
		return &problem{kind: notFound}
	case fiber.StatusMethodNotAllowed:
		return &problem{kind: methodNotAllowed}
	case fiber.StatusRequestTimeout:
		return &problem{kind: requestTimeout}
	case fiber.StatusRequestEntityTooLarge:
		return &problem{kind: tooLarge}
	case fiber.StatusInternalServerError:
		return &problem{kind: internalError, cause: fault}
	default: // a head that is too long or no HTTP, a connection that broke
		return &problem{kind: malformedRequest}
	}
}

// answerProblem is Fiber's error handler: every failure leaves the service here, and is logged here, once.
func (s *Server) answerProblem(c fiber.Ctx, err error) error {
	s.begin(c) // where the head could not be read, no middleware ran
	p := problemOf(err)
	if p.status >= fiber.StatusInternalServerError {
		s.log.ErrorContext(c.Context(), "request failed", slog.String("error", errorText(err)))
	}
	switch {
	case p.authenticate != "":
		c.Set(fiber.HeaderWWWAuthenticate, p.authenticate)
	case p.status == fiber.StatusUnauthorized:
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if p.retryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	answer := c.Status(p.status).JSON(struct {
		Type      string       `json:"type"`
		Title     string       `json:"title"`
		Status    int          `json:"status"`
		Detail    string       `json:"detail,omitempty"`
		RequestID string       `json:"request_id"`
		Errors    []FieldError `json:"errors,omitempty"`
	}{
		"urn:problem:" + p.name, p.title, p.status, p.detail, telemetry.RequestID(c.Context()), p.errors,
	}, "application/problem+json")
	s.finish(c)
	return answer
}

func errorText(err error) string {
	if p, ok := errors.AsType[*problem](err); ok && p.cause != nil {
		return p.cause.Error()
	}
	return err.Error()
}
