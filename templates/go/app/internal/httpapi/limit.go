package httpapi

import (
	"bytes"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// How many callers one limit remembers; who was silent longest is forgotten first.
const mostCallers = 100_000

// rateLimit lets each caller have so many requests a minute, all at once if need be. It counts in this process only.
type rateLimit struct {
	mutex     sync.Mutex
	callers   *simplelru.LRU[string, *rate.Limiter]
	perMinute int
}

func newRateLimit(perMinute int) *rateLimit {
	callers, err := simplelru.NewLRU[string, *rate.Limiter](mostCallers, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &rateLimit{callers: callers, perMinute: perMinute}
}

// admit counts a request, or returns a problem that says how long to wait.
func (l *rateLimit) admit(caller string, now time.Time) error {
	limiter := l.callerOf(caller)
	if limiter.AllowN(now, 1) {
		return nil
	}
	// Not by a reservation: of several that are cancelled side by side, not all are given back.
	wait := (1 - limiter.TokensAt(now)) / float64(limiter.Limit())
	return &problem{kind: tooManyRequests, retryAfter: max(1, int(math.Ceil(wait)))}
}

func (l *rateLimit) callerOf(caller string) *rate.Limiter {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	limiter, ok := l.callers.Get(caller)
	if !ok {
		limiter = rate.NewLimiter(rate.Every(time.Minute/time.Duration(l.perMinute)), l.perMinute)
		l.callers.Add(caller, limiter)
	}
	return limiter
}

// limitByAddress is the middleware of operations that anybody may call.
func (s *Server) limitByAddress(c fiber.Ctx) error {
	if err := s.byAddress.admit(s.clientAddress(c), time.Now()); err != nil {
		return err
	}
	return c.Next()
}

// limitByAccount is the middleware of all other operations. It runs after authenticate.
func (s *Server) limitByAccount(c fiber.Ctx) error {
	if err := s.byAccount.admit(callerOf(c).String(), time.Now()); err != nil {
		return err
	}
	return c.Next()
}

// clientAddress returns what the outermost of one's own proxies saw. Entries further left are the client's to forge.
func (s *Server) clientAddress(c fiber.Ctx) string {
	address := c.RequestCtx().RemoteIP().String()
	if hops := s.settings.ProxyHops; hops > 0 {
		lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
		entries := strings.Split(string(bytes.Join(lines, []byte(","))), ",")
		if len(entries) >= hops {
			address = strings.TrimSpace(entries[len(entries)-hops])
		}
	}
	return network(address)
}

// network is what one client has to itself: an IPv4 address, or the first 64 bits of an IPv6 address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return ip.Unmap().String()
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}
