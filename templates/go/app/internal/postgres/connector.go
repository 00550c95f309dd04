package postgres

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync/atomic"
	"time"
)

// patientConnector bounds the wait for a connection of the pool, and counts who waits.
//
// BK126: without the bound, a busy pool looks like a slow database to each caller until the caller's own deadline.
type patientConnector struct {
	driver.Connector

	patience time.Duration
	waiting  *atomic.Int64
}

func (c patientConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c.waiting.Add(1)
	defer c.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquire a database connection: %w", err)
	}
	return conn, nil
}
