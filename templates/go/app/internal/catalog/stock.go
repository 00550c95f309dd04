package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// BK101: the condition stands in the statement that changes the row, where PostgreSQL checks it under the lock.
const take = `update products set stock = stock - ? where id = ? and stock >= ?
	returning id, name, price_minor, currency, stock, created_at`

// Take removes pieces from a product's stock within the caller's transaction, and returns the product.
//
// It is ErrNotFound where there is no such product, and ErrInsufficientStock where there are too few pieces.
func Take(ctx context.Context, tx *gorm.DB, id uuid.UUID, pieces int) (Product, error) {
	taken, err := gorm.G[Product](tx).Raw(take, pieces, id, pieces).Find(ctx)
	if err != nil {
		return Product{}, fmt.Errorf("take stock: %w", err)
	}
	if len(taken) == 1 { // BK105
		return taken[0], nil
	}
	known, err := gorm.G[Product](tx).Where("id = ?", id).Count(ctx, "id")
	switch {
	case err != nil:
		return Product{}, fmt.Errorf("look for a product: %w", err)
	case known == 0:
		return Product{}, ErrNotFound
	default:
		return Product{}, ErrInsufficientStock
	}
}

// PutBack returns pieces to a product's stock within the caller's transaction.
func PutBack(ctx context.Context, tx *gorm.DB, id uuid.UUID, pieces int) error {
	rows, err := gorm.G[Product](tx).Where("id = ?", id).Update(ctx, "stock", gorm.Expr("stock + ?", pieces))
	if err != nil {
		return fmt.Errorf("put stock back: %w", err)
	}
	if rows != 1 {
		return fmt.Errorf("put stock back: %w", ErrNotFound)
	}
	return nil
}
