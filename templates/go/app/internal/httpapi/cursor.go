package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"example.com/storefront/internal/order"
	"example.com/storefront/internal/timestamp"
)

// productCursor is where a page of products ended.
type productCursor struct {
	ProductID uuid.UUID `json:"product_id"`
}

// orderCursor is where a page of orders ended, and the filters that the page had.
type orderCursor struct {
	CreatedAt string       `json:"created_at"`
	OrderID   uuid.UUID    `json:"order_id"`
	Filters   orderFilters `json:"filters"`
}

// orderFilters are the filters of a listing, comparable.
type orderFilters struct {
	Status       order.Status `json:"status"`
	PlacedFrom   string       `json:"placed_from"`
	PlacedBefore string       `json:"placed_before"`
}

func filtersOf(filter order.Filter) orderFilters {
	var filters orderFilters
	if filter.Status != nil {
		filters.Status = *filter.Status
	}
	if filter.PlacedFrom != nil {
		filters.PlacedFrom = timestamp.Format(*filter.PlacedFrom)
	}
	if filter.PlacedBefore != nil {
		filters.PlacedBefore = timestamp.Format(*filter.PlacedBefore)
	}
	return filters
}

// encodeCursor writes a cursor that is opaque to clients. It is no secret: queries are bound to the owner anyway.
func encodeCursor[T comparable](position T) (string, error) {
	text, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("write a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// decodeCursor takes only what encodeCursor writes, to the letter.
func decodeCursor[T comparable](text string) (T, bool) {
	var position T
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(decoded, &position) != nil {
		return position, false
	}
	again, err := encodeCursor(position)
	return position, err == nil && again == text
}
