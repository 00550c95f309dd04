package bk134_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk134/avoid"
	prefer "proofs.example/rules/bk134/prefer"
)

const (
	calls  = 20
	budget = 300 * time.Millisecond
)

// hangingPartner takes requests, never answers, and counts the connections that are open.
func hangingPartner(t *testing.T) (url string, open *atomic.Int64) {
	t.Helper()
	open, stop := new(atomic.Int64), make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done(): // the caller has closed the connection
		case <-stop:
		}
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(hang))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateActive:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	t.Cleanup(func() { close(stop); server.CloseClientConnections(); server.Close() })
	return server.URL, open
}

// start makes the calls, each with a caller who waits for the budget, and returns a channel for their errors.
func start(t *testing.T, ask func(context.Context, *http.Client) error) <-chan error {
	t.Helper()
	proof.Limit(t)
	client := &http.Client{Transport: &http.Transport{}}
	ctx, cancel := context.WithTimeout(t.Context(), budget)
	t.Cleanup(cancel)
	ended := make(chan error, calls)
	for range calls {
		go func() { ended <- ask(ctx, client) }()
	}
	return ended
}

func TestAvoid_no_call_ends_with_its_caller(t *testing.T) {
	url, open := hangingPartner(t)
	ended := start(t, func(ctx context.Context, client *http.Client) error {
		_, err := avoid.Ask(ctx, client, url)
		return err
	})
	for begun := time.Now(); open.Load() < calls && time.Since(begun) < 10*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(5 * budget)
	if len(ended) != 0 || open.Load() != calls {
		t.Fatalf("%d calls ended, %d connections open: expected none and all", len(ended), open.Load())
	}
	name := fmt.Sprintf("calls still open of %d whose callers are gone", calls)
	proof.Figure(t, "BK134", name, float64(open.Load()), "")
}

func TestPrefer_every_call_ends_with_its_caller(t *testing.T) {
	url, open := hangingPartner(t)
	begun := time.Now()
	ended := start(t, func(ctx context.Context, client *http.Client) error {
		_, err := prefer.Ask(ctx, client, url)
		return err
	})
	for range calls {
		select {
		case err := <-ended:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("a call ended with %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a call does not end")
		}
	}
	for open.Load() > 0 && time.Since(begun) < 10*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	if left := open.Load(); left != 0 {
		t.Fatalf("%d connections are open", left)
	}
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"totalMinor": 1900}`))
	}))
	t.Cleanup(well.Close)
	if quote, err := prefer.Ask(t.Context(), well.Client(), well.URL); err != nil || quote.TotalMinor != 1900 {
		t.Fatalf("%+v, %v", quote, err)
	}
}
