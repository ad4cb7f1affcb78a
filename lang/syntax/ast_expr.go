package syntax

import "github.com/tcc-bpf/tcc/lang/diag"

// The places that take only some expressions have a type of their own, for the grammar's sake.
type (
	// A HeadExpr stands in front of a block, in `if` and `match`: a struct literal in it needs parentheses.
	HeadExpr interface{ Expr }
	// An Operand has no operators around it: a name, a literal, `x.f`, `x[i]`, `f(x)` or something in parentheses.
	Operand interface{ Expr }
)

// LitKind tells what a Literal's text is.
type LitKind int

// The kinds of literals.
const (
	IntLit      LitKind = iota // 10 0x0800 0b1 1_000
	BoolLit                    // true false
	IP4Lit                     // 192.0.2.1
	IP6Lit                     // 2001:db8::1
	Prefix4Lit                 // 10.0.0.0/8
	Prefix6Lit                 // 2001:db8::/32
	MACLit                     // 02:00:00:00:00:01
	DurationLit                // 250ms, in nanoseconds
	StringLit                  // "…", Go's escapes
)

type (
	// Ident is a name.
	Ident struct {
		node
		Name string `parser:"@Ident"`
	}
	// Literal is a literal as written.
	Literal struct {
		node
		Kind LitKind
		Text string
	}
	// Unary is `!x`, `-x`, `~x`.
	Unary struct {
		node
		Op string
		X  Expr
	}
	// Binary is `x OP y`: || && == != < <= > >= in + - * / % & | ^ << >>. For `in`, Y is a map name, prefix or Range.
	Binary struct {
		node
		Op   string
		OpAt diag.Span
		X, Y Expr
	}
	// Range is `lo..hi`, both included in patterns and `in`; hi excluded in `for`.
	Range struct {
		node
		Lo, Hi Expr
	}
	// Wildcard is the pattern `_`.
	Wildcard struct{ node }
	// Select is `x.name`.
	Select struct {
		node
		X   Expr
		Sel *Ident
	}
	// Index is `x[i]`.
	Index struct {
		node
		X, Index Expr
	}
	// Call is `f(args)`: a fn, a builtin or a conversion.
	Call struct {
		node
		Fun  *Ident
		Args []Expr
	}
	// StructLit is `name{field: value, …}`.
	StructLit struct {
		node
		Name   *Ident        `parser:"@@"`
		Fields []*FieldValue `parser:"'{' ( @@ ( (?! ',' '}') ',' @@ )* ','? )? '}'"`
	}
	// ArrayLit is `[x, y, …]`.
	ArrayLit struct {
		node
		Elems []Expr
	}
	// FieldValue is `field: value`.
	FieldValue struct {
		node
		Name  *Ident `parser:"@@"`
		Value Expr   `parser:"':' @@"`
	}
	// Paren is `(x)`.
	Paren struct {
		node
		X Expr
	}
)

func (*Ident) exprNode()     {}
func (*Literal) exprNode()   {}
func (*Unary) exprNode()     {}
func (*Binary) exprNode()    {}
func (*Range) exprNode()     {}
func (*Wildcard) exprNode()  {}
func (*Select) exprNode()    {}
func (*Index) exprNode()     {}
func (*Call) exprNode()      {}
func (*StructLit) exprNode() {}
func (*ArrayLit) exprNode()  {}
func (*Paren) exprNode()     {}
