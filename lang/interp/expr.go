package interp

import (
	"encoding/binary"
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// eval computes an expression. Of a name or a field in memory it is the memory itself: whoever keeps it clones it.
func (r *run) eval(e syntax.Expr) Value {
	if c := r.prog.Consts[e]; c != nil && !c.IsPrefix {
		return constValue(c, r.typeOf(e))
	}
	switch e := e.(type) {
	case *syntax.Paren:
		return r.eval(e.X)
	case *syntax.Ident:
		return r.name(e)
	case *syntax.Select:
		return r.selectField(e)
	case *syntax.Index:
		return r.index(e)
	case *syntax.Unary:
		return r.unary(e)
	case *syntax.Binary:
		return r.binary(e)
	case *syntax.Call:
		return r.call(e)
	case *syntax.StructLit:
		return r.fields(r.typeOf(e).(*types.Struct), e)
	case *syntax.ArrayLit:
		return r.elems(e)
	}
	return Value{0}
}

// truth computes a bool.
func (r *run) truth(e syntax.Expr) bool { return r.eval(e)[0] != 0 }

// typeOf is the type of the value of e; that of a reference is what it refers to.
func (r *run) typeOf(e syntax.Expr) types.Type {
	t := r.prog.Types[e]
	if ref, ok := t.(*types.MapRef); ok {
		return ref.Elem
	}
	return t
}

func (r *run) name(id *syntax.Ident) Value {
	switch o := r.prog.Uses[id].(type) {
	case *check.Local:
		return r.frame[o]
	case *check.Global:
		return r.globals[o]
	case *check.Counter:
		return r.counters[o][:1]
	case *check.HeaderFieldObj:
		return loadField(r.packet, o.Field)
	}
	return Value{0}
}

func (r *run) selectField(e *syntax.Select) Value {
	switch ref := r.prog.Fields[e]; {
	case ref.Header != nil:
		return loadField(r.packet[r.eval(e.X)[0]:], ref.Header)
	case ref.Packet != nil:
		return Value{uint64(r.packetField(ref.Packet.Name))}
	default:
		return r.eval(e.X).field(r.typeOf(e.X).(*types.Struct), ref.Struct)
	}
}

// elems is the value of `[x, y, …]`.
func (r *run) elems(lit *syntax.ArrayLit) Value {
	var v Value
	for _, x := range lit.Elems {
		v = append(v, r.eval(x)...)
	}
	return v
}

// outOfRange ends a stage or fn at once, and all fns and stages around it: the packet gets the default.
type outOfRange struct{}

// element is an element of an array. It shares memory with the array.
func (r *run) element(e *syntax.Index, t *types.Array) Value {
	array := r.eval(e.X)
	i := r.eval(e.Index)[0]
	if i >= uint64(t.Len) {
		panic(outOfRange{})
	}
	n := uint64(types.NumLeaves(t.Elem))
	return array[i*n : (i+1)*n]
}

// index is an element of an array, bytes of the payload, or a cell of a counter; a cell out of range is one that nobody sees.
func (r *run) index(e *syntax.Index) Value {
	if t, ok := r.typeOf(e.X).(*types.Array); ok {
		return r.element(e, t)
	}
	if r.prog.Payload[e] != nil {
		return r.payload(e)
	}
	c, _ := r.prog.Uses[rootName(e.X)].(*check.Counter)
	i := r.eval(e.Index)[0]
	if c == nil || i >= uint64(c.Len) {
		return Value{0}
	}
	return r.counters[c][i : i+1]
}

func (r *run) unary(e *syntax.Unary) Value {
	x, t := r.eval(e.X), r.typeOf(e)
	switch e.Op {
	case "!":
		return truth(x[0] == 0)
	case "-":
		return arith("-", t, Zero(t), x)
	default:
		ones := slices.Repeat(Value{^uint64(0)}, len(x))
		return arith("^", t, x, ones)
	}
}

func (r *run) binary(e *syntax.Binary) Value {
	switch e.Op {
	case "&&":
		return truth(r.truth(e.X) && r.truth(e.Y))
	case "||":
		return truth(r.truth(e.X) || r.truth(e.Y))
	case "in":
		return truth(r.contains(e.Y, r.typeOf(e.X), r.eval(e.X)))
	case "==", "!=", "<", "<=", ">", ">=":
		return truth(compare(e.Op, r.typeOf(e.X), r.eval(e.X).clone(), r.eval(e.Y))) // a call in Y may change X
	}
	return arith(e.Op, r.typeOf(e), r.eval(e.X).clone(), r.eval(e.Y))
}

// contains reports whether x, of type t, is in a set: a map, a prefix, a range, or a single value.
func (r *run) contains(set syntax.Expr, t types.Type, x Value) bool {
	set = check.Unparen(set)
	if c := r.prog.Consts[set]; c != nil && c.IsPrefix {
		return hasPrefix(Encode(t, x, binary.BigEndian), c.Addr.AsSlice(), c.Bits)
	}
	switch s := set.(type) {
	case *syntax.Range:
		return compare("<=", t, r.eval(s.Lo), x) && compare("<=", t, x, r.eval(s.Hi))
	case *syntax.Ident:
		if decl, ok := r.prog.Uses[s].(*check.Map); ok {
			m := r.maps[decl]
			return m.find(m.encodeKey(x)) != nil
		}
	}
	return compare("==", t, x, r.eval(set))
}

// call is a fn, a builtin or a conversion. Conversions keep the low bits; u32 of an ip4 is its bytes as a big-endian number.
func (r *run) call(e *syntax.Call) Value {
	if f, ok := r.prog.Uses[e.Fun].(*check.Fn); ok {
		return r.fn(f, e.Args)
	}
	v := uint64(0)
	if b, ok := r.prog.Uses[e.Fun].(*check.Builtin); ok {
		switch b.Name {
		case "now":
			v = r.Env.Now()
		case "random":
			v = r.Env.Random()
		case "hash":
			v = r.hash(e.Args)
		case "cpu":
			v = uint64(r.Env.CPU())
		}
	} else if len(e.Args) == 1 {
		v = r.eval(e.Args[0])[0]
	}
	return Value{wrap(v, types.Leaves(r.typeOf(e))[0])}
}

// fields is the value of `name{field: value, …}`; fields that aren't named are zero.
func (r *run) fields(t *types.Struct, lit *syntax.StructLit) Value {
	v := Zero(t)
	for _, fv := range lit.Fields {
		if f := t.Field(fv.Name.Name); f != nil {
			copy(v.field(t, f), r.eval(fv.Value))
		}
	}
	return v
}

// clone is v in memory of its own.
func (v Value) clone() Value { return slices.Clone(v) }

// rootName is the name of the map or counter in `name[i]`.
func rootName(e syntax.Expr) *syntax.Ident {
	id, _ := check.Unparen(e).(*syntax.Ident)
	return id
}
