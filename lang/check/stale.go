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
// A view shows a place in the packet. Once a header is pushed or popped, something else may be there, and the view is
// stale too (push.go).
//
// The pass follows the text: what is stale at the end of a branch that goes on is stale behind it.

// staleness is where the map of each stale reference was changed, and where the bytes moved that a stale view showed.
type staleness map[*Local]diag.Span

type stalePass struct {
	*checker
	refs  map[*Local]*Map // in scope so far
	views []*Local        // likewise
	stale staleness
	broke staleness // at the breaks of the loop so far
	again staleness // at its continues
	said  map[*Local]bool
}

// checkStale reports uses of stale references and views in the body of a stage or fn.
func (c *checker) checkStale(params []*Local, body *syntax.Block) {
	p := &stalePass{checker: c, refs: map[*Local]*Map{}, stale: staleness{}, broke: staleness{}, again: staleness{}, said: map[*Local]bool{}}
	for _, l := range params {
		p.show(l)
	}
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
		p.loop(s.Body)
	case *syntax.BreakStmt:
		maps.Copy(p.broke, p.stale)
	case *syntax.ContinueStmt:
		maps.Copy(p.again, p.stale)
	case *syntax.ParseStmt:
		p.parts(s)
		if s.Name != nil {
			l, _ := p.Defs[s.Name].(*Local)
			p.show(l)
		}
	case *syntax.PushStmt:
		p.expr(s.Header)
		p.use(s.After)
		p.move(s.Else, firstWord(s, "push"))
	case *syntax.PopStmt:
		p.use(s.View)
		p.move(s.Else, firstWord(s, "pop"))
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

// branches goes through statements of which at most one runs.
func (p *stalePass) branches(list ...syntax.Stmt) {
	before, after := p.stale, maps.Clone(p.stale)
	for _, s := range list {
		p.stale = maps.Clone(before)
		p.stmt(s)
		if !p.ended[s] {
			maps.Copy(after, p.stale)
		}
	}
	p.stale = after
}

// loop goes through the body of a loop twice: what one round changes, the next may use.
func (p *stalePass) loop(body *syntax.Block) {
	broke, again, all := p.broke, p.again, maps.Clone(p.stale)
	p.broke, p.again = staleness{}, staleness{}
	for range 2 {
		p.stale = maps.Clone(all)
		p.stmt(body)
		if !p.ended[body] {
			maps.Copy(all, p.stale)
		}
		maps.Copy(all, p.again)
	}
	maps.Copy(all, p.broke)
	p.stale, p.broke, p.again = all, broke, again
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
	if id == nil {
		return
	}
	l, ok := p.Uses[id].(*Local)
	if !ok || p.said[l] {
		return
	}
	at, stale := p.stale[l]
	if !stale {
		return
	}
	switch l.Type.(type) {
	case *types.MapRef:
		p.said[l] = true
		d := p.errorf("E0620", id.Span(), "`%s` may show another entry by now: its map was changed", l.Name)
		d.Hint = "look the entry up again, or use the reference before"
		note(d, at, "changed here")
	case *types.Header:
		p.said[l] = true
		p.staleView(id, at)
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
