package timestamp

import (
	"testing"
	"time"
)

func TestFormatWritesUTCWithMilliseconds(t *testing.T) {
	zone := time.FixedZone("", 3600)
	if got := Format(time.Date(2026, 11, 22, 19, 0, 0, 7_000_000, zone)); got != "2026-11-22T18:00:00.007Z" {
		t.Errorf("got %s", got)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-22T18:00:00Z":      "2026-11-22T18:00:00.000Z",
		"2026-11-22T18:00:00.5Z":    "2026-11-22T18:00:00.500Z",
		"2026-11-22T18:00:00.123Z":  "2026-11-22T18:00:00.123Z",
		"2026-11-22T18:00:00.1234Z": "",
		"2026-11-22T18:00:00+00:00": "",
		"2026-11-22 18:00:00Z":      "",
		"2026-02-30T00:00:00Z":      "",
		"2026-11-22T24:00:00Z":      "",
		"":                          "",
	} {
		parsed, err := Parse(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q was accepted as %v", text, parsed)
		case want != "" && (err != nil || Format(parsed) != want):
			t.Errorf("%q: got %v, %v", text, parsed, err)
		}
	}
}
