// Package migrations holds the steps that lead to the schema. A step that was released is never edited.
package migrations

import "embed"

// Files are plain SQL for goose.
//
//go:embed *.sql
var Files embed.FS
