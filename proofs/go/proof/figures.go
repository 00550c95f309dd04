package proof

import (
	"encoding/json"
	"os"
	"testing"
)

type record struct {
	Rule  string  `json:"rule"`
	Stack string  `json:"stack"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Figure appends a measured value to the file that PROOF_RECORDS names, for the rule's page. The unit
// may be empty. Without PROOF_RECORDS it does nothing.
func Figure(t testing.TB, rule, name string, value float64, unit string) {
	t.Helper()
	path := os.Getenv("PROOF_RECORDS")
	if path == "" {
		return
	}
	line, err := json.Marshal(record{rule, "go", name, value, unit})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil { // one write: other processes append too
		t.Fatal(err)
	}
}
