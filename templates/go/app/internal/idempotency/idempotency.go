// Package idempotency does a client's work once for each key, and gives each retry the first answer.
package idempotency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"example.com/storefront/internal/postgres"
)

const lifetime = 24 * time.Hour

// What can go wrong for a client.
var (
	ErrInProgress = errors.New("the first request with this key still runs")
	ErrKeyReused  = errors.New("the key belongs to another request")
)

// Claim names a piece of work. BK123: a key counts for one account and operation, and for one request.
type Claim struct {
	UserID      uuid.UUID
	Operation   string
	Key         string
	RequestHash []byte
}

// Answer is what the client gets, and each retry with the same key.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    string
}

type idempotencyKey struct {
	UserID          uuid.UUID `gorm:"primaryKey"`
	Operation       string    `gorm:"primaryKey"`
	Key             string    `gorm:"primaryKey"`
	RequestHash     []byte
	ResponseStatus  int
	ResponseHeaders map[string]string `gorm:"serializer:json"`
	ResponseBody    string
	CreatedAt       time.Time `gorm:"autoCreateTime:false"`
	ExpiresAt       time.Time
}

// Once does the work, or returns the answer that it had before. Both happen in the caller's transaction.
//
// BK122: effect and key are committed together. BK124: while the first attempt runs, a second is refused, not queued.
func Once(
	ctx context.Context, tx *gorm.DB, claim Claim, work func() (Answer, error),
) (answer Answer, replayed bool, err error) {
	free, err := postgres.TryLockUntilCommit(ctx, tx, claim.UserID.String(), claim.Operation, claim.Key)
	if err != nil {
		return Answer{}, false, err
	}
	if !free {
		return Answer{}, false, ErrInProgress
	}
	stored, err := gorm.G[idempotencyKey](tx).
		Where("user_id = ? and operation = ? and key = ?", claim.UserID, claim.Operation, claim.Key).
		Where("expires_at > ?", time.Now()).
		Take(ctx)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		answer, err = work()
		if err != nil {
			return Answer{}, false, err
		}
		return answer, false, keep(ctx, tx, claim, answer)
	case err != nil:
		return Answer{}, false, fmt.Errorf("find an idempotency key: %w", err)
	case !bytes.Equal(stored.RequestHash, claim.RequestHash):
		return Answer{}, false, ErrKeyReused
	}
	return Answer{stored.ResponseStatus, stored.ResponseHeaders, stored.ResponseBody}, true, nil
}

func keep(ctx context.Context, tx *gorm.DB, claim Claim, answer Answer) error {
	now := time.Now()
	row := idempotencyKey{
		UserID: claim.UserID, Operation: claim.Operation, Key: claim.Key, RequestHash: claim.RequestHash,
		ResponseStatus: answer.Status, ResponseHeaders: answer.Headers, ResponseBody: answer.Body,
		CreatedAt: now, ExpiresAt: now.Add(lifetime),
	}
	overExpired := clause.OnConflict{UpdateAll: true}
	if err := gorm.G[idempotencyKey](tx, overExpired).Create(ctx, &row); err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}
