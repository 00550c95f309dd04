package order

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/outbox"
)

// Versions are those of an order that a client has seen and would change.
type Versions struct {
	Any  bool
	List []int
}

func (v Versions) include(version int) bool { return v.Any || slices.Contains(v.List, version) }

// Cancel ends an order and puts its stock back.
func (s *Service) Cancel(ctx context.Context, userID, id uuid.UUID, seen Versions) (Order, error) {
	var order Order
	err := s.db.Transact(ctx, func(tx *gorm.DB) (err error) {
		order, err = cancel(ctx, tx, userID, id, seen)
		return err
	})
	return order, err
}

func cancel(ctx context.Context, tx *gorm.DB, userID, id uuid.UUID, seen Versions) (Order, error) {
	guarded := gorm.G[Order](tx).Where("id = ? and user_id = ? and status = ?", id, userID, Placed)
	if !seen.Any {
		guarded = guarded.Where("version in ?", seen.List)
	}
	rows, err := guarded.
		Set(
			clause.Assignment{Column: clause.Column{Name: "status"}, Value: Cancelled},
			clause.Assignment{Column: clause.Column{Name: "version"}, Value: gorm.Expr("version + 1")},
		).
		Update(ctx)
	if err != nil {
		return Order{}, fmt.Errorf("cancel an order: %w", err)
	}
	order, err := own(ctx, tx, userID, id)
	if err != nil {
		return Order{}, err
	}
	if rows == 0 { // BK105: a second look tells why
		if !seen.include(order.Version) {
			return Order{}, ErrStale
		}
		return Order{}, ErrNotCancellable
	}
	for _, line := range order.Lines { // BK106: in the order of product ids, as they were taken
		if err := catalog.PutBack(ctx, tx, line.ProductID, line.Quantity); err != nil {
			return Order{}, err
		}
	}
	return order, outbox.Append(ctx, tx, "order.cancelled", order.Document())
}
