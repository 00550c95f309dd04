// Package housekeeping deletes what nobody needs any more.
package housekeeping

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"example.com/storefront/internal/postgres"
)

const (
	interval = time.Minute
	patience = 10 * time.Second
	batch    = 1000
)

// BK114: small committed batches, so that no delete holds many locks for long.
// A row that somebody is just writing, such as an expired key that is taken anew, is left for the next time.
var outlived = []string{
	`delete from idempotency_keys where ctid = any(array(
		select ctid from idempotency_keys where expires_at < now() limit ? for update skip locked))`,
	`delete from refresh_tokens where ctid = any(array(
		select ctid from refresh_tokens where expires_at < now() limit ? for update skip locked))`,
	`delete from outbox where ctid = any(array(
		select ctid from outbox where published_at < now() - interval '7 days' limit ? for update skip locked))`,
}

// Run deletes, once a minute until the context ends.
func Run(ctx context.Context, db *postgres.Database, log *slog.Logger) {
	for {
		for _, statement := range outlived {
			if err := deleteAll(ctx, db, statement); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "cleaning up failed", "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

func deleteAll(ctx context.Context, db *postgres.Database, statement string) error {
	for {
		deleted, err := deleteBatch(ctx, db, statement)
		if err != nil || deleted < batch {
			return err
		}
	}
}

func deleteBatch(ctx context.Context, db *postgres.Database, statement string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	deleted := gorm.WithResult()
	err := db.Transact(ctx, func(tx *gorm.DB) error {
		return gorm.G[any](tx, deleted).Exec(ctx, statement, batch)
	})
	if err != nil {
		return 0, fmt.Errorf("delete what is outlived: %w", err)
	}
	return deleted.RowsAffected, nil
}
