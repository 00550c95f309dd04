package httpapi

import (
	"regexp"
	"strconv"
	"strings"

	"example.com/storefront/internal/order"
)

// The contract's bound. It also bounds the parameters of the statement that compares versions.
const longIfMatch = 255

// A tag of ours: a version in quotes. A weak one, W/"1", never matches (RFC 9110, section 13.1.1).
var etagPattern = regexp.MustCompile(`^"([1-9][0-9]{0,8})"$`)

// parseIfMatch returns the versions that a client has seen. What is no tag of ours matches no version.
func parseIfMatch(header string) (order.Versions, error) {
	header = strings.TrimSpace(header)
	switch header {
	case "":
		return order.Versions{}, &problem{kind: preconditionRequired}
	case "*":
		return order.Versions{Any: true}, nil
	}
	var seen order.Versions
	if len(header) > longIfMatch {
		return seen, nil
	}
	for tag := range strings.SplitSeq(header, ",") {
		if match := etagPattern.FindStringSubmatch(strings.TrimSpace(tag)); match != nil {
			version, _ := strconv.Atoi(match[1]) // nine digits at most
			seen.List = append(seen.List, version)
		}
	}
	return seen, nil
}
