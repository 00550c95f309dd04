package bk120_test

import (
	"context"
	"errors"
	"testing"

	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk120/avoid"
	prefer "proofs.example/rules/bk120/prefer"
)

const (
	quay       = 2
	twoTenants = `
		insert into tenants (name) values ('Harbour'), ('Quay');
		insert into projects (tenant_id, name) values (1, 'Harbour''s'), (2, 'Quay''s');
		insert into documents (project_id, title, body) values (1, 'Plan', 'secret'), (2, 'Plan', 'own')`
)

type read func(ctx context.Context, db *gorm.DB, tenant, project, document int64) (string, error)

// reader returns what the second tenant reads at a path.
func reader(t *testing.T, read read) func(project, document int64) (string, error) {
	t.Helper()
	db := proof.Gorm(t, proof.FreshDatabase(t, twoTenants))
	return func(project, document int64) (string, error) {
		return read(t.Context(), db, quay, project, document)
	}
}

func TestAvoid_a_path_through_ones_own_project_opens_a_document_of_another_tenant(t *testing.T) {
	if body, err := reader(t, avoid.ReadDocument)(2, 1); err != nil || body != "secret" {
		t.Fatalf("read %q, %v", body, err)
	}
}

func TestPrefer_a_path_opens_only_what_belongs_to_its_project_and_to_the_caller(t *testing.T) {
	read := reader(t, prefer.ReadDocument)
	if body, err := read(2, 2); err != nil || body != "own" {
		t.Fatalf("its own document: read %q, %v", body, err)
	}
	for _, project := range []int64{2, 1} {
		if body, err := read(project, 1); !errors.Is(err, gorm.ErrRecordNotFound) {
			t.Fatalf("the other's document through project %d: read %q, %v", project, body, err)
		}
	}
}
