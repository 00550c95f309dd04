package httpapi

import "github.com/gofiber/fiber/v3"

// access says who may call an operation. BK118: what says nothing needs a token.
type access int

const (
	private   access = iota // needs an access token, limited by account
	public                  // anybody, limited by address
	unlimited               // anybody, not limited
)

// route is an operation of the contract. A test holds this table and openapi.yaml to each other.
type route struct {
	method, path string
	access       access
	body         bool     // takes JSON
	query        []string // the parameters that it knows
	handle       fiber.Handler
}

func (s *Server) routes() []route {
	return []route{
		{method: fiber.MethodGet, path: "/openapi.json", access: unlimited, handle: s.getContract},

		{method: fiber.MethodPost, path: "/v1/users", access: public, body: true, handle: s.signUp},
		{method: fiber.MethodPost, path: "/v1/auth/sign-in", access: public, body: true, handle: s.signIn},
		{method: fiber.MethodPost, path: "/v1/auth/refresh", access: public, body: true, handle: s.refresh},
		{method: fiber.MethodPost, path: "/v1/auth/sign-out", access: public, body: true, handle: s.signOut},

		{method: fiber.MethodGet, path: "/v1/me", handle: s.getMe},
		{method: fiber.MethodGet, path: "/v1/products", query: []string{"limit", "cursor"}, handle: s.listProducts},
		{method: fiber.MethodGet, path: "/v1/products/:product_id", handle: s.getProduct},
		{method: fiber.MethodPost, path: "/v1/orders", body: true, handle: s.placeOrder},
		{
			method: fiber.MethodGet, path: "/v1/orders", handle: s.listOrders,
			query: []string{"limit", "cursor", "status", "placed_from", "placed_before"},
		},
		{method: fiber.MethodGet, path: "/v1/orders/:order_id", handle: s.getOrder},
		{method: fiber.MethodGet, path: "/v1/orders/:order_id/lines", handle: s.listOrderLines},
		{method: fiber.MethodPost, path: "/v1/orders/:order_id/cancel", handle: s.cancelOrder},
	}
}

// register puts the checks before each handler, in the order of the contract. They belong to the route: as middleware
// of a prefix they would answer 401 where the router has to answer 404 or 405.
func (s *Server) register(app *fiber.App) {
	for _, r := range s.routes() {
		var chain []any
		switch r.access {
		case private:
			chain = append(chain, s.authenticate, s.limitByAccount)
		case public:
			chain = append(chain, s.limitByAddress)
		case unlimited:
		}
		if r.body {
			chain = append(chain, s.readBody)
		}
		chain = append(chain, allowQuery(r.query), s.withDeadline, r.handle)
		app.Add([]string{r.method}, r.path, chain[0], chain[1:]...)
	}
}

func (s *Server) getContract(c fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(s.contract)
}
