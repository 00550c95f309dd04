package main

import (
	"context"
	"errors"
	"sync"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/housekeeping"
	"example.com/storefront/internal/outbox"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/internal/telemetry"
)

func runWorker(ctx context.Context, getenv func(string) string) error {
	settings, err := config.LoadWorker(getenv)
	if err != nil {
		return err
	}
	log := newLogger(ctx, settings.LogLevel, "worker")
	flush, err := telemetry.StartTracing(ctx, settings.OTLPURL, settings.ServiceName, log)
	if err != nil {
		return err
	}
	working := context.WithoutCancel(ctx) // the deliveries at hand end after the signal
	db, err := postgres.Open(working, settings.Database, log)
	if err != nil {
		return err
	}
	deliver := outbox.Log(log)
	if settings.WebhookURL != "" {
		deliver = outbox.Webhook(settings.WebhookURL)
	}

	var loops sync.WaitGroup
	loops.Go(func() { outbox.NewRelay(db, deliver, settings.Poll, log).Run(ctx) })
	loops.Go(func() { housekeeping.Run(ctx, db, log) })
	loops.Wait() // until the signal, and until both have ended

	closing, cancel := context.WithTimeout(working, closeTimeout)
	defer cancel()
	err = errors.Join(db.Close(closing), flush(closing))
	log.InfoContext(closing, "stopped")
	return err
}
