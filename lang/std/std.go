// Package std holds the prelude: the headers that every pipeline knows, written in the language itself.
package std

import _ "embed" // for the prelude's text

// Name is the prelude's file name in diagnostics.
const Name = "prelude.tcc"

//go:embed prelude.tcc
var prelude string

// Source is the prelude's text.
func Source() string { return prelude }
