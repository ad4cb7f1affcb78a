package build

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// value is a value of the language: a number for each of its leaves (types.Leaves). A leaf of one, two or four bytes is
// an I32 whose bits beyond its size are zero.
type value []*ir.Value

// typeOf is the type of an expression's value.
func (s *stage) typeOf(e syntax.Expr) types.Type { return types.ValueOf(s.p.Types[e]) }

// scalar computes an expression of one leaf.
func (s *stage) scalar(e syntax.Expr) *ir.Value { return s.expr(e)[0] }

// exprAs computes an expression where a value of type t is wanted: an integer may be narrower.
func (s *stage) exprAs(e syntax.Expr, t types.Type) value {
	if c := s.p.Consts[e]; c != nil {
		return s.constant(s.at(e), c, t)
	}
	v := s.expr(e)
	if isInteger(t) {
		return value{s.widen(s.at(e), v[0], s.typeOf(e), numberOf(t))}
	}
	return v
}

// expr computes an expression as a value of its own type.
func (s *stage) expr(e syntax.Expr) value {
	if c := s.p.Consts[e]; c != nil {
		return s.constant(s.at(e), c, s.typeOf(e))
	}
	switch e := e.(type) {
	case *syntax.Paren:
		return s.expr(e.X)
	case *syntax.Unary:
		return s.unary(e)
	case *syntax.Binary:
		return s.binary(e)
	case *syntax.Call:
		return s.call(e)
	case *syntax.StructLit:
		return s.fields(e, s.typeOf(e).(*types.Struct))
	case *syntax.ArrayLit:
		return s.elems(e, s.typeOf(e).(*types.Array))
	}
	return s.place(e).load(s, s.at(e))
}

func (s *stage) unary(e *syntax.Unary) value {
	t, at := s.typeOf(e), s.at(e)
	x := s.scalar(e.X)
	switch e.Op {
	case "!":
		return value{s.cmp(at, ir.Eq, x, s.konst(at, ir.I32, 0))}
	case "-":
		return value{s.arith(at, "-", t, s.konst(at, x.Type, 0), x)}
	}
	all := maxOf(t)
	if signed(t) {
		all = x.Type.Mask()
	}
	return value{s.arith(at, "^", t, x, s.konst(at, x.Type, all))}
}

func (s *stage) binary(e *syntax.Binary) value {
	t, at := s.typeOf(e), s.at(e)
	switch e.Op {
	case "&&", "||", "in":
		return value{s.branched(e)}
	case "==", "!=", "<", "<=", ">", ">=":
		return value{s.comparison(e)}
	case "<<", ">>":
		x := s.scalar(e.X)
		return value{s.arith(at, e.Op, t, x, s.scalar(e.Y))}
	}
	xs := s.exprAs(e.X, t)
	ys := s.exprAs(e.Y, t)
	return s.arithAll(at, e.Op, t, xs, ys)
}

// comparison is a comparison as a number: of scalars an instruction, of longer values a chain of branches.
func (s *stage) comparison(e *syntax.Binary) *ir.Value {
	t := s.common(e)
	if len(types.Leaves(t)) > 1 {
		return s.branched(e)
	}
	x := s.exprAs(e.X, t)[0]
	y := s.exprAs(e.Y, t)[0]
	return s.cmp(s.at(e), condOf(e.Op, t), x, y)
}

func (s *stage) cmp(at diag.Span, c ir.Cond, x, y *ir.Value) *ir.Value {
	v := s.emit(at, ir.Cmp, ir.I32, x, y)
	v.Cond = c
	return v
}

// branched is a condition as a number: one way brings 1, the other 0.
func (s *stage) branched(e syntax.Expr) *ir.Value {
	s.temps++
	result := variable{leaf: s.temps}
	yes, no, join := s.newBlock(), s.newBlock(), s.newBlock()
	s.cond(e, way{yes: yes, no: no, next: yes})
	for i, b := range []*ir.Block{no, yes} {
		s.enter(b)
		s.write(b, result, s.konst(s.at(e), ir.I32, uint64(i)))
		s.jump(join, s.at(e))
	}
	s.enter(join)
	return s.read(join, result)
}

// call is a fn, a builtin or a conversion.
func (s *stage) call(e *syntax.Call) value {
	at := s.at(e)
	if f, ok := s.p.Uses[e.Fun].(*check.Fn); ok {
		return s.callFn(e, f)
	}
	b, ok := s.p.Uses[e.Fun].(*check.Builtin)
	if !ok {
		return value{s.convert(at, s.scalar(e.Args[0]), s.typeOf(e.Args[0]), s.typeOf(e))}
	}
	switch b.Name {
	case "hash":
		return value{s.hash(at, e.Args)}
	case "now":
		return value{s.builtin(at, ir.Now, ir.I64, pinnedNow, 8)}
	case "random":
		return value{s.builtin(at, ir.Random, ir.I32, pinnedRandom, 8)}
	}
	return value{s.builtin(at, ir.CPU, ir.I32, pinnedCPU, 4)}
}

// builtin is the result of a helper, or of the variable that stands for it in a pinned build.
func (s *stage) builtin(at diag.Span, op ir.Op, t ir.Type, pinned string, size int) *ir.Value {
	if s.opts.Pinned {
		return s.as(at, t, s.load(at, size, s.global(at, pinned), 0))
	}
	return s.emit(at, op, t)
}

// convert makes x, of type from, a number of type to: of an integer the low bits, of an ip4 its bytes as a number in
// the order of the wire, and back.
func (s *stage) convert(at diag.Span, x *ir.Value, from, to types.Type) *ir.Value {
	if from == types.IP4 || to == types.IP4 {
		return s.emit(at, ir.BE32, ir.I32, s.as(at, ir.I32, x))
	}
	if i, ok := from.(*types.Int); ok && signed(from) && signed(to) && i.Size() <= to.Size() {
		return s.widen(at, x, from, numberOf(to))
	}
	return s.truncate(at, to, s.widen(at, x, from, numberOf(to)))
}

// fields is `name{field: value, …}` for a struct or event; what isn't named is zero.
func (s *stage) fields(e *syntax.StructLit, t *types.Struct) value {
	given := map[*types.Field]value{}
	for _, f := range e.Fields {
		field := t.Field(f.Name.Name)
		given[field] = s.exprAs(f.Value, types.ValueOf(field.Type))
	}
	var v value
	for i := range t.Fields {
		x, ok := given[&t.Fields[i]]
		if !ok {
			x = s.zero(s.at(e), t.Fields[i].Type)
		}
		v = append(v, x...)
	}
	return v
}

// elems is `[x, y, …]`.
func (s *stage) elems(e *syntax.ArrayLit, t *types.Array) value {
	var v value
	for _, x := range e.Elems {
		v = append(v, s.exprAs(x, types.ValueOf(t.Elem))...)
	}
	return v
}

func (s *stage) zero(at diag.Span, t types.Type) value {
	var v value
	for _, leaf := range types.Leaves(t) {
		v = append(v, s.konst(at, ir.Number(leaf.Size), 0))
	}
	return v
}

// constant is a constant as a value of type t.
func (s *stage) constant(at diag.Span, c *check.Const, t types.Type) value {
	var bytes []byte
	switch t := t.(type) {
	case *types.Array:
		return s.constants(at, c, t.Len, func(int) types.Type { return t.Elem })
	case *types.Struct:
		return s.constants(at, c, len(t.Fields), func(i int) types.Type { return t.Fields[i].Type })
	}
	switch {
	case t == types.MAC:
		bytes = c.MAC[:]
	case types.IsAddress(t):
		bytes = c.Addr.AsSlice()
	default:
		return value{s.konst(at, numberOf(t), c.Int&numberOf(t).Mask())}
	}
	return s.wire(at, t, bytes)
}

// constants joins the n parts of a constant; those that aren't there are zero.
func (s *stage) constants(at diag.Span, c *check.Const, n int, typ func(i int) types.Type) value {
	var v value
	for i := range n {
		if t := typ(i); i < len(c.Elems) && c.Elems[i] != nil {
			v = append(v, s.constant(at, c.Elems[i], types.ValueOf(t))...)
		} else {
			v = append(v, s.zero(at, t)...)
		}
	}
	return v
}

// wire is an address with the given bytes.
func (s *stage) wire(at diag.Span, t types.Type, bytes []byte) value {
	var v value
	for _, leaf := range types.Leaves(t) {
		v = append(v, s.wconst(at, leaf.Size, bigEndian(bytes[leaf.Offset:], leaf.Size)))
	}
	return v
}

// bigEndian reads the first size bytes, 2 or 4, as a number.
func bigEndian(bytes []byte, size int) uint64 {
	if size == 2 {
		return uint64(binary.BigEndian.Uint16(bytes))
	}
	return uint64(binary.BigEndian.Uint32(bytes))
}
