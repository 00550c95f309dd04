package main

import (
	"context"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/postgres"
	"example.com/storefront/migrations"
)

func runMigrate(ctx context.Context, getenv func(string) string) error {
	settings, err := config.LoadMigration(getenv)
	if err != nil {
		return err
	}
	log := newLogger(ctx, settings.LogLevel, "migrate")
	return postgres.Migrate(ctx, settings, migrations.Files, log)
}
