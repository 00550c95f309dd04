package httpapi

import (
	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"

	"example.com/storefront/internal/catalog"
)

type productResponse struct {
	ID    uuid.UUID     `json:"id"`
	Name  string        `json:"name"`
	Price catalog.Money `json:"price"`
	Stock int           `json:"stock"`
}

// page is a part of a listing, and how to get the next one.
type page[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"` // null on the last page
}

// newPage cuts what was read beyond the limit, which tells that there is a next page.
func newPage[Row, Item any, Cursor comparable](
	rows []Row, limit int, show func(Row) Item, position func(Row) Cursor,
) (page[Item], error) {
	var next *string
	if len(rows) > limit {
		rows = rows[:limit]
		text, err := encodeCursor(position(rows[limit-1]))
		if err != nil {
			return page[Item]{}, err
		}
		next = &text
	}
	items := make([]Item, len(rows))
	for i, row := range rows {
		items[i] = show(row)
	}
	return page[Item]{Items: items, NextCursor: next}, nil
}

func (s *Server) listProducts(c fiber.Ctx) error {
	q := queryOf(c)
	limit := q.limit()
	position := cursor(q, func(productCursor) bool { return true })
	if err := q.err(); err != nil {
		return err
	}
	var after *uuid.UUID
	if position != nil {
		after = &position.ProductID
	}
	products, err := s.Catalog.List(c.Context(), after, limit+1)
	if err != nil {
		return err
	}
	answer, err := newPage(products, limit, newProductResponse,
		func(p catalog.Product) productCursor { return productCursor{p.ID} })
	if err != nil {
		return err
	}
	return c.JSON(answer, fiber.MIMEApplicationJSON)
}

func (s *Server) getProduct(c fiber.Ctx) error {
	id, ok := parseID(c.Params("product_id"))
	if !ok {
		return catalog.ErrNotFound
	}
	product, err := s.Catalog.Find(c.Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(newProductResponse(product), fiber.MIMEApplicationJSON)
}

func newProductResponse(p catalog.Product) productResponse {
	return productResponse{ID: p.ID, Name: p.Name, Price: p.Price(), Stock: p.Stock}
}
