package bk119_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk119/avoid"
	prefer "proofs.example/rules/bk119/prefer"
)

const shop = `
	insert into tenants (name) values ('Harbour'), ('Quay');
	insert into users (tenant_id, email) values (1, 'ada@example.com'), (2, 'bob@example.com');
	create table sessions (token_hash bytea primary key, user_id bigint not null references users);
	insert into sessions values (sha256('ada''s session'), 1);`

// tenantOf is where the project landed that Ada of tenant 1 created with that body.
func tenantOf(t *testing.T, body string, install func(app *fiber.App, url string)) int64 {
	t.Helper()
	url := proof.FreshDatabase(t, shop)
	app := fiber.New()
	install(app, url)
	request := httptest.NewRequest("POST", "/projects", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Session", "ada's session")
	response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != fiber.StatusCreated {
		t.Fatalf("%d instead of 201", response.StatusCode)
	}
	return proof.Scalar[int64](t, url, "select tenant_id from projects where name = 'Merger'")
}

// verified looks the session up.
func verified(t *testing.T, url string, c fiber.Ctx) (userID, tenantID int64, err error) {
	t.Helper()
	err = proof.Pool(t, url).QueryRow(c.Context(), `select users.id, tenant_id from sessions
		join users on users.id = user_id where token_hash = sha256($1)`,
		[]byte(c.Get("X-Session"))).Scan(&userID, &tenantID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fiber.ErrUnauthorized
	}
	return userID, tenantID, err
}

func withAvoid(t *testing.T) func(app *fiber.App, url string) {
	return func(app *fiber.App, url string) {
		avoid.Routes(app, proof.Gorm(t, url), func(c fiber.Ctx) (avoid.Session, error) {
			userID, tenantID, err := verified(t, url, c)
			return avoid.Session{UserID: userID, TenantID: tenantID}, err
		})
	}
}

func withPrefer(t *testing.T) func(app *fiber.App, url string) {
	return func(app *fiber.App, url string) {
		prefer.Routes(app, proof.Gorm(t, url), func(c fiber.Ctx) (prefer.Session, error) {
			userID, tenantID, err := verified(t, url, c)
			return prefer.Session{UserID: userID, TenantID: tenantID}, err
		})
	}
}

func TestAvoid_a_field_of_the_body_writes_into_another_tenant(t *testing.T) {
	if tenant := tenantOf(t, `{"name": "Merger", "tenant_id": 2}`, withAvoid(t)); tenant != 2 {
		t.Fatalf("the project is with tenant %d, expected 2", tenant)
	}
}

func TestPrefer_whatever_the_body_says_the_project_is_with_the_tenant_of_the_session(t *testing.T) {
	if tenant := tenantOf(t, `{"name": "Merger"}`, withPrefer(t)); tenant != 1 {
		t.Fatalf("the project is with tenant %d, expected 1", tenant)
	}
	if tenant := tenantOf(t, `{"name": "Merger", "tenant_id": 2}`, withPrefer(t)); tenant != 1 {
		t.Fatalf("the project is with tenant %d, expected 1", tenant)
	}
}
