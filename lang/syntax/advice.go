package syntax

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// stmtWords start statements.
var stmtWords = []string{
	"if", "match", "for", "goto", "parse", "peek", "skip", "need", "emit", "delete", "rewrite", "push", "pop",
	"break", "continue", "return", "pass", "drop", "tx", "abort", "next", "redirect", "keep",
}

// verdictWords are the verdicts of all pipeline types.
var verdictWords = []string{"pass", "drop", "tx", "abort", "next", "redirect", "keep"}

// advise knows the mistakes that are often made. It may add a hint, give a message of its own, or move the mistake to
// another token that shows it better.
func (p *fileParser) advise(d *diag.Diagnostic, start int, bad *int, expected *string) {
	t, prev := p.tokens[*bad], p.tokens[max(*bad-1, 0)]
	switch {
	case strings.HasPrefix(*expected, "a statement"):
		p.adviseStatement(d, bad, expected)
	case strings.HasPrefix(*expected, "a field or") && t.Value == ",":
		d.Hint = "fields are separated by `;` or a new line"
	case t.Type == tokKeyword && strings.HasSuffix(*expected, "name"):
		d.Hint = reserved(t.Value)
	case t.Value == "=" && *expected == "`{`":
		d.Hint = "`==` compares"
	case *expected == "`{`":
		d.Hint = p.foreignHead(*bad)
	case *expected == "a pattern or `}`" && t.Value == "else":
		d.Hint = "`_ => …` takes what is left"
	case *expected == "a type" && t.Value == ":":
		d.Hint = "a type follows its name without a `:`"
	case *expected == "a declaration" && foreignDecls[t.Value] != "":
		d.Hint = fmt.Sprintf("write `%s`", foreignDecls[t.Value])
	case *expected == "a declaration" && *bad >= 2 && p.tokens[*bad-2].Value == "counter":
		d.Hint = "a counter has no type: it is a `u64`"
	case *expected == "a declaration":
		d.Hint = didYouMean(t.Value, slices.Sorted(maps.Keys(declWords)))
	case strings.HasPrefix(*expected, "a verdict") && prev.Value == "expect" && p.tokens[min(*bad+1, len(p.tokens)-1)].Value == "=":
		*bad, *expected, d.Hint = *bad+1, "`==`", "`==` compares"
	case strings.HasPrefix(*expected, "a verdict"):
		p.adviseVerdict(d, *bad)
	case *expected == "`{` or `if`":
		d.Hint = "the `else` of an `if` has braces: `else { … }`"
	case *expected == "`max`" && prev.Value == "max":
		*bad, *expected = *bad-1, "the type of the map's values"
	case *expected == "`max`" && *bad == start+3:
		*expected = "`[` or `max`"
	}
}

// adviseStatement is advice where a statement should start.
func (p *fileParser) adviseStatement(d *diag.Diagnostic, bad *int, expected *string) {
	i := *bad
	t, next := p.tokens[i], p.tokens[min(i+1, len(p.tokens)-1)]
	switch {
	case t.Value == "{" && i >= 3 && p.tokens[i-1].Value == "}" && p.tokens[i-2].Value == "{" && p.tokens[i-3].Type == tokIdent:
		*bad = i - 2
		d.Code, d.Message, d.Hint = "E0110", bareLiteralMessage, fmt.Sprintf("write `(%s{})`", p.tokens[i-3].Value)
	case t.Value == "{":
		d.Hint = "a block stands only behind `if`, `else`, `for`, `rewrite` or the `=>` of a match"
	case (t.Value == ":=" || t.Type == tokAssign) && i > 0 && p.tokens[i-1].Type == tokKeyword:
		d.Hint = reserved(p.tokens[i-1].Value)
	case t.Value == "else":
		d.Hint = "`else` follows the `}` of an `if`, or a statement that can fail"
	case t.Value == "(" && i > 0 && slices.Contains(verdictWords, p.tokens[i-1].Value):
		d.Hint = fmt.Sprintf("`%s` takes no arguments and no parentheses", p.tokens[i-1].Value)
	case t.Type != tokIdent:
	case p.foreignStatement(i) != "":
		d.Hint = p.foreignStatement(i)
	case next.Type == tokOp && next.Value != "}" && next.Value != "{":
		*bad, *expected = i+1, "`:=` or `=`"
		if (next.Value == "+" || next.Value == "-") && p.tokens[min(i+2, len(p.tokens)-1)].Value == next.Value {
			d.Hint = fmt.Sprintf("write `%s %s= 1`", t.Value, next.Value)
		}
	default:
		d.Hint = didYouMean(t.Value, stmtWords)
	}
}

// adviseVerdict is advice where a verdict should stand.
func (p *fileParser) adviseVerdict(d *diag.Diagnostic, bad int) {
	switch t := p.tokens[bad]; {
	case t.Value == "{":
		d.Hint = "it stands without braces"
	case t.Type == tokIdent:
		d.Hint = didYouMean(t.Value, verdictWords)
	}
	if d.Hint == "" {
		d.Hint = "the verdicts are " + strings.Join(verdictWords, ", ")
	}
}

func reserved(word string) string {
	return fmt.Sprintf("`%s` is a word of the language and can't be a name", word)
}

// didYouMean proposes the word that was probably meant, if there is one.
func didYouMean(word string, words []string) string {
	if near := diag.Nearest(word, words); near != "" {
		return fmt.Sprintf("did you mean `%s`?", near)
	}
	return ""
}
