package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// What a new hash costs: 19 MiB and two passes, the least that OWASP names.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

var errHashFormat = errors.New("not an Argon2id hash")

// Hasher makes and checks password hashes, so many at once as memory allows; more callers wait.
type Hasher struct {
	slots *semaphore.Weighted
	decoy string // a hash that no password has, for accounts that do not exist
}

// NewHasher bounds the hashes that are made at once.
func NewHasher(atOnce int) *Hasher {
	return &Hasher{
		slots: semaphore.NewWeighted(int64(atOnce)),
		decoy: encodeHash(make([]byte, saltBytes), make([]byte, hashBytes)),
	}
}

// Hash returns what is stored for a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process first
	key, err := h.derive(ctx, password, salt, memoryKiB, passes, lanes)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key), nil
}

// Matches says whether the password has this hash. An empty hash takes as long, and matches nothing.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	if hash == "" {
		hash = h.decoy
	}
	var version, memory, time uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHashFormat
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("%w: %w", errHashFormat, err)
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	stored, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || version != argon2.Version || len(stored) != hashBytes {
		return false, errHashFormat
	}
	key, err := h.derive(ctx, password, salt, memory, time, threads)
	return err == nil && subtle.ConstantTimeCompare(key, stored) == 1, err
}

func (h *Hasher) derive(
	ctx context.Context, password string, salt []byte, memory, time uint32, threads uint8,
) ([]byte, error) {
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	defer h.slots.Release(1)
	return argon2.IDKey([]byte(password), salt, time, memory, threads, hashBytes), nil
}

func encodeHash(salt, key []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, memoryKiB, passes, lanes, encode(salt), encode(key))
}
