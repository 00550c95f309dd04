package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var complete = map[string]string{
	"DATABASE_URL":           "postgres://orders_app:app@localhost:5432/orders",
	"MIGRATION_DATABASE_URL": "postgresql://orders_owner:owner@localhost/orders",
	"JWT_SECRET":             base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
}

func environment(changes map[string]string) func(string) string {
	return func(name string) string {
		if value, ok := changes[name]; ok {
			return value
		}
		return complete[name]
	}
}

func TestDefaultsAreThoseOfTheContract(t *testing.T) {
	settings, err := LoadAPI(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := API{
		Telemetry: Telemetry{LogLevel: slog.LevelInfo, ServiceName: "orders-api"},
		Database: Database{
			URL: Secret(complete["DATABASE_URL"]), PoolSize: 10, AcquireTimeout: time.Second,
			StatementTimeout: 3 * time.Second, LockTimeout: 2 * time.Second,
		},
		HTTP: HTTP{
			Address: "0.0.0.0:8080", RequestTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
			BodyLimit: 65536, AuthPerMinute: 10, RequestsPerMinute: 600,
		},
		Tokens: Tokens{
			Secret: Secret(strings.Repeat("k", 32)), Issuer: "orders", Audience: "orders-api",
			AccessLifetime: 15 * time.Minute, RefreshLifetime: 30 * 24 * time.Hour,
		},
		AdminAddress: "0.0.0.0:9090", HashesAtOnce: 2,
		ShutdownDelay: 5 * time.Second, ShutdownGrace: 15 * time.Second,
	}
	if settings != want {
		t.Errorf("got %+v\nwant %+v", settings, want)
	}
}

func TestAllFaultsAreNamedAtOnceWithoutTheirValues(t *testing.T) {
	_, err := LoadAPI(environment(map[string]string{
		"DATABASE_URL":                "canary://host",
		"JWT_SECRET":                  "canary",
		"PORT":                        "canary",
		"DATABASE_POOL_SIZE":          "0",
		"LOG_LEVEL":                   "canary",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "canary",
		"ACCESS_TOKEN_SECONDS":        "1.5",
	}))
	faults, ok := errors.AsType[FaultsError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{
		"DATABASE_URL", "JWT_SECRET", "PORT", "DATABASE_POOL_SIZE", "LOG_LEVEL",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "ACCESS_TOKEN_SECONDS",
	} {
		if strings.Count(faults.Error(), name+" ") != 1 {
			t.Errorf("%s is not named once in:\n%v", name, faults)
		}
	}
	if len(faults) != 7 || strings.Contains(faults.Error(), "canary") {
		t.Errorf("got %v", faults)
	}
}

func TestEachCommandAsksForWhatItNeeds(t *testing.T) {
	empty := func(string) string { return "" }
	for _, command := range []struct {
		name   string
		load   func() error
		faults string
	}{
		{"api", func() error { _, err := LoadAPI(empty); return err }, "DATABASE_URL is required\nJWT_SECRET is required"},
		{"worker", func() error { _, err := LoadWorker(empty); return err }, "DATABASE_URL is required"},
		{"migrate", func() error { _, err := LoadMigration(empty); return err }, "MIGRATION_DATABASE_URL is required"},
	} {
		if err := command.load(); err == nil || err.Error() != command.faults {
			t.Errorf("%s: got %v", command.name, err)
		}
	}
}

func TestASecretIsNotPrinted(t *testing.T) {
	settings, err := LoadAPI(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "url", settings.Database.URL, "all", settings)
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "url", settings.Database.URL, "all", settings)
	printed := fmt.Sprintf("%v %+v %#v %s", settings, settings, settings, settings.Tokens.Secret)
	for _, text := range []string{log.String(), printed} {
		if strings.Contains(text, "app@") || strings.Contains(text, "kkkk") {
			t.Errorf("a secret shows in %s", text)
		}
	}
}
