package outbox

import (
	"testing"
	"time"
)

func TestAttemptsBecomeRarer(t *testing.T) {
	for attempts, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 9: 256 * time.Second,
		10: 300 * time.Second, 1000: 300 * time.Second,
	} {
		if got := pause(attempts); got != want {
			t.Errorf("%d: got %v, want %v", attempts, got, want)
		}
	}
}
