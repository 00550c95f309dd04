// Package catalog knows what can be ordered, and how much of it there is.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"example.com/storefront/internal/postgres"
)

// What can go wrong for a client.
var (
	ErrNotFound          = errors.New("there is no such product")
	ErrInsufficientStock = errors.New("there is not enough of the product")
)

// Money is in minor units, such as cents, of a currency by ISO 4217.
type Money struct {
	AmountMinor int64  `json:"amount_minor"`
	Currency    string `json:"currency"`
}

// Product is what can be ordered.
type Product struct {
	ID         uuid.UUID `gorm:"default:gen_random_uuid()"`
	Name       string
	PriceMinor int64
	Currency   string
	Stock      int
	CreatedAt  time.Time `gorm:"autoCreateTime:false;default:current_timestamp"`
}

// Price is what one piece costs.
func (p Product) Price() Money { return Money{AmountMinor: p.PriceMinor, Currency: p.Currency} }

// Service is what can be asked about products.
type Service struct{ db *postgres.Database }

// NewService wires the service.
func NewService(db *postgres.Database) *Service { return &Service{db: db} }

// Find returns a product, or ErrNotFound.
func (s *Service) Find(ctx context.Context, id uuid.UUID) (Product, error) {
	var product Product
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		product, err = gorm.G[Product](db).Where("id = ?", id).Take(ctx)
		return err
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Product{}, ErrNotFound
	}
	if err != nil {
		return Product{}, fmt.Errorf("find a product: %w", err)
	}
	return product, nil
}

// List returns at most so many products whose ids come after that one, in the order of their ids.
//
// BK129: a page is found by its key, so that products which come and go neither repeat nor vanish.
func (s *Service) List(ctx context.Context, after *uuid.UUID, limit int) ([]Product, error) {
	var products []Product
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		query := gorm.G[Product](db).Order("id").Limit(limit)
		if after != nil {
			query = query.Where("id > ?", *after)
		}
		products, err = query.Find(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return products, nil
}
