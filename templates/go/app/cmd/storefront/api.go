package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/admin"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/config"
	"example.com/storefront/internal/httpapi"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/internal/telemetry"
)

// What comes after the requests: the pool, the last spans, the admin listener.
const closeTimeout = 2 * time.Second

// apiProcess is what runs, and what is stopped in the reverse order.
type apiProcess struct {
	settings     config.API
	log          *slog.Logger
	app          *fiber.App
	admin        *admin.Server
	db           *postgres.Database
	flushTracing func(context.Context) error
}

func runAPI(ctx context.Context, getenv func(string) string) error {
	settings, err := config.LoadAPI(getenv)
	if err != nil {
		return err
	}
	// Work goes on after the signal, so nothing below may end with its context.
	working := context.WithoutCancel(ctx)
	process, err := newAPIProcess(working, settings, newLogger(ctx, settings.LogLevel, "api"))
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	if err := process.listen(working, failed); err != nil {
		return err
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = process.drain()
	}
	return errors.Join(err, process.close(working, err == nil))
}

func newAPIProcess(ctx context.Context, settings config.API, log *slog.Logger) (*apiProcess, error) {
	flush, err := telemetry.StartTracing(ctx, settings.OTLPURL, settings.ServiceName, log)
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, settings.Database, log)
	if err != nil {
		return nil, err
	}
	registry := telemetry.NewRegistry()
	registry.MustRegister(db)
	app, err := httpapi.New(newServices(db, settings), settings.HTTP, registry, log)
	if err != nil {
		return nil, err
	}
	return &apiProcess{
		settings: settings, log: log, app: app, db: db, flushTracing: flush,
		admin: admin.New(settings.AdminAddress, db.Ready, prometheus.Gatherer(registry), log),
	}, nil
}

func newServices(db *postgres.Database, settings config.API) httpapi.Services {
	tokens := account.NewTokens(settings.Tokens)
	hasher := account.NewHasher(settings.HashesAtOnce)
	return httpapi.Services{
		Accounts: account.NewService(db, hasher, tokens, settings.Tokens),
		Tokens:   tokens,
		Catalog:  catalog.NewService(db),
		Orders:   order.NewService(db),
	}
}

// listen returns when both ports are bound, and reports later failures on the channel.
func (p *apiProcess) listen(ctx context.Context, failed chan<- error) error {
	var binder net.ListenConfig
	adminListener, err := binder.Listen(ctx, "tcp", p.settings.AdminAddress)
	if err != nil {
		return fmt.Errorf("listen for the platform: %w", err)
	}
	listener, err := binder.Listen(ctx, "tcp", p.settings.HTTP.Address)
	if err != nil {
		return fmt.Errorf("listen for requests: %w", err)
	}
	go func() { failed <- p.admin.Serve(adminListener) }()
	quiet := fiber.ListenConfig{DisableStartupMessage: true}
	go func() { failed <- p.app.Listener(httpapi.NewListener(listener), quiet) }()
	p.log.InfoContext(ctx, "listening", "address", listener.Addr().String())
	return nil
}

// drain ends the public listener. BK133: unready first, then a pause in which balancers notice, then the drain.
//
// Listen with a GracefulContext would return at once, and the process would end under its requests:
// https://github.com/gofiber/fiber/pull/4701
func (p *apiProcess) drain() error {
	p.admin.Drain()
	p.log.Info("draining")
	time.Sleep(p.settings.ShutdownDelay)
	if err := p.app.ShutdownWithTimeout(p.settings.ShutdownGrace); err != nil {
		return fmt.Errorf("requests were cut: %w", err)
	}
	return nil
}

// close releases the rest. Connections of requests that were cut end with the process: the pool would wait for them.
func (p *apiProcess) close(ctx context.Context, drained bool) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	var err error
	if drained {
		err = p.db.Close(ctx)
	}
	err = errors.Join(err, p.flushTracing(ctx), p.admin.Shutdown(ctx))
	p.log.InfoContext(ctx, "stopped")
	return err
}
