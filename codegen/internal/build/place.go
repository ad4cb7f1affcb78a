package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A place is what a name or a selector stands for, to be read.
type place interface {
	load(s *stage, at diag.Span) value
}

// A target is a place that can be written.
type target interface {
	place
	store(s *stage, at diag.Span, v value)
}

// place finds the place of an expression.
func (s *stage) place(e syntax.Expr) place {
	switch e := e.(type) {
	case *syntax.Paren:
		return s.place(e.X)
	case *syntax.Select:
		return s.selected(e)
	case *syntax.Index:
		if s.p.Payload[e] != nil {
			return s.payload(e)
		}
		return s.element(e)
	case *syntax.Ident:
		switch o := s.p.Uses[e].(type) {
		case *check.Global:
			return memPlace{mem: s.global(s.at(e), o.Name), typ: o.Type, shared: true}
		case *check.HeaderFieldObj:
			return lengthPlace{o.Field}
		case *check.Local:
			return s.localPlace(o)
		}
	}
	return valuePlace{s.expr(e)}
}

func (s *stage) localPlace(l *check.Local) place {
	if ref, ok := s.refs[l]; ok {
		return ref
	}
	return localPlace{local: l, n: types.NumLeaves(l.Type)}
}

// selected is the place of `x.name`.
func (s *stage) selected(e *syntax.Select) place {
	switch ref := s.p.Fields[e]; {
	case ref.Header != nil:
		id := check.Unparen(e.X).(*syntax.Ident)
		return fieldPlace{s.viewOf(s.p.Uses[id].(*check.Local)), ref.Header}
	case ref.Packet != nil:
		return ctxPlace{ref.Packet}
	default:
		return field(s.place(e.X), s.typeOf(e.X).(*types.Struct), ref.Struct)
	}
}

// field is the place of a field of a struct that lies in p.
func field(p place, t *types.Struct, f *types.Field) place {
	return part(p, f.Type, f.Offset, leavesBefore(t, f))
}

// part is the place of a part of p, of type t: off bytes and first leaves from its start.
func part(p place, t types.Type, off, first int) place {
	n := types.NumLeaves(t)
	switch p := p.(type) {
	case memPlace:
		p.off += off
		p.typ = t
		return p
	case localPlace:
		p.first += first
		p.n = n
		return p
	}
	return valuePlace{p.(valuePlace).v[first : first+n]}
}

// element is the place of an element of an array. An index out of range ends in the default.
func (s *stage) element(e *syntax.Index) place {
	t := s.typeOf(e.X).(*types.Array)
	p := s.place(e.X)
	if c := s.p.Consts[e.Index]; c != nil {
		i := int(c.Int)
		return part(p, t.Elem, i*t.Elem.Size(), i*types.NumLeaves(t.Elem))
	}
	at := s.at(e)
	i := s.as(at, ir.I64, s.scalar(e.Index))
	s.failIf(at, ir.UGe, i, s.konst(at, ir.I64, uint64(t.Len)), s.failBlock())
	mem := p.(memPlace)
	base := mem.mem
	mem.mem = s.emit(at, ir.MemAdd, ir.Mem, base, i)
	mem.mem.Size, mem.mem.Imm, mem.typ = t.Elem.Size(), int64(t.Len), t.Elem
	return mem
}

// leavesBefore is how many leaves a struct has before a field.
func leavesBefore(t *types.Struct, f *types.Field) int {
	n := 0
	for i := range t.Fields {
		if &t.Fields[i] == f {
			break
		}
		n += types.NumLeaves(t.Fields[i].Type)
	}
	return n
}

// A localPlace is n leaves of a local, from first on.
type localPlace struct {
	local    *check.Local
	first, n int
}

func (p localPlace) load(s *stage, _ diag.Span) value {
	v := make(value, p.n)
	for i := range v {
		v[i] = s.read(s.cur, variable{p.local, p.first + i})
	}
	return v
}

func (p localPlace) store(s *stage, _ diag.Span, v value) { s.setLocal(p.local, p.first, v) }

func (s *stage) setLocal(l *check.Local, first int, v value) {
	for i, x := range v {
		v := variable{l, first + i}
		if x.Name == "" {
			_, _, x.Name = v.shape()
		}
		s.write(s.cur, v, x)
	}
}

// A memPlace is a value of type typ in the memory of a map or of a global.
type memPlace struct {
	mem    *ir.Value
	off    int
	typ    types.Type
	shared bool // with other CPUs
}

func (p memPlace) load(s *stage, at diag.Span) value {
	var v value
	for _, leaf := range types.Leaves(p.typ) {
		x := s.load(at, leaf.Size, p.mem, int64(p.off+leaf.Offset))
		if leaf.Kind == types.Swapped {
			x = s.swap(at, leaf.Size, x)
		}
		if leaf.Signed {
			x = s.signExtend(at, leaf.Size, x)
		}
		v = append(v, x)
	}
	return v
}

func (p memPlace) store(s *stage, at diag.Span, v value) {
	for i, leaf := range types.Leaves(p.typ) {
		s.store(at, leaf.Size, p.mem, int64(p.off+leaf.Offset), s.inMemory(at, leaf, v[i]))
	}
}

// inMemory is a leaf as its bytes are stored.
func (s *stage) inMemory(at diag.Span, leaf types.Leaf, x *ir.Value) *ir.Value {
	if leaf.Kind == types.Swapped {
		return s.swap(at, leaf.Size, x)
	}
	return x
}

// atomic reports whether the machine can add to the place in one step: an integer of 4 or 8 bytes that CPUs share.
func (p memPlace) atomic() bool {
	t, ok := p.typ.(*types.Int)
	return ok && p.shared && t.Bits >= 32
}

// add adds x atomically.
func (p memPlace) add(s *stage, at diag.Span, x *ir.Value) {
	v := s.emit(at, ir.XAdd, ir.None, p.mem, x)
	v.Size, v.Imm = p.typ.Size(), int64(p.off)
}

// A fieldPlace is a field of a header in the packet.
type fieldPlace struct {
	view  view
	field *types.HeaderField
}

func (p fieldPlace) load(s *stage, at diag.Span) value { return s.loadField(at, p.view, p.field) }

func (p fieldPlace) store(s *stage, at diag.Span, v value) {
	to := p.view
	to.part = to.parts.of(p.field)
	s.storeField(at, to, p.field, v)
}

// A lengthPlace is a field named in the length expression of the header that is being parsed. It reads as a u32.
type lengthPlace struct{ field *types.HeaderField }

func (p lengthPlace) load(s *stage, at diag.Span) value {
	return value{s.as(at, ir.I32, s.loadField(at, *s.measured, p.field)[0])}
}

// A ctxPlace is a field of `packet`.
type ctxPlace struct{ field *check.PacketField }

func (p ctxPlace) load(s *stage, at diag.Span) value {
	x := s.ctxLoad(at, p.field.Name)
	if p.field.Name == "protocol" { // the kernel has it in wire order
		x = s.swap(at, 2, x)
	}
	return value{x}
}

func (p ctxPlace) store(s *stage, at diag.Span, v value) {
	s.emit(at, ir.CtxStore, ir.None, v[0]).Sym = p.field.Name
}

func (s *stage) ctxLoad(at diag.Span, name string) *ir.Value {
	if name == "len" && s.m.Frags {
		return s.emit(at, ir.BufLen, ir.I32)
	}
	x := s.emit(at, ir.CtxLoad, ir.I32)
	x.Sym, x.Size = name, 4
	return x
}

// A valuePlace is a value that has no place, such as a literal whose field is read.
type valuePlace struct{ v value }

func (p valuePlace) load(*stage, diag.Span) value { return p.v }
