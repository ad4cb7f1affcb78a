package syntax

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// Expressions are read by hand, by precedence climbing: a binary operator takes as its right side everything that binds
// tighter. An expression ends at the first token that can't continue it, so that statements need no separators.

// precedences are Go's; `in` compares.
var precedences = map[string]int{
	"||": 1, "&&": 2,
	"==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
	"+": 4, "-": 4, "|": 4, "^": 4,
	"*": 5, "/": 5, "%": 5, "<<": 5, ">>": 5, "&": 5,
}

// additive is the precedence of what may stand beside `..`.
const additive = 4

// place is where an expression stands, and what it can't hold for that reason.
type place struct {
	noLit bool // no struct literals: a block follows
	noBar bool // no `|`: it joins patterns
	blank bool // `_` is the pattern that takes everything
}

// exprReader reads expressions from a token stream.
type exprReader struct {
	*lexer.PeekingLexer
	place
}

func readExpr(lex *lexer.PeekingLexer) (Expr, error) { return startExpr(lex, place{}) }

func readHead(lex *lexer.PeekingLexer) (HeadExpr, error) { return startExpr(lex, place{noLit: true}) }

// startExpr reads an expression, or reports that none starts here.
func startExpr(lex *lexer.PeekingLexer, at place) (Expr, error) {
	r := exprReader{lex, at}
	if !r.startsExpr() {
		return nil, participle.NextMatch
	}
	return r.binary(1)
}

func readOperand(lex *lexer.PeekingLexer) (Operand, error) {
	r := exprReader{lex, place{noLit: true}}
	if !r.startsExpr() {
		return nil, participle.NextMatch
	}
	return r.postfix()
}

// startsExpr tells whether the next token can be an expression's first.
func (r exprReader) startsExpr() bool {
	t := r.Peek()
	switch t.Type {
	case tokIdent, tokBlank:
		return true
	case tokOp:
		return t.Value == "(" || t.Value == "[" || isPrefixOp(t.Value)
	}
	_, ok := literalKinds[t.Type]
	return ok
}

func isPrefixOp(op string) bool { return op == "!" || op == "-" || op == "~" }

// since is the node for all tokens from start to here.
func since(lex *lexer.PeekingLexer, start lexer.RawCursor) node {
	return node{Tokens: lex.Range(start, lex.RawCursor())}
}

// precedence is that of the next token as a binary operator, 0 if it is none here.
func (r exprReader) precedence() int {
	t := r.Peek()
	if t.Type != tokOp && t.Type != tokKeyword || r.noBar && t.Value == "|" {
		return 0
	}
	return precedences[t.Value]
}

// binary reads operands joined by operators of precedence low and above.
func (r exprReader) binary(low int) (Expr, error) {
	start := r.RawCursor()
	x, err := r.unary()
	for n := 1; err == nil; n++ {
		prec := r.precedence()
		if prec == 0 || prec < low {
			return x, nil
		}
		op := r.Next()
		if n > maxChain {
			return nil, tooDeep(op, "an expression has at most %d operators in a row", maxChain)
		}
		var y Expr
		if op.Value == "in" {
			y, err = r.set()
		} else {
			y, err = r.binary(prec + 1)
		}
		x = &Binary{node: since(r.PeekingLexer, start), Op: op.Value, OpAt: tokenSpan(*op), X: x, Y: y}
	}
	return nil, err
}

// set reads what stands behind `in`, and each alternative of a pattern: a value or a range of values.
func (r exprReader) set() (Expr, error) {
	start := r.RawCursor()
	lo, err := r.binary(additive)
	if err != nil || r.Peek().Value != ".." {
		return lo, err
	}
	r.Next()
	hi, err := r.binary(additive)
	if err != nil {
		return nil, err
	}
	return &Range{node: since(r.PeekingLexer, start), Lo: lo, Hi: hi}, nil
}

// unary reads prefix operators and their operand.
func (r exprReader) unary() (Expr, error) {
	start := r.RawCursor()
	var ops []*lexer.Token
	for t := r.Peek(); t.Type == tokOp && isPrefixOp(t.Value); t = r.Peek() {
		ops = append(ops, r.Next())
		if len(ops) > maxNesting {
			return nil, tooDeep(t, "at most %d prefix operators can follow one another", maxNesting)
		}
	}
	x, err := r.postfix()
	if err != nil {
		return nil, err
	}
	for i := len(ops) - 1; i >= 0; i-- {
		x = &Unary{node: since(r.PeekingLexer, start+lexer.RawCursor(i)), Op: ops[i].Value, X: x}
	}
	return x, nil
}

// postfix reads an operand and the `.field` and `[index]` behind it.
func (r exprReader) postfix() (Expr, error) {
	start := r.RawCursor()
	x, err := r.primary()
	for n := 1; err == nil; n++ {
		t := r.Peek()
		if t.Type != tokOp || t.Value != "." && t.Value != "[" {
			return x, nil
		}
		if n > maxNesting {
			return nil, tooDeep(t, "at most %d fields or indexes can follow one another", maxNesting)
		}
		r.Next()
		if t.Value == "." {
			x, err = r.selectField(start, x)
		} else {
			x, err = r.index(start, x)
		}
	}
	return nil, err
}

func (r exprReader) selectField(start lexer.RawCursor, x Expr) (Expr, error) {
	name, err := readName(r.PeekingLexer, "a field's name")
	if err != nil {
		return nil, err
	}
	return &Select{node: since(r.PeekingLexer, start), X: x, Sel: name}, nil
}

func (r exprReader) index(start lexer.RawCursor, x Expr) (Expr, error) {
	i, err := r.inside()
	if err == nil {
		err = r.expect("]")
	}
	return &Index{node: since(r.PeekingLexer, start), X: x, Index: i}, err
}

// inside reads an expression between brackets, where nothing is forbidden.
func (r exprReader) inside() (Expr, error) {
	return exprReader{r.PeekingLexer, place{}}.binary(1)
}

// literalKinds says which tokens are literals.
var literalKinds = map[lexer.TokenType]LitKind{
	tokInt: IntLit, tokBool: BoolLit, tokIP4: IP4Lit, tokIP6: IP6Lit, tokPrefix4: Prefix4Lit, tokPrefix6: Prefix6Lit,
	tokMAC: MACLit, tokDuration: DurationLit, tokString: StringLit,
}

// primary reads a name, a call, a struct or array literal, a literal or something in parentheses.
func (r exprReader) primary() (Expr, error) {
	start := r.RawCursor()
	t := r.Peek()
	if kind, ok := literalKinds[t.Type]; ok {
		r.Next()
		return &Literal{node: since(r.PeekingLexer, start), Kind: kind, Text: t.Value}, nil
	}
	switch {
	case t.Type == tokIdent:
		return r.named(start)
	case t.Type == tokBlank && r.blank:
		r.Next()
		return &Wildcard{since(r.PeekingLexer, start)}, nil
	case t.Type == tokOp && t.Value == "[":
		elems, err := r.list("]")
		return &ArrayLit{node: since(r.PeekingLexer, start), Elems: elems}, err
	case t.Type == tokOp && t.Value == "(":
		r.Next()
		x, err := r.inside()
		if err == nil {
			err = r.expect(")")
		}
		return &Paren{node: since(r.PeekingLexer, start), X: x}, err
	}
	return nil, expected(t, "an expression")
}

// named reads a name and, directly behind it, the arguments of a call or the fields of a struct literal.
func (r exprReader) named(start lexer.RawCursor) (Expr, error) {
	before := r.MakeCheckpoint()
	name := &Ident{Name: r.Next().Value}
	name.node = since(r.PeekingLexer, start)
	switch next := r.Peek(); {
	case next.Type != tokOp:
		return name, nil
	case next.Value == "(":
		return r.call(start, name)
	case next.Value == "{" && r.noLit && r.looksLikeLiteral():
		return nil, bareLiteral(name, next)
	case next.Value == "{" && !r.noLit:
		r.LoadCheckpoint(before)
		return grammar().structLit.ParseFromLexer(r.PeekingLexer, participle.AllowTrailing(true))
	}
	return name, nil
}

// looksLikeLiteral tells whether the `{` ahead is followed by `name:`, as no block is.
func (r exprReader) looksLikeLiteral() bool {
	before := r.MakeCheckpoint()
	defer r.LoadCheckpoint(before)
	r.Next()
	return r.Next().Type == tokIdent && r.Next().Value == ":"
}

// call reads arguments.
func (r exprReader) call(start lexer.RawCursor, fun *Ident) (Expr, error) {
	args, err := r.list(")")
	if err != nil {
		return nil, err
	}
	return &Call{node: since(r.PeekingLexer, start), Fun: fun, Args: args}, nil
}

// list reads the bracket ahead, expressions with commas between them, and the closing bracket. An array has an element.
func (r exprReader) list(closing string) ([]Expr, error) {
	r.Next()
	var list []Expr
	for closing == "]" && len(list) == 0 || r.Peek().Value != closing {
		x, err := r.inside()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if r.Peek().Value != "," {
			break
		}
		r.Next()
	}
	return list, r.expect(closing)
}

// expect takes the closing bracket.
func (r exprReader) expect(bracket string) error {
	if t := r.Peek(); t.Type != tokOp || t.Value != bracket {
		return expected(t, closing(bracket))
	}
	r.Next()
	return nil
}

// readType reads a type: `[N]` any number of times, and a name.
func readType(lex *lexer.PeekingLexer) (TypeExpr, error) {
	if t := lex.Peek(); t.Type != tokIdent && t.Value != "[" {
		return nil, participle.NextMatch
	}
	var arrays []*ArrayType
	var starts []lexer.RawCursor
	r := exprReader{lex, place{}}
	for t := lex.Peek(); t.Value == "["; t = lex.Peek() {
		starts = append(starts, lex.RawCursor())
		lex.Next()
		n, err := r.inside()
		if err == nil {
			err = r.expect("]")
		}
		if err != nil {
			return nil, err
		}
		if arrays = append(arrays, &ArrayType{Len: n}); len(arrays) > maxNesting {
			return nil, tooDeep(t, "array types nest at most %d levels", maxNesting)
		}
	}
	start := lex.RawCursor()
	name, err := readName(lex, "a type")
	if err != nil {
		return nil, err
	}
	var typ TypeExpr = &NamedType{node: since(lex, start), Name: name.Name}
	for i := len(arrays) - 1; i >= 0; i-- {
		arrays[i].node, arrays[i].Elem = since(lex, starts[i]), typ
		typ = arrays[i]
	}
	return typ, nil
}

// readName reads a name; what says which, for the error.
func readName(lex *lexer.PeekingLexer, what string) (*Ident, error) {
	start := lex.RawCursor()
	t := lex.Peek()
	if t.Type != tokIdent {
		return nil, expected(t, what)
	}
	lex.Next()
	return &Ident{node: since(lex, start), Name: t.Value}, nil
}

// Parse reads alternatives joined by `|`; it is for participle.
func (p *Pattern) Parse(lex *lexer.PeekingLexer) error {
	r := exprReader{lex, place{noLit: true, noBar: true, blank: true}}
	if !r.startsExpr() {
		return participle.NextMatch
	}
	start := lex.RawCursor()
	for {
		alt, err := r.set()
		if err != nil {
			return err
		}
		p.Alts = append(p.Alts, alt)
		if lex.Peek().Value != "|" {
			p.node = since(lex, start)
			return nil
		}
		lex.Next()
	}
}

// Parse reads `lo..hi` in the head of a `for`; it is for participle.
func (x *Range) Parse(lex *lexer.PeekingLexer) error {
	r := exprReader{lex, place{noLit: true}}
	if !r.startsExpr() {
		return participle.NextMatch
	}
	set, err := r.set()
	if err != nil {
		return err
	}
	rng, ok := set.(*Range)
	if !ok {
		return expected(lex.Peek(), "`..`")
	}
	*x = *rng
	return nil
}

// Parse reads `m[k]`; it is for participle.
func (x *Index) Parse(lex *lexer.PeekingLexer) error {
	r := exprReader{lex, place{noLit: true}}
	if lex.Peek().Type != tokIdent {
		return participle.NextMatch
	}
	entry, err := r.postfix()
	if err != nil {
		return err
	}
	index, ok := entry.(*Index)
	if !ok {
		return expected(lex.Peek(), "`[` and a key")
	}
	*x = *index
	return nil
}

// Parse reads `f(args)`; it is for participle.
func (x *Call) Parse(lex *lexer.PeekingLexer) error {
	r := exprReader{lex, place{}}
	if lex.Peek().Type != tokIdent {
		return participle.NextMatch
	}
	e, err := r.named(lex.RawCursor())
	if err != nil {
		return err
	}
	call, ok := e.(*Call)
	if !ok {
		return expected(lex.Peek(), "`(`")
	}
	*x = *call
	return nil
}

// Parse reads a string, the only literal that the grammar's tags ask for; it is for participle.
func (x *Literal) Parse(lex *lexer.PeekingLexer) error {
	start := lex.RawCursor()
	if lex.Peek().Type != tokString {
		return participle.NextMatch
	}
	x.Kind, x.Text = StringLit, lex.Next().Value
	x.node = since(lex, start)
	return nil
}

// Parse reads `break`; it is for participle.
func (s *BreakStmt) Parse(lex *lexer.PeekingLexer) error { return s.keyword(lex, "break") }

// Parse reads `continue`; it is for participle.
func (s *ContinueStmt) Parse(lex *lexer.PeekingLexer) error { return s.keyword(lex, "continue") }

// keyword reads one word.
func (n *node) keyword(lex *lexer.PeekingLexer, word string) error {
	if t := lex.Peek(); t.Type != tokKeyword || t.Value != word {
		return participle.NextMatch
	}
	start := lex.RawCursor()
	lex.Next()
	*n = since(lex, start)
	return nil
}
