// Package timestamp writes and reads times as the API shows them: UTC, with milliseconds.
package timestamp

import (
	"errors"
	"regexp"
	"time"
)

const layout = "2006-01-02T15:04:05.000Z"

// A time zone other than Z, a missing second or a fourth decimal would come back differently from the database.
var pattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$`)

var errFormat = errors.New("not a time in UTC")

// Format writes a time such as 2026-11-22T18:00:00.000Z.
func Format(t time.Time) string { return t.UTC().Format(layout) }

// Parse reads what Format writes; fewer decimals, or none, are accepted.
func Parse(text string) (time.Time, error) {
	if !pattern.MatchString(text) {
		return time.Time{}, errFormat
	}
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errFormat
	}
	return parsed, nil
}
