package order

import (
	"github.com/google/uuid"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/timestamp"
)

// Document is an order as clients and the receivers of events see it.
//
// BK130: what is not named here does not leave the service, however many columns the tables get.
type Document struct {
	ID        uuid.UUID      `json:"id"`
	Status    Status         `json:"status"`
	Total     catalog.Money  `json:"total"`
	Lines     []LineDocument `json:"lines"`
	Version   int            `json:"version"`
	CreatedAt string         `json:"created_at"`
}

// LineDocument is a line as clients and the receivers of events see it.
type LineDocument struct {
	ProductID uuid.UUID     `json:"product_id"`
	Quantity  int           `json:"quantity"`
	UnitPrice catalog.Money `json:"unit_price"`
}

// Document returns what may be shown of the order.
func (o Order) Document() Document {
	lines := make([]LineDocument, len(o.Lines))
	for i, line := range o.Lines {
		lines[i] = LineDocument{
			ProductID: line.ProductID, Quantity: line.Quantity,
			UnitPrice: catalog.Money{AmountMinor: line.UnitPriceMinor, Currency: o.Currency},
		}
	}
	return Document{
		ID: o.ID, Status: o.Status, Total: o.Total(), Lines: lines,
		Version: o.Version, CreatedAt: timestamp.Format(o.CreatedAt),
	}
}
