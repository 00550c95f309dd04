package httpapi

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v3"

	"example.com/storefront/internal/timestamp"
)

const (
	defaultLimit = 20
	mostItems    = 100
	longCursor   = 512
)

type queryKey struct{}

// query reads the parameters of a URL and remembers everything that is wrong with them.
type query struct {
	values url.Values
	faults []FieldError
}

func queryOf(c fiber.Ctx) *query { return fiber.Locals[*query](c, queryKey{}) }

// allowQuery is the middleware that refuses parameters of other names. fiber.Query would ignore them, and make the
// default of a number that is none.
func allowQuery(names []string) fiber.Handler {
	return func(c fiber.Ctx) error {
		values, err := url.ParseQuery(string(c.Request().URI().QueryString()))
		q := &query{values: values}
		if err != nil {
			q.fault("", "The query is not well-formed.")
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			switch {
			case !slices.Contains(names, name):
				q.fault(name, "Is not known here.")
			case len(values[name]) > 1:
				q.fault(name, "Is there twice.")
			}
		}
		c.Locals(queryKey{}, q)
		if len(names) == 0 {
			if err := q.err(); err != nil {
				return err
			}
		}
		return c.Next()
	}
}

// err returns all faults as one problem. Whoever takes parameters asks for it before the work.
func (q *query) err() error {
	if len(q.faults) == 0 {
		return nil
	}
	return &problem{kind: invalid, errors: q.faults}
}

func (q *query) fault(name, detail string) {
	if len(q.faults) < mostFaults {
		q.faults = append(q.faults, FieldError{Parameter: name, Detail: detail})
	}
}

func (q *query) limit() int {
	if !q.values.Has("limit") {
		return defaultLimit
	}
	limit, err := strconv.Atoi(q.values.Get("limit"))
	if err != nil || limit < 1 || limit > mostItems {
		q.fault("limit", "Has to be a whole number from 1 to 100.")
	}
	return limit
}

func (q *query) time(name string) *time.Time {
	if !q.values.Has(name) {
		return nil
	}
	value, err := timestamp.Parse(q.values.Get(name))
	if err != nil {
		q.fault(name, "Has to be a time in UTC such as 2026-11-22T18:00:00.000Z.")
		return nil
	}
	return &value
}

// oneOf returns a parameter that has to be one of these values, or nil.
func oneOf[T ~string](q *query, name string, known ...T) *T {
	if !q.values.Has(name) {
		return nil
	}
	value := T(q.values.Get(name))
	if !slices.Contains(known, value) {
		q.fault(name, "Is none of the known values.")
		return nil
	}
	return &value
}

// cursor returns where the page before ended, or nil on the first page.
func cursor[T comparable](q *query, fits func(T) bool) *T {
	const name = "cursor"
	if !q.values.Has(name) {
		return nil
	}
	text := q.values.Get(name)
	position, ok := decodeCursor[T](text)
	if !ok || len(text) > longCursor || !fits(position) {
		q.fault(name, "Is not a cursor of this listing.")
		return nil
	}
	return &position
}
