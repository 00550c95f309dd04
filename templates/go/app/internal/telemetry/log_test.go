package telemetry

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

func TestALineHasTheRequestAndTheTraceOfItsContext(t *testing.T) {
	trace1 := trace.TraceID{1}
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace1, SpanID: trace.SpanID{2}})
	ctx := trace.ContextWithSpanContext(WithRequestID(t.Context(), "request-1"), span)

	var out strings.Builder
	NewLogger(&out, slog.LevelInfo).With("a", 1).WarnContext(ctx, "hello")

	var line map[string]any
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"level": "warn", "msg": "hello", "request_id": "request-1", "trace_id": trace1.String(), "a": 1.0,
	} {
		if line[name] != want {
			t.Errorf("%s: got %v, want %v", name, line[name], want)
		}
	}
	if at, _ := line["time"].(string); !strings.HasSuffix(at, "Z") {
		t.Errorf("time: got %v", line["time"])
	}
}
