// Package order places orders once, shows them to their owners, and cancels them.
package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/postgres"
)

// Status is how far an order has come.
type Status string

// An order is placed, and may be cancelled.
const (
	Placed    Status = "placed"
	Cancelled Status = "cancelled"
)

// What can go wrong for a client.
var (
	ErrNotFound        = errors.New("there is no such order")
	ErrMixedCurrencies = errors.New("the products are priced in different currencies")
	ErrTotalTooLarge   = errors.New("the total is larger than an amount may be")
	ErrStale           = errors.New("the order has changed since it was read")
	ErrNotCancellable  = errors.New("the order can no longer be cancelled")
)

// LineError says which line of a request an error is about, counted from 0.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// Order is what one user ordered.
type Order struct {
	ID         uuid.UUID `gorm:"default:gen_random_uuid()"`
	UserID     uuid.UUID
	Status     Status
	TotalMinor int64
	Currency   string
	Version    int
	CreatedAt  time.Time `gorm:"autoCreateTime:false;default:current_timestamp"`
	Lines      []Line
}

// Total is what all lines cost together.
func (o Order) Total() catalog.Money {
	return catalog.Money{AmountMinor: o.TotalMinor, Currency: o.Currency}
}

// Line is how much of one product was ordered, and the price of a piece at that time.
type Line struct {
	OrderID        uuid.UUID `gorm:"primaryKey"`
	ProductID      uuid.UUID `gorm:"primaryKey"`
	Quantity       int
	UnitPriceMinor int64
}

// TableName overrides GORM's guess.
func (Line) TableName() string { return "order_lines" }

// Service is what can be done with orders.
type Service struct{ db *postgres.Database }

// NewService wires the service.
func NewService(db *postgres.Database) *Service { return &Service{db: db} }

// Find returns one of the user's orders, or ErrNotFound.
func (s *Service) Find(ctx context.Context, userID, id uuid.UUID) (Order, error) {
	var order Order
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		order, err = own(ctx, db, userID, id)
		return err
	})
	return order, err
}

// own reads an order with its lines.
//
// BK117: the owner stands in the query, so nobody else's order is ever found.
// BK120: the lines are looked up through their order, never by what a client says.
func own(ctx context.Context, db *gorm.DB, userID, id uuid.UUID) (Order, error) {
	order, err := gorm.G[Order](db).
		Where("id = ? and user_id = ?", id, userID).
		Preload("Lines", byProduct).
		Take(ctx)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Order{}, ErrNotFound
	}
	if err != nil {
		return Order{}, fmt.Errorf("find an order: %w", err)
	}
	return order, nil
}

func byProduct(lines gorm.PreloadBuilder) error {
	lines.Order("product_id")
	return nil
}
