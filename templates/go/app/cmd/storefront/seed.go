package main

import (
	"context"
	"fmt"
	"slices"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/config"
	"example.com/storefront/internal/postgres"
)

// Ids are fixed and rows that exist stay as they are, so seeding may run again.
const seedProducts = `insert into products (id, name, price_minor, currency, stock) values
	('01990000-0000-7000-8000-000000000001', 'Kettle',        3900, 'EUR', 100),
	('01990000-0000-7000-8000-000000000002', 'Teapot',        2450, 'EUR', 100),
	('01990000-0000-7000-8000-000000000003', 'Tea, 500 g',     990, 'EUR', 500),
	('01990000-0000-7000-8000-000000000004', 'Cup and saucer', 1200, 'EUR', 250),
	('01990000-0000-7000-8000-000000000005', 'Biscuits',        450, 'USD', 300)
	on conflict (id) do nothing`

const (
	seedAccount = `insert into users (email, password_hash) values ($1, $2) on conflict (email) do nothing`

	developmentEmail    = "ada@example.com"
	developmentPassword = "correct horse battery staple" // printed in the README
)

func runSeed(ctx context.Context, getenv func(string) string, arguments []string) error {
	settings, err := config.LoadMigration(getenv)
	if err != nil {
		return err
	}
	log := newLogger(ctx, settings.LogLevel, "seed")
	db, err := postgres.OpenOwner(settings)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, seedProducts); err != nil {
		return fmt.Errorf("seed products: %w", err)
	}
	if slices.Contains(arguments, "--development") {
		hash, err := account.NewHasher(1).Hash(ctx, developmentPassword)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, seedAccount, developmentEmail, hash); err != nil {
			return fmt.Errorf("seed an account: %w", err)
		}
	}
	log.InfoContext(ctx, "seeded")
	return nil
}
