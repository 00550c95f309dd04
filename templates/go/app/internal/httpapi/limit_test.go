package httpapi

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestACallerHasSoManyRequestsAMinute(t *testing.T) {
	limit := newRateLimit(10)
	now := time.Now()
	for i := range 10 {
		if err := limit.admit("ada", now); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	p, ok := errors.AsType[*problem](limit.admit("ada", now))
	if !ok || p.kind != tooManyRequests || p.retryAfter != 6 {
		t.Fatalf("got %+v", p)
	}
	if err := limit.admit("grace", now); err != nil {
		t.Errorf("another caller is refused: %v", err)
	}
	if err := limit.admit("ada", now.Add(5*time.Second)); err == nil {
		t.Error("admitted before the time that was promised")
	}
	if err := limit.admit("ada", now.Add(6*time.Second)); err != nil {
		t.Errorf("refused after the time that was promised: %v", err)
	}
}

func TestALimitRemembersABoundedNumberOfCallers(t *testing.T) {
	limit := newRateLimit(1)
	now := time.Now()
	for i := range mostCallers + 10 {
		_ = limit.admit(fmt.Sprint(i), now)
	}
	if got := limit.callers.Len(); got != mostCallers {
		t.Errorf("got %d", got)
	}
}

func TestOneClientIsAnAddressOrAnIPv6Network(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"unknown": "invalid IP", "": "invalid IP",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
