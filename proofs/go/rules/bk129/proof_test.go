package bk129_test

import (
	"slices"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk129/avoid"
	prefer "proofs.example/rules/bk129/prefer"
)

const (
	orders = `
		insert into tenants (name) values ('Acme');
		insert into users (tenant_id, email) values (1, 'ada@example.com');
		insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
		insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 25)`
	arrive = `insert into orders (user_id, product_id, total_minor)
		select 1, 1, 1900 from generate_series(1, 3)`
	remove = "delete from orders where id in (20, 21, 22)"
)

// read returns the ids of a page and where it ends.
type read func(t *testing.T, db *gorm.DB, cursor int64) (ids []int64, next int64)

func badly(t *testing.T, db *gorm.DB, cursor int64) (ids []int64, next int64) {
	page, next, err := avoid.Newest(t.Context(), db, 1, cursor)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range page {
		ids = append(ids, order.ID)
	}
	return ids, next
}

func well(t *testing.T, db *gorm.DB, cursor int64) (ids []int64, next int64) {
	page, next, err := prefer.Newest(t.Context(), db, 1, cursor)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range page {
		ids = append(ids, order.ID)
	}
	return ids, next
}

// walk reads all pages of 25 orders; after the first one somebody changes the table.
func walk(t *testing.T, page read, change string) []int64 {
	t.Helper()
	db := proof.Gorm(t, proof.FreshDatabase(t, orders))
	seen, next := page(t, db, 0)
	if err := gorm.G[any](db).Exec(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	for next != 0 {
		var ids []int64
		ids, next = page(t, db, next)
		seen = append(seen, ids...)
	}
	return seen
}

// all is what a reader should see: 25 to 1.
func all() (ids []int64) {
	for id := int64(25); id > 0; id-- {
		ids = append(ids, id)
	}
	return ids
}

func TestAvoid_orders_that_arrive_meanwhile_push_three_others_onto_the_next_page_again(t *testing.T) {
	seen := walk(t, badly, arrive)
	distinct := slices.Compact(slices.Sorted(slices.Values(seen)))
	if len(seen)-len(distinct) != 3 {
		t.Fatalf("the pages show %v, expected three orders twice", seen)
	}
	proof.Figure(t, "BK129", "orders shown twice after three arrived", 3, "orders")
}

func TestAvoid_orders_that_are_deleted_meanwhile_pull_three_others_past_the_reader(t *testing.T) {
	seen := walk(t, badly, remove)
	for _, id := range []int64{13, 14, 15} {
		if slices.Contains(seen, id) {
			t.Fatalf("the pages show %v, expected 13, 14 and 15 to be missing", seen)
		}
	}
}

func TestPrefer_each_order_comes_once_while_others_arrive(t *testing.T) {
	if seen := walk(t, well, arrive); !slices.Equal(seen, all()) {
		t.Fatalf("the pages show %v, expected 25 to 1", seen)
	}
}

func TestPrefer_each_order_comes_once_while_others_are_deleted(t *testing.T) {
	if seen := walk(t, well, remove); !slices.Equal(seen, all()) {
		t.Fatalf("the pages show %v, expected 25 to 1", seen)
	}
}
