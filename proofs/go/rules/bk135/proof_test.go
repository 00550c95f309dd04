package bk135_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk135/avoid"
	prefer "proofs.example/rules/bk135/prefer"
)

const products = `insert into products (name, price_minor, stock)
	select name, 1900, 1 from unnest(array['Wool 100%', 'Wool 1000 g', 'code_1', 'code-1', 'code\1', 'code/1']) name`

var names = []string{"Wool 100%", "Wool 1000 g", "code_1", "code-1", `code\1`, "code/1"}

type search func(ctx context.Context, db *pgxpool.Pool, text string) ([]string, error)

// finder returns a function that fails the test unless a text finds just these names.
func finder(t *testing.T, search search) (url string, expect func(text string, names ...string)) {
	t.Helper()
	url = proof.FreshDatabase(t, products)
	db := proof.Pool(t, url)
	return url, func(text string, names ...string) {
		t.Helper()
		found, err := search(t.Context(), db, text)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(found, names) {
			t.Fatalf("%s finds %q, expected %q", text, found, names)
		}
	}
}

func TestAvoid_percent_and_underscore_find_what_does_not_contain_them(t *testing.T) {
	_, expect := finder(t, avoid.Search)
	expect("wool", names[:2]...)
	expect("100%", names[:2]...)
	expect("code_1", names[2:]...)
}

func TestAvoid_a_percent_sign_lists_everything(t *testing.T) {
	url, expect := finder(t, avoid.Search)
	for _, plain := range []string{"strpos(name, '%') > 0", "starts_with(name, 'Wool 100%')"} {
		if found := proof.Scalar[int](t, url, "select count(*) from products where "+plain); found != 1 {
			t.Fatalf("%s finds %d, expected one", plain, found)
		}
	}
	expect("%", names...)
}

func TestAvoid_a_backslash_hides_the_row_that_has_it(t *testing.T) {
	_, expect := finder(t, avoid.Search)
	expect("code-1", "code-1")
	expect(`code\1`)
}

func TestPrefer_each_text_finds_the_rows_that_contain_it(t *testing.T) {
	_, expect := finder(t, prefer.Search)
	expect("", names...)
	expect("WOOL", names[:2]...)
	expect("code/1", "code/1")
	expect("100%", "Wool 100%")
	expect("%", "Wool 100%")
	expect("CODE_1", "code_1")
	expect(`\`, `code\1`)
	expect(`code\1`, `code\1`)
	expect(`\%`)
}
