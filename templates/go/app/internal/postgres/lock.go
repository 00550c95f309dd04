package postgres

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// An advisory lock is a number; PostgreSQL makes it of the words that say what is locked.
const lockNumber = "hashtextextended(?, 0)"

// LockUntilCommit waits until no other transaction holds the lock of this name.
func LockUntilCommit(ctx context.Context, tx *gorm.DB, name ...string) error {
	lock := "select pg_advisory_xact_lock(" + lockNumber + ")"
	if err := gorm.G[any](tx).Exec(ctx, lock, strings.Join(name, " ")); err != nil {
		return fmt.Errorf("wait for an advisory lock: %w", err)
	}
	return nil
}

// TryLockUntilCommit takes the lock of this name, or says that another transaction holds it.
func TryLockUntilCommit(ctx context.Context, tx *gorm.DB, name ...string) (bool, error) {
	var free bool
	lock := "select pg_try_advisory_xact_lock(" + lockNumber + ")"
	if err := gorm.G[any](tx).Raw(lock, strings.Join(name, " ")).Scan(ctx, &free); err != nil {
		return false, fmt.Errorf("try an advisory lock: %w", err)
	}
	return free, nil
}
