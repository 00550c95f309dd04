package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/storefront/internal/config"
)

// Migrate brings the schema up to date, as the role that owns it, while no other process does.
//
// BK116: this is the only thing that changes the schema.
func Migrate(ctx context.Context, settings config.Migration, migrations fs.FS, log *slog.Logger) error {
	db, err := OpenOwner(settings)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make the lock: %w", err)
	}
	steps, err := goose.NewProvider(goose.DialectPostgres, db, migrations,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return up(ctx, steps, log)
}

// OpenOwner connects as the role that owns the schema, for migrations and seed data.
func OpenOwner(settings config.Migration) (*sql.DB, error) {
	options, err := pgx.ParseConfig(string(settings.URL))
	if err != nil {
		return nil, fmt.Errorf("parse the database's URL: %w", err)
	}
	options.ConnectTimeout = 10 * time.Second
	options.RuntimeParams["application_name"] = "orders-migrate"
	// BK113: DDL that waits for a lock makes everybody behind it wait as well.
	options.RuntimeParams["lock_timeout"] = milliseconds(settings.LockTimeout)
	return stdlib.OpenDB(*options), nil
}

func up(ctx context.Context, steps *goose.Provider, log *slog.Logger) error {
	const tries, longest = 10, 10 * time.Second
	pause := time.Second
	for try := 1; ; try++ {
		done, err := steps.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			done = partial.Applied
		}
		for _, step := range done {
			log.InfoContext(ctx, "migrated", "step", step.Source.Path, "took", step.Duration.String())
		}
		failure, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || failure.Code != lockNotAvailable || try == tries {
			return err
		}
		log.WarnContext(ctx, "a migration waits for a lock", "try", try)
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause): // those who queued up behind it go first
			pause = min(2*pause, longest)
		}
	}
}
