// Package postgres owns the one pool of connections of a process, and what is peculiar to PostgreSQL.
package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"example.com/storefront/internal/config"
)

const slowStatement = 500 * time.Millisecond

// Database is GORM on top of one pgxpool.
type Database struct {
	pool    *pgxpool.Pool
	orm     *gorm.DB
	waiting *atomic.Int64
}

// Open makes the pool, and no connection yet: a process starts, unready, while its database is away.
func Open(ctx context.Context, settings config.Database, log *slog.Logger) (*Database, error) {
	pool, err := newPool(ctx, settings)
	if err != nil {
		return nil, err
	}
	db := &Database{pool: pool, waiting: new(atomic.Int64)}
	// BK125: database/sql keeps no connections of its own, so that one limit holds for the process.
	conns := sql.OpenDB(patientConnector{stdlib.GetPoolConnector(pool), settings.AcquireTimeout, db.waiting})
	conns.SetMaxIdleConns(0)
	db.orm, err = newORM(conns, log)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

func newPool(ctx context.Context, settings config.Database) (*pgxpool.Pool, error) {
	options, err := pgxpool.ParseConfig(string(settings.URL))
	if err != nil {
		return nil, fmt.Errorf("parse the database's URL: %w", err)
	}
	options.MaxConns = int32(settings.PoolSize) //nolint:gosec // at most 1000, see config
	options.MaxConnLifetime = 30 * time.Minute
	options.MaxConnLifetimeJitter = 5 * time.Minute
	options.MaxConnIdleTime = 5 * time.Minute
	options.PingTimeout = settings.AcquireTimeout
	options.ConnConfig.ConnectTimeout = settings.AcquireTimeout // pgx waits two minutes by default
	options.ConnConfig.Tracer = otelpgx.NewTracer()
	// BK107: the limits belong to this role's sessions; migrations have others.
	parameters := options.ConnConfig.RuntimeParams
	parameters["application_name"] = "orders"
	parameters["statement_timeout"] = milliseconds(settings.StatementTimeout)
	parameters["lock_timeout"] = milliseconds(settings.LockTimeout)
	parameters["idle_in_transaction_session_timeout"] = milliseconds(2 * settings.StatementTimeout)
	pool, err := pgxpool.NewWithConfig(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("make the pool: %w", err)
	}
	return pool, nil
}

func newORM(conns *sql.DB, log *slog.Logger) (*gorm.DB, error) {
	orm, err := gorm.Open(postgres.New(postgres.Config{Conn: conns}), &gorm.Config{
		// Columns by name: a `select *` that pgx has prepared fails after the next migration adds a column.
		QueryFields:            true,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		// Its default logger prints the values of statements.
		Logger: logger.NewSlogLogger(slog.New(slowStatements{log.Handler()}), logger.Config{
			LogLevel: logger.Warn, SlowThreshold: slowStatement, ParameterizedQueries: true,
		}),
	})
	if err != nil {
		return nil, fmt.Errorf("open GORM: %w", err)
	}
	return orm, nil
}

// slowStatements leaves failures to whoever handles them, or they would be in the log twice.
type slowStatements struct{ slog.Handler }

func (h slowStatements) Enabled(ctx context.Context, level slog.Level) bool {
	return level < slog.LevelError && h.Handler.Enabled(ctx, level)
}

// Ready asks PostgreSQL for an answer.
func (d *Database) Ready(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, "select 1"); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// Close waits for connections in use until the context ends; what is left then dies with the process.
func (d *Database) Close(ctx context.Context) error {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.pool.Close() // waits without a limit
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the pool: %w", ctx.Err())
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
