package ir

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The text of the IR, one line a declaration, block head, instruction or terminator:
//
//	module firewall xdp default 2 license "GPL"
//	map flows lru_hash key 16 value 24 max 65536
//	map others prog_array key 4 value 4 max 256 args 2 2 {17: udp_in}
//	global guard_ssh 1 const
//
//	func firewall index 0 {
//	root b9: stage udp_in table others
//	b0:
//		v0 = data
//		v1 = dataend
//		check v0, v1, 34 ? b3(v4) : b5
//	b3(v5:src i32.4, v6 i64): stage tcp_in start
//		v7 = load.2 [v0+12] ; 12:9
//		v8 = wconst.2 0x800
//		br eq v7, v8 ? b4(v6) : b5
//	…
//	}
//	sub weigh ctx result 4 {
//	…
//	}
//
// A value is written v<ID>; where it is defined, its name in the source follows (v5:src). The type of a result is
// written only if the operation and its arguments don't determine it. A comment of the form line:column is a span.

// String is the module's text without spans; Parse reads it back.
func (m *Module) String() string { return m.text(false) }

// Listing is the module's text with spans; Parse reads it back.
func (m *Module) Listing() string { return m.text(true) }

// String is the function's text without spans.
func (f *Func) String() string {
	var p printer
	p.fn(f)
	return p.String()
}

// Listing is the function's text with spans.
func (f *Func) Listing() string {
	p := printer{spans: true}
	p.fn(f)
	return p.String()
}

// String is how the text refers to the block: b3.
func (b *Block) String() string { return "b" + strconv.Itoa(b.ID) }

// String is how the text refers to the value: v7.
func (v *Value) String() string { return "v" + strconv.Itoa(v.ID) }

// Long is the instruction's line of text.
func (v *Value) Long() string {
	if v.Op == Param {
		return v.param()
	}
	if v.Type == None {
		return v.operation()
	}
	def := v.def()
	if v.Op == Const || v.Type != v.natural() {
		def += " " + v.Type.String()
	}
	return def + " = " + v.operation()
}

// String is the terminator's line of text.
func (t *Term) String() string {
	switch t.Op {
	case Jump, NoTerm:
		return strings.TrimRight(t.Op.String()+" "+t.edges(""), " ")
	case Br:
		return fmt.Sprintf("br %s %s ? %s", t.Cond, list(t.Args), t.edges(" : "))
	case Check:
		return fmt.Sprintf("check %s, %d ? %s", list(t.Args), t.Imm, t.edges(" : "))
	case Ret:
		return "ret " + list(t.Args)
	case SlotCall, TailCall:
		head, rest := t.Args, []*Value(nil)
		if len(t.Args) > 1 {
			head, rest = t.Args[:1], t.Args[1:]
		}
		return fmt.Sprintf("%s %s[%s]%s else %s", t.Op, t.Sym, list(head), argList(rest), t.edges(", "))
	}
	return fmt.Sprintf("term %d", t.Op)
}

// String is the edge's text: b4(v1).
func (e Edge) String() string {
	if e.To == nil {
		return "nowhere"
	}
	return e.To.String() + argList(e.Args)
}

func (t *Term) edges(sep string) string {
	var s []string
	for _, e := range t.Succs {
		s = append(s, e.String())
	}
	return strings.Join(s, sep)
}

type printer struct {
	strings.Builder
	spans bool
}

func (m *Module) text(spans bool) string {
	p := printer{spans: spans}
	if m.Name != "" {
		progType := m.ProgType
		if m.Frags {
			progType += " frags"
		}
		fmt.Fprintf(&p, "module %s %s default %d license %q", m.Name, progType, m.Default, m.License)
		if m.Target != (Target{}) {
			fmt.Fprintf(&p, " target %q", m.Target)
		}
		p.WriteString("\n")
	}
	for _, mp := range m.Maps {
		p.mapDecl(mp)
	}
	for _, g := range m.Globals {
		fmt.Fprintf(&p, "global %s %d", g.Name, g.Size)
		if g.Const {
			p.WriteString(" const")
		}
		p.WriteByte('\n')
	}
	for _, f := range m.All() {
		if p.Len() > 0 {
			p.WriteByte('\n')
		}
		p.fn(f)
	}
	return p.String()
}

func (p *printer) mapDecl(m *Map) {
	fmt.Fprintf(p, "map %s %s key %d value %d max %d", m.Name, m.Kind, m.KeySize, m.ValueSize, m.Max)
	if m.Foreign {
		p.WriteString(" foreign")
	}
	if len(m.Args) > 0 {
		p.WriteString(" args")
		for _, n := range m.Args {
			fmt.Fprintf(p, " %d", n)
		}
	}
	if len(m.Programs) > 0 {
		sep := " {"
		for _, i := range slices.Sorted(maps.Keys(m.Programs)) {
			fmt.Fprintf(p, "%s%d: %s", sep, i, m.Programs[i])
			sep = ", "
		}
		p.WriteByte('}')
	}
	p.WriteByte('\n')
}

func (p *printer) fn(f *Func) {
	switch {
	case f.Loop:
		fmt.Fprintf(p, "sub %s loop result %d", f.Name, f.Result)
	case f.Result > 0 && f.Ctx:
		fmt.Fprintf(p, "sub %s ctx result %d", f.Name, f.Result)
	case f.Result > 0:
		fmt.Fprintf(p, "sub %s result %d", f.Name, f.Result)
	case f.Index >= 0:
		fmt.Fprintf(p, "func %s index %d", f.Name, f.Index)
	default:
		fmt.Fprintf(p, "func %s", f.Name)
	}
	p.WriteString(" {\n")
	for _, r := range f.Roots {
		fmt.Fprintf(p, "root %s: stage %s table %s\n", r.Block, r.Stage, r.Table)
	}
	for _, b := range f.Blocks {
		p.block(b)
	}
	p.WriteString("}\n")
}

func (p *printer) block(b *Block) {
	p.WriteString(b.head())
	p.WriteByte('\n')
	for _, v := range b.Insts {
		p.line(v.Long(), v.Span.Start.Line, v.Span.Start.Col)
	}
	p.line(b.Term.String(), b.Term.Span.Start.Line, b.Term.Span.Start.Col)
}

func (p *printer) line(text string, line, col int) {
	p.WriteByte('\t')
	p.WriteString(text)
	if p.spans && line > 0 {
		fmt.Fprintf(p, " ; %d:%d", line, col)
	}
	p.WriteByte('\n')
}

// head is the first line of the block's text.
func (b *Block) head() string {
	s := b.String()
	if len(b.Params) > 0 {
		var ps []string
		for _, v := range b.Params {
			ps = append(ps, v.param())
		}
		s += "(" + strings.Join(ps, ", ") + ")"
	}
	s += ":"
	if b.Stage != "" {
		s += " stage " + b.Stage
	}
	if b.Start {
		s += " start"
	}
	if b.Cold {
		s += " cold"
	}
	return s
}

func (v *Value) param() string {
	s := v.def() + " " + v.Type.String()
	if v.Size != 0 {
		s += "." + strconv.Itoa(v.Size)
	}
	return s
}

// def is the value where it is defined: v7, or v7:dport.
func (v *Value) def() string {
	switch {
	case v.Name == "":
		return v.String()
	case isIdent(v.Name):
		return v.String() + ":" + v.Name
	}
	return v.String() + ":" + strconv.Quote(v.Name)
}

// operation is the instruction's text right of the equals sign.
func (v *Value) operation() string {
	name := v.Op.String()
	sized := fmt.Sprintf("%s.%d", name, v.Size)
	switch v.Op {
	case Const, NotesGrow:
		return fmt.Sprintf("%s %d", name, v.Imm)
	case Notes:
		return sized
	case WConst:
		return fmt.Sprintf("%s %#x", sized, uint64(v.Imm))
	case Cmp:
		return fmt.Sprintf("%s %s %s", name, v.Cond, list(v.Args))
	case StoreBytes:
		return fmt.Sprintf("%s [%s%s]%s", name, arg(v, 0), displacement(v.Imm), rest(v, 1))
	case Load, Fetch:
		return fmt.Sprintf("%s [%s%s]", sized, list(v.Args), displacement(v.Imm))
	case Store, XAdd:
		return fmt.Sprintf("%s [%s%s]%s", sized, arg(v, 0), displacement(v.Imm), rest(v, 1))
	case CtxLoad, CtxStore:
		if v.Size == 0 {
			sized = name
		}
		return fmt.Sprintf("%s %s%s%s", sized, v.Sym, displacement(v.Imm), rest(v, 0))
	case MemAdd:
		if len(v.Args) == 2 {
			return fmt.Sprintf("%s %s[%s] of %d", sized, v.Args[0], v.Args[1], v.Imm)
		}
	case MakeObj, Fib:
		return sized + " " + v.fields()
	case Loop:
		return fmt.Sprintf("%s %s of %d %s", sized, v.Sym, v.Imm, v.fields())
	case Redirect:
		return fmt.Sprintf("%s %s[%s%s]", name, v.Sym, arg(v, 0), displacement(v.Imm))
	case CallFn:
		return fmt.Sprintf("%s %s(%s)", sized, v.Sym, list(v.Args))
	case CsumL4:
		return fmt.Sprintf("%s %s[%s%s]%s", name, v.Sym, arg(v, 0), displacement(v.Imm), rest(v, 1))
	case GlobalAddr, Output:
		return fmt.Sprintf("%s %s%s", name, v.Sym, rest(v, 0))
	case Lookup, Update, Delete:
		return fmt.Sprintf("%s %s[%s]%s", name, v.Sym, arg(v, 0), rest(v, 1))
	}
	return strings.TrimRight(name+" "+list(v.Args), " ")
}

func (v *Value) fields() string {
	var s []string
	for i, a := range v.Args {
		var f ObjField
		if i < len(v.Fields) {
			f = v.Fields[i]
		}
		s = append(s, fmt.Sprintf("%d.%d: %s", f.Offset, f.Size, a))
	}
	return "{" + strings.Join(s, ", ") + "}"
}

func displacement(imm int64) string {
	if imm == 0 {
		return ""
	}
	return fmt.Sprintf("%+d", imm)
}

func arg(v *Value, i int) string {
	if i >= len(v.Args) {
		return "?"
	}
	return list(v.Args[i : i+1])
}

func rest(v *Value, from int) string {
	if from >= len(v.Args) {
		return ""
	}
	return ", " + list(v.Args[from:])
}

func argList(args []*Value) string {
	if len(args) == 0 {
		return ""
	}
	return "(" + list(args) + ")"
}

func list(args []*Value) string {
	var s []string
	for _, a := range args {
		if a == nil {
			s = append(s, "nil")
		} else {
			s = append(s, a.String())
		}
	}
	return strings.Join(s, ", ")
}

func isIdent(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// natural is the type of the result as far as the operation and its arguments determine it; a constant's is I32.
func (v *Value) natural() Type {
	switch v.Op {
	case Add, Sub, Mul, Div, Mod, SDiv, SMod, And, Or, Xor, Shl, Shr, Sar, Forget:
		if len(v.Args) > 0 && v.Args[0] != nil {
			return v.Args[0].Type
		}
		return None
	case WConst, Load, CtxLoad, CallFn:
		return Number(v.Size)
	case Zext, BE64, Update, Delete, Output, Now, Resize, NetByte, NotesGrow:
		return I64
	case Const, Trunc, BE16, BE32, Cmp, HeadLen, BufLen, Random, CPU, Redirect:
		return I32
	case Data, PktAdd:
		return Pkt
	case DataEnd:
		return End
	case GlobalAddr, Lookup, MemAdd, Notes, LoopState:
		return Mem
	case MakeObj, Fetch, Fib, Loop:
		return Obj
	}
	return None
}

// Number is the type of a number of size bytes: I64 if it has 8.
func Number(size int) Type {
	if size == 8 {
		return I64
	}
	return I32
}

// Bytes is the size of a number of type t.
func (t Type) Bytes() int {
	switch t {
	case I32:
		return 4
	case I64:
		return 8
	}
	return 0
}
