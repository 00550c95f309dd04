package bk118_test

import (
	"io"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk118/avoid"
	prefer "proofs.example/rules/bk118/prefer"
)

const shop = `
	insert into tenants (name) values ('Harbour');
	insert into users (tenant_id, email) values (1, 'ada@example.com');
	insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
	insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
	create table sessions (token_hash bytea primary key, user_id bigint not null references users);
	insert into sessions values (sha256('ada''s session'), 1);`

const session = "ada's session"

type newApp func(authenticate fiber.Handler, orders func(fiber.Router)) *fiber.App

// open builds the shop and adds the module that somebody writes next.
func open(t *testing.T, build newApp) *fiber.App {
	t.Helper()
	db := proof.Pool(t, proof.FreshDatabase(t, shop))
	authenticate := func(c fiber.Ctx) error {
		var known bool
		err := db.QueryRow(c.Context(), "select exists (select from sessions where token_hash = sha256($1))",
			[]byte(c.Get("X-Session"))).Scan(&known)
		if err != nil {
			return err
		}
		if !known {
			return fiber.ErrUnauthorized
		}
		return c.Next()
	}
	app := build(authenticate, func(orders fiber.Router) { orders.Get("/:id", sum(db)) })
	app.Group("/reports").Get("/revenue", sum(db))
	return app
}

func sum(db *pgxpool.Pool) fiber.Handler {
	return func(c fiber.Ctx) error {
		var revenue int64
		if err := db.QueryRow(c.Context(), "select sum(total_minor) from orders").Scan(&revenue); err != nil {
			return err
		}
		return c.JSON(revenue)
	}
}

func ask(t *testing.T, app *fiber.App, method, path, session string) (status int, body string) {
	t.Helper()
	request := httptest.NewRequest(method, path, nil)
	request.Header.Set("X-Session", session)
	response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// unguarded returns the registered routes that serve somebody without a session.
func unguarded(t *testing.T, app *fiber.App) []string {
	t.Helper()
	ask(t, app, "GET", "/", "") // at the first request Fiber adds the HEAD routes
	var found []string
	for _, route := range app.GetRoutes(true) {
		status, _ := ask(t, app, route.Method, route.Path, "")
		if status != fiber.StatusUnauthorized {
			found = append(found, route.Method+" "+route.Path)
		}
	}
	slices.Sort(found)
	return found
}

func TestAvoid_a_new_module_shows_the_revenue_to_strangers(t *testing.T) {
	app := open(t, avoid.New)
	if status, _ := ask(t, app, "GET", "/orders/1", ""); status != fiber.StatusUnauthorized {
		t.Fatalf("%d instead of 401: the old module has its guard", status)
	}
	if status, body := ask(t, app, "GET", "/reports/revenue", ""); status != fiber.StatusOK || body != "1900" {
		t.Fatalf("%d %s: expected the revenue", status, body)
	}
}

func TestAvoid_the_walk_through_all_routes_finds_one_that_nobody_listed(t *testing.T) {
	found := unguarded(t, open(t, avoid.New))
	if !slices.Contains(found, "GET /reports/revenue") {
		t.Fatalf("open: %q, expected the report among them", found)
	}
}

func TestPrefer_the_walk_through_all_routes_finds_the_listed_one_only(t *testing.T) {
	found := unguarded(t, open(t, prefer.New))
	if !slices.Equal(found, []string{"GET /health"}) {
		t.Fatalf("open: %q", found)
	}
}

func TestPrefer_a_new_module_is_for_those_who_are_signed_in(t *testing.T) {
	app := open(t, prefer.New)
	if status, _ := ask(t, app, "GET", "/reports/revenue", ""); status != fiber.StatusUnauthorized {
		t.Fatalf("%d for a stranger, expected 401", status)
	}
	if status, body := ask(t, app, "GET", "/reports/revenue", session); status != fiber.StatusOK || body != "1900" {
		t.Fatalf("%d %s for Ada, expected the revenue", status, body)
	}
	if status, _ := ask(t, app, "GET", "/nothing", ""); status != fiber.StatusUnauthorized {
		t.Fatalf("%d for an address without a route, expected 401", status)
	}
}
