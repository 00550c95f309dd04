// Command minimal answers the two reads of the contract with Fiber and GORM, and does nothing else.
package main

import (
	"encoding/base64"
	"errors"
	"log"
	"os"
	"strconv"

	"github.com/gofiber/fiber/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// Row is a row of the table.
type Row struct {
	ID         string `gorm:"primaryKey"`
	Name       string
	PriceMinor int64
	Currency   string
	Stock      int
}

// TableName is asked by GORM.
func (Row) TableName() string {
	return "products"
}

// Product is what of a row is shown.
type Product struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Price Money  `json:"price"`
	Stock int    `json:"stock"`
}

// Money is an amount in the smallest unit of its currency.
type Money struct {
	AmountMinor int64  `json:"amount_minor"`
	Currency    string `json:"currency"`
}

// Page is a part of a listing.
type Page struct {
	Items      []Product `json:"items"`
	NextCursor *string   `json:"next_cursor"`
}

func main() {
	db, err := open()
	if err != nil {
		log.Fatal(err)
	}
	app := fiber.New()
	app.Get("/healthz", func(c fiber.Ctx) error {
		return c.JSON(fiber.Map{"status": "ok"})
	})
	app.Get("/v1/products", func(c fiber.Ctx) error {
		limit := fiber.Query(c, "limit", 20)
		rows, err := gorm.G[Row](db).Order("id").Limit(limit + 1).Find(c.Context())
		if err != nil {
			return err
		}
		return c.JSON(page(rows, limit))
	})
	app.Get("/v1/products/:id", func(c fiber.Ctx) error {
		row, err := gorm.G[Row](db).Where("id = ?", c.Params("id")).Take(c.Context())
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return fiber.ErrNotFound
		}
		if err != nil {
			return err
		}
		return c.JSON(shown(row))
	})
	log.Fatal(app.Listen("127.0.0.1:"+os.Getenv("PORT"), fiber.ListenConfig{DisableStartupMessage: true}))
}

func open() (*gorm.DB, error) {
	db, err := gorm.Open(postgres.Open(os.Getenv("DATABASE_URL")), &gorm.Config{})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(os.Getenv("DATABASE_POOL_SIZE"))
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return db, err
}

func page(rows []Row, limit int) Page {
	page := Page{Items: make([]Product, 0, limit)}
	for _, row := range rows[:min(limit, len(rows))] {
		page.Items = append(page.Items, shown(row))
	}
	if len(rows) > limit {
		next := base64.RawURLEncoding.EncodeToString([]byte(rows[limit-1].ID))
		page.NextCursor = &next
	}
	return page
}

func shown(row Row) Product {
	return Product{row.ID, row.Name, Money{row.PriceMinor, row.Currency}, row.Stock}
}
