package config

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Secret is text that neither a log nor an error message shows.
type Secret string

const redacted = "[redacted]"

// String hides the secret from fmt.
func (Secret) String() string { return redacted }

// GoString hides the secret from the verb %#v, which does not ask String.
func (Secret) GoString() string { return redacted }

// MarshalText hides the secret from encoding/json, and so from slog, however deep in a struct it is.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// FaultsError is all that is wrong with the environment, one line for each variable, without its value.
type FaultsError []string

func (e FaultsError) Error() string { return strings.Join(e, "\n") }

// reader takes values out of the environment and remembers every fault.
type reader struct {
	getenv func(string) string
	faults FaultsError
}

func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return r.faults
}

func (r *reader) fault(name, problem string) { r.faults = append(r.faults, name+" "+problem) }

func (r *reader) text(name, fallback string) string {
	if value := r.getenv(name); value != "" {
		return value
	}
	return fallback
}

func (r *reader) required(name string) (string, bool) {
	value := r.getenv(name)
	if value == "" {
		r.fault(name, "is required")
	}
	return value, value != ""
}

func (r *reader) whole(name string, fallback, least, most int) int {
	value := r.getenv(name)
	if value == "" {
		return fallback
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < least || number > most {
		r.fault(name, fmt.Sprintf("has to be a whole number from %d to %d", least, most))
		return fallback
	}
	return number
}

func (r *reader) port(name string, fallback int) int { return r.whole(name, fallback, 1, 65535) }

func (r *reader) milliseconds(name string, fallback, least int) time.Duration {
	return time.Duration(r.whole(name, fallback, least, 3_600_000)) * time.Millisecond
}

func (r *reader) seconds(name string, fallback int) time.Duration {
	const year = 366 * 24 * 3600
	return time.Duration(r.whole(name, fallback, 1, year)) * time.Second
}

func (r *reader) databaseURL(name string) Secret {
	value, ok := r.required(name)
	if !ok {
		return ""
	}
	parsed, err := url.Parse(value)
	if err == nil && !slices.Contains([]string{"postgres", "postgresql"}, parsed.Scheme) {
		err = strconv.ErrSyntax
	}
	if err == nil {
		_, err = pgx.ParseConfig(value)
	}
	if err != nil { // not in the fault: it repeats the value
		r.fault(name, "has to be a URL such as postgres://user:password@host:5432/database")
	}
	return Secret(value)
}

func (r *reader) httpURL(name string) string {
	value := r.getenv(name)
	if value == "" {
		return ""
	}
	parsed, err := url.Parse(value)
	if err != nil || !slices.Contains([]string{"http", "https"}, parsed.Scheme) || parsed.Host == "" {
		r.fault(name, "has to be a URL with http or https")
		return ""
	}
	return value
}

func (r *reader) key(name string, least int) Secret {
	value, ok := r.required(name)
	if !ok {
		return ""
	}
	key, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(key) < least {
		r.fault(name, fmt.Sprintf("has to be %d bytes or more, in base64", least))
	}
	return Secret(key)
}

func (r *reader) level(name string) slog.Level {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[r.getenv(name)]
	if !ok {
		r.fault(name, "has to be debug, info, warn or error")
	}
	return level
}
