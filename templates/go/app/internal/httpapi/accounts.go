package httpapi

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/timestamp"
)

var (
	emailPattern        = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$`)
	refreshTokenPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

type credentials struct{ email, password string }

type userResponse struct {
	ID        uuid.UUID `json:"id"`
	Email     string    `json:"email"`
	CreatedAt string    `json:"created_at"`
}

type tokensResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
}

func (s *Server) signUp(c fiber.Ctx) error {
	wanted, err := parseCredentials(bodyOf(c))
	if err != nil {
		return err
	}
	user, err := s.Accounts.SignUp(c.Context(), wanted.email, wanted.password)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(newUserResponse(user), fiber.MIMEApplicationJSON)
}

func (s *Server) signIn(c fiber.Ctx) error {
	given, err := parseCredentials(bodyOf(c))
	if err != nil {
		return err
	}
	if err := s.byEmail.admit(given.email, time.Now()); err != nil { // many addresses may try one account
		return err
	}
	session, err := s.Accounts.SignIn(c.Context(), given.email, given.password)
	if err != nil {
		return err
	}
	return sendTokens(c, session)
}

func (s *Server) refresh(c fiber.Ctx) error {
	token, err := parseRefreshToken(bodyOf(c))
	if err != nil {
		return err
	}
	session, err := s.Accounts.Refresh(c.Context(), token)
	if err != nil {
		return err
	}
	return sendTokens(c, session)
}

func (s *Server) signOut(c fiber.Ctx) error {
	token, err := parseRefreshToken(bodyOf(c))
	if err != nil {
		return err
	}
	if err := s.Accounts.SignOut(c.Context(), token); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) getMe(c fiber.Ctx) error {
	user, err := s.Accounts.Find(c.Context(), callerOf(c))
	if errors.Is(err, account.ErrNotFound) {
		return account.ErrAccessToken // the account was deleted after the token was made
	}
	if err != nil {
		return err
	}
	return c.JSON(newUserResponse(user), fiber.MIMEApplicationJSON)
}

func parseCredentials(body []byte) (credentials, error) {
	var d document
	root, err := d.parse(body)
	if err != nil {
		return credentials{}, err
	}
	members := d.object(root, "email", "password")
	given := credentials{
		email:    d.text(members["email"], 3, 254, emailPattern, "Has to be an email address."),
		password: d.text(members["password"], 15, 128, nil, ""),
	}
	given.email = strings.ToLower(given.email) // ASCII only, by its pattern
	return given, d.err()
}

func parseRefreshToken(body []byte) (string, error) {
	var d document
	root, err := d.parse(body)
	if err != nil {
		return "", err
	}
	members := d.object(root, "refresh_token")
	token := d.text(members["refresh_token"], 1, 128, refreshTokenPattern, "Has to be a refresh token.")
	return token, d.err()
}

func newUserResponse(user account.User) userResponse {
	return userResponse{ID: user.ID, Email: user.Email, CreatedAt: timestamp.Format(user.CreatedAt)}
}

func sendTokens(c fiber.Ctx, session account.Session) error {
	return c.JSON(tokensResponse{
		AccessToken: session.AccessToken, TokenType: "Bearer",
		ExpiresIn: int(session.ExpiresIn.Seconds()), RefreshToken: session.RefreshToken,
	}, fiber.MIMEApplicationJSON)
}
