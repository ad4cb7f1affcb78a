package syntax

import (
	"slices"

	"github.com/alecthomas/participle/v2/lexer"
)

// The formatter moves tokens, not nodes: it never drops or reorders a word or a comment, it only decides what white space
// stands between them. This file makes the decisions: it walks the tree and marks each token with the layout before it.
// print.go then writes the tokens.
//
// Separators are not tokens here: a `,` or `;` is a suffix of the token before it, and is added or left out as the
// layout asks (none at the end of a line but in lists that are written one element a line).

// A layout says how a token is written.
type layout struct {
	start  bool   // begins a line
	broken bool   // begins a line in the middle of something, as it does in the source
	glue   bool   // no blank before it
	cell   bool   // begins a column that is aligned with the lines above and below
	suffix string // the separator behind it
	brace  brace
}

// A brace opens or closes lines of their own.
type brace int

const (
	inline     brace = iota // its contents stay on its line, or it is no brace
	openBlock               // the lines inside are indented from the statement's
	openList                // the lines inside are indented from its line
	closeLines              // begins a line
)

// maxFlat is the most that braces hold on one line, in columns.
const maxFlat = 100

// planner marks tokens.
type planner struct {
	tokens   []lexer.Token // without separators
	comments []lexer.Token
	marks    []layout
}

// plan decides the layout of a file.
func plan(f *File) *planner {
	p := &planner{}
	for _, c := range f.Comments {
		p.comments = append(p.comments, c.Tokens[0])
	}
	for _, t := range f.Tokens {
		switch {
		case t.Value == ";":
		case t.Value == ",":
			p.marks[len(p.marks)-1].suffix = ","
		default:
			p.tokens = append(p.tokens, t)
			p.marks = append(p.marks, layout{})
			p.pair(len(p.tokens) - 1)
		}
	}
	Walk(f, func(n Node) bool { p.mark(n); return true })
	return p
}

// pair marks token i by what it is and what the last one was.
func (p *planner) pair(i int) {
	m := &p.marks[i]
	switch p.tokens[i].Value {
	case ")", "]":
		m.glue = true
		p.marks[i-1].suffix = ""
	case "}":
		p.marks[i-1].suffix = ""
	}
	if i == 0 {
		return
	}
	switch p.tokens[i-1].Value {
	case "(", "[":
		m.glue = true
	}
	if p.marks[i-1].suffix == "," || p.tokens[i-1].Value == "(" && p.tokens[i].Value != ")" {
		m.broken = p.breaks(i)
	}
}

// breaks tells whether token i begins a line in the source.
func (p *planner) breaks(i int) bool { return p.tokens[i].Pos.Line > p.tokens[i-1].Pos.Line }

// breakLike breaks the line before token i if the source does.
func (p *planner) breakLike(i int) { p.marks[i].broken = p.breaks(i) }

// at is the index of the token that starts at an offset, or of the next one if that is a separator.
func (p *planner) at(offset int) int {
	i, _ := slices.BinarySearchFunc(p.tokens, offset, func(t lexer.Token, offset int) int { return t.Pos.Offset - offset })
	return i
}

// first and last are the indexes of a node's outermost tokens.
func (p *planner) first(n Node) int { return p.at(n.Span().Start.Offset) }
func (p *planner) last(n Node) int  { return p.at(n.Span().End.Offset) - 1 }

// mark marks the tokens of one node, except those that belong to nodes inside it.
func (p *planner) mark(n Node) {
	switch n := n.(type) {
	case Decl:
		p.marks[p.first(n)].start = true
		p.markDecl(n)
	case Stmt:
		p.markStmt(n)
	case Expr:
		p.markExpr(n)
	case *TestMap:
		p.glueAfter(n.Name)
	case *TestPacket:
		for _, h := range n.Headers {
			p.breakLike(p.first(h))
		}
		if n.Payload != nil {
			p.breakLike(p.first(n.Payload) - 1)
		}
	case *ArrayType:
		p.marks[p.first(n.Elem)].glue = true
	}
}

// glueAfter marks the bracket behind a node.
func (p *planner) glueAfter(n Node) { p.marks[p.last(n)+1].glue = true }

// cells starts a column at each of some nodes.
func (p *planner) cells(nodes ...Node) {
	for _, n := range nodes {
		p.marks[p.first(n)].cell = true
	}
}

func (p *planner) markDecl(n Decl) {
	switch n := n.(type) {
	case *ConfigDecl:
		p.cells(n.Name, n.Type)
		p.markValue(n.Value)
	case *VarDecl:
		p.cells(n.Name, n.Type)
		p.markValue(n.Value)
	case *EnumDecl:
		open := p.last(n.Name) + 1
		if n.Base != nil {
			open++
		}
		list(p, open, p.last(n), ",", n.Members, func(m *EnumMember) { p.markValue(m.Value) })
	case *StructDecl:
		p.fields(n.Name, p.last(n), n.Fields)
	case *HeaderDecl:
		end := p.last(n)
		if n.Length != nil {
			end = p.first(n.Length) - 2
		}
		p.fields(n.Name, end, n.Fields)
	case *EventDecl:
		p.fields(n.Name, p.last(n), n.Fields)
	case *MapDecl:
		p.cells(n.Name, n.Kind)
		p.marks[p.first(n.Max)-1].cell = true
		if n.Key != nil {
			p.glueAfter(n.Kind)
			p.marks[p.first(n.Value)].glue = true
		}
	case *CounterDecl:
		p.cells(n.Name)
		if n.Size != nil {
			p.glueAfter(n.Name)
		}
	case *StageDecl:
		p.params(n.Name)
	case *FnDecl:
		p.params(n.Name)
	case *SlotDecl:
		p.params(n.Name)
	case *SlotsDecl:
		p.markSlots(n)
	case *TestDecl:
		lines(p, p.last(n.Name)+1, p.last(n), n.Steps, false)
	}
}

// markValue starts a column at the `=` before a value.
func (p *planner) markValue(value Expr) {
	if value != nil {
		p.marks[p.first(value)-1].cell = true
	}
}

// params marks the parenthesis behind a name.
func (p *planner) params(name *Ident) {
	if i := p.last(name) + 1; i < len(p.tokens) && p.tokens[i].Value == "(" {
		p.marks[i].glue = true
	}
}

// fields lays out the fields of a struct, header or event: a line each, or all on one.
func (p *planner) fields(name *Ident, end int, fields []*Field) {
	open := p.last(name) + 1
	if !list(p, open, end, ";", fields, func(f *Field) { p.cells(f.Type) }) {
		p.cells(name)
		p.marks[open].cell = true
	}
}

func (p *planner) markSlots(n *SlotsDecl) {
	p.glueAfter(n.Name)
	open := p.last(n.Size) + 2
	if p.tokens[open].Value == "(" {
		p.marks[open].glue = true
		if len(n.Params) > 0 {
			open = p.last(n.Params[len(n.Params)-1])
		}
		open += 2
	}
	list(p, open, p.last(n), ";", n.Entries, func(e *SlotEntry) { p.marks[p.last(e.Index)+1].cell = true })
}

func (p *planner) markStmt(n Stmt) {
	switch n := n.(type) {
	case *Block:
		lines(p, p.first(n), p.last(n), n.Stmts, len(n.Stmts) == 1 && !holdsBlock(n.Stmts[0]))
	case *MatchStmt:
		open := p.last(n.Subjects[len(n.Subjects)-1]) + 1
		if lines(p, open, p.last(n), n.Rows, len(n.Rows) == 1 && !holdsBlock(n.Rows[0].Body)) {
			p.rows(n.Rows)
		}
	case *GotoStmt:
		p.markGoto(n)
	case *VerdictStmt:
		if len(n.Tokens) > 1 {
			p.marks[p.first(n)+1].glue = true
		}
	}
}

// rows aligns the patterns and arrows of a match.
func (p *planner) rows(rows []*MatchRow) {
	for _, r := range rows {
		for _, pattern := range r.Patterns[1:] {
			p.cells(pattern)
		}
		p.marks[p.last(r.Patterns[len(r.Patterns)-1])+1].cell = true
	}
}

func (p *planner) markGoto(n *GotoStmt) {
	args := p.last(n.Target) + 1
	if n.Index != nil {
		p.marks[args].glue = true
		args = p.last(n.Index) + 2
	}
	if args <= p.last(n) && p.tokens[args].Value == "(" {
		p.marks[args].glue = true
	}
}

// holdsBlock tells whether a statement is or has a block.
func holdsBlock(n Stmt) bool {
	switch n.(type) {
	case *Block, *IfStmt, *MatchStmt, *ForStmt, *RewriteStmt:
		return true
	}
	return false
}

func (p *planner) markExpr(n Expr) {
	switch n := n.(type) {
	case *Unary:
		p.marks[p.first(n.X)].glue = true
	case *Binary:
		op, y := p.at(n.OpAt.Start.Offset), p.first(n.Y)
		p.marks[y].broken = p.breaks(op) || p.breaks(y)
	case *Range:
		p.glueAfter(n.Lo)
		p.marks[p.first(n.Hi)].glue = true
	case *Select:
		dot := p.first(n.Sel) - 1
		p.marks[dot].glue = !isNumber(p.tokens[dot-1])
		p.marks[dot+1].glue = true
	case *Index:
		p.glueAfter(n.X)
	case *Call:
		p.glueAfter(n.Fun)
	case *StructLit:
		p.markLiteral(n)
	}
}

// isNumber tells whether a `.` directly behind a token would be taken for a part of it.
func isNumber(t lexer.Token) bool { return t.Type >= tokInt && t.Type <= tokMAC }

// markLiteral lays out a struct literal: a field a line if the first one begins a line in the source, else all together.
func (p *planner) markLiteral(n *StructLit) {
	open, end := p.last(n.Name)+1, p.last(n)
	p.marks[open].glue = true
	for _, f := range n.Fields {
		p.glueAfter(f.Name)
	}
	if !p.breaks(open+1) || len(n.Fields) == 0 && !p.hasComment(open, end) {
		p.marks[open+1].glue, p.marks[end].glue = true, true
		return
	}
	p.marks[open].brace, p.marks[end].brace = openList, closeLines
	for _, f := range n.Fields {
		p.marks[p.first(f)].start = true
		p.marks[p.last(f)].suffix = ","
		p.cells(f.Value)
	}
}

// lines lays out elements in braces, one a line unless flat allows them to stay on the braces' line. It tells whether
// they have lines of their own.
func lines[N Node](p *planner, open, end int, elems []N, flat bool) bool {
	switch {
	case len(elems) == 0 && !p.hasComment(open, end):
		p.marks[end].glue = true
		return false
	case flat && p.fits(open, end):
		return false
	}
	p.marks[open].brace, p.marks[end].brace = openBlock, closeLines
	for _, e := range elems {
		p.marks[p.first(e)].start = true
	}
	return true
}

// list lays out elements with separators: on one line if they are in the source, else as mark says on lines of their own.
// It tells whether they have lines of their own.
func list[N Node](p *planner, open, end int, sep string, elems []N, mark func(N)) bool {
	broken := lines(p, open, end, elems, true)
	for i, e := range elems {
		if broken {
			mark(e)
		}
		if broken && sep == "," || !broken && i < len(elems)-1 {
			p.marks[p.last(e)].suffix = sep
		}
	}
	return broken
}

// fits tells whether braces and what is in them is on one line in the source, and short.
func (p *planner) fits(open, end int) bool {
	if p.tokens[open].Pos.Line != p.tokens[end].Pos.Line || p.hasComment(open, end) {
		return false
	}
	width := 0
	for _, t := range p.tokens[open : end+1] {
		width += len(t.Value) + 1
	}
	return width <= maxFlat
}

// hasComment tells whether there is a comment between two tokens.
func (p *planner) hasComment(from, to int) bool {
	i, _ := slices.BinarySearchFunc(p.comments, p.tokens[from].Pos.Offset, func(c lexer.Token, offset int) int { return c.Pos.Offset - offset })
	return i < len(p.comments) && p.comments[i].Pos.Offset < p.tokens[to].Pos.Offset
}
