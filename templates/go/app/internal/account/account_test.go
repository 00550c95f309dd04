package account

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"example.com/storefront/internal/config"
)

var settings = config.Tokens{
	Secret: config.Secret(strings.Repeat("k", 32)), Issuer: "orders", Audience: "orders-api",
	AccessLifetime: time.Minute, RefreshLifetime: time.Hour,
}

func TestAPasswordMatchesItsHashOnly(t *testing.T) {
	hasher := NewHasher(1)
	hash, err := hasher.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %s", hash)
	}
	for password, want := range map[string]bool{"correct horse battery staple": true, "wrong": false} {
		if got, err := hasher.Matches(t.Context(), password, hash); err != nil || got != want {
			t.Errorf("%q: got %v, %v", password, got, err)
		}
	}
	if got, err := hasher.Matches(t.Context(), "anything", ""); err != nil || got {
		t.Errorf("no account: got %v, %v", got, err)
	}
	for _, broken := range []string{"plain", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=x$AA$AA"} {
		if _, err := hasher.Matches(t.Context(), "anything", broken); !errors.Is(err, errHashFormat) {
			t.Errorf("%q: got %v", broken, err)
		}
	}
}

func TestWhoWaitsToHashGivesUpAtTheDeadline(t *testing.T) {
	hasher := NewHasher(1)
	if err := hasher.slots.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := hasher.Hash(ctx, "password"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAnAccessTokenIsChecked(t *testing.T) {
	tokens := NewTokens(settings)
	userID := uuid.New()
	good := func() jwt.MapClaims {
		return jwt.MapClaims{
			"iss": "orders", "aud": "orders-api", "sub": userID.String(), "jti": "1",
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		}
	}
	sign := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		claims := good()
		change(claims)
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	without := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	with := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	key := []byte(settings.Secret)

	for name, token := range map[string]string{
		"no algorithm":      sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, without("")),
		"another algorithm": sign(jwt.SigningMethodHS512, key, without("")),
		"another key":       sign(jwt.SigningMethodHS256, []byte("another"), without("")),
		"no issuer":         sign(jwt.SigningMethodHS256, key, without("iss")),
		"another issuer":    sign(jwt.SigningMethodHS256, key, with("iss", "x")),
		"no audience":       sign(jwt.SigningMethodHS256, key, without("aud")),
		"another audience":  sign(jwt.SigningMethodHS256, key, with("aud", "x")),
		"no subject":        sign(jwt.SigningMethodHS256, key, without("sub")),
		"no id":             sign(jwt.SigningMethodHS256, key, without("jti")),
		"no issue time":     sign(jwt.SigningMethodHS256, key, without("iat")),
		"no end":            sign(jwt.SigningMethodHS256, key, without("exp")),
		"ended":             sign(jwt.SigningMethodHS256, key, with("exp", time.Now().Add(-31*time.Second).Unix())),
		"of the future":     sign(jwt.SigningMethodHS256, key, with("iat", time.Now().Add(time.Minute).Unix())),
		"garbage":           "a.b.c",
	} {
		if _, err := tokens.Verify(token); !errors.Is(err, ErrAccessToken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	skewed := sign(jwt.SigningMethodHS256, key, with("exp", time.Now().Add(-20*time.Second).Unix()))
	issued, err := tokens.Issue(userID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{skewed, issued} {
		if got, err := tokens.Verify(token); err != nil || got != userID {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestWhatARefreshTokenGetsItsBearer(t *testing.T) {
	now := time.Now()
	earlier, later := now.Add(-time.Minute), now.Add(time.Minute)
	for name, each := range map[string]struct {
		token refreshToken
		want  fate
	}{
		"fresh":             {refreshToken{ExpiresAt: later}, exchanged},
		"expired":           {refreshToken{ExpiresAt: earlier}, refused},
		"used":              {refreshToken{ExpiresAt: later, UsedAt: &earlier}, reused},
		"used and expired":  {refreshToken{ExpiresAt: earlier, UsedAt: &earlier}, reused},
		"revoked":           {refreshToken{ExpiresAt: later, RevokedAt: &earlier}, refused},
		"used, and revoked": {refreshToken{ExpiresAt: later, UsedAt: &earlier, RevokedAt: &earlier}, refused},
	} {
		if got := each.token.judge(now); got != each.want {
			t.Errorf("%s: got %v, want %v", name, got, each.want)
		}
	}
}
