package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

const (
	attempts   = 3
	firstPause = 40 * time.Millisecond // at most; the next may be twice as long
)

// Read runs queries outside a transaction. They must not write: a lost connection sends them again.
func (d *Database) Read(ctx context.Context, query func(db *gorm.DB) error) error {
	return d.repeat(ctx, func() (bool, error) {
		return true, query(d.orm.WithContext(ctx))
	})
}

// Transact runs work in one transaction, every statement of it on tx.
//
// It is run again from its start where that is safe, so it must not keep anything of a failed attempt.
func (d *Database) Transact(ctx context.Context, work func(tx *gorm.DB) error) error {
	return d.repeat(ctx, func() (bool, error) {
		committing := false
		err := d.orm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			err := work(tx)
			committing = err == nil
			return err
		})
		return !committing, err // nobody knows what became of a commit whose answer is lost
	})
}

// BK104: repeat the whole transaction, at most three times, where PostgreSQL took it back.
// BK127: connections die while they idle, and migrations spoil what they have prepared. They are replaced, and what
// was not committed is sent again.
func (d *Database) repeat(ctx context.Context, try func() (repeatable bool, err error)) error {
	for attempt := 1; ; attempt++ {
		repeatable, err := try()
		if err == nil {
			return nil
		}
		spoiled := lost(err) || stalePlan(err)
		if spoiled {
			d.pool.Reset() // so are the others, most likely
		}
		again := conflict(err) || repeatable && spoiled
		if !again || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(rand.N(firstPause << (attempt - 1))): //nolint:gosec // jitter is no secret
		}
	}
}
