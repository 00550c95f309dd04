package bk123_test

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk123/avoid"
	prefer "proofs.example/rules/bk123/prefer"
)

const shop = `alter table projects add column idempotency_key text, add unique (tenant_id, idempotency_key);
	insert into tenants (name) values ('Acme'), ('Globex')`

type client struct {
	t   *testing.T
	app *fiber.App
	url string
}

// start serves the sample, and after it one route more; a header says who is signed in.
func start(t *testing.T, routes func(app *fiber.App, db *pgxpool.Pool)) client {
	t.Helper()
	url := proof.FreshDatabase(t, shop)
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		tenant, err := strconv.ParseInt(c.Get("X-Signed-In"), 10, 64)
		c.Locals("tenantID", tenant)
		if err != nil {
			return err
		}
		return c.Next()
	})
	routes(app, proof.Pool(t, url))
	app.Post("/invoices", func(c fiber.Ctx) error {
		return c.Status(fiber.StatusAccepted).JSON(fiber.Map{"name": "invoice"})
	})
	return client{t, app, url}
}

// post sends every request with the same key.
func (c client) post(path string, tenant int, name string) (status int, answered string) {
	c.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		c.t.Fatal(err)
	}
	request := httptest.NewRequest(fiber.MethodPost, path, strings.NewReader(string(body)))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Signed-In", strconv.Itoa(tenant))
	request.Header.Set("Idempotency-Key", "8e03978e-40d5-43e8-bc93-6894a57f9324")
	response, err := c.app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer struct{ Name string }
	if json.Unmarshal(read, &answer) != nil {
		return response.StatusCode, string(read) // an error's text
	}
	return response.StatusCode, answer.Name
}

func (c client) projects() string {
	return proof.Scalar[string](c.t, c.url,
		"select coalesce(string_agg(tenant_id || ' ' || name, ', ' order by tenant_id, name), '') from projects")
}

func TestAvoid_another_tenant_with_the_same_key_reads_the_first_ones_project(t *testing.T) {
	c := start(t, avoid.Routes)
	c.post("/projects", 1, "Merger")
	status, name := c.post("/projects", 2, "Website")
	if projects := c.projects(); status != fiber.StatusCreated || name != "Merger" || projects != "1 Merger" {
		t.Fatalf("answered %d %q, projects: %s; expected the first tenant's project alone", status, name, projects)
	}
}

func TestAvoid_another_body_and_another_route_are_answered_as_if_they_had_been_done(t *testing.T) {
	c := start(t, avoid.Routes)
	c.post("/projects", 1, "Website")
	if status, name := c.post("/projects", 1, "Shop"); status != fiber.StatusCreated || name != "Website" {
		t.Fatalf("another body: %d %q; expected the first project", status, name)
	}
	if status, name := c.post("/invoices", 1, ""); status != fiber.StatusCreated || name != "Website" {
		t.Fatalf("another route: %d %q; expected the first project", status, name)
	}
}

func TestPrefer_each_tenant_has_its_own_keys(t *testing.T) {
	c := start(t, prefer.Routes)
	c.post("/projects", 1, "Merger")
	status, name := c.post("/projects", 2, "Website")
	if projects := c.projects(); status != fiber.StatusCreated || name != "Website" || projects != "1 Merger, 2 Website" {
		t.Fatalf("answered %d %q, projects: %s; expected one for each tenant", status, name, projects)
	}
}

func TestPrefer_another_body_is_refused_and_another_route_is_served(t *testing.T) {
	c := start(t, prefer.Routes)
	c.post("/projects", 1, "Website")
	if status, name := c.post("/projects", 1, "Website"); status != fiber.StatusCreated || name != "Website" {
		t.Fatalf("a repetition: %d %q; expected the first project", status, name)
	}
	if status, name := c.post("/projects", 1, "Shop"); status != fiber.StatusUnprocessableEntity {
		t.Fatalf("another body: %d %q; expected 422", status, name)
	}
	if status, name := c.post("/invoices", 1, ""); status != fiber.StatusAccepted || name != "invoice" {
		t.Fatalf("another route: %d %q; expected its own answer", status, name)
	}
	if projects := c.projects(); projects != "1 Website" {
		t.Fatalf("projects: %s; expected one", projects)
	}
}
