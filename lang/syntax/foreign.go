package syntax

import (
	"fmt"
	"slices"
	"strings"
)

// What people write who come from C, from Go or from another packet language, and what is written here instead.

// foreignStatements are words that start statements elsewhere.
var foreignStatements = map[string]string{
	"while":       "a loop has a bound: `for i in 0..n max 64 { … }`",
	"switch":      "write `match x { 1 => pass; _ => drop }`",
	"case":        "a row of a `match` is `1 => pass`",
	"call":        "a stage is entered by `goto`, a `fn` called by `f(…)`",
	"or":          "where it fails, write `else`",
	"TC_ACT_OK":   "write `pass`",
	"TC_ACT_SHOT": "write `drop`",
}

// foreignDecls are words that start declarations elsewhere.
var foreignDecls = map[string]string{
	"func": "fn", "function": "fn", "def": "fn", "const": "config", "include": "import", "program": "pipeline",
}

// foreignOperators are words for operators elsewhere.
var foreignOperators = map[string]string{"and": "&&", "or": "||", "not": "!"}

// foreignStatement is advice about a word where a statement should start, "" if there is none.
func (p *fileParser) foreignStatement(i int) string {
	t, next, third := p.tokens[i], p.tokens[min(i+1, len(p.tokens)-1)], p.tokens[min(i+2, len(p.tokens)-1)]
	verdict := strings.ToLower(strings.TrimPrefix(t.Value, "XDP_"))
	switch {
	case next.Type == tokIdent && slices.Contains([]string{"let", "var", "const"}, t.Value),
		next.Type == tokIdent && third.Value == "=" && next.Pos.Line == t.Pos.Line: // as in `u32 x = 5`
		return fmt.Sprintf("write `%s := …`", next.Value)
	case strings.HasPrefix(t.Value, "XDP_") && slices.Contains(verdictWords, verdict):
		return fmt.Sprintf("write `%s`", verdict)
	case declWords[t.Value] && next.Type == tokIdent && t.Pos.Column > 1: // at the start of a line, a `}` is missing
		return fmt.Sprintf("a `%s` is declared outside of stages", t.Value)
	case t.Value == "XDP_ABORTED":
		return "write `abort`"
	}
	return foreignStatements[t.Value]
}

// foreignHead is advice about token i in front of a block: the statement's word, if it has one, is on the same line.
func (p *fileParser) foreignHead(i int) string {
	t, prev := p.tokens[i], p.tokens[max(i-1, 0)]
	if op := foreignOperators[t.Value]; op != "" {
		return fmt.Sprintf("write `%s`", op)
	}
	switch {
	case prev.Value == "not":
		return "write `!`"
	case prev.Value == ")" && (t.Value == ":" || t.Value == "-"):
		return "the type of a result follows the `)` by itself"
	}
	if t.Type != tokIdent && t.Type != tokKeyword {
		return ""
	}
	for j := i - 1; j >= 0 && p.tokens[j].Pos.Line == prev.Pos.Line; j-- {
		switch p.tokens[j].Value {
		case "{", "}", ";":
			return ""
		case "if", "for":
			return fmt.Sprintf("the block of %s has braces, also around one statement", article(p.tokens[j].Value))
		}
	}
	return ""
}

// article is a word of the language with the article before it.
func article(word string) string {
	if word == "if" {
		return "an `if`"
	}
	return "a `" + word + "`"
}
