package order

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/idempotency"
	"example.com/storefront/internal/outbox"
)

// Amounts beyond this are not exact in clients whose numbers are doubles.
const maxAmount = 1<<53 - 1

// NewLine asks for pieces of a product.
type NewLine struct {
	ProductID uuid.UUID `json:"product_id"`
	Quantity  int       `json:"quantity"`
}

// Placement is an order that somebody wants to place, once for each key.
type Placement struct {
	UserID uuid.UUID
	Key    string
	Lines  []NewLine
}

// Render makes an order into the answer that each retry gets.
type Render func(Order) (idempotency.Answer, error)

// Place takes the stock, writes the order, its event and its answer, all or nothing.
//
// Errors about a line are of type *LineError.
func (s *Service) Place(ctx context.Context, p Placement, render Render) (idempotency.Answer, bool, error) {
	claim, err := p.claim()
	if err != nil {
		return idempotency.Answer{}, false, err
	}
	var answer idempotency.Answer
	var replayed bool
	err = s.db.Transact(ctx, func(tx *gorm.DB) (err error) {
		// BK103: everything below runs on tx. BK102: and nothing of it talks to the network.
		answer, replayed, err = idempotency.Once(ctx, tx, claim, func() (idempotency.Answer, error) {
			order, err := place(ctx, tx, p)
			if err != nil {
				return idempotency.Answer{}, err
			}
			return render(order)
		})
		return err
	})
	return answer, replayed, err
}

// claim hashes what was understood of the request, so that spaces in its text do not matter.
func (p Placement) claim() (idempotency.Claim, error) {
	text, err := json.Marshal(p.Lines)
	if err != nil {
		return idempotency.Claim{}, fmt.Errorf("hash a placement: %w", err)
	}
	hash := sha256.Sum256(text)
	return idempotency.Claim{UserID: p.UserID, Operation: "placeOrder", Key: p.Key, RequestHash: hash[:]}, nil
}

func place(ctx context.Context, tx *gorm.DB, p Placement) (Order, error) {
	lines, total, err := takeStock(ctx, tx, p.Lines)
	if err != nil {
		return Order{}, err
	}
	order := Order{
		UserID: p.UserID, Status: Placed, Version: 1,
		TotalMinor: total.AmountMinor, Currency: total.Currency,
	}
	if err := gorm.G[Order](tx).Create(ctx, &order); err != nil {
		return Order{}, fmt.Errorf("insert an order: %w", err)
	}
	for i := range lines {
		lines[i].OrderID = order.ID
	}
	if err := gorm.G[Line](tx).CreateInBatches(ctx, &lines, len(lines)); err != nil {
		return Order{}, fmt.Errorf("insert the lines of an order: %w", err)
	}
	order.Lines = lines
	// BK108, BK132: the event is committed with the order, and published by the worker.
	return order, outbox.Append(ctx, tx, "order.placed", order.Document())
}

// takeStock returns the lines in the order of product ids, and what they cost together.
func takeStock(ctx context.Context, tx *gorm.DB, wanted []NewLine) (lines []Line, total catalog.Money, err error) {
	positions := make([]int, len(wanted))
	for i := range positions {
		positions[i] = i
	}
	// BK106: two orders for the same products wait for each other; in different orders they would deadlock.
	slices.SortFunc(positions, func(a, b int) int {
		return bytes.Compare(wanted[a].ProductID[:], wanted[b].ProductID[:])
	})
	for _, position := range positions {
		line := wanted[position]
		product, err := catalog.Take(ctx, tx, line.ProductID, line.Quantity)
		if errors.Is(err, catalog.ErrNotFound) || errors.Is(err, catalog.ErrInsufficientStock) {
			return nil, total, &LineError{position, err}
		}
		if err != nil {
			return nil, total, err
		}
		if total.Currency != "" && total.Currency != product.Currency {
			return nil, total, ErrMixedCurrencies
		}
		total.Currency = product.Currency
		if product.PriceMinor > (maxAmount-total.AmountMinor)/int64(line.Quantity) {
			return nil, total, ErrTotalTooLarge
		}
		total.AmountMinor += product.PriceMinor * int64(line.Quantity)
		lines = append(lines, Line{
			ProductID: line.ProductID, Quantity: line.Quantity, UnitPriceMinor: product.PriceMinor,
		})
	}
	return lines, total, nil
}
