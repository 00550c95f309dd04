package httpapi

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/storefront/internal/order"
)

func TestACursorComesBackAsItWas(t *testing.T) {
	placed := order.Placed
	from := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	position := orderCursor{
		CreatedAt: "2026-11-22T18:00:00.123Z", OrderID: uuid.New(),
		Filters: filtersOf(order.Filter{Status: &placed, PlacedFrom: &from, PlacedBefore: &from}),
	}
	text, err := encodeCursor(position)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := decodeCursor[orderCursor](text); !ok || got != position {
		t.Errorf("got %v, %v", got, ok)
	}
	if len(text) > longCursor {
		t.Errorf("%d characters", len(text))
	}
}

func TestWhatIsNoCursorIsRefused(t *testing.T) {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	const id = "01990000-0000-7000-8000-000000000001"
	for _, text := range []string{
		"", "!", "abc", encode("{}"), encode("null"), encode(`{"product_id":"x"}`),
		encode(`{"product_id":"` + id + `" }`), encode(`{"product_id":"` + id + `","more":1}`),
		encode(`{"order_id":"` + id + `"}`), encode(`{"product_id":"{` + id + `}"}`),
		encode(`{"product_id":"`+id+`"}`) + "=",
	} {
		if got, ok := decodeCursor[productCursor](text); ok {
			t.Errorf("%q was accepted as %v", text, got)
		}
	}
	if _, ok := decodeCursor[productCursor](encode(`{"product_id":"` + id + `"}`)); !ok {
		t.Error("a cursor was refused")
	}
}

func TestIfMatch(t *testing.T) {
	for header, want := range map[string]string{
		`"1"`: "[1]", `"1", "22"`: "[1 22]", `"1","2"`: "[1 2]", `W/"1"`: "[]", `"01"`: "[]", `"x", "3"`: "[3]",
		`1`: "[]", `"99999999999"`: "[]", `*`: "any", ` "1" `: "[1]", ``: "required",
		`"1",` + strings.Repeat(" ", 248) + `"2"`: "[1 2]", `"1",` + strings.Repeat(" ", 249) + `"2"`: "[]",
	} {
		if got := describe(parseIfMatch(header)); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
}
