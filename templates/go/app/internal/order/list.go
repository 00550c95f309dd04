package order

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Filter narrows a listing; a nil member does not.
type Filter struct {
	Status       *Status
	PlacedFrom   *time.Time
	PlacedBefore *time.Time
}

// Position is where a page ends. BK128: the id makes it unique, for times repeat.
type Position struct {
	CreatedAt time.Time
	ID        uuid.UUID
}

// List returns at most so many of the user's orders that come after the position, the newest first.
func (s *Service) List(
	ctx context.Context, userID uuid.UUID, filter Filter, after *Position, limit int,
) ([]Order, error) {
	var orders []Order
	err := s.db.Read(ctx, func(db *gorm.DB) (err error) {
		query := gorm.G[Order](db).
			Where("user_id = ?", userID). // whatever a cursor says
			Preload("Lines", byProduct).
			Order("created_at desc, id desc").
			Limit(limit)
		if filter.Status != nil {
			query = query.Where("status = ?", *filter.Status)
		}
		if filter.PlacedFrom != nil {
			query = query.Where("created_at >= ?", *filter.PlacedFrom)
		}
		if filter.PlacedBefore != nil {
			query = query.Where("created_at < ?", *filter.PlacedBefore)
		}
		if after != nil {
			query = query.Where("(created_at, id) < (?, ?)", after.CreatedAt, after.ID)
		}
		orders, err = query.Find(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return orders, nil
}
