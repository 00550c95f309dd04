package httpapi

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/storefront/api"
)

type operation struct {
	Security   *[]map[string][]string `json:"security"`
	Body       *struct{}              `json:"requestBody"`
	Parameters []struct {
		Ref  string `json:"$ref"`
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
}

type contract struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Parameters map[string]struct {
			Name string `json:"name"`
			In   string `json:"in"`
		} `json:"parameters"`
	} `json:"components"`
}

var parameterPattern = regexp.MustCompile(`\{(\w+)\}`)

// BK118: the table of routes and the contract agree on who may call what.
func TestRoutesAreThoseOfTheContract(t *testing.T) {
	text, err := api.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var document contract
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	wanted := make(map[string]bool)
	for path, methods := range document.Paths {
		for method, each := range methods {
			path := parameterPattern.ReplaceAllString(path, ":$1")
			wanted[describeRoute(strings.ToUpper(method), path, each.Security != nil, each.Body != nil,
				document.query(each))] = true
		}
	}
	found := make(map[string]bool)
	for _, each := range (&Server{}).routes() {
		if each.access == unlimited {
			continue // the contract itself
		}
		found[describeRoute(each.method, each.path, each.access == public, each.body, each.query)] = true
	}
	if !maps.Equal(wanted, found) {
		t.Errorf("in the contract:\n%s\nin the table:\n%s", sortedLines(wanted), sortedLines(found))
	}
}

func (c contract) query(o operation) []string {
	var names []string
	for _, parameter := range o.Parameters {
		name, in := parameter.Name, parameter.In
		if parameter.Ref != "" {
			referred := c.Components.Parameters[strings.TrimPrefix(parameter.Ref, "#/components/parameters/")]
			name, in = referred.Name, referred.In
		}
		if in == "query" {
			names = append(names, name)
		}
	}
	return names
}

func describeRoute(method, path string, public, body bool, query []string) string {
	words := []string{method, path}
	if public {
		words = append(words, "public")
	}
	if body {
		words = append(words, "body")
	}
	return strings.Join(append(words, slices.Sorted(slices.Values(query))...), " ")
}

func sortedLines(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), "\n")
}
