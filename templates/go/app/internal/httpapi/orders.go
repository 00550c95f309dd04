package httpapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"

	"example.com/storefront/internal/idempotency"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/timestamp"
)

const (
	mostLines  = 50
	mostPieces = 1000
)

var idempotencyKeyPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,255}$`)

func (s *Server) placeOrder(c fiber.Ctx) error {
	key := c.Get("Idempotency-Key") // BK121
	if !idempotencyKeyPattern.MatchString(key) {
		return &problem{kind: malformedRequest, errors: []FieldError{{
			Parameter: "Idempotency-Key", Detail: "Has to be 1 to 255 letters, digits, or one of _ . : -",
		}}}
	}
	lines, err := parseNewOrder(bodyOf(c))
	if err != nil {
		return err
	}
	placement := order.Placement{UserID: callerOf(c), Key: key, Lines: lines}
	answer, replayed, err := s.Orders.Place(c.Context(), placement, renderPlaced)
	if err != nil {
		return err
	}
	for name, value := range answer.Headers {
		c.Set(name, value)
	}
	if replayed {
		c.Set("Idempotency-Replayed", "true")
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(answer.Status).SendString(answer.Body)
}

// renderPlaced makes the answer that is stored with the order, and sent to each retry.
func renderPlaced(placed order.Order) (idempotency.Answer, error) {
	body, err := json.Marshal(placed.Document())
	if err != nil {
		return idempotency.Answer{}, fmt.Errorf("write an order: %w", err)
	}
	return idempotency.Answer{
		Status: fiber.StatusCreated,
		Headers: map[string]string{
			fiber.HeaderLocation: "/v1/orders/" + placed.ID.String(),
			fiber.HeaderETag:     etag(placed.Version),
		},
		Body: string(body),
	}, nil
}

func parseNewOrder(body []byte) ([]order.NewLine, error) {
	var d document
	root, err := d.parse(body)
	if err != nil {
		return nil, err
	}
	items := d.list(d.object(root, "lines")["lines"], 1, mostLines)
	lines := make([]order.NewLine, len(items))
	known := make(map[uuid.UUID]bool, len(items))
	for i, item := range items {
		members := d.object(item, "product_id", "quantity")
		lines[i] = order.NewLine{
			ProductID: d.id(members["product_id"]),
			Quantity:  d.whole(members["quantity"], 1, mostPieces),
		}
		if id := lines[i].ProductID; id != uuid.Nil && known[id] {
			d.fault(members["product_id"], "Is in another line as well.")
		}
		known[lines[i].ProductID] = true
	}
	return lines, d.err()
}

func (s *Server) listOrders(c fiber.Ctx) error {
	q := queryOf(c)
	limit := q.limit()
	filter := order.Filter{
		Status:       oneOf(q, "status", order.Placed, order.Cancelled),
		PlacedFrom:   q.time("placed_from"),
		PlacedBefore: q.time("placed_before"),
	}
	filters := filtersOf(filter)
	var after *order.Position
	cursor(q, func(position orderCursor) bool {
		createdAt, err := timestamp.Parse(position.CreatedAt)
		after = &order.Position{CreatedAt: createdAt, ID: position.OrderID}
		return err == nil && position.Filters == filters
	})
	if err := q.err(); err != nil {
		return err
	}
	orders, err := s.Orders.List(c.Context(), callerOf(c), filter, after, limit+1)
	if err != nil {
		return err
	}
	answer, err := newPage(orders, limit, order.Order.Document, func(o order.Order) orderCursor {
		return orderCursor{timestamp.Format(o.CreatedAt), o.ID, filters}
	})
	if err != nil {
		return err
	}
	return c.JSON(answer, fiber.MIMEApplicationJSON)
}

func (s *Server) getOrder(c fiber.Ctx) error {
	found, err := s.findOrder(c)
	if err != nil {
		return err
	}
	return sendOrder(c, found)
}

func (s *Server) listOrderLines(c fiber.Ctx) error {
	found, err := s.findOrder(c)
	if err != nil {
		return err
	}
	return c.JSON(struct {
		Items []order.LineDocument `json:"items"`
	}{found.Document().Lines}, fiber.MIMEApplicationJSON)
}

func (s *Server) cancelOrder(c fiber.Ctx) error {
	seen, err := parseIfMatch(c.Get(fiber.HeaderIfMatch))
	if err != nil {
		return err
	}
	id, ok := parseID(c.Params("order_id"))
	if !ok {
		return order.ErrNotFound
	}
	cancelled, err := s.Orders.Cancel(c.Context(), callerOf(c), id, seen)
	if err != nil {
		return err
	}
	return sendOrder(c, cancelled)
}

func (s *Server) findOrder(c fiber.Ctx) (order.Order, error) {
	id, ok := parseID(c.Params("order_id"))
	if !ok {
		return order.Order{}, order.ErrNotFound
	}
	return s.Orders.Find(c.Context(), callerOf(c), id)
}

func sendOrder(c fiber.Ctx, o order.Order) error {
	c.Set(fiber.HeaderETag, etag(o.Version))
	return c.JSON(o.Document(), fiber.MIMEApplicationJSON)
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }
