package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const healthTimeout = 2 * time.Second

var errUnhealthy = errors.New("the api is not healthy")

// runHealth stands in for curl, which the image does not have.
func runHealth(ctx context.Context, getenv func(string) string) error {
	port := getenv("ADMIN_PORT")
	if port == "" {
		port = "9090"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	url := "http://" + net.JoinHostPort("127.0.0.1", port) + "/healthz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("address the api: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the api: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errUnhealthy
	}
	return nil
}
