package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"example.com/storefront/internal/postgres"
)

type refreshToken struct {
	ID        uuid.UUID `gorm:"default:gen_random_uuid()"`
	FamilyID  uuid.UUID
	UserID    uuid.UUID
	TokenHash []byte
	CreatedAt time.Time `gorm:"autoCreateTime:false;default:current_timestamp"`
	ExpiresAt time.Time
	UsedAt    *time.Time
	RevokedAt *time.Time
}

// fate is what a refresh token gets its bearer.
type fate int

const (
	refused fate = iota
	exchanged
	reused
)

// judge says what becomes of a token that is presented now.
func (t refreshToken) judge(now time.Time) fate {
	switch {
	case t.RevokedAt != nil:
		return refused
	case t.UsedAt != nil:
		return reused // by the thief or by the owner: nobody can tell
	case !t.ExpiresAt.After(now):
		return refused
	default:
		return exchanged
	}
}

// Refresh exchanges a refresh token, once. Whoever brings one again ends its family.
func (s *Service) Refresh(ctx context.Context, token string) (Session, error) {
	var session Session
	var ended bool
	err := s.db.Transact(ctx, func(tx *gorm.DB) error {
		session, ended = Session{}, false
		found, err := lockFamily(ctx, tx, token)
		if err != nil {
			return err
		}
		now := time.Now()
		switch found.judge(now) {
		case exchanged:
			if err := use(ctx, tx, found.ID, now); err != nil {
				return err
			}
			session, err = s.open(ctx, tx, found.UserID, found.FamilyID)
			return err
		case reused:
			ended = true
			return endFamily(ctx, tx, found.FamilyID, now) // has to be committed, so it is no error here
		case refused:
		}
		return ErrRefreshToken
	})
	if err == nil && ended {
		err = ErrRefreshToken
	}
	return session, err
}

// SignOut ends the family of a refresh token. An unknown token is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.Transact(ctx, func(tx *gorm.DB) error {
		found, err := lockFamily(ctx, tx, token)
		if errors.Is(err, ErrRefreshToken) {
			return nil
		}
		if err != nil {
			return err
		}
		return endFamily(ctx, tx, found.FamilyID, time.Now())
	})
}

// lockFamily returns a token's row, or ErrRefreshToken, and lets no other transaction change its family until this one
// ends.
//
// Without the lock, a family could be ended while its last token is exchanged, and the new token would survive.
func lockFamily(ctx context.Context, tx *gorm.DB, token string) (refreshToken, error) {
	found, err := findRefreshToken(ctx, tx, token)
	if err != nil {
		return refreshToken{}, err
	}
	if err := postgres.LockUntilCommit(ctx, tx, "refresh tokens", found.FamilyID.String()); err != nil {
		return refreshToken{}, err
	}
	return findRefreshToken(ctx, tx, token) // it may have changed while we waited, or be gone
}

func findRefreshToken(ctx context.Context, tx *gorm.DB, token string) (refreshToken, error) {
	found, err := gorm.G[refreshToken](tx).Where("token_hash = ?", hashRefreshToken(token)).Take(ctx)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return refreshToken{}, ErrRefreshToken
	}
	if err != nil {
		return refreshToken{}, fmt.Errorf("find a refresh token: %w", err)
	}
	return found, nil
}

// open gives the user new tokens of a family.
func (s *Service) open(ctx context.Context, tx *gorm.DB, userID, familyID uuid.UUID) (Session, error) {
	now := time.Now()
	access, err := s.tokens.Issue(userID, now)
	if err != nil {
		return Session{}, err
	}
	refresh, hash := newRefreshToken()
	row := refreshToken{
		FamilyID: familyID, UserID: userID, TokenHash: hash, ExpiresAt: now.Add(s.refreshLifetime),
	}
	if err := gorm.G[refreshToken](tx).Create(ctx, &row); err != nil {
		return Session{}, fmt.Errorf("insert a refresh token: %w", err)
	}
	return Session{AccessToken: access, ExpiresIn: s.tokens.lifetime, RefreshToken: refresh}, nil
}

func use(ctx context.Context, tx *gorm.DB, id uuid.UUID, now time.Time) error {
	rows, err := gorm.G[refreshToken](tx).Where("id = ? and used_at is null", id).Update(ctx, "used_at", now)
	if err != nil {
		return fmt.Errorf("use a refresh token: %w", err)
	}
	if rows != 1 { // BK105
		return fmt.Errorf("use a refresh token: %w", gorm.ErrRecordNotFound)
	}
	return nil
}

func endFamily(ctx context.Context, tx *gorm.DB, familyID uuid.UUID, now time.Time) error {
	_, err := gorm.G[refreshToken](tx).
		Where("family_id = ? and revoked_at is null", familyID).
		Update(ctx, "revoked_at", now)
	if err != nil {
		return fmt.Errorf("end a family of refresh tokens: %w", err)
	}
	return nil
}
