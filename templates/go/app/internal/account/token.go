package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"example.com/storefront/internal/config"
)

const clockSkew = 30 * time.Second

// ErrAccessToken says that a token was not made here, not made for this service, or has ended.
var ErrAccessToken = errors.New("the access token does not count")

// Tokens makes and checks access tokens.
type Tokens struct {
	key              []byte
	issuer, audience string
	lifetime         time.Duration
	parser           *jwt.Parser
}

// NewTokens pins the algorithm, the issuer and the audience: golang-jwt checks none of them unless asked.
func NewTokens(settings config.Tokens) *Tokens {
	return &Tokens{
		key:      []byte(settings.Secret),
		issuer:   settings.Issuer,
		audience: settings.Audience,
		lifetime: settings.AccessLifetime,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithIssuer(settings.Issuer),
			jwt.WithAudience(settings.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(clockSkew),
			jwt.WithStrictDecoding(),
		),
	}
}

// Issue returns an access token for the user.
func (t *Tokens) Issue(userID uuid.UUID, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer:    t.issuer,
		Audience:  jwt.ClaimStrings{t.audience},
		Subject:   userID.String(),
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(t.lifetime)),
		ID:        uuid.NewString(),
	})
	signed, err := token.SignedString(t.key)
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return signed, nil
}

// Verify returns whose token it is, or ErrAccessToken.
func (t *Tokens) Verify(token string) (uuid.UUID, error) {
	var claims jwt.RegisteredClaims
	_, err := t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil })
	if err != nil || claims.IssuedAt == nil || claims.ID == "" {
		return uuid.Nil, ErrAccessToken
	}
	userID, err := uuid.Parse(claims.Subject)
	if err != nil {
		return uuid.Nil, ErrAccessToken
	}
	return userID, nil
}

// newRefreshToken returns 256 random bits for the client, and what the database keeps of them.
func newRefreshToken() (token string, hash []byte) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process first
	token = base64.RawURLEncoding.EncodeToString(random)
	return token, hashRefreshToken(token)
}

func hashRefreshToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
