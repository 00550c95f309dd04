package outbox

import (
	"strings"
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

func TestAFailureDoesNotTellTheAddressOfTheReceiver(t *testing.T) {
	for _, receiver := range []string{"http://127.0.0.1:1/canary", "http://127.0.0.1:x/canary"} {
		err := Webhook(receiver)(t.Context(), Message{Data: []byte("1")})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v", err)
		}
	}
}
