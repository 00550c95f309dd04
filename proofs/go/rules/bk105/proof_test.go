package bk105_test

import (
	"errors"
	"testing"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk105/avoid"
	prefer "proofs.example/rules/bk105/prefer"
)

const lamp = "insert into products (name, price_minor, stock) values ('lamp', 1900, 1)"

// twoEditors lets two editors, who both saw version 1, save prices of their own at once. It returns
// the price that stands, and what each of them was told.
func twoEditors(t *testing.T, reprice func(url string, priceMinor int64) error) (int64, []error) {
	t.Helper()
	url := proof.FreshDatabase(t, lamp)
	row := proof.Hold(t, url, "select from products for update")
	failures := proof.Together(func() {
		proof.UntilBlocked(t, url, 2)
		row.Release()
	}, func() error { return reprice(url, 2000) }, func() error { return reprice(url, 2100) })
	return proof.Scalar[int64](t, url, "select price_minor from products"), failures
}

func TestAvoid_the_editor_who_lost_is_told_that_it_was_saved(t *testing.T) {
	price, failures := twoEditors(t, func(url string, priceMinor int64) error {
		return avoid.Reprice(t.Context(), proof.Gorm(t, url), avoid.Product{ID: 1, Version: 1}, priceMinor)
	})
	if err := errors.Join(failures...); err != nil {
		t.Fatalf("both were expected to be told that it was saved: %v", err)
	}
	if price != 2000 && price != 2100 {
		t.Fatalf("price %d: expected that of one editor", price)
	}
}

func TestPrefer_the_editor_who_lost_is_told_so(t *testing.T) {
	price, failures := twoEditors(t, func(url string, priceMinor int64) error {
		return prefer.Reprice(t.Context(), proof.Gorm(t, url), prefer.Product{ID: 1, Version: 1}, priceMinor)
	})
	for i, saved := range []int64{2000, 2100} {
		if won := price == saved; won != (failures[i] == nil) || !won && !errors.Is(failures[i], prefer.ErrStale) {
			t.Fatalf("price %d; the editor of %d was told: %v", price, saved, failures[i])
		}
	}
}
