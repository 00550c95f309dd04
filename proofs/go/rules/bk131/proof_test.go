package bk131_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"proofs.example/proof"
	avoid "proofs.example/rules/bk131/avoid"
	prefer "proofs.example/rules/bk131/prefer"
)

const shop = `
	insert into tenants (name) values ('Harbour');
	create unique index users_one_owner on users (tenant_id) where role = 'owner';
	alter table users add constraint users_role_check check (role in ('owner', 'member'));
	insert into users (tenant_id, email, role) values (1, 'ada@example.com', 'owner');`

const (
	secondOwner = `{"TenantID": 1, "Email": "bob@example.com", "Role": "owner"}`
	sameEmail   = `{"TenantID": 1, "Email": "ada@example.com", "Role": "member"}`
	noTenant    = `{"TenantID": 9, "Email": "bob@example.com", "Role": "member"}`
	oddRole     = `{"TenantID": 1, "Email": "bob@example.com", "Role": "king"}`
)

type User struct {
	ID          int64
	TenantID    int64
	Email, Role string
}

// create sends a new user and returns the status and the title of the answer.
func create(t *testing.T, handle fiber.ErrorHandler, translate bool, user string) string {
	t.Helper()
	db, err := gorm.Open(postgres.Open(proof.FreshDatabase(t, shop)),
		&gorm.Config{Logger: logger.Discard, TranslateError: translate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
	app := fiber.New(fiber.Config{ErrorHandler: handle})
	app.Post("/users", func(c fiber.Ctx) error {
		var user User
		if err := c.Bind().JSON(&user); err != nil {
			return err
		}
		if err := gorm.G[User](db).Create(c.Context(), &user); err != nil {
			return fmt.Errorf("create user: %w", err)
		}
		return c.SendStatus(fiber.StatusCreated)
	})
	request := httptest.NewRequest("POST", "/users", strings.NewReader(user))
	request.Header.Set("Content-Type", "application/json")
	response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var told struct{ Title string }
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(response.StatusCode, " ", told.Title)
}

func expect(t *testing.T, told, expected string) {
	t.Helper()
	if told != expected {
		t.Errorf("%s, expected %s", told, expected)
	}
}

func TestAvoid_a_second_owner_is_told_that_a_fresh_e_mail_address_is_taken(t *testing.T) {
	expect(t, create(t, avoid.HandleError, true, secondOwner), "409 E-mail address is taken")
}

func TestAvoid_a_tenant_that_does_not_exist_is_a_fault_of_the_server(t *testing.T) {
	expect(t, create(t, avoid.HandleError, true, noTenant), "500 Internal Server Error")
}

func TestPrefer_each_violation_is_told_as_what_it_is(t *testing.T) {
	for _, translate := range []bool{true, false} {
		expect(t, create(t, prefer.HandleError, translate, secondOwner), "409 The tenant has an owner")
		expect(t, create(t, prefer.HandleError, translate, sameEmail), "409 E-mail address is taken")
		expect(t, create(t, prefer.HandleError, translate, noTenant), "422 There is no such tenant")
		expect(t, create(t, prefer.HandleError, translate, oddRole), "500 Internal Server Error")
	}
}
