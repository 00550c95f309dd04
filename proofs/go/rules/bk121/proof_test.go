package bk121_test

import (
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5/pgxpool"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk121/avoid"
	prefer "proofs.example/rules/bk121/prefer"
)

const (
	shop = `alter table payments add column idempotency_key text, add unique (order_id, idempotency_key);
		insert into tenants (name) values ('Acme');
		insert into users (tenant_id, email) values (1, 'ada@example.com');
		insert into products (name, price_minor, stock) values ('lamp', 9000, 5);
		insert into orders (user_id, product_id, total_minor) values (1, 1, 9000)`
	key = "8e03978e-40d5-43e8-bc93-6894a57f9324"
)

type routes func(app *fiber.App, db *pgxpool.Pool)

func start(t *testing.T, routes routes) (app *fiber.App, url string) {
	t.Helper()
	url = proof.FreshDatabase(t, shop)
	app = fiber.New()
	app.Use(func(c fiber.Ctx) error {
		c.Locals("userID", int64(1))
		return c.Next()
	})
	routes(app, proof.Pool(t, url))
	return app, url
}

func pay(t *testing.T, app *fiber.App, key string) (status int, body string) {
	t.Helper()
	request := httptest.NewRequest(fiber.MethodPost, "/orders/1/instalments", nil)
	request.Header.Set("Idempotency-Key", key)
	response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(read)
}

// sendAgain pays once for a client that gives up before the answer, and then once more.
func sendAgain(t *testing.T, routes routes) (first, second string, payments int) {
	t.Helper()
	app, url := start(t, routes)
	table := proof.Hold(t, url, "lock table payments in exclusive mode")
	proof.Together(func() {
		proof.UntilBlocked(t, url, 1)
		table.Release()
	}, func() error { _, first = pay(t, app, key); return nil })
	_, second = pay(t, app, key)
	return first, second, proof.Scalar[int](t, url, "select count(*) from payments")
}

func TestAvoid_a_retry_after_a_lost_answer_charges_twice(t *testing.T) {
	first, second, payments := sendAgain(t, avoid.Routes)
	if payments != 2 || first == second {
		t.Fatalf("%d payments, answers %s and %s: expected two of each", payments, first, second)
	}
	proof.Figure(t, "BK121", "instalments charged for one request, sent twice", float64(payments), "")
}

func TestPrefer_a_retry_after_a_lost_answer_gets_the_first_payment(t *testing.T) {
	first, second, payments := sendAgain(t, prefer.Routes)
	if payments != 1 || first != `{"id":1}` || second != first {
		t.Fatalf("%d payments, answers %s and %s: expected one", payments, first, second)
	}
}

func TestPrefer_a_charge_without_a_key_is_refused(t *testing.T) {
	app, url := start(t, prefer.Routes)
	status, _ := pay(t, app, "")
	if payments := proof.Scalar[int](t, url, "select count(*) from payments"); status != fiber.StatusBadRequest || payments != 0 {
		t.Fatalf("answered %d, %d payments: expected 400 and none", status, payments)
	}
}
