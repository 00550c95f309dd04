// Package config reads the settings of a process from its environment, once, and names every fault.
package config

import (
	"log/slog"
	"net"
	"strconv"
	"time"
)

// Database says how a process reaches PostgreSQL and how long it waits for it.
type Database struct {
	URL              Secret
	PoolSize         int
	AcquireTimeout   time.Duration
	StatementTimeout time.Duration
	LockTimeout      time.Duration
}

// Telemetry says where logs and traces go.
type Telemetry struct {
	LogLevel    slog.Level
	OTLPURL     string // empty: no traces are made
	ServiceName string
}

// Tokens says how access and refresh tokens are made and checked.
type Tokens struct {
	Secret          Secret
	Issuer          string
	Audience        string
	AccessLifetime  time.Duration
	RefreshLifetime time.Duration
}

// HTTP has the limits of the public listener.
type HTTP struct {
	Address           string
	RequestTimeout    time.Duration
	ReadTimeout       time.Duration
	BodyLimit         int
	AuthPerMinute     int
	RequestsPerMinute int
	ProxyHops         int
}

// API is what the command api needs.
type API struct {
	Telemetry

	Database      Database
	HTTP          HTTP
	Tokens        Tokens
	AdminAddress  string
	HashesAtOnce  int
	ShutdownDelay time.Duration
	ShutdownGrace time.Duration
}

// Worker is what the command worker needs.
type Worker struct {
	Telemetry

	Database   Database
	WebhookURL string // empty: events are logged
	Poll       time.Duration
}

// Migration is what the commands migrate and seed need.
type Migration struct {
	Telemetry

	URL         Secret
	LockTimeout time.Duration
}

// LoadAPI reads the settings of the command api. The error is of type FaultsError.
func LoadAPI(getenv func(string) string) (API, error) {
	r := &reader{getenv: getenv}
	host := r.text("HOST", "0.0.0.0")
	settings := API{
		Telemetry: r.telemetry(),
		Database:  r.database(),
		HTTP: HTTP{
			Address:           address(host, r.port("PORT", 8080)),
			RequestTimeout:    r.milliseconds("REQUEST_TIMEOUT_MS", 5000, 1),
			ReadTimeout:       r.milliseconds("READ_TIMEOUT_MS", 10_000, 1),
			BodyLimit:         r.whole("BODY_LIMIT_BYTES", 65_536, 1, 1<<30),
			AuthPerMinute:     r.whole("RATE_LIMIT_AUTH_PER_MINUTE", 10, 1, 1_000_000),
			RequestsPerMinute: r.whole("RATE_LIMIT_PER_MINUTE", 600, 1, 1_000_000),
			ProxyHops:         r.whole("TRUST_PROXY_HOPS", 0, 0, 16),
		},
		Tokens: Tokens{
			Secret:          r.key("JWT_SECRET", 32),
			Issuer:          r.text("JWT_ISSUER", "orders"),
			Audience:        r.text("JWT_AUDIENCE", "orders-api"),
			AccessLifetime:  r.seconds("ACCESS_TOKEN_SECONDS", 900),
			RefreshLifetime: r.seconds("REFRESH_TOKEN_SECONDS", 2_592_000),
		},
		AdminAddress:  address(host, r.port("ADMIN_PORT", 9090)),
		HashesAtOnce:  r.whole("PASSWORD_HASHES_AT_ONCE", 2, 1, 1024),
		ShutdownDelay: r.milliseconds("SHUTDOWN_DELAY_MS", 5000, 0),
		ShutdownGrace: r.milliseconds("SHUTDOWN_GRACE_MS", 15_000, 1),
	}
	return settings, r.err()
}

// LoadWorker reads the settings of the command worker. The error is of type FaultsError.
func LoadWorker(getenv func(string) string) (Worker, error) {
	r := &reader{getenv: getenv}
	settings := Worker{
		Telemetry:  r.telemetry(),
		Database:   r.database(),
		WebhookURL: r.httpURL("OUTBOX_WEBHOOK_URL"),
		Poll:       r.milliseconds("OUTBOX_POLL_MS", 500, 1),
	}
	return settings, r.err()
}

// LoadMigration reads the settings of the commands migrate and seed. The error is of type FaultsError.
func LoadMigration(getenv func(string) string) (Migration, error) {
	r := &reader{getenv: getenv}
	settings := Migration{
		Telemetry:   r.telemetry(),
		URL:         r.databaseURL("MIGRATION_DATABASE_URL"),
		LockTimeout: r.lockTimeout(),
	}
	return settings, r.err()
}

func (r *reader) telemetry() Telemetry {
	return Telemetry{
		LogLevel:    r.level("LOG_LEVEL"),
		OTLPURL:     r.httpURL("OTEL_EXPORTER_OTLP_ENDPOINT"),
		ServiceName: r.text("OTEL_SERVICE_NAME", "orders-api"),
	}
}

func (r *reader) database() Database {
	return Database{
		URL:              r.databaseURL("DATABASE_URL"),
		PoolSize:         r.whole("DATABASE_POOL_SIZE", 10, 1, 1000),
		AcquireTimeout:   r.milliseconds("DATABASE_ACQUIRE_TIMEOUT_MS", 1000, 1),
		StatementTimeout: r.milliseconds("DATABASE_STATEMENT_TIMEOUT_MS", 3000, 1),
		LockTimeout:      r.lockTimeout(),
	}
}

func (r *reader) lockTimeout() time.Duration {
	return r.milliseconds("DATABASE_LOCK_TIMEOUT_MS", 2000, 1)
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
