package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// block builds the statements of a block, up to one behind which nothing goes on: `if true { drop }`, say.
func (s *stage) block(b *syntax.Block) {
	s.scoped(func() {
		for i := 0; i < len(b.Stmts) && s.cur != nil; i++ {
			s.stmt(b.Stmts[i])
		}
	})
}

// scoped runs f and then forgets the packet pointers that f made: what follows may be reached without them. If f moves
// the packet, those of before are gone too.
func (s *stage) scoped(f func()) {
	outer, before := s.ptrs, s.moves
	f()
	s.backTo(outer, before)
}

func (s *stage) stmt(st syntax.Stmt) {
	switch st := st.(type) {
	case *syntax.Block:
		s.block(st)
	case *syntax.LetStmt:
		l := s.p.Defs[st.Name].(*check.Local)
		s.orElse(st.Else, func() { s.setLocal(l, 0, s.exprAs(st.Value, l.Type)) })
	case *syntax.ParseStmt:
		s.parseStmt(st)
	case *syntax.SkipStmt:
		s.skipStmt(st)
	case *syntax.PushStmt:
		s.pushStmt(st)
	case *syntax.PopStmt:
		s.popStmt(st)
	case *syntax.AssignStmt:
		s.orElse(st.Else, func() { s.assign(st) })
	case *syntax.IfStmt:
		s.ifStmt(st)
	case *syntax.MatchStmt:
		s.match(st)
	case *syntax.GotoStmt:
		s.gotoStmt(st)
	case *syntax.VerdictStmt:
		s.verdict(st)
	case *syntax.EmitStmt:
		s.emitStmt(st)
	case *syntax.DeleteStmt:
		s.deleteStmt(st)
	case *syntax.CallStmt:
		s.callFn(st.Call, s.p.Uses[st.Call.Fun].(*check.Fn))
	case *syntax.ReturnStmt:
		s.returnStmt(st)
	case *syntax.ForStmt:
		s.forStmt(st)
	case *syntax.RewriteStmt:
		s.rewriteStmt(st)
	case *syntax.BreakStmt:
		s.jump(s.loop.out, s.at(st))
	case *syntax.ContinueStmt:
		s.jump(s.loop.on, s.at(st))
	}
}

// orElse builds what can fail, and where its failing leads: the `else`, or the default.
func (s *stage) orElse(e *syntax.Else, try func()) {
	if e == nil {
		try()
		return
	}
	failed := s.coldBlock()
	outer, before, orElse := s.ptrs, s.moves, s.onFailure
	s.onFailure = failed
	try()
	s.onFailure = orElse
	on, inner := s.cur, s.ptrs
	s.backTo(outer, before)
	s.enter(failed)
	s.stmt(e.Body)
	s.cur, s.ptrs = on, inner
}

func (s *stage) verdict(st *syntax.VerdictStmt) {
	v := s.p.Verdict[st]
	if v.Name == "drop" || v.Name == "abort" {
		s.cur.Cold = true
	}
	if to := s.p.Redirects[st]; to != nil {
		s.redirect(st, to)
		return
	}
	if v.Computed {
		code := s.exprAs(st.Args[0], types.U32)
		s.end(ir.Term{Op: ir.Ret, Args: code, Span: s.at(st)})
		return
	}
	s.ret(s.at(st), v)
}

// ifStmt is `if c {…} else …`, `if v := m[k] {…} else …` and `if hop := fib(…) {…} else …`.
func (s *stage) ifStmt(st *syntax.IfStmt) {
	then, join := s.newBlock(), s.newBlock()
	to := way{yes: then, no: join, next: then}
	if st.Else != nil {
		to.no = s.newBlock()
		if endsSoon(st.Else) && !endsSoon(st.Then) {
			to.next = to.no
		}
	}
	switch call, fib := st.Cond.(*syntax.Call); {
	case st.Bind == nil:
		s.cond(st.Cond, to)
	case fib:
		s.bindHop(st, call, to)
	default:
		s.bindEntry(st, to)
	}
	s.branch(then, st.Then, join)
	if st.Else != nil {
		s.branch(to.no, st.Else, join)
	}
	s.enterJoin(join)
}

// bindEntry branches on whether an entry is there.
func (s *stage) bindEntry(st *syntax.IfStmt, to way) {
	e := st.Cond.(*syntax.Index)
	m := s.mapOf(e)
	mem := s.lookup(s.at(e), m.Name, s.entryKey(e))
	s.br(s.at(e), ir.Ne, mem, s.konst(s.at(e), ir.I64, 0), to)
	s.refs[s.p.Defs[st.Bind].(*check.Local)] = memPlace{mem: mem, typ: m.Value, shared: !m.Kind.PerCPU()}
}

// branch builds a statement in a block of its own, and goes on at join.
func (s *stage) branch(b *ir.Block, st syntax.Stmt, join *ir.Block) {
	s.enter(b)
	s.scoped(func() { s.stmt(st) })
	if s.cur != nil {
		s.jump(join, s.at(st))
	}
}

// enterJoin goes on where branches meet, if any of them gets there.
func (s *stage) enterJoin(join *ir.Block) {
	s.enter(join)
	if len(s.flows[join].preds) == 0 {
		s.cur = nil
	}
}

// endsSoon reports whether a statement gives a verdict after no more than a few others.
func endsSoon(st syntax.Stmt) bool {
	b, ok := st.(*syntax.Block)
	if ok && len(b.Stmts) > 0 && len(b.Stmts) <= 3 {
		st = b.Stmts[len(b.Stmts)-1]
	}
	_, verdict := st.(*syntax.VerdictStmt)
	return verdict
}

// assign is `place = x` and `place OP= x`: the right side comes first, then what is computed on the left.
func (s *stage) assign(st *syntax.AssignStmt) {
	if c := s.counterOf(st.LHS); c != nil {
		s.assignCounter(st, c)
		return
	}
	if e, ok := st.LHS.(*syntax.Index); ok && s.mapOf(e) != nil {
		s.update(st, e)
		return
	}
	t := s.typeOf(st.LHS)
	if st.Op != "=" {
		s.modify(st, t)
		return
	}
	x := s.exprAs(st.RHS, t)
	s.place(st.LHS).(target).store(s, s.at(st), x)
}

// modify is `place OP= x`. What CPUs share is added to atomically.
func (s *stage) modify(st *syntax.AssignStmt, t types.Type) {
	at, op := s.at(st), st.Op[:len(st.Op)-1]
	var x value
	if op == "<<" || op == ">>" {
		x = s.expr(st.RHS)
	} else {
		x = s.exprAs(st.RHS, t)
	}
	p := s.place(st.LHS).(target)
	mem, ok := p.(memPlace)
	switch {
	case ok && mem.atomic() && op == "+":
		mem.add(s, at, x[0])
	case ok && mem.atomic() && op == "-":
		mem.add(s, at, s.emit(at, ir.Sub, x[0].Type, s.konst(at, x[0].Type, 0), x[0]))
	default:
		p.store(s, at, s.arithAll(at, op, t, p.load(s, s.at(st.LHS)), x))
	}
}

// counterOf is the counter that `c` or `c[i]` names, if it is one.
func (s *stage) counterOf(e syntax.Expr) *check.Counter {
	if index, ok := e.(*syntax.Index); ok {
		e = index.X
	}
	id, ok := e.(*syntax.Ident)
	if !ok {
		return nil
	}
	c, _ := s.p.Uses[id].(*check.Counter)
	return c
}

func (s *stage) assignCounter(st *syntax.AssignStmt, c *check.Counter) {
	n := s.exprAs(st.RHS, types.U64)[0]
	var index *ir.Value
	if e, ok := st.LHS.(*syntax.Index); ok {
		index = s.scalar(e.Index)
	} else {
		index = s.konst(s.at(st.LHS), ir.I32, 0)
	}
	s.count(s.at(st), c, index, n)
}

// gotoStmt is `goto stage(args)` and `goto slots[i](args) else …`. The cursor goes along.
func (s *stage) gotoStmt(st *syntax.GotoStmt) {
	at := s.at(st)
	switch to := s.p.Uses[st.Target].(type) {
	case *check.Stage:
		s.orElse(st.Else, func() { s.gotoCopy(st, to) })
	case *check.Slots:
		s.orElse(st.Else, func() {
			index := s.slotIndex(st)
			args := append([]*ir.Value{index}, s.args(st.Args, to.Params)...)
			missed := ir.Edge{To: s.failing()}
			s.end(ir.Term{Op: ir.SlotCall, Sym: to.Name, Args: args, Succs: []ir.Edge{missed}, Span: at})
			if st.Else != nil {
				s.moved() // some kernels hold that a tail call that misses may have changed the packet (since 6.12.2)
			}
		})
	}
}

func (s *stage) slotIndex(st *syntax.GotoStmt) *ir.Value {
	if st.Index == nil {
		return s.konst(s.at(st.Target), ir.I32, 0)
	}
	return s.exprAs(st.Index, types.U32)[0]
}

// args are the leaves of the arguments of a goto, and the cursor.
func (s *stage) args(exprs []syntax.Expr, params []*check.Local) []*ir.Value {
	var args []*ir.Value
	for i, e := range exprs {
		if isView(params[i]) {
			v := s.views[s.p.Uses[check.Unparen(e).(*syntax.Ident)].(*check.Local)]
			args = append(args, s.offset(s.at(e), v.at))
		} else {
			args = append(args, s.exprAs(e, types.ValueOf(params[i].Type))...)
		}
	}
	return append(args, s.read(s.cur, cursor))
}
