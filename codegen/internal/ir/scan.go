package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// A scanner reads the tokens of one line: words, numbers, quoted strings, and single characters of punctuation.
// The first error panics with a syntaxError, which Parse returns.
type scanner struct {
	line int
	rest string
	span diag.Span // from the comment
}

type syntaxError struct {
	line int
	text string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

func (s *scanner) fail(format string, args ...any) {
	panic(&syntaxError{s.line, fmt.Sprintf(format, args...)})
}

// newScanner splits off the comment; one of the form line:column is a span.
func newScanner(line int, text string) *scanner {
	s := &scanner{line: line}
	code, comment := cutComment(text)
	s.rest = strings.TrimSpace(code)
	l, c, _ := strings.Cut(strings.TrimSpace(comment), ":")
	if row, err := strconv.Atoi(l); err == nil {
		if col, err := strconv.Atoi(c); err == nil {
			s.span.Start = diag.Pos{Line: row, Col: col}
			s.span.End = s.span.Start
		}
	}
	return s
}

// cutComment splits at the first semicolon outside a string.
func cutComment(text string) (code, comment string) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quoted:
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ';' && !quoted:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// peek is the next token without consuming it; empty at the end of the line.
func (s *scanner) peek() string {
	r := s.rest
	if r == "" {
		return ""
	}
	if r[0] == '"' {
		q, err := strconv.QuotedPrefix(r)
		if err != nil {
			s.fail("unterminated string")
		}
		return q
	}
	n := 0
	for n < len(r) && wordByte(r[n]) {
		n++
	}
	return r[:max(n, 1)]
}

func wordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// next consumes a token.
func (s *scanner) next() string {
	t := s.peek()
	s.rest = strings.TrimLeft(s.rest[len(t):], " \t")
	return t
}

// accept consumes the token if it is next.
func (s *scanner) accept(token string) bool {
	if s.peek() != token {
		return false
	}
	s.next()
	return true
}

func (s *scanner) expect(tokens ...string) {
	for _, want := range tokens {
		if !s.accept(want) {
			s.fail("expected %q, found %s", want, s.found())
		}
	}
}

func (s *scanner) found() string {
	if t := s.peek(); t != "" {
		return strconv.Quote(t)
	}
	return "the end of the line"
}

func (s *scanner) end() {
	if s.rest != "" {
		s.fail("unexpected %s", s.found())
	}
}

// word consumes an identifier.
func (s *scanner) word(what string) string {
	t := s.peek()
	if !isIdent(t) {
		s.fail("expected %s, found %s", what, s.found())
	}
	return s.next()
}

// text consumes a quoted string.
func (s *scanner) text(what string) string {
	t, err := strconv.Unquote(s.peek())
	if err != nil {
		s.fail("expected %s in quotes, found %s", what, s.found())
	}
	s.next()
	return t
}

// number consumes an integer, signed or not.
func (s *scanner) number(what string) int64 {
	sign := ""
	if s.accept("-") {
		sign = "-"
	}
	t := s.peek()
	if n, err := strconv.ParseInt(sign+t, 0, 64); err == nil {
		s.next()
		return n
	}
	n, err := strconv.ParseUint(sign+t, 0, 64)
	if err != nil {
		s.fail("expected %s, found %s", what, s.found())
	}
	s.next()
	return int64(n)
}

// count consumes a small number that isn't negative.
func (s *scanner) count(what string) int {
	n := s.number(what)
	if n < 0 || n > 1<<30 {
		s.fail("%s %d is out of range", what, n)
	}
	return int(n)
}

// id consumes a reference such as v7 or b3.
func (s *scanner) id(prefix, what string) int {
	t := s.peek()
	digits, ok := strings.CutPrefix(t, prefix)
	n, err := strconv.ParseUint(digits, 10, 20)
	if !ok || err != nil {
		s.fail("expected %s, found %s", what, s.found())
	}
	s.next()
	return int(n)
}
