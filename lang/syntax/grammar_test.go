package syntax

import (
	"regexp"
	"strings"
	"testing"
)

// TestGrammar: every production that is named exists, once, and no look-ahead is left.
func TestGrammar(t *testing.T) {
	text := Grammar()
	defined := map[string]bool{}
	for line := range strings.Lines(text) {
		name, _, ok := strings.Cut(line, " = ")
		if !ok || defined[name] || !strings.Contains(line, " .") {
			t.Errorf("not a new production: %s", line)
		}
		defined[name] = true
	}
	words := regexp.MustCompile(`"[^"]*"|<\w+>|//.*|\b[A-Z]\w+`)
	for _, w := range words.FindAllString(text, -1) {
		if w[0] >= 'A' && w[0] <= 'Z' && !defined[w] {
			t.Errorf("%s has no production", w)
		}
	}
	if strings.Contains(text, "(?") {
		t.Error("look-ahead is left")
	}
	for op := range precedences {
		if !strings.Contains(text, `"`+op+`"`) {
			t.Errorf("operator %s is missing", op)
		}
	}
}
