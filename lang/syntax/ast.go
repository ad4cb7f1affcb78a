// Package syntax reads and prints tcc source: lexer, participle grammar, AST, formatter, walker.
package syntax

import "github.com/tcc-bpf/tcc/lang/diag"

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

// File is one parsed source file. Comments are kept apart, in source order, for the printer.
type File struct {
	node
	Name     string // as given to Parse
	Source   string
	Decls    []Decl
	Comments []*Comment
}

// Comment is one `// …` line, text included the slashes.
type Comment struct {
	node
	Text string
}

// ---- declarations ----

type (
	// PipelineDecl is `pipeline NAME TYPE [frags]`.
	PipelineDecl struct {
		node
		Name  *Ident
		Type  *Ident // xdp tc cgroup_skb socket
		Frags bool
	}
	// DefaultDecl is `default VERDICT`.
	DefaultDecl struct {
		node
		Verdict *VerdictStmt
	}
	// LicenseDecl is `license "GPL"`.
	LicenseDecl struct {
		node
		Text *Literal
	}
	// ImportDecl is `import "file.tcc"`.
	ImportDecl struct {
		node
		Path *Literal
	}
	// ConfigDecl is `config NAME TYPE [= VALUE]`.
	ConfigDecl struct {
		node
		Name  *Ident
		Type  TypeExpr
		Value Expr // nil: zero
	}
	// VarDecl is `var NAME TYPE [= VALUE]`.
	VarDecl struct {
		node
		Name  *Ident
		Type  TypeExpr
		Value Expr // nil: zero
	}
	// EnumDecl is `enum NAME [BASE] { a, b = 3, c }`.
	EnumDecl struct {
		node
		Name    *Ident
		Base    *Ident // nil: u32
		Members []*EnumMember
	}
	// EnumMember is one name of an enum.
	EnumMember struct {
		node
		Name  *Ident
		Value Expr // nil: one more than the last
	}
	// StructDecl is `struct NAME { field type; … }`.
	StructDecl struct {
		node
		Name   *Ident
		Fields []*Field
	}
	// Field is a field of a struct, header or event, and a parameter of a stage, slot or fn.
	Field struct {
		node
		Name *Ident
		Type TypeExpr
	}
	// HeaderDecl is `header NAME { field type; … } [length EXPR]`. Bit fields are typed u1…u63.
	HeaderDecl struct {
		node
		Name   *Ident
		Fields []*Field
		Length Expr // whole length in bytes, in terms of the fields; nil: the fixed part
	}
	// MapDecl is `map NAME KIND[KEY]VALUE max N`; devmap, cpumap and xskmap have no key or value.
	MapDecl struct {
		node
		Name       *Ident
		Kind       *Ident
		Key, Value TypeExpr // nil for devmap, cpumap, xskmap
		Max        Expr
	}
	// CounterDecl is `counter NAME` or `counter NAME[N or enum]`.
	CounterDecl struct {
		node
		Name *Ident
		Size Expr // nil: one; an Ident that names an enum, or a constant
	}
	// EventDecl is `event NAME { field type; … }`.
	EventDecl struct {
		node
		Name   *Ident
		Fields []*Field
	}
	// StageDecl is `stage NAME[(params)] [for SLOT] { … }`.
	StageDecl struct {
		node
		Name   *Ident
		Params []*Field
		For    *Ident // nil, or the slot(s) of another pipeline this stage is made for
		Body   *Block
	}
	// SlotsDecl is `slots NAME[N](params) { index => stage … }`.
	SlotsDecl struct {
		node
		Name    *Ident
		Size    Expr
		Params  []*Field
		Entries []*SlotEntry
	}
	// SlotEntry is `index => stage` inside slots.
	SlotEntry struct {
		node
		Index Expr
		Stage *Ident
	}
	// SlotDecl is `slot NAME(params) = stage`.
	SlotDecl struct {
		node
		Name   *Ident
		Params []*Field
		Stage  *Ident // nil: empty at first
	}
	// FnDecl is `fn NAME(params) TYPE { … }`.
	FnDecl struct {
		node
		Name   *Ident
		Params []*Field
		Result TypeExpr // nil: none
		Body   *Block
	}
	// TestDecl is `test "name" { … }`.
	TestDecl struct {
		node
		Name  *Literal
		Steps []TestStep
	}
)

// ---- test steps ----

// A TestStep is one line of a test block. They run in order.
type TestStep interface {
	Node
	testNode()
}

type (
	// TestConfig is `config NAME = VALUE`.
	TestConfig struct {
		node
		Name  *Ident
		Value Expr
	}
	// TestVar is `var NAME = VALUE`.
	TestVar struct {
		node
		Name  *Ident
		Value Expr
	}
	// TestMap is `map NAME[KEY] = VALUE`.
	TestMap struct {
		node
		Name       *Ident
		Key, Value Expr
	}
	// TestPacket is `packet HEADER{…} HEADER{…} [payload "…"]`: it sends one packet through the pipeline.
	TestPacket struct {
		node
		Headers []*StructLit
		Payload *Literal // string, or nil
	}
	// ExpectVerdict is `expect VERDICT`, about the last packet.
	ExpectVerdict struct {
		node
		Verdict *VerdictStmt
	}
	// ExpectEqual is `expect EXPR == VALUE`: a counter, a map value's field, or `packet HEADER.field == VALUE`.
	ExpectEqual struct {
		node
		Packet bool // X is a field of a header of the resulting packet
		X, Y   Expr
	}
)

// ---- types ----

// A TypeExpr names a type.
type TypeExpr interface {
	Node
	typeNode()
}

type (
	// NamedType is `u32`, `ip4`, `flow_key`, `ipv4`, …
	NamedType struct {
		node
		Name string
	}
	// ArrayType is `[N]ELEM`.
	ArrayType struct {
		node
		Len  Expr
		Elem TypeExpr
	}
)

// ---- statements ----

type (
	// Block is `{ … }`.
	Block struct {
		node
		Stmts []Stmt
	}
	// LetStmt is `NAME := EXPR`.
	LetStmt struct {
		node
		Name  *Ident
		Value Expr
	}
	// ParseStmt is `[NAME :=] parse|peek HEADER [else …]`.
	ParseStmt struct {
		node
		Name   *Ident // nil: the view isn't named
		Peek   bool
		Header *Ident
		Else   *Else
	}
	// SkipStmt is `skip N [else …]` or, with Need, `need N [else …]`.
	SkipStmt struct {
		node
		Need bool
		N    Expr
		Else *Else
	}
	// AssignStmt is `LHS = RHS`, `LHS += RHS` and so on. Op is "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=".
	AssignStmt struct {
		node
		LHS  Expr
		Op   string
		RHS  Expr
		Else *Else // a failed map update
	}
	// IfStmt is `if COND {…} else …` or, with Bind, `if v := m[k] {…} else …`.
	IfStmt struct {
		node
		Bind *Ident // nil: a plain condition
		Cond Expr   // with Bind an *Index of a map
		Then *Block
		Else Stmt // nil, *Block or *IfStmt
	}
	// MatchStmt is `match a, b { p, q => … }`; the first row that matches is taken.
	MatchStmt struct {
		node
		Subjects []Expr
		Rows     []*MatchRow
	}
	// MatchRow has one pattern list a subject.
	MatchRow struct {
		node
		Patterns []*Pattern
		Body     Stmt // *Block, *VerdictStmt, *GotoStmt, *BreakStmt or *ContinueStmt
	}
	// Pattern is alternatives joined by `|`: values, Range, prefixes; or one *Wildcard.
	Pattern struct {
		node
		Alts []Expr
	}
	// GotoStmt is `goto STAGE(args) [max N]` or `goto SLOTS[i](args) [else …]`.
	GotoStmt struct {
		node
		Target *Ident
		Index  Expr // nil: a stage or a slot
		Args   []Expr
		Max    Expr // nil: none
		Else   *Else
	}
	// VerdictStmt is a verdict: pass, drop, tx, abort, next, redirect(…), keep(n).
	VerdictStmt struct {
		node
		Name string
		Args []Expr
	}
	// EmitStmt is `emit EVENT{field: value, …}`.
	EmitStmt struct {
		node
		Event *StructLit
	}
	// DeleteStmt is `delete m[k]`.
	DeleteStmt struct {
		node
		Entry *Index
	}
	// ForStmt is `for i in LO..HI max N {…}`.
	ForStmt struct {
		node
		Var  *Ident
		In   *Range
		Max  Expr // nil: LO and HI are constants
		Body *Block
	}
	// BreakStmt is `break`.
	BreakStmt struct{ node }
	// ContinueStmt is `continue`.
	ContinueStmt struct{ node }
	// ReturnStmt is `return [EXPR]`, in a fn.
	ReturnStmt struct {
		node
		Value Expr
	}
	// RewriteStmt is `rewrite v, w {…}`.
	RewriteStmt struct {
		node
		Views []*Ident
		Body  *Block
	}
	// PushStmt is `push HEADER{…} after v`.
	PushStmt struct {
		node
		Header *StructLit
		After  *Ident // nil: at the front
	}
	// PopStmt is `pop v`.
	PopStmt struct {
		node
		View *Ident
	}
	// Else is `else VERDICT` or `else goto …`, behind a statement that can fail.
	Else struct {
		node
		Body Stmt // *VerdictStmt or *GotoStmt
	}
)

// ---- expressions ----

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
		Name string
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
	// Binary is `x OP y`: || && == != < <= > >= in + - * / % & | ^ << >>. For `in`, Y is a map name, prefix, Range or enum list.
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
		Name   *Ident
		Fields []*FieldValue
	}
	// FieldValue is `field: value`.
	FieldValue struct {
		node
		Name  *Ident
		Value Expr
	}
	// Paren is `(x)`.
	Paren struct {
		node
		X Expr
	}
)

// node carries a span; every AST type embeds it.
type node struct{ At diag.Span }

// Span is where the node stands.
func (n *node) Span() diag.Span { return n.At }

func (*PipelineDecl) declNode() {}
func (*DefaultDecl) declNode()  {}
func (*LicenseDecl) declNode()  {}
func (*ImportDecl) declNode()   {}
func (*ConfigDecl) declNode()   {}
func (*VarDecl) declNode()      {}
func (*EnumDecl) declNode()     {}
func (*StructDecl) declNode()   {}
func (*HeaderDecl) declNode()   {}
func (*MapDecl) declNode()      {}
func (*CounterDecl) declNode()  {}
func (*EventDecl) declNode()    {}
func (*StageDecl) declNode()    {}
func (*SlotsDecl) declNode()    {}
func (*SlotDecl) declNode()     {}
func (*FnDecl) declNode()       {}
func (*TestDecl) declNode()     {}

func (*TestConfig) testNode()    {}
func (*TestVar) testNode()       {}
func (*TestMap) testNode()       {}
func (*TestPacket) testNode()    {}
func (*ExpectVerdict) testNode() {}
func (*ExpectEqual) testNode()   {}

func (*NamedType) typeNode() {}
func (*ArrayType) typeNode() {}

func (*Block) stmtNode()        {}
func (*LetStmt) stmtNode()      {}
func (*ParseStmt) stmtNode()    {}
func (*SkipStmt) stmtNode()     {}
func (*AssignStmt) stmtNode()   {}
func (*IfStmt) stmtNode()       {}
func (*MatchStmt) stmtNode()    {}
func (*GotoStmt) stmtNode()     {}
func (*VerdictStmt) stmtNode()  {}
func (*EmitStmt) stmtNode()     {}
func (*DeleteStmt) stmtNode()   {}
func (*ForStmt) stmtNode()      {}
func (*BreakStmt) stmtNode()    {}
func (*ContinueStmt) stmtNode() {}
func (*ReturnStmt) stmtNode()   {}
func (*RewriteStmt) stmtNode()  {}
func (*PushStmt) stmtNode()     {}
func (*PopStmt) stmtNode()      {}

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
func (*Paren) exprNode()     {}
