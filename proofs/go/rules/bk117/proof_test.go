package bk117_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"gorm.io/gorm"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk117/avoid"
	prefer "proofs.example/rules/bk117/prefer"
)

const (
	ada   = 1
	brian = 2
	shop  = `
		insert into tenants (name) values ('Harbour');
		insert into users (tenant_id, email) values (1, 'ada@example.com'), (1, 'brian@example.com');
		insert into products (name, price_minor, stock) values ('lamp', 4900, 10);
		insert into orders (user_id, product_id, total_minor, status) values (1, 1, 4900, 'paid')`
)

// orders returns what a signed-in user gets for an order's id: the status and the body.
func orders(t *testing.T, getOrder func(*gorm.DB) fiber.Handler) func(user, order int) (int, string) {
	t.Helper()
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		user, err := strconv.ParseInt(c.Get("User"), 10, 64)
		if err != nil {
			return fiber.ErrUnauthorized
		}
		c.Locals("caller", user)
		return c.Next()
	})
	app.Get("/orders/:id<int>", getOrder(proof.Gorm(t, proof.FreshDatabase(t, shop))))
	return func(user, order int) (int, string) {
		request := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/orders/%d", order), http.NoBody)
		request.Header.Set("User", strconv.Itoa(user))
		response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
}

func TestAvoid_another_users_order_is_answered_with_200(t *testing.T) {
	get := orders(t, avoid.GetOrder)
	if status, body := get(brian, 1); status != http.StatusOK || body != `{"id":"1","status":"paid"}` {
		t.Fatalf("Brian got %d %s", status, body)
	}
}

func TestPrefer_the_owner_gets_it_and_anybody_else_the_answer_for_one_that_does_not_exist(t *testing.T) {
	get := orders(t, prefer.GetOrder)
	if status, body := get(ada, 1); status != http.StatusOK || body != `{"id":"1","status":"paid"}` {
		t.Fatalf("Ada got %d %s", status, body)
	}
	status, body := get(brian, 1)
	missing, nothing := get(brian, 999)
	if status != http.StatusNotFound || status != missing || body != nothing {
		t.Fatalf("Brian got %d %s for Ada's order, and %d %s for none", status, body, missing, nothing)
	}
}
