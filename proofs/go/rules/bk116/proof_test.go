package bk116_test

import (
	"context"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk116/avoid"
	prefer "proofs.example/rules/bk116/prefer"
)

const (
	longName = `
		alter table products alter column name type varchar(40);
		insert into products (name, price_minor, stock) values ('lamp shade, blue', 4900, 10)`
	deployed = `
		create table goose_db_version (
			id serial primary key, version_id bigint not null, is_applied boolean not null, tstamp timestamp default now());
		insert into goose_db_version (version_id, is_applied) values (0, true)`
	deploy = "insert into goose_db_version (version_id, is_applied) values (20261122090000, true)"
)

// release returns the database of the release before, and the start-up of the new one.
func release(t *testing.T, prepare func(context.Context, *gorm.DB) error) (url string, start func() error) {
	t.Helper()
	url = proof.FreshDatabase(t, longName+";"+deployed)
	db := proof.Gorm(t, url)
	return url, func() error { return prepare(t.Context(), db) }
}

func TestAvoid_the_process_starts_and_names_have_lost_their_end(t *testing.T) {
	url, start := release(t, avoid.Prepare)
	if err := start(); err != nil {
		t.Fatal(err)
	}
	if name := proof.Scalar[string](t, url, "select name from products"); name != "lamp sha" {
		t.Fatalf("the name is %q", name)
	}
}

func TestPrefer_the_process_refuses_to_start_until_the_migration_has_run(t *testing.T) {
	url, start := release(t, prefer.Prepare)
	if err := start(); err == nil {
		t.Fatal("it started with a migration pending")
	}
	if name := proof.Scalar[string](t, url, "select name from products"); name != "lamp shade, blue" {
		t.Fatalf("the name is %q", name)
	}
	proof.Scalar[int](t, url, deploy+" returning 1")
	if err := start(); err != nil {
		t.Fatal(err)
	}
}
