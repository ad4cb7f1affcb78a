package check

import (
	"strconv"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// checkTests checks the test blocks of the root file; all values in them are constants. Those of an imported file are
// about the pipeline of which that file is the root.
func (c *checker) checkTests() {
	byName := map[string]*syntax.Literal{}
	for _, d := range c.files[0].Decls {
		t, ok := d.(*syntax.TestDecl)
		if !ok {
			continue
		}
		name, _ := strconv.Unquote(t.Name.Text)
		if first, dup := byName[name]; dup {
			note(c.errorf("E0701", t.Name.Span(), "two tests have the same name"), first.Span(), "the first is here")
		}
		byName[name] = t.Name
		c.checkTest(t)
		c.prog.Tests = append(c.prog.Tests, t)
	}
}

func (c *checker) checkTest(t *syntax.TestDecl) {
	sent := false
	for _, s := range t.Steps {
		switch s := s.(type) {
		case *syntax.TestConfig:
			c.testGlobal(s.Name, s.Value, true)
		case *syntax.TestVar:
			c.testGlobal(s.Name, s.Value, false)
		case *syntax.TestNow:
			c.constant(s.Value, types.U64)
		case *syntax.TestRoute:
			c.testRoute(s)
		case *syntax.TestMap:
			c.testMap(s)
		case *syntax.TestPacket:
			sent = true
			for _, h := range s.Headers {
				c.testHeader(h)
			}
		case *syntax.ExpectVerdict:
			c.verdict(s.Verdict)
			c.afterPacket(s, sent)
		case *syntax.ExpectEqual:
			c.expect(s, sent)
		}
	}
}

func (c *checker) afterPacket(s syntax.TestStep, sent bool) {
	if !sent {
		c.errorf("E0702", s.Span(), "there is nothing to expect yet: no `packet` was sent above")
	}
}

// testGlobal is `config name = value` or `var name = value`.
func (c *checker) testGlobal(id *syntax.Ident, value syntax.Expr, config bool) {
	kind := "var"
	if config {
		kind = "config"
	}
	g, ok := find[*Global](c, id, kind)
	if !ok {
		return
	}
	if g.Config != config {
		d := c.errorf("E0210", id.Span(), "`%s` is %s, not a %s", id.Name, describe(g), kind)
		note(d, g.Decl.Span(), "declared here")
		return
	}
	c.constant(value, g.Type)
}

// testMap is `map name[key] = value`; the key of an lpm map can be a prefix.
func (c *checker) testMap(s *syntax.TestMap) {
	if o, ok := c.topLevel(s.Name.Name).(*Targets); ok {
		c.testTargets(s, o)
		return
	}
	m, ok := find[*Map](c, s.Name, "map")
	if !ok {
		return
	}
	if m.Kind == LPM && c.isPrefixLit(s.Key) {
		if t := c.expr(s.Key); t != types.Invalid && m.Key != types.Invalid && t != m.Key {
			c.errorf("E0301", s.Key.Span(), "expected a prefix of %s, found one of %s", typeString(m.Key), typeString(t))
		}
	} else if c.constants(s.Key, m.Key) && m.Kind.Indexed() {
		c.boundIndex(s.Key, m.Max, m.Name)
	}
	c.constants(s.Value, m.Value)
}

func (c *checker) isPrefixLit(e syntax.Expr) bool {
	lit, ok := e.(*syntax.Literal)
	return ok && (lit.Kind == syntax.Prefix4Lit || lit.Kind == syntax.Prefix6Lit)
}

// constants types e as a value of type want that is a constant, or a struct of constants.
func (c *checker) constants(e syntax.Expr, want types.Type) bool {
	if _, ok := Unparen(e).(*syntax.StructLit); !ok {
		return c.constant(e, want) != nil
	}
	before := len(c.diags)
	return c.use(e, want) && len(c.diags) == before && c.constantFields(e)
}

func (c *checker) constantFields(e syntax.Expr) bool {
	if c.Types[e] == types.Invalid {
		return false
	}
	if lit, ok := Unparen(e).(*syntax.ArrayLit); ok {
		all := true
		for _, x := range lit.Elems {
			all = c.constantFields(x) && all
		}
		return all
	}
	lit, ok := Unparen(e).(*syntax.StructLit)
	if !ok {
		if c.Consts[e] == nil {
			c.notConstant(e)
		}
		return c.Consts[e] != nil
	}
	all := true
	for _, fv := range lit.Fields {
		all = c.constantFields(fv.Value) && all
	}
	return all
}

// testHeader is a header of a packet, `ipv4{src: 192.0.2.1}`.
func (c *checker) testHeader(lit *syntax.StructLit) {
	h, ok := find[*Header](c, lit.Name, "header")
	if !ok {
		return
	}
	c.headerValues(lit, h.Type, func(e syntax.Expr, t types.Type) bool { return c.constant(e, t) != nil })
}

// expect is `expect x == value`.
func (c *checker) expect(s *syntax.ExpectEqual, sent bool) {
	t := types.Type(types.Invalid)
	switch written := c.writtenField(s.X); {
	case s.Packet:
		c.afterPacket(s, sent)
		t = c.expectField(s.X)
	case written != nil:
		c.afterPacket(s, sent)
		t = c.packetField(written)
		c.Types[written] = t
	default:
		t = c.expectState(s.X)
	}
	c.constants(s.Y, t)
}

// writtenField is `packet.mark`, or another field of the last packet that a stage can write; nil if e is none.
func (c *checker) writtenField(e syntax.Expr) *syntax.Select {
	sel, ok := e.(*syntax.Select)
	if !ok || c.prog.Type == nil {
		return nil
	}
	id, ok := sel.X.(*syntax.Ident)
	if f := c.prog.Type.PacketField(sel.Sel.Name); !ok || id.Name != "packet" || f == nil || !f.Writable {
		return nil
	}
	return sel
}

// expectField is `packet header.field`: a field of the first such header of the last packet.
func (c *checker) expectField(e syntax.Expr) types.Type {
	sel, ok := e.(*syntax.Select)
	if ok {
		if id, ok := sel.X.(*syntax.Ident); ok {
			if id, _ := c.payloadName(sel); id != nil {
				c.notIndexed(id)
				return types.Invalid
			}
			h, ok := find[*Header](c, id, "header")
			if !ok {
				return types.Invalid
			}
			t := c.field(sel, h.Type)
			c.Types[sel] = t
			return t
		}
	}
	if index, ok := e.(*syntax.Index); ok && c.looksAtPayload(index) {
		return c.expectPayload(index)
	}
	c.errorf("E0703", e.Span(), "expected a field of a header, like `ipv4.src`, or of the payload, like `payload[0]`")
	return types.Invalid
}

// expectState is a counter, a var, an entry of a map, or a field of one.
func (c *checker) expectState(e syntax.Expr) types.Type {
	if o := c.counterOf(e); o != nil {
		return types.U64
	}
	t := types.Type(types.Invalid)
	switch e := e.(type) {
	case *syntax.Ident:
		return c.expr(e)
	case *syntax.Index:
		if c.looksAtPayload(e) {
			c.errorf("E0703", e.Span(), "the payload is a part of the packet").Hint = "write `expect packet " + c.text(e) + " == …`"
			break
		}
		if !c.namesMap(e.X) {
			return c.expectElement(e)
		}
		before := len(c.diags)
		if m := c.mapEntry(e); m != nil && len(c.diags) == before && c.constantFields(e.Index) {
			t = types.ValueOf(m.Value)
		}
	case *syntax.Select:
		if c.expectOfPacket(e) {
			break
		}
		if t = c.expectState(e.X); t != types.Invalid {
			t = c.field(e, t)
		}
	default:
		c.errorf("E0703", e.Span(), "only counters, vars, entries of maps and fields of the packet can be expected")
	}
	c.Types[e] = t
	return t
}

// expectOfPacket reports what is of the packet and not expected like state, if e is: a field of a header, without the
// `packet` in front or with a point behind it, or of what the kernel knows of the packet.
func (c *checker) expectOfPacket(e *syntax.Select) bool {
	field := c.text(e)
	switch x := e.X.(type) {
	case *syntax.Ident:
		switch {
		case x.Name == "packet" && c.prog.Type != nil && c.prog.Type.PacketField(e.Sel.Name) == nil:
			c.packetField(e)
			return true
		case x.Name == "packet":
			c.errorf("E0703", e.Span(), "of the packet, only its bytes and what a stage can write can be expected").Hint =
				"let a stage copy `" + field + "` to a `var`, and expect that"
			return true
		case !c.isHeader(x.Name):
			return false
		}
	case *syntax.Select:
		if id, ok := x.X.(*syntax.Ident); !ok || id.Name != "packet" {
			return false
		}
		if _, ok := find[*Header](c, x.Sel, "header"); !ok {
			return true
		}
		field = c.text(x.Sel) + "." + c.text(e.Sel)
	default:
		return false
	}
	c.errorf("E0703", e.Span(), "a header is a part of the packet").Hint = "write `expect packet " + field + " == …`"
	return true
}

// isHeader reports whether a name is a header's and nothing else's.
func (c *checker) isHeader(name string) bool {
	o := c.topLevel(name)
	if o == nil {
		return c.std[name] != nil
	}
	_, ok := o.(*Header)
	return ok
}
