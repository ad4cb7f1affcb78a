package check

import (
	"maps"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A reference shows the memory of an entry. Once the map is updated or something deleted from it, that memory may belong
// to another entry: the kernel gives it away at once. So the reference is stale then, and its use an error. The entries of
// arrays stay where they are.
//
// The pass follows the text: what is stale at the end of a branch that goes on is stale behind it.

// staleness is where the map of each stale reference was changed.
type staleness map[*Local]diag.Span

type stalePass struct {
	*checker
	refs  map[*Local]*Map // in scope so far
	stale staleness
	said  map[*Local]bool
}

// checkStale reports uses of stale references.
func (c *checker) checkStale(body *syntax.Block) {
	p := &stalePass{checker: c, refs: map[*Local]*Map{}, stale: staleness{}, said: map[*Local]bool{}}
	p.stmt(body)
}

func (p *stalePass) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case nil:
	case *syntax.Block:
		for _, st := range s.Stmts {
			p.stmt(st)
		}
	case *syntax.AssignStmt:
		p.expr(s.RHS)
		p.expr(s.LHS)
		if s.Else != nil { // taken if nothing was changed
			p.branches(s.Else.Body)
		}
		p.changeEntry(s.LHS, s.LHS.Span())
	case *syntax.DeleteStmt:
		p.expr(s.Entry)
		p.changeEntry(s.Entry, s.Span())
	case *syntax.IfStmt:
		p.expr(s.Cond)
		p.bind(s)
		if s.Else != nil {
			p.branches(s.Then, s.Else)
		} else {
			p.branches(s.Then)
		}
	case *syntax.MatchStmt:
		for _, x := range s.Subjects {
			p.expr(x)
		}
		var bodies []syntax.Stmt
		for _, r := range s.Rows {
			bodies = append(bodies, r.Body)
		}
		p.branches(bodies...)
	case *syntax.ForStmt:
		p.expr(s.In)
		p.branches(s.Body, s.Body) // twice: what the end of the body changes, its start may use
	default:
		p.parts(s)
	}
}

// parts goes through the expressions and statements of any other node.
func (p *stalePass) parts(n syntax.Node) {
	syntax.Walk(n, func(m syntax.Node) bool {
		if m == n {
			return true
		}
		switch m := m.(type) {
		case syntax.Stmt:
			p.branches(m)
			return false
		case syntax.Expr:
			p.expr(m)
			return false
		}
		return true
	})
}

// branches goes through statements of which at most one runs, or for a loop one after the other.
func (p *stalePass) branches(list ...syntax.Stmt) {
	before, after := p.stale, maps.Clone(p.stale)
	for i, s := range list {
		p.stale = maps.Clone(before)
		if i > 0 && s == list[0] {
			p.stale = maps.Clone(after)
		}
		p.stmt(s)
		if !p.ended[s] {
			maps.Copy(after, p.stale)
		}
	}
	p.stale = after
}

// bind enters the reference of `if v := m[k]`.
func (p *stalePass) bind(s *syntax.IfStmt) {
	if s.Bind == nil {
		return
	}
	l, _ := p.Defs[s.Bind].(*Local)
	if m := p.mapIn(s.Cond); l != nil && m != nil && !m.Kind.Indexed() {
		p.refs[l] = m
		delete(p.stale, l)
	}
}

// mapIn is the map of `m[k]`, nil if it is something else.
func (p *stalePass) mapIn(e syntax.Expr) *Map {
	index, ok := e.(*syntax.Index)
	if !ok {
		return nil
	}
	id, ok := index.X.(*syntax.Ident)
	if !ok {
		return nil
	}
	m, _ := p.Uses[id].(*Map)
	return m
}

func (p *stalePass) changeEntry(e syntax.Expr, at diag.Span) {
	if m := p.mapIn(e); m != nil {
		p.change(m, at)
	}
}

func (p *stalePass) change(m *Map, at diag.Span) {
	for l, of := range p.refs {
		if _, already := p.stale[l]; of == m && !already {
			p.stale[l] = at
		}
	}
}

// expr reports the stale references that an expression uses, and changes what the fns that it calls change.
func (p *stalePass) expr(e syntax.Expr) {
	syntax.Walk(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Ident:
			p.use(n)
		case *syntax.Call:
			for _, a := range n.Args {
				p.expr(a)
			}
			if f, ok := p.Uses[n.Fun].(*Fn); ok {
				p.changeBy(f, n.Span(), map[*Fn]bool{})
			}
			return false
		}
		return true
	})
}

func (p *stalePass) use(id *syntax.Ident) {
	l, ok := p.Uses[id].(*Local)
	if !ok || p.said[l] {
		return
	}
	if _, ref := l.Type.(*types.MapRef); !ref {
		return
	}
	if at, stale := p.stale[l]; stale {
		p.said[l] = true
		d := p.errorf("E0620", id.Span(), "`%s` may show another entry by now: its map was changed", l.Name)
		d.Hint = "look the entry up again, or use the reference before"
		note(d, at, "changed here")
	}
}

// changeBy changes the maps that a fn changes, by itself or by others.
func (p *stalePass) changeBy(f *Fn, at diag.Span, seen map[*Fn]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	syntax.Walk(f.Decl.Body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			p.changeEntry(n.LHS, at)
		case *syntax.DeleteStmt:
			p.changeEntry(n.Entry, at)
		case *syntax.Call:
			if g, ok := p.Uses[n.Fun].(*Fn); ok {
				p.changeBy(g, at, seen)
			}
		}
		return true
	})
}
