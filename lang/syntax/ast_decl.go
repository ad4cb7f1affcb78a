package syntax

type (
	// PipelineDecl is `pipeline NAME TYPE [frags]`.
	PipelineDecl struct {
		node
		Name  *Ident `parser:"'pipeline' @@"`
		Type  *Ident `parser:"@@"` // xdp tc cgroup_skb socket
		Frags bool   `parser:"@'frags'?"`
	}
	// DefaultDecl is `default VERDICT`.
	DefaultDecl struct {
		node
		Verdict *VerdictStmt `parser:"'default' @@"`
	}
	// LicenseDecl is `license "GPL"`.
	LicenseDecl struct {
		node
		Text *Literal `parser:"'license' @@"`
	}
	// ImportDecl is `import "file.tcc"`.
	ImportDecl struct {
		node
		Path *Literal `parser:"'import' @@"`
	}
	// ConfigDecl is `config NAME TYPE [= VALUE]`.
	ConfigDecl struct {
		node
		Name  *Ident   `parser:"'config' @@"`
		Type  TypeExpr `parser:"@@"`
		Value Expr     `parser:"( '=' @@ )?"` // nil: zero
	}
	// VarDecl is `var NAME TYPE [= VALUE]`.
	VarDecl struct {
		node
		Name  *Ident   `parser:"'var' @@"`
		Type  TypeExpr `parser:"@@"`
		Value Expr     `parser:"( '=' @@ )?"` // nil: zero
	}
	// EnumDecl is `enum NAME [BASE] { a, b = 3, c }`.
	EnumDecl struct {
		node
		Name    *Ident        `parser:"'enum' @@"`
		Base    *Ident        `parser:"@@?"` // nil: u32
		Members []*EnumMember `parser:"'{' ( @@ ( (?! ',' '}') ',' @@ )* ','? )? '}'"`
	}
	// EnumMember is one name of an enum.
	EnumMember struct {
		node
		Name  *Ident `parser:"@@"`
		Value Expr   `parser:"( '=' @@ )?"` // nil: one more than the last
	}
	// StructDecl is `struct NAME { field type; … }`.
	StructDecl struct {
		node
		Name   *Ident   `parser:"'struct' @@"`
		Fields []*Field `parser:"'{' ( @@ ';'* )* '}'"`
	}
	// Field is a field of a struct, header or event, and a parameter of a stage, slot or fn.
	Field struct {
		node
		Name *Ident   `parser:"@@"`
		Type TypeExpr `parser:"@@"`
	}
	// HeaderDecl is `header NAME { field type; … } [length EXPR]`. Bit fields are typed u1…u63.
	HeaderDecl struct {
		node
		Name   *Ident   `parser:"'header' @@"`
		Fields []*Field `parser:"'{' ( @@ ';'* )* '}'"`
		Length Expr     `parser:"( 'length' @@ )?"` // whole length in bytes, in terms of the fields; nil: the fixed part
	}
	// MapDecl is `map NAME KIND[KEY]VALUE max N`; devmap, cpumap and xskmap have no key or value.
	MapDecl struct {
		node
		Name  *Ident   `parser:"'map' @@"`
		Kind  *Ident   `parser:"@@"`
		Key   TypeExpr `parser:"( '[' @@ ']'"` // nil for devmap, cpumap, xskmap
		Value TypeExpr `parser:"@@ )?"`        // nil for devmap, cpumap, xskmap
		Max   Expr     `parser:"'max' @@"`
	}
	// CounterDecl is `counter NAME` or `counter NAME[N or enum]`.
	CounterDecl struct {
		node
		Name *Ident `parser:"'counter' @@"`
		Size Expr   `parser:"( '[' @@ ']' )?"` // nil: one; an Ident that names an enum, or a constant
	}
	// EventDecl is `event NAME { field type; … }`.
	EventDecl struct {
		node
		Name   *Ident   `parser:"'event' @@"`
		Fields []*Field `parser:"'{' ( @@ ';'* )* '}'"`
	}
	// StageDecl is `stage NAME[(params)] [for SLOT] { … }`.
	StageDecl struct {
		node
		Name   *Ident   `parser:"'stage' @@"`
		Params []*Field `parser:"( '(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
		For    *Ident   `parser:"( 'for' @@ )?"` // nil, or the slot(s) of another pipeline this stage is made for
		Body   *Block   `parser:"@@"`
	}
	// SlotsDecl is `slots NAME[N](params) { index => stage … }`.
	SlotsDecl struct {
		node
		Name    *Ident       `parser:"'slots' @@"`
		Size    Expr         `parser:"'[' @@ ']'"`
		Params  []*Field     `parser:"( '(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
		Entries []*SlotEntry `parser:"'{' ( @@ ';'* )* '}'"`
	}
	// SlotEntry is `index => stage` inside slots.
	SlotEntry struct {
		node
		Index Expr   `parser:"@@ '=>'"`
		Stage *Ident `parser:"@@"`
	}
	// SlotDecl is `slot NAME(params) = stage`.
	SlotDecl struct {
		node
		Name   *Ident   `parser:"'slot' @@"`
		Params []*Field `parser:"( '(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
		Stage  *Ident   `parser:"( '=' @@ )?"` // nil: empty at first
	}
	// FnDecl is `fn NAME(params) TYPE [call] { … }`.
	FnDecl struct {
		node
		Name   *Ident   `parser:"'fn' @@"`
		Params []*Field `parser:"'(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')'"`
		Result TypeExpr `parser:"( (?! 'call' '{') @@ )?"` // nil: none
		Call   bool     `parser:"@'call'?"`
		Body   *Block   `parser:"@@"`
	}
	// TestDecl is `test "name" { … }`.
	TestDecl struct {
		node
		Name  *Literal   `parser:"'test' @@"`
		Steps []TestStep `parser:"'{' ( @@ ';'* )* '}'"`
	}
)

// A TestStep is one line of a test block. They run in order.
type TestStep interface {
	Node
	testNode()
}

type (
	// TestConfig is `config NAME = VALUE`.
	TestConfig struct {
		node
		Name  *Ident `parser:"'config' @@"`
		Value Expr   `parser:"'=' @@"`
	}
	// TestVar is `var NAME = VALUE`.
	TestVar struct {
		node
		Name  *Ident `parser:"'var' @@"`
		Value Expr   `parser:"'=' @@"`
	}
	// TestNow is `now = VALUE`: it sets the clock.
	TestNow struct {
		node
		Value Expr `parser:"'now' '=' @@"`
	}
	// TestRoute is `route PREFIX = hop{…}`: what `fib` finds.
	TestRoute struct {
		node
		To  Expr       `parser:"'route' @@"` // an address or a prefix
		Hop *StructLit `parser:"'=' @@"`
	}
	// TestMap is `map NAME[KEY] = VALUE`.
	TestMap struct {
		node
		Name  *Ident `parser:"'map' @@"`
		Key   Expr   `parser:"'[' @@ ']'"`
		Value Expr   `parser:"'=' @@"`
	}
	// TestPacket is `packet HEADER{…} HEADER{…} [payload "…"]`: it sends one packet through the pipeline.
	TestPacket struct {
		node
		Headers []*StructLit `parser:"'packet' ( (?= Ident '{') @@ )*"`
		Payload *Literal     `parser:"( 'payload' @@ )?"` // string, or nil
	}
	// ExpectVerdict is `expect VERDICT`, about the last packet.
	ExpectVerdict struct {
		node
		Verdict *VerdictStmt `parser:"(?! 'expect' Ident ( '.' | '[' | '==' | '!=' | '<' | '<=' | '>' | '>=' | Ident '.' )) (?! 'expect' 'packet' Ident '[' ) 'expect' @@"`
	}
	// ExpectEqual is `expect EXPR == VALUE`: a counter, a map value's field, or `packet HEADER.field == VALUE` or `packet payload[N] == VALUE`.
	ExpectEqual struct {
		node
		Packet bool    `parser:"'expect' ( (?= 'packet' Ident) @'packet' )?"` // X is a field of a header of the resulting packet, or of its payload
		X      Operand `parser:"@@"`
		Y      Expr    `parser:"'==' @@"`
	}
)

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
func (*TestNow) testNode()       {}
func (*TestRoute) testNode()     {}
func (*TestMap) testNode()       {}
func (*TestPacket) testNode()    {}
func (*ExpectVerdict) testNode() {}
func (*ExpectEqual) testNode()   {}

func (*NamedType) typeNode() {}
func (*ArrayType) typeNode() {}

// CallMark is the word `call` of a fn that has it, directly in front of the body, as the type that it could be.
func (d *FnDecl) CallMark() *NamedType {
	mark := &NamedType{}
	for i, t := range d.Tokens {
		if t.Pos.Offset >= d.Body.Tokens[0].Pos.Offset {
			break
		}
		mark.Name, mark.Tokens = t.Value, d.Tokens[i:i+1]
	}
	return mark
}
