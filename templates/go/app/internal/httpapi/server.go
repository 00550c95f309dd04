// Package httpapi answers requests: it is the only package that knows HTTP and Fiber.
package httpapi

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/gofiber/fiber/v3"
	fiberlog "github.com/gofiber/fiber/v3/log"
	recovery "github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"example.com/storefront/api"
	"example.com/storefront/internal/account"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/config"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/telemetry"
)

const (
	headLimit    = 16 << 10
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second // more than the balancer's own, mostly 60, or it would use one that just closed
)

// otherMethod stands for a method that is none, in routes, logs and metrics, as OpenTelemetry names it.
const otherMethod = "_OTHER"

// Services are what the API offers to clients.
type Services struct {
	Accounts *account.Service
	Tokens   *account.Tokens
	Catalog  *catalog.Service
	Orders   *order.Service
}

// Server answers requests.
type Server struct {
	Services

	settings  config.HTTP
	contract  []byte
	byAddress *rateLimit
	byEmail   *rateLimit
	byAccount *rateLimit
	requests  *telemetry.Requests
	log       *slog.Logger
}

// New returns an application that is ready to listen.
func New(
	services Services, settings config.HTTP, registry prometheus.Registerer, log *slog.Logger,
) (*fiber.App, error) {
	contract, err := api.JSON()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Services:  services,
		settings:  settings,
		contract:  contract,
		byAddress: newRateLimit(settings.AuthPerMinute),
		byEmail:   newRateLimit(settings.AuthPerMinute),
		byAccount: newRateLimit(settings.RequestsPerMinute),
		requests:  telemetry.NewRequests(registry),
		log:       log,
	}
	fiberlog.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelWarn).Writer()) // its own lines are no JSON
	return s.app(), nil
}

func (s *Server) app() *fiber.App {
	app := fiber.New(fiber.Config{
		ErrorHandler:   s.answerProblem,
		RequestMethods: append(slices.Clone(fiber.DefaultMethods), otherMethod),
		StrictRouting:  true,
		CaseSensitive:  true,
		Immutable:      true, // without it, text of a request changes when the next request comes
		ReadTimeout:    s.settings.ReadTimeout,
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		ReadBufferSize: headLimit,
		// Handlers start when the head is there. So 401 and 404 come before 413, and strangers' bodies are not kept.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		BodyLimit:                    s.settings.BodyLimit,
	})
	app.Use(s.observe, recovery.New(recovery.Config{EnableStackTrace: true, StackTraceHandler: s.logPanic}))
	s.register(app)

	server := app.Server()
	server.CloseOnShutdown = true // so that clients do not send another request to a server that drains
	route := server.Handler
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		// Fiber answers an unknown method with a bare 501, past middleware and error handler.
		if !slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			ctx.Request.Header.SetMethod(otherMethod)
		}
		route(ctx)
	}
	return app
}

// withDeadline is the middleware that bounds the work. Handlers pass c.Context() on, and never c itself.
func (s *Server) withDeadline(c fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.Context(), s.settings.RequestTimeout)
	defer cancel()
	c.SetContext(ctx)
	return c.Next()
}
