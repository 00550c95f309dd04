package bk130_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk130/avoid"
	prefer "proofs.example/rules/bk130/prefer"
)

const shop = `
	alter table users add totp_secret text not null default 'JBSWY3DP';
	insert into tenants (name) values ('Harbour');
	insert into users (tenant_id, email, password_hash) values (1, 'ada@example.com', '$argon2id$...');`

// ask returns the status, and the fields of the answer.
func ask(t *testing.T, routes func(*fiber.App, *gorm.DB), path string) (int, map[string]any) {
	t.Helper()
	app := fiber.New()
	routes(app, proof.Gorm(t, proof.FreshDatabase(t, shop)))
	response, err := app.Test(httptest.NewRequest("GET", path, nil), fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != fiber.StatusOK {
		return response.StatusCode, nil
	}
	var fields map[string]any
	if err := json.NewDecoder(response.Body).Decode(&fields); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, fields
}

func TestAvoid_the_field_that_the_sign_in_needed_is_sent_to_everybody(t *testing.T) {
	_, fields := ask(t, avoid.Routes, "/users/1")
	if fields["TOTPSecret"] != "JBSWY3DP" {
		t.Fatalf("%v, expected the secret among the fields", fields)
	}
}

func TestPrefer_the_answer_has_the_documented_fields(t *testing.T) {
	_, fields := ask(t, prefer.Routes, "/users/1")
	if !maps.Equal(fields, map[string]any{"id": 1.0, "email": "ada@example.com"}) {
		t.Fatalf("%v, expected id and email", fields)
	}
	if status, _ := ask(t, prefer.Routes, "/users/2"); status != fiber.StatusNotFound {
		t.Fatalf("%d for nobody, expected 404", status)
	}
}
