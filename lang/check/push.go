package check

import (
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// FrontMax is the most bytes in front of the place of a push or pop, which have to be moved; it fails where there are more.
const FrontMax = 0xff

// PopMax is the most bytes that a pop takes out; it fails where the header has more. (bpf_skb_adjust_room's limit.)
const PopMax = 0xfff

// pushStmt is `push H{…} [after v] [else …]`.
func (c *checker) pushStmt(s *syntax.PushStmt) {
	c.writesPacket(firstWord(s, "push"))
	if h, ok := find[*Header](c, s.Header.Name, "header"); ok {
		c.headerValues(s.Header, h.Type, func(e syntax.Expr, t types.Type) bool { return c.use(e, t) })
	} else {
		for _, fv := range s.Header.Fields {
			c.value(fv.Value)
		}
	}
	if s.After != nil {
		c.viewName(s.After)
	}
	c.elseOf(s.Else)
}

// popStmt is `pop v [else …]`.
func (c *checker) popStmt(s *syntax.PopStmt) {
	c.writesPacket(firstWord(s, "pop"))
	c.viewName(s.View)
	c.elseOf(s.Else)
}

// writesPacket refuses a statement that changes a packet which is read-only.
func (c *checker) writesPacket(at diag.Span) {
	if c.prog.Type != nil && c.prog.Type.ReadOnly {
		c.errorf("E0507", at, "%s pipelines cannot write to the packet", c.prog.Type.Name)
	}
}

// headerValues checks the fields of a literal of a header; value checks one against the type of its field.
func (c *checker) headerValues(lit *syntax.StructLit, h *types.Header, value func(syntax.Expr, types.Type) bool) {
	seen := map[string]*syntax.Ident{}
	for _, fv := range lit.Fields {
		c.fieldTwice(seen, fv)
		f := h.Field(fv.Name.Name)
		if f == nil {
			c.noField(fv.Name, "header", h.Name, headerFieldNames(h))
			continue
		}
		if value(fv.Value, f.Type) {
			c.fitsBitField(fv.Value, f)
		}
	}
}

// viewName is the name of a view, behind `pop` and `after`.
func (c *checker) viewName(id *syntax.Ident) {
	l, ok := c.locals[id.Name]
	if !ok {
		if h := c.std[id.Name]; h != nil && c.topLevel(id.Name) == nil {
			c.notView(id, h)
		} else if o := c.topLevel(id.Name); o != nil {
			c.notView(id, o)
		} else {
			c.unknownName(id)
		}
		return
	}
	c.Uses[id] = l
	c.used[l] = true
	if _, view := l.Type.(*types.Header); !view && l.Type != types.Invalid {
		note(c.errorf("E0503", id.Span(), "`%s` is %s, not a view", id.Name, describe(l)), l.Decl.Span(), "declared here")
	}
}

func (c *checker) notView(id *syntax.Ident, o Object) {
	d := c.errorf("E0503", id.Span(), "`%s` is %s, not a view", id.Name, describe(o))
	if _, header := o.(*Header); header {
		d.Hint = "name the view that `parse` or `peek` gives: `v := parse " + id.Name + "`"
	}
}

// ---- stale views ----

// show enters a local that may be a view. It shows what is there now.
func (p *stalePass) show(l *Local) {
	if l == nil {
		return
	}
	if _, view := l.Type.(*types.Header); view {
		p.views = append(p.views, l)
		delete(p.stale, l)
	}
}

// move makes all views stale, but for what the else does, which is taken if nothing has moved.
func (p *stalePass) move(e *syntax.Else, at diag.Span) {
	if e != nil {
		p.branches(e.Body)
	}
	for _, l := range p.views {
		if _, already := p.stale[l]; !already {
			p.stale[l] = at
		}
	}
}

// staleView reports the use of a view whose bytes may have moved.
func (p *stalePass) staleView(id *syntax.Ident, at diag.Span) {
	d := p.errorf("E0509", id.Span(), "`%s` may show other bytes by now: the packet was changed around it", id.Name)
	d.Hint = "read what is needed before, or `parse` or `peek` the header again"
	note(d, at, "changed here")
}
