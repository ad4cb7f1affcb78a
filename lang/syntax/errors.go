package syntax

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// A mistake in syntax is a token that doesn't fit. participle says which token that is and which piece of the grammar it
// was reading; this file says it in the words of the language.

// syntaxError is an error of the hand-written productions.
type syntaxError struct {
	code, message, hint string
	token               lexer.Token
	expected            string // with an empty message: what should stand there
}

// Error is for participle; users see a diag.Diagnostic.
func (e *syntaxError) Error() string { return e.message + e.expected }

// expected says that t should have been something else.
func expected(t *lexer.Token, what string) error {
	return &syntaxError{code: "E0101", token: *t, expected: what}
}

// tooDeep says that t goes beyond a limit.
func tooDeep(t *lexer.Token, format string, args ...any) error {
	return &syntaxError{code: "E0108", token: *t, message: fmt.Sprintf(format, args...)}
}

// bareLiteralMessage is about a struct literal in the head of a statement, where its brace would start the block.
const bareLiteralMessage = "a struct literal needs parentheses here, where a block follows"

// bareLiteral refuses a struct literal in front of a block.
func bareLiteral(name *Ident, brace *lexer.Token) error {
	return &syntaxError{
		code: "E0110", token: *brace, message: bareLiteralMessage,
		hint: fmt.Sprintf("write `(%s{…})`", name.Name),
	}
}

// closing is what can stand where a list ends.
func closing(bracket string) string {
	if bracket == ")" {
		return "`,` or `)`"
	}
	return "`" + bracket + "`"
}

// report adds the error about the declaration that starts at token start, and returns the token it is about. It says
// nothing if the declaration has a malformed token already, which may be the cause.
func (p *fileParser) report(start int, err error) int {
	e := &syntaxError{code: "E0101"}
	var unexpected *participle.UnexpectedTokenError
	var other participle.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &unexpected):
		e.token = unexpected.Unexpected
	case errors.As(err, &other): // the only one left in participle is about its limit
		e.token.Pos = other.Position()
		e.code, e.message = "E0108", fmt.Sprintf("at most %d elements can follow one another", participle.MaxIterations)
	}
	bad, _ := slices.BinarySearchFunc(p.tokens, e.token.Pos.Offset, func(t lexer.Token, offset int) int { return t.Pos.Offset - offset })
	if p.malformed(p.tokens[start].Pos.Offset, e.token.Pos.Offset) {
		return bad
	}
	if unexpected != nil {
		e.expected = p.wanted(start, bad, unexpected.Message())
	}
	p.diags = append(p.diags, p.diagnose(start, bad, e))
	return bad
}

// malformed tells whether a token from start to end is malformed.
func (p *fileParser) malformed(start, end int) bool {
	return slices.ContainsFunc(p.diags[:p.scanned], func(d *diag.Diagnostic) bool {
		return d.Span.Start.Offset >= start && d.Span.Start.Offset <= end
	})
}

// diagnose words the error about token bad of the declaration that starts at token start.
func (p *fileParser) diagnose(start, bad int, e *syntaxError) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: e.code, Message: e.message, Hint: e.hint}
	if d.Message == "" {
		p.advise(d, start, &bad, &e.expected)
	}
	t := p.tokens[bad]
	d.Span = tokenSpan(t)
	if d.Message == "" {
		d.Message = fmt.Sprintf("expected %s%s, found %s", e.expected, p.after(start, bad), found(t))
	}
	if open := p.openBracket(start, bad); open >= 0 && (t.EOF() || t.Pos.Column == 1 && p.startsDecl(bad)) {
		d.Notes = append(d.Notes, diag.Note{
			Span: tokenSpan(p.tokens[open]), Message: fmt.Sprintf("this `%s` is never closed", p.tokens[open].Value),
		})
	}
	return d
}

// found names the token that doesn't fit.
func found(t lexer.Token) string {
	switch {
	case t.EOF():
		return "the end of the file"
	case t.Type == tokString:
		return "a string"
	}
	return "`" + clip(t.Value) + "`"
}

// after says what stands in front of the token that doesn't fit.
func (p *fileParser) after(start, bad int) string {
	if bad <= start || p.tokens[bad-1].Value == "}" || p.tokens[bad-1].Value == ";" {
		return ""
	}
	prev := p.tokens[bad-1]
	if bad-2 == start && prev.Type == tokIdent && declWords[p.tokens[start].Value] {
		return fmt.Sprintf(" after the %s name", possessive(p.tokens[start].Value))
	}
	return fmt.Sprintf(" after `%s`", clip(prev.Value))
}

// possessive is the form of a declaration's word in "the stage's name".
func possessive(word string) string {
	if strings.HasSuffix(word, "s") {
		return word + "'"
	}
	return word + "'s"
}

// productions are the pieces of the grammar in words.
var productions = map[string]string{
	"<ident>": "a name", "Ident": "a name", "Field": "a name", "EnumMember": "a name", "FieldValue": "a name",
	"Expr": "an expression", "HeadExpr": "an expression", "Operand": "a name", "TypeExpr": "a type", "Literal": "a string",
	"Block": "`{`", "VerdictStmt": "a verdict", "Exit": "a verdict or `goto`", "RowBody": "a block, a verdict or `goto`",
	"ElseBranch": "`{` or `if`", "StructLit": "a name", "Pattern": "a pattern", "Index": "a map's name", "Range": "a range",
	"<assign>": "`=`",
}

// firstSymbol finds the literal or production that an EBNF expression starts with.
var firstSymbol = regexp.MustCompile(`\(expected \(*("(?:[^"\\]|\\.)*"|<\w+>|\w+)`)

// wanted is what participle's message expects at token bad, in words.
func (p *fileParser) wanted(start, bad int, message string) string {
	m := firstSymbol.FindStringSubmatch(message)
	if m == nil {
		return p.wantedIn(start, bad)
	}
	symbol := m[1]
	if words, ok := productions[symbol]; ok {
		return words
	}
	switch text := strings.Trim(symbol, `"`); text {
	case "}":
		return p.wantedIn(start, bad)
	case ")":
		return closing(text)
	default:
		return "`" + text + "`"
	}
}

// members are what the braces of a declaration hold.
var members = map[string]string{
	"stage": "a statement", "fn": "a statement", "struct": "a field", "header": "a field", "event": "a field",
	"slots": "an entry `index => stage`", "test": "a step (packet, expect, config, var, map, now or route)",
}

// wantedIn is what can stand at token bad, inside of brackets or at the top.
func (p *fileParser) wantedIn(start, bad int) string {
	open := p.openBracket(start, bad)
	switch {
	case open < 0:
		return "a declaration"
	case p.tokens[open].Value != "{":
		return closing(map[string]string{"(": ")", "[": "]"}[p.tokens[open].Value])
	case p.isMatch(open):
		return "a pattern or `}`"
	case p.tokens[start].Value == "enum" || open > start && p.isLiteral(open):
		if prev := p.tokens[bad-1].Value; prev == "{" || prev == "," {
			return "a name or `}`"
		}
		return "`,` or `}`"
	}
	return members[p.tokens[start].Value] + " or `}`"
}

// openBracket is the innermost bracket that is open at token bad, or -1.
func (p *fileParser) openBracket(start, bad int) int {
	var open []int
	for i := start; i < bad; i++ {
		if p.tokens[i].Type != tokOp {
			continue
		}
		switch p.tokens[i].Value {
		case "{", "(", "[":
			open = append(open, i)
		case "}", ")", "]":
			open = open[:max(len(open)-1, 0)]
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

// isMatch tells whether the brace at token open holds the rows of a match: `match` stands before it in the statement.
func (p *fileParser) isMatch(open int) bool {
	for i, depth := open-1, 0; i >= 0; i-- {
		switch v := p.tokens[i].Value; {
		case v == ")" || v == "]":
			depth++
		case v == "(" || v == "[":
			depth--
		case depth > 0:
		case v == "match":
			return true
		case v == "{" || v == "}" || v == ";" || v == "=>" || v == "if" || v == "for":
			return false
		}
	}
	return false
}

// isLiteral tells whether the brace at token open holds the fields of a struct literal.
func (p *fileParser) isLiteral(open int) bool {
	next, after := p.tokens[open+1], p.tokens[min(open+2, len(p.tokens)-1)]
	return p.tokens[open-1].Type == tokIdent && next.Type == tokIdent && after.Value == ":"
}
