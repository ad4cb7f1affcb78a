package check

import (
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// resolveTargets checks a map of targets. Only xdp has them, and their keys and values are the kernel's.
func (c *checker) resolveTargets(o *Targets) {
	d := o.Decl
	if d.Key != nil {
		at := d.Key.Span().To(d.Value.Span())
		c.errorf("E0608", at, "a %s has no `[KEY]VALUE`: it leads from numbers to %s", o.Kind, o.Kind.targets())
	}
	if c.prog.Type != nil && c.prog.Type.Name != "xdp" {
		c.errorf("E0608", d.Kind.Span(), "%s pipelines have no %s", c.prog.Type.Name, o.Kind)
	}
	o.Max = uint32(c.size(d.Max, maxTargets, "E0801", "a map of targets has a size"))
	c.prog.Targets = append(c.prog.Targets, o)
}

// targets is what the map holds.
func (k MapKind) targets() string {
	switch k {
	case DevMap:
		return "devices"
	case CPUMap:
		return "CPUs"
	}
	return "sockets"
}

// redirect checks `redirect(interface)`, `redirect(interface, ingress)` of tc and `redirect(targets[index])` of xdp.
func (c *checker) redirect(s *syntax.VerdictStmt) bool {
	r := &Redirect{}
	tc := c.prog.Type != nil && c.prog.Type.Name == "tc"
	switch {
	case len(s.Args) == 2 && tc && c.isIngress(s.Args[1]):
		r.Ingress = true
	case len(s.Args) == 2 && tc:
		c.errorf("E0403", s.Args[1].Span(), "expected `ingress`, or nothing")
		return false
	case len(s.Args) != 1:
		takes := "an interface, or an entry of a map of targets"
		if tc {
			takes = "an interface, and perhaps `ingress`"
		}
		c.errorf("E0311", s.Span(), "`redirect` takes %s, not %d arguments", takes, len(s.Args))
		return false
	}
	r.Number = s.Args[0]
	c.Redirects[s] = r
	if e, ok := r.Number.(*syntax.Index); ok {
		if id, ok := e.X.(*syntax.Ident); ok && c.locals[id.Name] == nil {
			if o, ok := c.topLevel(id.Name).(*Targets); ok {
				c.Uses[id] = o
				r.Targets, r.Number = o, e.Index
			}
		}
	}
	if name, ok := r.Number.(*syntax.Literal); ok && name.Kind == syntax.StringLit && r.Targets == nil {
		c.errorf("E0308", name.Span(), "an interface is named by its number").Hint =
			"declare `config uplink u32`, write `redirect(uplink)`, and let Go set the number, which net.InterfaceByName knows"
		return false
	}
	ok := c.redirectNumber(r.Number)
	if ok && r.Targets != nil {
		c.boundIndex(r.Number, r.Targets.Max, r.Targets.Name)
	}
	return ok
}

// redirectNumber types the number of a target, a constant in a test.
func (c *checker) redirectNumber(e syntax.Expr) bool {
	if c.stage == nil {
		return c.constant(e, types.U32) != nil
	}
	return c.use(e, types.U32)
}

func (c *checker) isIngress(e syntax.Expr) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == "ingress"
}

// testTargets is `map devs[1] = 3` in a test.
func (c *checker) testTargets(s *syntax.TestMap, o *Targets) {
	c.Uses[s.Name] = o
	if o.Kind == XSKMap {
		c.errorf("E0608", s.Span(), "a test has no sockets to put into an xskmap")
		return
	}
	if c.constant(s.Key, types.U32) != nil {
		c.boundIndex(s.Key, o.Max, o.Name)
	}
	c.constant(s.Value, types.U32)
}
