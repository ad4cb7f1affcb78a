package syntax

// The places that take only some statements have a type of their own, for the grammar's sake.
type (
	// An Exit is a *VerdictStmt or a *GotoStmt.
	Exit interface{ Stmt }
	// A RowBody is a *Block, *VerdictStmt, *GotoStmt, *BreakStmt or *ContinueStmt.
	RowBody interface{ Stmt }
	// An ElseBranch is a *Block or an *IfStmt.
	ElseBranch interface{ Stmt }
)

type (
	// Block is `{ … }`.
	Block struct {
		node
		Stmts []Stmt `parser:"'{' ( @@ ';'* )* '}'"`
	}
	// LetStmt is `NAME := EXPR [else …]`.
	LetStmt struct {
		node
		Name  *Ident `parser:"(?= Ident ':=') (?! Ident ':=' ( 'parse' | 'peek' ) Ident) @@ ':='"`
		Value Expr   `parser:"@@"`
		Else  *Else  `parser:"@@?"` // bytes of the payload that aren't there
	}
	// ParseStmt is `[NAME :=] parse|peek HEADER [else …]`.
	ParseStmt struct {
		node
		Name   *Ident `parser:"( (?= Ident ':=') @@ ':=' )?"` // nil: the view isn't named
		Peek   bool   `parser:"( @'peek' | 'parse' )"`
		Header *Ident `parser:"@@"`
		Else   *Else  `parser:"@@?"`
	}
	// SkipStmt is `skip N [else …]` or, with Need, `need N [else …]`.
	SkipStmt struct {
		node
		Need bool  `parser:"( @'need' | 'skip' )"`
		N    Expr  `parser:"@@"`
		Else *Else `parser:"@@?"`
	}
	// AssignStmt is `LHS = RHS`, `LHS += RHS` and so on. Op is "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=".
	AssignStmt struct {
		node
		LHS  Operand `parser:"(?= Ident ( '.' | '[' | Assign )) @@"`
		Op   string  `parser:"@Assign"`
		RHS  Expr    `parser:"@@"`
		Else *Else   `parser:"@@?"` // a failed map update, bytes of the payload that aren't there
	}
	// IfStmt is `if COND {…} else …` or, with Bind, `if v := m[k] {…} else …`.
	IfStmt struct {
		node
		Bind *Ident     `parser:"'if' ( (?= Ident ':=') @@ ':=' )?"` // nil: a plain condition
		Cond HeadExpr   `parser:"@@"`                                // with Bind an *Index of a map
		Then *Block     `parser:"@@"`
		Else ElseBranch `parser:"( 'else' @@ )?"` // nil, *Block or *IfStmt
	}
	// MatchStmt is `match a, b { p, q => … }`; the first row that matches is taken.
	MatchStmt struct {
		node
		Subjects []HeadExpr  `parser:"'match' @@ ( ',' @@ )*"`
		Rows     []*MatchRow `parser:"'{' ( @@ ';'* )* '}'"`
	}
	// MatchRow has one pattern list a subject.
	MatchRow struct {
		node
		Patterns []*Pattern `parser:"@@ ( ',' @@ )* '=>'"`
		Body     RowBody    `parser:"@@"`
	}
	// Pattern is alternatives joined by `|`: values, Range, prefixes; or one *Wildcard.
	Pattern struct {
		node
		Alts []Expr
	}
	// GotoStmt is `goto STAGE(args) [max N]` or `goto SLOTS[i](args) [else …]`.
	GotoStmt struct {
		node
		Target *Ident  `parser:"'goto' @@"`
		Index  Expr    `parser:"( '[' @@ ']' )?"` // nil: a stage or a slot
		Args   []Expr  `parser:"( '(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
		Max    Operand `parser:"( (?= 'max' ( Int | Ident | '(' )) 'max' @@ )?"` // nil: none
		Else   *Else   `parser:"@@?"`
	}
	// VerdictStmt is a verdict: pass, drop, tx, abort, next, redirect(…), keep(n).
	VerdictStmt struct {
		node
		Name string `parser:"@( 'pass' | 'drop' | 'tx' | 'abort' | 'next' ) | @( 'redirect' | 'keep' ) '('"`
		Args []Expr `parser:"( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')'"`
	}
	// EmitStmt is `emit EVENT{field: value, …}`.
	EmitStmt struct {
		node
		Event *StructLit `parser:"'emit' @@"`
	}
	// DeleteStmt is `delete m[k]`.
	DeleteStmt struct {
		node
		Entry *Index `parser:"'delete' @@"`
	}
	// ForStmt is `for i in LO..HI max N {…}`.
	ForStmt struct {
		node
		Var  *Ident  `parser:"'for' @@"`
		In   *Range  `parser:"'in' @@"`
		Max  Operand `parser:"( 'max' @@ )?"` // nil: LO and HI are constants
		Body *Block  `parser:"@@"`
	}
	// BreakStmt is `break`.
	BreakStmt struct{ node }
	// ContinueStmt is `continue`.
	ContinueStmt struct{ node }
	// CallStmt is `f(args)`, a call of a fn for what it does.
	CallStmt struct {
		node
		Call *Call `parser:"(?= Ident '(') @@"`
	}
	// ReturnStmt is `return [EXPR]`, in a fn.
	ReturnStmt struct {
		node
		Value Expr `parser:"'return' @@?"`
	}
	// RewriteStmt is `rewrite v, w {…}`.
	RewriteStmt struct {
		node
		Views []*Ident `parser:"'rewrite' @@ ( ',' @@ )*"`
		Body  *Block   `parser:"@@"`
	}
	// PushStmt is `push HEADER{…} after v [else …]`.
	PushStmt struct {
		node
		Header *StructLit `parser:"'push' @@"`
		After  *Ident     `parser:"( (?= 'after' Ident) 'after' @@ )?"` // nil: at the front
		Else   *Else      `parser:"@@?"`
	}
	// PopStmt is `pop v [else …]`.
	PopStmt struct {
		node
		View *Ident `parser:"'pop' @@"`
		Else *Else  `parser:"@@?"`
	}
	// Else is `else VERDICT` or `else goto …`, behind a statement that can fail.
	Else struct {
		node
		Body Exit `parser:"'else' @@"`
	}
)

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
func (*CallStmt) stmtNode()     {}
func (*ReturnStmt) stmtNode()   {}
func (*RewriteStmt) stmtNode()  {}
func (*PushStmt) stmtNode()     {}
func (*PopStmt) stmtNode()      {}
