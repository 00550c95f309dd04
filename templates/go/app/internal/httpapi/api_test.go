package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/storefront/internal/account"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/config"
	"example.com/storefront/internal/httpapi"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/telemetry"
	"example.com/storefront/internal/testdb"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testdb.Drop()
	os.Exit(code)
}

const password = "correct horse battery staple"

// service is the API on a port and a database of its own.
type service struct {
	*testing.T

	db      *testdb.Database
	tokens  *account.Tokens
	address string
	log     *syncBuffer
}

type syncBuffer struct {
	bytes.Buffer

	mutex sync.Mutex
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}

func start(t *testing.T, change ...func(*config.HTTP)) *service {
	t.Helper()
	tokenSettings := config.Tokens{
		Secret: config.Secret(strings.Repeat("k", 32)), Issuer: "orders", Audience: "orders-api",
		AccessLifetime: time.Minute, RefreshLifetime: time.Hour,
	}
	settings := config.HTTP{
		RequestTimeout: 20 * time.Second, ReadTimeout: 5 * time.Second, BodyLimit: 65536,
		AuthPerMinute: 1000, RequestsPerMinute: 100_000,
	}
	for _, each := range change {
		each(&settings)
	}
	s := &service{T: t, db: testdb.New(t), tokens: account.NewTokens(tokenSettings), log: &syncBuffer{}}
	app, err := httpapi.New(httpapi.Services{
		Accounts: account.NewService(s.db.Database, account.NewHasher(2), s.tokens, tokenSettings),
		Tokens:   s.tokens,
		Catalog:  catalog.NewService(s.db.Database),
		Orders:   order.NewService(s.db.Database),
	}, settings, prometheus.NewRegistry(), telemetry.NewLogger(s.log, slog.LevelInfo))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	served := make(chan error, 1)
	go func() {
		served <- app.Listener(httpapi.NewListener(listener), fiber.ListenConfig{DisableStartupMessage: true})
	}()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		<-served
	})
	return s
}

// answer is what came back, and its JSON.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (a answer) problem() string {
	name, _ := a.body["type"].(string)
	return strings.TrimPrefix(name, "urn:problem:")
}

func (a answer) get(name string) string { return fmt.Sprint(a.body[name]) }

func (s *service) request(method, path, token string, body any, headers ...string) answer {
	s.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(s.Context(), method, "http://"+s.address+path, reader)
	if err != nil {
		s.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Error(err)
		return answer{}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Error(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body)
	return a
}

func (s *service) want(a answer, status int, problem string) answer {
	s.Helper()
	if a.status != status || a.problem() != problem {
		s.Fatalf("got %d %s, want %d %s", a.status, a.text, status, problem)
	}
	return a
}

// somebody returns an access token of a new account, without the time that a password takes.
func (s *service) somebody() string {
	s.Helper()
	id := uuid.New()
	s.db.Exec(s.T, "insert into users (id, email, password_hash) values ($1, $2, '')", id, id.String()+"@example.com")
	token, err := s.tokens.Issue(id, time.Now())
	if err != nil {
		s.Fatal(err)
	}
	return token
}

// signIn returns the refresh token of a new account.
func (s *service) signIn() string {
	s.Helper()
	credentials := map[string]string{"email": uuid.NewString() + "@example.com", "password": password}
	s.want(s.request("POST", "/v1/users", "", credentials), 201, "")
	session := s.want(s.request("POST", "/v1/auth/sign-in", "", credentials), 200, "")
	return session.get("refresh_token")
}

func (s *service) place(token, key string, product uuid.UUID, quantity int) answer {
	s.Helper()
	lines := []map[string]any{{"product_id": product, "quantity": quantity}}
	return s.request("POST", "/v1/orders", token, map[string]any{"lines": lines}, "Idempotency-Key", key)
}

func (s *service) refresh(token string) answer {
	s.Helper()
	return s.request("POST", "/v1/auth/refresh", "", map[string]string{"refresh_token": token})
}

// atOnce calls f so many times side by side, and counts the outcomes.
func atOnce(times int, f func(i int) string) map[string]int {
	outcomes := make(map[string]int)
	var mutex sync.Mutex
	var calls sync.WaitGroup
	for i := range times {
		calls.Go(func() {
			outcome := f(i)
			mutex.Lock()
			defer mutex.Unlock()
			outcomes[outcome]++
		})
	}
	calls.Wait()
	return outcomes
}

func TestAnAccountIsMadeOnceAndSeenByItsOwner(t *testing.T) {
	s := start(t)
	credentials := map[string]string{"email": "Ada@example.com", "password": password}
	s.want(s.request("POST", "/v1/users", "", credentials), 201, "")
	s.want(s.request("POST", "/v1/users", "", credentials), 409, "email-taken")
	session := s.want(s.request("POST", "/v1/auth/sign-in", "", credentials), 200, "")
	me := s.want(s.request("GET", "/v1/me", session.get("access_token"), nil), 200, "")
	if me.get("email") != "ada@example.com" {
		t.Errorf("got %s", me.text)
	}
	credentials["password"] += "!"
	wrong := s.want(s.request("POST", "/v1/auth/sign-in", "", credentials), 401, "unauthorized")
	if wrong.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("got %v", wrong.header)
	}
	if strings.Contains(s.log.String(), password) {
		t.Error("a password is in the log")
	}
}

func TestARefreshTokenThatIsUsedAgainEndsItsFamily(t *testing.T) {
	s := start(t)
	first := s.signIn()
	second := s.want(s.refresh(first), 200, "").get("refresh_token")
	third := s.want(s.refresh(second), 200, "").get("refresh_token")
	s.want(s.refresh(first), 401, "unauthorized")
	s.want(s.refresh(third), 401, "unauthorized")

	other := s.signIn()
	s.want(s.request("POST", "/v1/auth/sign-out", "", map[string]string{"refresh_token": other}), 204, "")
	s.want(s.refresh(other), 401, "unauthorized")
}

func TestOfManyWhoRefreshAtOnceOneSucceedsAndNoTokenIsLeft(t *testing.T) {
	s := start(t)
	token := s.signIn()
	outcomes := atOnce(8, func(int) string { return fmt.Sprint(s.refresh(token).status) })
	if outcomes["200"] != 1 || outcomes["401"] != 7 {
		t.Errorf("got %v", outcomes)
	}
	if left := s.db.Int(t, "select count(*) from refresh_tokens where revoked_at is null"); left != 0 {
		t.Errorf("%d tokens survive", left)
	}
}

func TestBuyersOfTheLastPiecesGetNoMoreThanThereAre(t *testing.T) {
	s := start(t)
	token := s.somebody()
	product := s.db.AddProduct(t, 5)
	outcomes := atOnce(20, func(i int) string {
		a := s.place(token, fmt.Sprint(i), product, 1)
		return fmt.Sprintf("%d %s", a.status, a.problem())
	})
	if outcomes["201 "] != 5 || outcomes["409 insufficient-stock"] != 15 {
		t.Errorf("got %v", outcomes)
	}
	for query, want := range map[string]int{
		"select stock from products": 0, "select count(*) from orders": 5, "select count(*) from order_lines": 5,
		"select count(*) from outbox": 5, "select count(*) from idempotency_keys": 5,
	} {
		if got := s.db.Int(t, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}

func TestAKeyPlacesOneOrder(t *testing.T) {
	s := start(t)
	token := s.somebody()
	product := s.db.AddProduct(t, 100)
	outcomes := atOnce(10, func(int) string { return fmt.Sprint(s.place(token, "key", product, 1).status) })
	if outcomes["201"]+outcomes["409"] != 10 || outcomes["201"] == 0 {
		t.Errorf("got %v", outcomes)
	}
	replayed := s.want(s.place(token, "key", product, 1), 201, "")
	if replayed.header.Get("Idempotency-Replayed") != "true" || replayed.header.Get("Etag") != `"1"` {
		t.Errorf("got %v", replayed.header)
	}
	if got := s.db.Int(t, "select stock from products"); got != 99 {
		t.Errorf("stock: got %d", got)
	}
	s.want(s.place(token, "key", product, 2), 422, "key-reused")
	s.want(s.place(token, "", product, 1), 400, "malformed-request")

	s.db.Exec(t, "update idempotency_keys set expires_at = now()")
	s.want(s.place(token, "key", product, 2), 201, "")
	other := s.somebody()
	s.want(s.place(other, "key", product, 3), 201, "")
}

func TestWhileTheFirstRequestRunsARetryIsRefused(t *testing.T) {
	s := start(t)
	token := s.somebody()
	product := s.db.AddProduct(t, 1)
	tx, err := s.db.SQL.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "select 1 from products for update"); err != nil {
		t.Fatal(err)
	}
	first := make(chan answer, 1)
	go func() { first <- s.place(token, "key", product, 1) }()
	for s.db.Int(t, "select count(*) from pg_locks where locktype = 'advisory'") == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	refused := s.want(s.place(token, "key", product, 1), 409, "request-in-progress")
	if refused.header.Get("Retry-After") != "1" {
		t.Errorf("got %v", refused.header)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(<-first, 201, "")
}

func TestAnOrderIsCancelledByItsOwnerInTheVersionThatWasSeen(t *testing.T) {
	s := start(t)
	token := s.somebody()
	other := s.somebody()
	product := s.db.AddProduct(t, 3)
	placed := s.want(s.place(token, "key", product, 2), 201, "")
	path := placed.header.Get("Location")

	s.want(s.request("GET", path, other, nil), 404, "not-found")
	s.want(s.request("GET", path+"/lines", other, nil), 404, "not-found")
	s.want(s.request("POST", path+"/cancel", other, nil, "If-Match", "*"), 404, "not-found")
	s.want(s.request("POST", path+"/cancel", token, nil), 428, "precondition-required")
	s.want(s.request("POST", path+"/cancel", token, nil, "If-Match", `"2"`), 412, "stale")

	cancelled := s.want(s.request("POST", path+"/cancel", token, nil, "If-Match", `"7", "1"`), 200, "")
	if cancelled.header.Get("Etag") != `"2"` || cancelled.get("status") != "cancelled" {
		t.Errorf("got %v %s", cancelled.header, cancelled.text)
	}
	if got := s.db.Int(t, "select stock from products"); got != 3 {
		t.Errorf("stock: got %d", got)
	}
	s.want(s.request("POST", path+"/cancel", token, nil, "If-Match", `"1"`), 412, "stale")
	s.want(s.request("POST", path+"/cancel", token, nil, "If-Match", "*"), 409, "order-not-cancellable")
	if got := s.db.Int(t, "select stock from products"); got != 3 {
		t.Errorf("stock after a second try: got %d", got)
	}
}

func TestAListingShowsEveryOrderOnce(t *testing.T) {
	s := start(t)
	token := s.somebody()
	other := s.somebody()
	product := s.db.AddProduct(t, 100)
	for i := range 7 {
		s.want(s.place(token, fmt.Sprint(i), product, 1), 201, "")
	}
	s.want(s.place(other, "theirs", product, 1), 201, "")
	s.db.Exec(t, "update orders set created_at = '2026-11-22T18:00:00Z'") // only ids tell them apart

	seen, cursor := make(map[string]bool), ""
	for range 4 {
		page := s.want(s.request("GET", "/v1/orders?limit=2&status=placed"+cursor, token, nil), 200, "")
		items, _ := page.body["items"].([]any)
		for _, item := range items {
			seen[fmt.Sprint(item.(map[string]any)["id"])] = true
		}
		cursor = "&cursor=" + page.get("next_cursor")
	}
	if len(seen) != 7 || cursor != "&cursor=<nil>" {
		t.Errorf("got %d, then %s", len(seen), cursor)
	}
	page := s.want(s.request("GET", "/v1/orders?limit=2&status=placed", token, nil), 200, "")
	forged := "?cursor=" + page.get("next_cursor")
	s.want(s.request("GET", "/v1/orders"+forged, token, nil), 422, "invalid")
	theirs := s.want(s.request("GET", "/v1/orders"+forged+"&status=placed", other, nil), 200, "")
	if items, _ := theirs.body["items"].([]any); len(items) > 1 {
		t.Errorf("somebody else's cursor shows %s", theirs.text)
	}
}

func TestEveryFailureIsAProblem(t *testing.T) {
	s := start(t, func(settings *config.HTTP) { settings.ReadTimeout = 300 * time.Millisecond })
	token := s.somebody()
	tooLong := `{"email":"` + strings.Repeat("x", 3_000_000) + `"}`
	for _, each := range []struct {
		name   string
		answer answer
		status int
		kind   string
	}{
		{"no route", s.request("GET", "/nowhere", "", nil), 404, "not-found"},
		{"no route, and a body", s.request("POST", "/nowhere", "", tooLong), 404, "not-found"},
		{"another case", s.request("GET", "/V1/me", token, nil), 404, "not-found"},
		{"a slash more", s.request("GET", "/v1/me/", token, nil), 404, "not-found"},
		{"another method", s.request("DELETE", "/v1/orders", "", nil), 405, "method-not-allowed"},
		{"preflight", s.request("OPTIONS", "/v1/orders", "", nil, "Origin", "http://x", "Access-Control-Request-Method", "GET"), 405, "method-not-allowed"},
		{"an unknown method", s.request("BREW", "/v1/orders", "", nil), 405, "method-not-allowed"},
		{"no token", s.request("GET", "/v1/me", "", nil), 401, "unauthorized"},
		{"no token, and a body", s.request("POST", "/v1/orders", "", tooLong), 401, "unauthorized"},
		{"too large", s.request("POST", "/v1/users", "", tooLong), 413, "too-large"},
		{"another media type", s.request("POST", "/v1/users", "", "a=1", "Content-Type", "text/plain"), 415, "unsupported-media-type"},
		{"compressed", s.request("POST", "/v1/users", "", "x", "Content-Encoding", "gzip"), 415, "unsupported-media-type"},
		{"no JSON", s.request("POST", "/v1/users", "", "{"), 400, "malformed-request"},
		{"an unknown parameter", s.request("GET", "/v1/me?a=1", token, nil), 422, "invalid"},
		{"a parameter twice", s.request("GET", "/v1/products?limit=1&limit=2", token, nil), 422, "invalid"},
		{"no number", s.request("GET", "/v1/products?limit=abc", token, nil), 422, "invalid"},
		{"no id", s.request("GET", "/v1/products/1", token, nil), 404, "not-found"},
	} {
		a := each.answer
		if a.status != each.status || a.problem() != each.kind || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d %s %v", each.name, a.status, a.text, a.header)
		}
		if a.get("request_id") != a.header.Get("X-Request-Id") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v", each.name, a.header)
		}
	}
	if allowed := s.request("DELETE", "/v1/orders", "", nil).header.Get("Allow"); allowed != "GET, HEAD, POST" {
		t.Errorf("Allow: got %q", allowed)
	}
}

// talk sends raw text on one connection and returns the status of each answer.
func (s *service) talk(texts ...string) []int {
	s.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	reader := bufio.NewReader(conn)
	var statuses []int
	for _, text := range texts {
		_, _ = io.WriteString(conn, text)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return append(statuses, 0)
		}
		body, _ := io.ReadAll(response.Body)
		if !json.Valid(body) {
			s.Errorf("%.40q: got %q", text, body)
		}
		statuses = append(statuses, response.StatusCode)
	}
	return statuses
}

func TestWhatFasthttpRefusesIsAProblemToo(t *testing.T) {
	s := start(t, func(settings *config.HTTP) { settings.ReadTimeout = 300 * time.Millisecond })
	const get = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
	const post = "POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for text, want := range map[string]int{
		"garbage\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nHos":                                            408,
		post + "Content-Length: 1000\r\n\r\n{":                             408,
		post + "Content-Length: 20000\r\n\r\n" + strings.Repeat(" ", 9000): 408,
		post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n":                  400,
		post + "Transfer-Encoding: chunked\r\n\r\n5\r\n{":                  408,
	} {
		if got := s.talk(get, text); got[0] != 200 || got[1] != want {
			t.Errorf("%.90q: got %v, want %d", text, got, want)
		}
	}
}

func TestAConnectionOnWhichNobodySpeaksEndsWithoutAWord(t *testing.T) {
	s := start(t, func(settings *config.HTTP) { settings.ReadTimeout = 100 * time.Millisecond })
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if text, err := io.ReadAll(conn); err != nil || len(text) > 0 || s.log.String() != "" {
		t.Errorf("got %q, %v, log %s", text, err, s.log)
	}
}

func TestABodyThatNobodyReadIsNotTheNextRequest(t *testing.T) {
	s := start(t)
	smuggled := "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
	padded := smuggled + strings.Repeat(" ", 20_000)
	head := fmt.Sprintf("POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(padded))
	if got := s.talk(head+padded, smuggled); fmt.Sprint(got) != "[401 200]" {
		t.Errorf("got %v", got)
	}
	chunked := fmt.Sprintf("POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
		len(padded), padded)
	if got := s.talk(chunked, smuggled); fmt.Sprint(got) != "[401 200]" {
		t.Errorf("chunked: got %v", got)
	}
}

func TestRateLimits(t *testing.T) {
	s := start(t, func(settings *config.HTTP) {
		settings.AuthPerMinute, settings.RequestsPerMinute, settings.ProxyHops = 3, 2, 1
	})
	token := s.somebody()
	for range 3 {
		s.want(s.refresh("x"), 401, "unauthorized")
	}
	refused := s.want(s.refresh("x"), 429, "too-many-requests")
	if seconds, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 20 {
		t.Errorf("got %v", refused.header)
	}
	body := map[string]string{"refresh_token": "x"}
	s.want(s.request("POST", "/v1/auth/refresh", "", body, "X-Forwarded-For", "1.1.1.1, 2.2.2.2"), 401, "unauthorized")

	for i := range 3 { // each from another address
		credentials := map[string]string{"email": "victim@example.com", "password": password}
		address := fmt.Sprintf("3.3.3.%d", i)
		s.want(s.request("POST", "/v1/auth/sign-in", "", credentials, "X-Forwarded-For", address), 401, "unauthorized")
	}
	credentials := map[string]string{"email": "VICTIM@example.com", "password": password}
	s.want(s.request("POST", "/v1/auth/sign-in", "", credentials, "X-Forwarded-For", "4.4.4.4"), 429, "too-many-requests")

	s.want(s.request("GET", "/v1/me", token, nil), 200, "")
	s.want(s.request("GET", "/v1/me", token, nil), 200, "")
	s.want(s.request("GET", "/v1/me", token, nil), 429, "too-many-requests")
	s.want(s.request("GET", "/openapi.json", "", nil), 200, "")
}

func TestARequestThatWaitsTooLongIsUnavailable(t *testing.T) {
	s := start(t, func(settings *config.HTTP) { settings.RequestTimeout = 3 * time.Second })
	token := s.somebody()
	product := s.db.AddProduct(t, 1)
	tx, err := s.db.SQL.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "select 1 from products for update"); err != nil {
		t.Fatal(err)
	}
	slow := s.want(s.place(token, "key", product, 1), 503, "unavailable")
	if slow.header.Get("Retry-After") == "" {
		t.Errorf("got %v", slow.header)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if left := s.db.Int(t, "select stock from products"); left != 1 {
		t.Errorf("stock: got %d", left)
	}
}

func TestTheLogTellsWhatWasAskedAndAnswered(t *testing.T) {
	s := start(t)
	a := s.request("GET", "/v1/orders/secret-id?secret=value", "", nil, "X-Request-Id", "mine", "Authorization", "Bearer secret")
	if a.header.Get("X-Request-Id") != "mine" {
		t.Errorf("got %v", a.header)
	}
	var line struct {
		Method, Route, Msg string
		Status             int
		RequestID          string  `json:"request_id"`
		Duration           float64 `json:"duration_ms"`
	}
	if err := json.Unmarshal([]byte(s.log.String()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "GET" || line.Route != "/v1/orders/:order_id" || line.Status != 401 || line.RequestID != "mine" {
		t.Errorf("got %+v", line)
	}
	if strings.Contains(s.log.String(), "secret") {
		t.Errorf("got %s", s.log.String())
	}
	if forged := s.request("GET", "/nowhere", "", nil, "X-Request-Id", "a b"); forged.header.Get("X-Request-Id") == "a b" {
		t.Error("a malformed request id was taken over")
	}
}

func TestAServiceSurvivesTheDeathOfItsConnections(t *testing.T) {
	s := start(t)
	token := s.somebody()
	product := s.db.AddProduct(t, 100)
	kill := `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and application_name = 'orders'`
	atOnce(10, func(int) string { return fmt.Sprint(s.request("GET", "/v1/me", token, nil).status) })
	s.db.Exec(t, kill)
	s.want(s.request("GET", "/v1/me", token, nil), 200, "")
	atOnce(10, func(int) string { return fmt.Sprint(s.request("GET", "/v1/me", token, nil).status) })
	s.db.Exec(t, kill)
	s.want(s.place(token, "key", product, 1), 201, "")
}

func TestAMigrationWhileServingFailsNoRequest(t *testing.T) {
	s := start(t)
	token := s.somebody()
	product := s.db.AddProduct(t, 1000)
	ask := func(int) string {
		return fmt.Sprint(
			s.request("GET", "/v1/me", token, nil).status, s.request("GET", "/v1/products", token, nil).status,
			s.request("GET", "/v1/orders", token, nil).status, s.place(token, uuid.NewString(), product, 1).status)
	}
	atOnce(10, ask)
	for _, table := range []string{"users", "products", "orders", "order_lines", "idempotency_keys", "outbox"} {
		s.db.Exec(t, "alter table "+table+" add column note text not null default ''")
	}
	s.db.Exec(t, "alter table products alter column stock type bigint") // a cached plan would return another type
	if outcomes := atOnce(10, ask); outcomes["200 200 200 201"] != 10 {
		t.Errorf("got %v", outcomes)
	}
}

func TestAPanicIsAnInternalErrorThatTellsNothing(t *testing.T) {
	log := &syncBuffer{}
	app, err := httpapi.New(httpapi.Services{}, config.HTTP{
		RequestTimeout: time.Second, ReadTimeout: time.Second, BodyLimit: 1000, AuthPerMinute: 10, RequestsPerMinute: 10,
	}, prometheus.NewRegistry(), telemetry.NewLogger(log, slog.LevelInfo)) // without services, handlers panic
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/auth/sign-out", strings.NewReader(`{"refresh_token":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := app.Test(request, fiber.TestConfig{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != 500 || !strings.Contains(string(text), "urn:problem:internal-error") ||
		strings.Contains(string(text), "nil pointer") {
		t.Errorf("got %d %s", response.StatusCode, text)
	}
	if !strings.Contains(log.String(), "nil pointer") || !strings.Contains(log.String(), "goroutine") {
		t.Errorf("the log does not tell: %s", log)
	}
}
