package httpapi

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// A body of unknown members must not be answered by a list that is longer than itself.
const mostFaults = 100

var escapes = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)

// document reads a JSON body and remembers everything that is wrong with it.
//
// encoding/json alone stops at the first fault, takes `EMAIL` for `email` and the last of two equal names, and makes
// U+FFFD of half a surrogate pair.
type document struct{ faults []FieldError }

// member is a part of a body, and where it was found. Without text it is missing, which was noted already.
type member struct {
	pointer string
	text    json.RawMessage
}

// parse returns the whole body, or a problem where it is no JSON in UTF-8.
func (d *document) parse(body []byte) (member, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return member{}, &problem{kind: malformedRequest, detail: "The body has to be JSON in UTF-8."}
	}
	return member{text: bytes.TrimSpace(body)}, nil
}

// err returns all faults as one problem.
func (d *document) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	return &problem{kind: invalid, errors: d.faults}
}

func (d *document) fault(m member, detail string) {
	if len(d.faults) < mostFaults {
		d.faults = append(d.faults, atPointer(m.pointer, detail))
	}
}

// object returns the members of these names: all are required, and there are no others.
func (d *document) object(m member, names ...string) map[string]member {
	members := make(map[string]member, len(names))
	if m.text == nil {
		return members
	}
	if m.text[0] != '{' {
		d.fault(m, "Has to be an object.")
		return members
	}
	decoder := json.NewDecoder(bytes.NewReader(m.text))
	_, _ = decoder.Token() // the text is known to be JSON
	for decoder.More() {
		token, _ := decoder.Token()
		name, _ := token.(string)
		each := member{pointer: m.pointer + "/" + escapePointer(name)}
		_ = decoder.Decode(&each.text)
		_, twice := members[name]
		switch {
		case !slices.Contains(names, name):
			d.fault(each, "Is not known here.")
		case twice:
			d.fault(each, "Is there twice.")
		default:
			members[name] = each
		}
	}
	for _, name := range names {
		if _, ok := members[name]; !ok {
			d.fault(member{pointer: m.pointer + "/" + name}, "Is required.")
		}
	}
	return members
}

// list returns the items of an array.
func (d *document) list(m member, least, most int) []member {
	var texts []json.RawMessage
	switch {
	case m.text == nil:
		return nil
	case m.text[0] != '[' || json.Unmarshal(m.text, &texts) != nil:
		d.fault(m, "Has to be an array.")
		return nil
	case len(texts) < least || len(texts) > most:
		d.fault(m, "Has to have "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+" items.")
		return nil
	}
	items := make([]member, len(texts))
	for i, text := range texts {
		items[i] = member{m.pointer + "/" + strconv.Itoa(i), text}
	}
	return items
}

// text returns a string of so many code points that fits the pattern.
func (d *document) text(m member, least, most int, pattern *regexp.Regexp, rule string) string {
	var value string
	switch {
	case m.text == nil:
		return ""
	case m.text[0] != '"' || json.Unmarshal(m.text, &value) != nil:
		d.fault(m, "Has to be a string.")
	case hasLoneSurrogate(m.text, value) || strings.ContainsRune(value, 0):
		d.fault(m, "Has a character that cannot be stored.")
	case utf8.RuneCountInString(value) < least || utf8.RuneCountInString(value) > most:
		d.fault(m, "Has to have "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+" characters.")
	case pattern != nil && !pattern.MatchString(value):
		d.fault(m, rule)
	}
	return value
}

// whole returns a whole number within bounds. As in JSON Schema, 1.0 is one.
func (d *document) whole(m member, least, most int) int {
	if m.text == nil {
		return 0
	}
	value, err := strconv.ParseFloat(string(m.text), 64)
	if err != nil || value != math.Trunc(value) || value < float64(least) || value > float64(most) {
		d.fault(m, "Has to be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+".")
		return 0
	}
	return int(value)
}

// id returns a UUID.
func (d *document) id(m member) uuid.UUID {
	var value string
	if m.text == nil {
		return uuid.Nil
	}
	_ = json.Unmarshal(m.text, &value)
	id, ok := parseID(value)
	if !ok {
		d.fault(m, "Has to be a UUID.")
	}
	return id
}

// parseID takes the usual form only: uuid.Parse also knows braces, a URN, and 32 digits in a row.
func parseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == len("00000000-0000-0000-0000-000000000000")
}

// hasLoneSurrogate says whether encoding/json made U+FFFD of half a pair, such as "\ud800", in the text.
func hasLoneSurrogate(text []byte, value string) bool {
	written := bytes.Count(text, []byte("\uFFFD"))
	for _, escape := range escapes.FindAll(text, -1) {
		if strings.EqualFold(string(escape), `\ufffd`) {
			written++
		}
	}
	return strings.Count(value, "\uFFFD") != written
}

func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
