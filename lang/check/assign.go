package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// assign checks `place = value` and `place OP= value`.
func (c *checker) assign(s *syntax.AssignStmt) {
	if index, ok := s.LHS.(*syntax.Index); ok && c.namesMap(index.X) {
		c.updateMap(s, index)
		return
	}
	if o := c.counterOf(s.LHS); o != nil {
		c.elseBehind(s.Else, s.LHS, s.RHS)
		if s.Op != "+=" {
			c.errorf("E0605", s.LHS.Span(), "a stage can only add to a counter").Hint = fmt.Sprintf("write `%s += …`", c.text(s.LHS))
		}
		c.use(s.RHS, types.U64)
		return
	}
	t := c.target(s.LHS)
	if t != types.Invalid {
		c.elseBehind(s.Else, s.LHS, s.RHS)
	}
	if s.Op == "=" {
		if c.use(s.RHS, t) {
			c.fitsField(s)
		}
		return
	}
	c.modify(s, strings.TrimSuffix(s.Op, "="), t)
}

// elseBehind checks the else of a let, or of an assignment to what is no map's entry. It can fail only if it looks at the
// payload.
func (c *checker) elseBehind(e *syntax.Else, exprs ...syntax.Expr) {
	switch {
	case e == nil:
	case c.looksAtPayload(exprs...):
		c.elseOf(e)
	default:
		c.errorf("E0409", e.Span(), "this cannot fail and takes no `else`: it neither changes a map's entry nor looks at the payload")
	}
}

// text is a node as written.
func (c *checker) text(n syntax.Node) string {
	at := n.Span()
	for _, f := range c.files {
		if f.Name == at.File && 0 <= at.Start.Offset && at.Start.Offset <= at.End.Offset && at.End.Offset <= len(f.Source) {
			return f.Source[at.Start.Offset:at.End.Offset]
		}
	}
	return "…"
}

func (c *checker) namesMap(e syntax.Expr) bool {
	id, ok := e.(*syntax.Ident)
	if !ok || c.locals[id.Name] != nil {
		return false
	}
	_, ok = c.topLevel(id.Name).(*Map)
	return ok
}

// updateMap is `m[k] = v [else …]`.
func (c *checker) updateMap(s *syntax.AssignStmt, e *syntax.Index) {
	m := c.mapEntry(e)
	c.elseOf(s.Else)
	if m == nil {
		c.expr(s.RHS)
		return
	}
	c.Types[e] = types.ValueOf(m.Value)
	if s.Op != "=" {
		c.errorf("E0607", e.Span(), "it is not known whether the map has this entry").Hint =
			fmt.Sprintf("write `if v := %s { v %s … }`", c.text(e), s.Op)
		return
	}
	c.use(s.RHS, m.Value)
}

// target types the left side of an assignment, Invalid if it can't be assigned.
func (c *checker) target(e syntax.Expr) types.Type {
	switch e := e.(type) {
	case *syntax.Ident:
		return c.targetName(e)
	case *syntax.Select:
		if t := c.expr(e); t == types.Invalid || c.writable(e) {
			return t
		}
		return types.Invalid
	case *syntax.Index:
		t := c.expr(e)
		writable := c.writableMemory
		if c.Payload[e] != nil {
			writable = func(syntax.Expr) bool { return c.writablePayload(e) }
		}
		if t == types.Invalid || writable(e) {
			return t
		}
		return types.Invalid
	}
	if t := c.expr(e); t != types.Invalid {
		c.settleParts(e, types.U64)
		c.errorf("E0309", e.Span(), "this cannot be assigned")
	}
	return types.Invalid
}

func (c *checker) targetName(id *syntax.Ident) types.Type {
	l := c.locals[id.Name]
	if l == nil {
		before := len(c.diags)
		t := c.expr(id)
		if len(c.diags) > before && c.lastIs("E0201") && c.diags[before].Hint == "" {
			c.diags[before].Hint = fmt.Sprintf("write `%s := …` to declare a local", id.Name)
		}
		if g, ok := c.Uses[id].(*Global); ok && c.isConfig(id, g) {
			return types.Invalid
		}
		return t
	}
	c.Uses[id] = l
	if l.Loop {
		note(c.errorf("E0309", id.Span(), "`%s` is changed by its loop alone", l.Name), l.Decl.Span(), "declared here")
		return types.Invalid
	}
	switch l.Type.(type) {
	case *types.Header:
		c.used[l] = true
		c.errorf("E0309", id.Span(), "a view cannot be assigned, only its fields can")
		return types.Invalid
	case *types.MapRef:
		c.used[l] = true
	}
	t := types.ValueOf(l.Type)
	c.Types[id] = t
	return t
}

// writable reports whether a field can be assigned.
func (c *checker) writable(e *syntax.Select) bool {
	switch ref := c.Fields[e]; {
	case ref == nil:
		return false
	case ref.Member != nil:
		c.errorf("E0309", e.Span(), "a member of an enum cannot be assigned")
		return false
	case ref.Packet != nil:
		if !ref.Packet.Writable {
			c.errorf("E0505", e.Span(), "`packet.%s` is read-only", ref.Packet.Name)
		}
		return ref.Packet.Writable
	case ref.Header != nil:
		if c.prog.Type != nil && c.prog.Type.ReadOnly {
			c.errorf("E0507", e.Span(), "%s pipelines cannot write to the packet", c.prog.Type.Name)
			return false
		}
		return c.rewritable(e, ref.Header)
	case ref.Struct != nil:
		return c.writableMemory(e)
	}
	return true
}

// writableMemory reports whether a field or element is part of something that can be assigned.
func (c *checker) writableMemory(e syntax.Expr) bool {
	root := rootOf(e)
	if root == nil {
		c.errorf("E0309", e.Span(), "this cannot be assigned")
		return false
	}
	g, ok := c.Uses[root].(*Global)
	return !ok || !c.isConfig(root, g)
}

// rootOf is the name that an expression is a part of, nil if it is part of something else.
func rootOf(e syntax.Expr) *syntax.Ident {
	for {
		switch x := e.(type) {
		case *syntax.Ident:
			return x
		case *syntax.Select:
			e = x.X
		case *syntax.Index:
			e = x.X
		case *syntax.Paren:
			e = x.X
		default:
			return nil
		}
	}
}

// isConfig reports a config that is assigned.
func (c *checker) isConfig(id *syntax.Ident, g *Global) bool {
	if g.Config {
		d := c.errorf("E0309", id.Span(), "`%s` is a config: it is constant once the pipeline is loaded", g.Name)
		d.Hint = "declare it with `var` to change it"
		note(d, g.Decl.Span(), "declared here")
	}
	return g.Config
}

// modify checks `place OP= value`; the value can't be wider than the place.
func (c *checker) modify(s *syntax.AssignStmt, op string, t types.Type) {
	value := c.expr(s.RHS)
	shift := slices.Contains(shiftOps, op)
	switch {
	case t == types.Invalid:
		c.settleParts(s.RHS, types.U64)
	case !takes(op, t):
		c.settleParts(s.RHS, types.U64)
		c.errorf("E0304", s.LHS.Span(), "`%s` is not defined for %s", s.Op, typeString(t))
	case !shift:
		c.assignable(s.RHS, value, t)
	case value != types.Untyped && intOf(value) == nil && value != types.Invalid:
		c.errorf("E0301", s.RHS.Span(), "expected an integer, found %s", typeString(value))
	default:
		c.settle(s.RHS, types.U64)
	}
}

// fitsField reports a constant that has more bits than the header's field it is assigned to.
func (c *checker) fitsField(s *syntax.AssignStmt) {
	if sel, ok := s.LHS.(*syntax.Select); ok {
		if ref := c.Fields[sel]; ref != nil && ref.Header != nil {
			c.fitsBitField(s.RHS, ref.Header)
		}
	}
}

func (c *checker) fitsBitField(e syntax.Expr, f *types.HeaderField) {
	k := c.Consts[e]
	if k == nil || intOf(f.Type) == nil || k.Int <= maxOf(f.Bits) {
		return
	}
	c.errorf("E0303", e.Span(), "%d does not fit `%s`, which has %d bits", k.Int, f.Name, f.Bits)
}
