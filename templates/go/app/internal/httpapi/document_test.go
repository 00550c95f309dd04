package httpapi

import (
	"errors"
	"strings"
	"testing"
)

// faultsOf writes the faults of a body as `pointer: detail`, one a line.
func faultsOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	p, ok := errors.AsType[*problem](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if p.kind != invalid {
		return p.name
	}
	var lines []string
	for _, fault := range p.errors {
		lines = append(lines, *fault.Pointer+": "+fault.Detail)
	}
	return strings.Join(lines, "\n")
}

func TestCredentialsAreParsedStrictly(t *testing.T) {
	const password = `"password":"correct horse battery staple"`
	for body, want := range map[string]string{
		`{"email":"Ada@Example.com",` + password + `}`:                   "",
		` {"email":"a@b.cc","password":"ääääääääääääääää"} `:             "",
		`{"email":"a@b.cc","password":"🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖🫖"}`:                "",
		`{"email":"a@b.cc","password":"\ud83e\uded6 and biscuits, too"}`: "",
		`{"email":"a@b.cc","password":"\\ud83e is fifteen"}`:             "",
		`{"email":"a@b.cc","password":"fourteen chars"}`:                 "/password: Has to have 15 to 128 characters.",
		`{"email":"a@b.cc","password":"\ud83e fifteen or more"}`:         "/password: Has a character that cannot be stored.",
		`{"email":"a@b.cc","password":"\uded6 fifteen or more"}`:         "/password: Has a character that cannot be stored.",
		`{"email":"a@b.cc","password":"\u0000 fifteen or more"}`:         "/password: Has a character that cannot be stored.",
		`{"email":"nobody",` + password + `}`:                            "/email: Has to be an email address.",
		`{"email":null,` + password + `}`:                                "/email: Has to be a string.",
		`{"EMAIL":"a@b.cc",` + password + `}`:                            "/EMAIL: Is not known here.\n/email: Is required.",
		`{"email":"a@b.cc","email":"a@b.cc",` + password + `}`:           "/email: Is there twice.",
		`{"a/b~c":1,"email":7}`:                                          "/a~1b~0c: Is not known here.\n/password: Is required.\n/email: Has to be a string.",
		`[]`:                                                             ": Has to be an object.",
		`null`:                                                           ": Has to be an object.",
		``:                                                               "malformed-request",
		`{}{}`:                                                           "malformed-request",
		"{\"email\":\"\xff\"}":                                           "malformed-request",
		strings.Repeat("[", 2e4):                                         "malformed-request",
	} {
		given, err := parseCredentials([]byte(body))
		if got := faultsOf(t, err); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", body, got, want)
		}
		if err == nil && given.email != strings.ToLower(given.email) {
			t.Errorf("%s: the email keeps its case", body)
		}
	}
}

func TestLinesAreParsedStrictly(t *testing.T) {
	const id = "01990000-0000-7000-8000-000000000001"
	line := func(quantity string) string { return `{"product_id":"` + id + `","quantity":` + quantity + `}` }
	for body, want := range map[string]string{
		`{"lines":[` + line("1") + `]}`:    "",
		`{"lines":[` + line("1.0") + `]}`:  "",
		`{"lines":[` + line("1e3") + `]}`:  "",
		`{"lines":[` + line("1.5") + `]}`:  "/lines/0/quantity: Has to be a whole number from 1 to 1000.",
		`{"lines":[` + line("0") + `]}`:    "/lines/0/quantity: Has to be a whole number from 1 to 1000.",
		`{"lines":[` + line("1e99") + `]}`: "/lines/0/quantity: Has to be a whole number from 1 to 1000.",
		`{"lines":[` + line(`"1"`) + `]}`:  "/lines/0/quantity: Has to be a whole number from 1 to 1000.",
		`{"lines":[` + line("1") + `,` + strings.ToUpper(line("2")) + `]}`: "/lines/1/PRODUCT_ID: Is not known here.\n" +
			"/lines/1/QUANTITY: Is not known here.\n/lines/1/product_id: Is required.\n/lines/1/quantity: Is required.",
		`{"lines":[` + line("1") + `,` + line("2") + `]}`: "/lines/1/product_id: Is in another line as well.",
		`{"lines":[]}`:  "/lines: Has to have 1 to 50 items.",
		`{"lines":{}}`:  "/lines: Has to be an array.",
		`{"lines":[7]}`: "/lines/0: Has to be an object.",
		`{"lines":[{"product_id":"{01990000-0000-7000-8000-000000000001}","quantity":1}]}`: "/lines/0/product_id: Has to be a UUID.",
	} {
		_, err := parseNewOrder([]byte(body))
		if got := faultsOf(t, err); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", body, got, want)
		}
	}
}

func TestABodyOfUnknownMembersHasABoundedAnswer(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"0":0`)
	for range 5000 {
		body.WriteString(`,"x":0`)
	}
	body.WriteString("}")
	_, err := parseCredentials([]byte(body.String()))
	if p, ok := errors.AsType[*problem](err); !ok || len(p.errors) != mostFaults {
		t.Errorf("got %v", err)
	}
}
