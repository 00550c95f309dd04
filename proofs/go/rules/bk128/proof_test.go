package bk128_test

import (
	"slices"
	"testing"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk128/avoid"
	prefer "proofs.example/rules/bk128/prefer"
)

const (
	lamps = `insert into products (name, price_minor, stock)
		select 'lamp ' || n, 1900, 1 from generate_series(1, 50) n`
	pages = 5
)

// walk reads all pages and returns the ids in their order.
func walk(t *testing.T, read func(page int) ([]int64, error)) []int64 {
	t.Helper()
	var ids []int64
	for page := range pages {
		found, err := read(page + 1)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, found...)
	}
	if len(ids) != 50 {
		t.Fatalf("%d rows on %d pages, expected 50", len(ids), pages)
	}
	return ids
}

// missing counts the products that came on no page.
func missing(ids []int64) int {
	count := 0
	for id := int64(1); id <= 50; id++ {
		if !slices.Contains(ids, id) {
			count++
		}
	}
	return count
}

func TestAvoid_a_product_comes_on_two_pages_and_another_one_on_none(t *testing.T) {
	db := proof.Gorm(t, proof.FreshDatabase(t, lamps))
	ids := walk(t, func(page int) (ids []int64, err error) {
		products, err := avoid.Cheapest(t.Context(), db, page)
		for _, product := range products {
			ids = append(ids, product.ID)
		}
		return ids, err
	})
	if missing(ids) == 0 { // of 50 rows: one that is missing means one that came twice
		t.Fatal("each product came once")
	}
	proof.Figure(t, "BK128", "products of 50 that no page showed", float64(missing(ids)), "products")
}

func TestPrefer_each_product_comes_once(t *testing.T) {
	db := proof.Gorm(t, proof.FreshDatabase(t, lamps))
	ids := walk(t, func(page int) (ids []int64, err error) {
		products, err := prefer.Cheapest(t.Context(), db, page)
		for _, product := range products {
			ids = append(ids, product.ID)
		}
		return ids, err
	})
	if missing(ids) > 0 || !slices.IsSorted(ids) {
		t.Fatalf("the pages show %v, expected 1 to 50", ids)
	}
}
