// Package diag holds source positions and the diagnostics that point at them.
package diag

import "fmt"

// Pos is a place in a source file. Offset counts bytes from 0; Line and Col count from 1, Col in bytes.
type Pos struct {
	Offset, Line, Col int
}

// Span is a half-open range of source text, Start inclusive, End exclusive. The zero Span is "nowhere".
type Span struct {
	File       string
	Start, End Pos
}

// IsValid reports whether the span points at source text.
func (s Span) IsValid() bool { return s.Start.Line > 0 }

// String is file:line:col, or just the file for a span that is nowhere in it.
func (s Span) String() string {
	if !s.IsValid() {
		return s.File
	}
	return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Col)
}

// To is the span from the start of s to the end of t.
func (s Span) To(t Span) Span { return Span{File: s.File, Start: s.Start, End: t.End} }

// Severity ranks a diagnostic.
type Severity int

// An Error stops compilation; a Warning does not.
const (
	Error Severity = iota
	Warning
)

// String is "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// A Note points at another place that explains a diagnostic.
type Note struct {
	Span    Span
	Message string
}

// A Diagnostic is one mistake. Messages start in lower case and have no full stop.
type Diagnostic struct {
	Code     string // "E0213"; every code is listed in codes.go
	Severity Severity
	Span     Span // the smallest span that shows the mistake
	Message  string
	Hint     string // what to do, if known ("did you mean `dport`?")
	Notes    []Note
}

// Error is the one-line form: file:line:col: error[E0213]: message.
func (d *Diagnostic) Error() string {
	return fmt.Sprintf("%s: %s[%s]: %s", d.Span, d.Severity, d.Code, d.Message)
}

// List is the diagnostics of one run, in source order. A List with an Error in it is an error.
type List []*Diagnostic
