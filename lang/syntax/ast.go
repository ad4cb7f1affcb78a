// Package syntax reads and prints tcc source: lexer, participle grammar, AST, formatter, walker.
//
// The grammar is written in the AST itself: the `parser` tag of each field is participle's notation for the text that
// the field is read from. What the notation can't say (operator precedence, literals by kind, limits) is in expr.go.
// The parser never backtracks: once an alternative has taken a token it is the right one, so that the first token that
// doesn't fit is the mistake. Where two alternatives begin alike, a look-ahead group `(?= …)` decides.
package syntax

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// Node is anything with a place in the source.
type Node interface{ Span() diag.Span }

// A Decl is a top-level declaration.
type Decl interface {
	Node
	declNode()
}

// A Stmt stands inside a stage, a fn or a block.
type Stmt interface {
	Node
	stmtNode()
}

// An Expr has a value, or is a pattern (Range, Wildcard, Prefix literals).
type Expr interface {
	Node
	exprNode()
}

// A TypeExpr names a type.
type TypeExpr interface {
	Node
	typeNode()
}

// File is one parsed source file. Comments are kept apart, in source order, for the printer.
type File struct {
	node
	Name     string // as given to Parse
	Source   string
	Decls    []Decl
	Comments []*Comment
	whole    bool // no mistakes were found
}

// Comment is one `// …` line, text included the slashes.
type Comment struct {
	node
	Text string
}

// node gives every AST type its tokens, from the first to the last; participle fills them in.
type node struct{ Tokens []lexer.Token }

// Span is where the node stands: from its first token's first byte to its last token's last.
func (n *node) Span() diag.Span {
	if len(n.Tokens) == 0 {
		return diag.Span{}
	}
	return tokenSpan(n.Tokens[0]).To(tokenSpan(n.Tokens[len(n.Tokens)-1]))
}

// Span of a file is all of it, even where it holds nothing.
func (f *File) Span() diag.Span {
	start := diag.Span{File: f.Name, Start: diag.Pos{Line: 1, Col: 1}, End: diag.Pos{Line: 1, Col: 1}}
	if len(f.Tokens) == 0 {
		return start
	}
	return start.To(f.node.Span())
}

// tokenSpan is where a token stands; no token holds a new line.
func tokenSpan(t lexer.Token) diag.Span {
	start := diag.Pos{Offset: t.Pos.Offset, Line: t.Pos.Line, Col: t.Pos.Column}
	end := diag.Pos{Offset: start.Offset + len(t.Value), Line: start.Line, Col: start.Col + len(t.Value)}
	return diag.Span{File: t.Pos.Filename, Start: start, End: end}
}
