package proof

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"testing"
	"time"
)

const (
	limit = time.Minute
	child = "PROOF_CHILD"
)

// Limit ends the process, and says so, when the test is still running after a minute.
func Limit(t testing.TB) {
	debug.SetTraceback("all")
	watchdog := time.AfterFunc(limit, func() { panic(fmt.Sprintf("%s still runs after %s", t.Name(), limit)) })
	t.Cleanup(func() { watchdog.Stop() })
}

// Crash runs the body in a process of its own, where a fatal error, a panic in a goroutine or a data
// race does no harm to the other tests, and returns what it printed and its exit code: 0 when nothing
// happened. Call it first in a test, since the child runs the test from its beginning.
func Crash(t *testing.T, body func()) (output string, exitCode int) {
	t.Helper()
	if os.Getenv(child) == t.Name() {
		body()
		t.SkipNow() // runs the clean-up, and ends the child with 0 unless the race detector spoke
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout="+limit.String())
	command.Env = append(os.Environ(), child+"="+t.Name())
	printed, err := command.CombinedOutput()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	return string(printed), command.ProcessState.ExitCode()
}
