package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A diagnostic is shown as
//
//	firewall.tcc:31:24: error[E0213]: ipv4 has no field `ttll`
//	    if ip.ttll < 2 { drop }
//	          ^~~~
//	hint: did you mean `ttl`?
//	prelude.tcc:61:8: note: ipv4 is declared here
//	header ipv4 {
//	       ^~~~

// maxColumns is the length of the longest source line that is shown whole; of a longer one, the part around the span is.
const maxColumns = 120

// The colours of a terminal.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[1;34m"
	reset  = "\x1b[0m"
)

// renderer writes diagnostics for people.
type renderer struct {
	strings.Builder
	sources map[string]string // the text of each file by its name
	colour  bool
}

// Text shows the diagnostics to people, with the source lines they are about. Sources holds the text of each file by its
// name; a file that isn't there is shown without lines.
func (l List) Text(sources map[string]string, colour bool) string {
	r := &renderer{sources: sources, colour: colour}
	for _, d := range l {
		r.diagnostic(d)
	}
	return r.String()
}

func (r *renderer) diagnostic(d *Diagnostic) {
	colour := red
	if d.Severity == Warning {
		colour = yellow
	}
	r.heading(d.Span, colour, fmt.Sprintf("%s[%s]", d.Severity, d.Code), d.Message)
	r.excerpt(d.Span, colour)
	if d.Hint != "" {
		r.paint(blue, "hint")
		r.WriteString(": " + d.Hint + "\n")
	}
	for _, n := range d.Notes {
		r.heading(n.Span, blue, "note", n.Message)
		r.excerpt(n.Span, blue)
	}
}

// heading is `place: label: message`.
func (r *renderer) heading(span Span, colour, label, message string) {
	if place := span.String(); place != "" {
		r.WriteString(place + ": ")
	}
	r.paint(colour, label)
	r.WriteString(": " + message + "\n")
}

func (r *renderer) paint(colour, text string) {
	if r.colour {
		text = colour + text + reset
	}
	r.WriteString(text)
}

// excerpt is the line that a span starts on, and a line that underlines the span.
func (r *renderer) excerpt(span Span, colour string) {
	src, ok := r.sources[span.File]
	start := span.Start.Offset - (span.Start.Col - 1)
	if !ok || !span.IsValid() || start < 0 || start > len(src) {
		return
	}
	line, _, _ := strings.Cut(src[start:], "\n")
	line = strings.TrimRight(line, "\r")
	from := min(span.Start.Col-1, len(line))
	to := len(line)
	if span.End.Line == span.Start.Line {
		to = max(from, min(span.End.Col-1, len(line)))
	}
	text, from, to := clip(line, from, to)
	r.WriteString(printable(text) + "\n")
	r.WriteString(blank(text[:from]))
	r.paint(colour, "^"+strings.Repeat("~", max(0, width(text[from:to])-1)))
	r.WriteString("\n")
}

// clip cuts a long line down to what is around the bytes from:to of it, and returns where these are now.
func clip(line string, from, to int) (string, int, int) {
	if width(line) <= maxColumns {
		return line, from, to
	}
	const mark, context = "…", maxColumns / 3
	end := max(from, backTo(line, min(len(line), max(from+maxColumns-context, min(to, from+maxColumns)))))
	begin := backTo(line, max(0, min(from-context, end-maxColumns)))
	text := line[begin:end]
	from, to = from-begin, min(to, end)-begin
	if begin > 0 {
		text, from, to = mark+text, from+len(mark), to+len(mark)
	}
	if end < len(line) {
		text += mark
	}
	return text, from, to
}

// backTo is the start of the character that byte i of s belongs to.
func backTo(s string, i int) int {
	for n := 1; n < utf8.UTFMax && i > 0 && i < len(s) && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	return i
}

// printable replaces what a terminal would not show as one character.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Mn, r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// blank is white space as wide as s: tabs stay, so that what follows lines up whatever a tab's width is.
func blank(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", runeWidth(r)))
		}
	}
	return b.String()
}

// width is the number of columns that s takes on a terminal.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// wide are the characters that take two columns: East Asian scripts and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0xa4cf, Stride: 1}, {Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, {Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1faff, Stride: 1}, {Lo: 0x20000, Hi: 0x3fffd, Stride: 1}},
}

func runeWidth(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}
