package bk115_test

import (
	"testing"

	"github.com/pressly/goose/v3"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk115/avoid"
	prefer "proofs.example/rules/bk115/prefer"
)

// title returns the title of the one product after the migration.
func title(t *testing.T, migration *goose.Migration) string {
	t.Helper()
	url := proof.FreshDatabase(t, "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)")
	db, err := proof.Gorm(t, url).DB()
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, nil,
		goose.WithGoMigrations(migration), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return proof.Scalar[string](t, url, "select title from products")
}

func TestAvoid_the_migration_succeeds_and_the_values_are_gone(t *testing.T) {
	if got := title(t, avoid.Title); got != "" {
		t.Fatalf("the title is %q", got)
	}
}

func TestPrefer_the_values_stand_under_the_new_name(t *testing.T) {
	if got := title(t, prefer.Title); got != "lamp" {
		t.Fatalf("the title is %q", got)
	}
}
