package main

import (
	"context"

	"example.com/orders/internal/config"
	"example.com/orders/internal/postgres"
	"example.com/orders/migrations"
)

func runMigrate(ctx context.Context, getenv func(string) string) error {
	settings, err := config.LoadMigration(getenv)
	if err != nil {
		return err
	}
	log := newLogger(ctx, settings.LogLevel, "migrate")
	return postgres.Migrate(ctx, settings, migrations.Files, log)
}
