// Command storefront is the whole service: the API, its worker, and what prepares their database.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/telemetry"
)

const usage = `usage: storefront COMMAND

  api      answers requests
  worker   publishes events
  migrate  brings the schema up to date
  seed     adds a few products; with --development an account as well
  health   asks the api of this machine whether it lives, for containers`

const (
	exitFailure = 1
	exitUsage   = 64
	exitConfig  = 78
)

var errUsage = errors.New(usage)

func main() {
	// After the first signal a second one ends the process at once: AfterFunc gives the default back.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(exitCode(run(ctx, os.Args[1:], os.Getenv)))
}

func run(ctx context.Context, arguments []string, getenv func(string) string) error {
	if len(arguments) == 0 {
		return errUsage
	}
	switch command, rest := arguments[0], arguments[1:]; command {
	case "api":
		return runAPI(ctx, getenv)
	case "worker":
		return runWorker(ctx, getenv)
	case "migrate":
		return runMigrate(ctx, getenv)
	case "seed":
		return runSeed(ctx, getenv, rest)
	case "health":
		return runHealth(ctx, getenv)
	default:
		return errUsage
	}
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, err)
		return exitUsage
	}
	if faults, ok := errors.AsType[config.FaultsError](err); ok {
		fmt.Fprintln(os.Stderr, faults)
		return exitConfig
	}
	telemetry.NewLogger(os.Stdout, slog.LevelInfo).Error("stopped", "error", err.Error())
	return exitFailure
}

// newLogger logs the build first, so that each line can be traced to its source.
func newLogger(ctx context.Context, level slog.Level, command string) *slog.Logger {
	log := telemetry.NewLogger(os.Stdout, level)
	revision := "unknown"
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range build.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	log.InfoContext(ctx, "started", "command", command, "revision", revision)
	return log
}
