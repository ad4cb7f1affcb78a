package check

import (
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Arrays. An index that is constant is checked here. One that isn't is checked by the program, and so the array must lie
// in memory: a local lies in registers, which have no numbers.

func (c *checker) arrayType(te *syntax.ArrayType, p place) types.Type {
	elem := c.typeExpr(te.Elem, p)
	n := c.size(te.Len, maxArray, "E0811", "an array has a size")
	if elem == types.Invalid || n == 0 {
		return types.Invalid
	}
	if _, view := elem.(*types.Header); view {
		return c.viewMisused(te.Elem.Span())
	}
	t := &types.Array{Len: int(n), Elem: elem}
	if t.Size() > maxArray {
		c.errorf("E0811", te.Span(), "the array has %d bytes, %d at most", t.Size(), maxArray)
		return types.Invalid
	}
	if depthOf(t) > maxDepth {
		c.errorf("E0811", te.Span(), "arrays and structs nest at most %d deep", maxDepth)
		return types.Invalid
	}
	return t
}

// arrayLit is `[x, y, …]` in a place that gives it no type: it has that of its first element that has one.
func (c *checker) arrayLit(e *syntax.ArrayLit) types.Type {
	elem := types.Type(types.Untyped)
	have := make([]types.Type, len(e.Elems))
	for i, x := range e.Elems {
		have[i] = c.expr(x)
		if elem == types.Untyped {
			elem = have[i]
		}
	}
	if elem == types.Untyped {
		elem = types.U64
	}
	sound := elem != types.Invalid && !c.isView(e.Elems[0], elem)
	for i, x := range e.Elems {
		sound = c.assignable(x, have[i], elem) && sound
	}
	if !sound {
		return types.Invalid
	}
	t := &types.Array{Len: len(e.Elems), Elem: elem}
	c.arrayConst(e, t)
	return t
}

// arrayAs types a literal where an array of type want is wanted; e is the literal, perhaps in parentheses.
func (c *checker) arrayAs(e syntax.Expr, lit *syntax.ArrayLit, want *types.Array) bool {
	sound := true
	for _, x := range lit.Elems {
		sound = c.use(x, want.Elem) && sound
	}
	c.Types[lit], c.Types[e] = want, want
	if len(lit.Elems) != want.Len {
		c.errorf("E0321", lit.Span(), "`%s` has %s, not %d", want, count(want.Len, "element"), len(lit.Elems))
		sound = false
	}
	if !sound {
		c.Types[lit], c.Types[e] = types.Invalid, types.Invalid
		return false
	}
	c.arrayConst(lit, want)
	if k := c.Consts[lit]; k != nil {
		c.Consts[e] = k
	}
	return true
}

// arrayConst makes a literal of constants a constant.
func (c *checker) arrayConst(e *syntax.ArrayLit, t *types.Array) {
	k := &Const{Type: t}
	for _, x := range e.Elems {
		k.Elems = append(k.Elems, c.Consts[x])
		if c.Consts[x] == nil {
			return
		}
	}
	c.Consts[e] = k
}

// structConst makes a literal of constants a constant.
func (c *checker) structConst(e *syntax.StructLit, t *types.Struct) {
	given := map[string]*Const{}
	for _, fv := range e.Fields {
		k := c.Consts[fv.Value]
		if k == nil {
			return
		}
		given[fv.Name.Name] = k
	}
	k := &Const{Type: t}
	for i := range t.Fields {
		k.Elems = append(k.Elems, given[t.Fields[i].Name])
	}
	c.Consts[e] = k
}

// element is `x[i]`, with x of type t.
func (c *checker) element(e *syntax.Index, t types.Type) types.Type {
	a, ok := t.(*types.Array)
	if !ok {
		c.settleParts(e.X, types.U64)
		c.value(e.Index)
		if t != types.Invalid {
			c.errorf("E0304", e.Span(), "only maps, counters, slots and arrays have an index")
		}
		return types.Invalid
	}
	if !c.arrayIndex(e, a) {
		return types.Invalid
	}
	return types.ValueOf(a.Elem)
}

func (c *checker) arrayIndex(e *syntax.Index, a *types.Array) bool {
	if !c.use(e.Index, types.U64) {
		return false
	}
	if k := c.Consts[e.Index]; k != nil {
		if k.Int >= uint64(a.Len) {
			c.errorf("E0606", e.Index.Span(), "the array has %s, from 0 to %d", count(a.Len, "element"), a.Len-1)
			return false
		}
		return true
	}
	if !c.inMemory(e.X) {
		d := c.errorf("E0322", e.Index.Span(), "the index into an array that is not in memory must be a constant")
		d.Hint = "an array in a `var`, a `config` or the entry of a map can have any index"
		return false
	}
	return true
}

// inMemory reports whether an expression is part of a var, a config or a map's entry.
func (c *checker) inMemory(e syntax.Expr) bool {
	root := rootOf(e)
	if root == nil {
		return false
	}
	switch o := c.Uses[root].(type) {
	case *Global:
		return true
	case *Local:
		_, ref := o.Type.(*types.MapRef)
		return ref
	}
	return false
}

// copyable reports whether a value of type t has few enough parts to be copied. A literal is written where it goes.
func (c *checker) copyable(e syntax.Expr, t types.Type) bool {
	if _, lit := Unparen(e).(*syntax.StructLit); lit {
		return true
	}
	return c.fitsLocal(e, t)
}

// fitsLocal reports a value that has too many parts to be held.
func (c *checker) fitsLocal(e syntax.Expr, t types.Type) bool {
	switch t.(type) {
	case *types.Struct, *types.Array:
	default:
		return true
	}
	n := types.NumLeaves(t)
	if n > maxLeaves {
		c.errorf("E0812", e.Span(), "the value has %d scalars, %d at most", n, maxLeaves).Hint = "copy the elements that are needed"
	}
	return n <= maxLeaves
}

// expectElement is an element of an array in an expectation.
func (c *checker) expectElement(e *syntax.Index) types.Type {
	t := types.Type(types.Invalid)
	if a, ok := c.expectState(e.X).(*types.Array); ok {
		if k := c.constant(e.Index, types.U64); k != nil && c.arrayIndex(e, a) {
			t = types.ValueOf(a.Elem)
		}
	} else if c.Types[e.X] != types.Invalid {
		c.errorf("E0703", e.Span(), "only maps, counters and arrays have an index")
	}
	c.Types[e] = t
	return t
}
