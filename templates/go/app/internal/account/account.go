// Package account knows who somebody is: sign up, sign in, stay signed in, sign out.
package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"example.com/storefront/internal/config"
	"example.com/storefront/internal/postgres"
)

// What can go wrong for a client.
var (
	ErrEmailTaken   = errors.New("the email belongs to an account")
	ErrCredentials  = errors.New("no account has this email and password")
	ErrRefreshToken = errors.New("the refresh token does not count")
	ErrNotFound     = errors.New("there is no such account")
)

// User is an account.
type User struct {
	ID           uuid.UUID `gorm:"default:gen_random_uuid()"`
	Email        string
	PasswordHash string
	CreatedAt    time.Time `gorm:"autoCreateTime:false;default:current_timestamp"`
}

// Session is what a client needs to stay signed in.
type Session struct {
	AccessToken  string
	ExpiresIn    time.Duration
	RefreshToken string
}

// Service is what can be done with accounts.
type Service struct {
	db              *postgres.Database
	hasher          *Hasher
	tokens          *Tokens
	refreshLifetime time.Duration
}

// NewService wires the service.
func NewService(db *postgres.Database, hasher *Hasher, tokens *Tokens, settings config.Tokens) *Service {
	return &Service{db: db, hasher: hasher, tokens: tokens, refreshLifetime: settings.RefreshLifetime}
}

// SignUp makes an account, or returns ErrEmailTaken. The email is in lower case.
func (s *Service) SignUp(ctx context.Context, email, password string) (User, error) {
	hash, err := s.hasher.Hash(ctx, password) // before a connection is taken
	if err != nil {
		return User{}, err
	}
	var user User
	err = s.db.Transact(ctx, func(tx *gorm.DB) error {
		user = User{Email: email, PasswordHash: hash}
		created := gorm.WithResult() // GORM's Create has no row count of its own
		// BK110: no row comes back where the email is taken.
		unique := clause.OnConflict{Columns: []clause.Column{{Name: "email"}}, DoNothing: true}
		if err := gorm.G[User](tx, created, unique).Create(ctx, &user); err != nil {
			return fmt.Errorf("insert a user: %w", err)
		}
		if created.RowsAffected == 0 {
			return ErrEmailTaken
		}
		return nil
	})
	return user, err
}

// SignIn starts a family of refresh tokens. An unknown email costs the same work as a wrong password.
func (s *Service) SignIn(ctx context.Context, email, password string) (Session, error) {
	var user User
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		user, err = gorm.G[User](db).Where("email = ?", email).Take(ctx)
		return err
	})
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return Session{}, fmt.Errorf("find a user by email: %w", err)
	}
	matches, err := s.hasher.Matches(ctx, password, user.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !matches {
		return Session{}, ErrCredentials
	}
	var session Session
	err = s.db.Transact(ctx, func(tx *gorm.DB) (err error) {
		session, err = s.open(ctx, tx, user.ID, uuid.New())
		return err
	})
	return session, err
}

// Find returns an account, or ErrNotFound.
func (s *Service) Find(ctx context.Context, id uuid.UUID) (User, error) {
	var user User
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		user, err = gorm.G[User](db).Where("id = ?", id).Take(ctx)
		return err
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, ErrNotFound
	}
	if err != nil {
		return User{}, fmt.Errorf("find a user: %w", err)
	}
	return user, nil
}
