// Package api holds the contract that the service keeps.
package api

import (
	_ "embed"
	"fmt"

	"sigs.k8s.io/yaml"
)

//go:embed openapi.yaml
var contract []byte

// JSON returns the contract as the JSON document that clients download.
func JSON() ([]byte, error) {
	document, err := yaml.YAMLToJSON(contract)
	if err != nil {
		return nil, fmt.Errorf("convert openapi.yaml: %w", err)
	}
	return document, nil
}
