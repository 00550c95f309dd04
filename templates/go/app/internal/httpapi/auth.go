package httpapi

import (
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"
)

type callerKey struct{}

// callerOf returns whose access token came with the request.
//
// BK119: this is the only source of an identity. No body, query or header names a user.
func callerOf(c fiber.Ctx) uuid.UUID { return fiber.Locals[uuid.UUID](c, callerKey{}) }

// authenticate is the middleware of every operation that is not public.
func (s *Server) authenticate(c fiber.Ctx) error {
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if token == "" || !strings.EqualFold(scheme, "Bearer") {
		return &problem{kind: unauthorized, detail: "An access token is required."}
	}
	caller, err := s.Tokens.Verify(token)
	if err != nil {
		return err
	}
	c.Locals(callerKey{}, caller)
	return c.Next()
}
