package build

import (
	"fmt"
	"maps"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// The body of a loop can be a function that the kernel calls for each round (bpf_loop). Then the kernel's verifier goes
// through it once or twice, however many rounds there are, and its code is there once. But a round costs more than one that
// is written out (loop.go), as all that it shares with others lies in memory: an object on the stack of the program.
//
// What the body takes from outside is found as it is built. Its first block has no code of the source: a variable that is
// asked for there is loaded from the object. What the loop assigns is stored at the end of the round. A verdict, a goto and a
// return lead out of the function (exit.go): it leaves the number of the exit in the object, with what is needed there, and tells
// the kernel that this was the last round. The program goes on from there.
//
// The verifier of an old kernel goes through the body just once, with what the object holds at first. That of a new one does so
// until a round begins with nothing that it hasn't seen, and what it learned of a number in a round it takes for a
// change. So of all numbers it is to know nothing at first, and they lie in whole words, of which it compares ranges: then
// one round is enough. Offsets are bounded whenever they are loaded, so that nothing is learned of what was stored. Pointers
// are no part of the object. As behind a tail call, they are made of offsets, and checked, anew.

// A body is that of a loop while it is built.
type body struct {
	fn      *ir.Func
	first   *ir.Block // of fn; it gets the loads from the object
	outer   *stage    // that the loop stands in
	outerFn *ir.Func  // and its function
	at      diag.Span
	rounds  uint64 // at most

	size    int                      // bytes of the object so far
	fields  []ir.ObjField            // that hold something at first
	values  []*ir.Value              // which they hold
	vars    map[variable]ir.ObjField // where the variables from outside lie
	changed []variable               // those of them that the loop assigns
	loaded  map[variable]*ir.Value   // their values at the begin of a round
	numbers map[*ir.Value]*ir.Value  // other numbers from outside, by what they are outside

	state *ir.Value   // in fn: the object
	code  ir.ObjField // holds the number of the exit, from 1 on; 0: the rounds are over
	exits []exit
	room  []ir.ObjField // for what goes through exits
}

// isBody reports whether the body of a loop is to be a function: where it stands in a fn that is called, in such a body or in a
// rewrite, it is written out.
func (s *stage) isBody(st *syntax.ForStmt) bool {
	return s.opts.Loops[st] && s.sub == nil && s.round == nil && s.payloadParts == nil
}

// loopStmt builds a loop whose body is a function.
func (s *stage) loopStmt(st *syntax.ForStmt) {
	l := s.p.Defs[st.Var].(*check.Local)
	lo, hi := s.exprAs(st.In.Lo, l.Type)[0], s.exprAs(st.In.Hi, l.Type)[0]
	rounds := uint64(s.p.Rounds[st])
	if lo.Op == ir.Const && hi.Op == ir.Const {
		if lo.Number() >= hi.Number() {
			return
		}
		rounds = min(rounds, hi.Number()-lo.Number())
	}
	b := s.newBody(st)
	b.rounds = rounds
	b.build(st, l, lo, hi)
	s.bodies = append(s.bodies, b.fn)

	x := s.emit(b.at, ir.Loop, ir.Obj, b.values...)
	x.Sym, x.Size, x.Fields, x.Imm = b.fn.Name, (b.size+7)&^7, b.fields, int64(rounds)
	s.moved()
	for _, v := range b.changed {
		s.write(s.cur, v, s.opaque(b.at, v, s.loadVar(b.at, v, x, b.vars[v])))
	}
	s.follow(b, x)
}

// newBody begins the body of a loop. The variables that the loop assigns are in the object even if it doesn't look at them: there
// may be no round at all.
func (s *stage) newBody(st *syntax.ForStmt) *body {
	b := &body{
		fn:    &ir.Func{Name: fmt.Sprintf("tcc_loop_%d", len(s.bodies)+1), Index: -1, Ctx: true, Loop: true, Result: 8},
		outer: s, outerFn: s.fn, at: st.In.Span(), size: ir.LoopContext,
		vars: map[variable]ir.ObjField{}, loaded: map[variable]*ir.Value{}, numbers: map[*ir.Value]*ir.Value{},
	}
	b.code = b.open(nil)
	changed, _, _ := s.changes(st.Body)
	for _, v := range changed {
		if _, there := b.vars[v]; !there {
			b.vars[v] = b.open(s.read(s.cur, v))
			b.changed = append(b.changed, v)
		}
	}
	return b
}

// hold makes room for a number that the object holds at first.
func (b *body) hold(size int, x *ir.Value) ir.ObjField {
	b.size = (b.size+size-1)/size*size + size
	f := ir.ObjField{Offset: b.size - size, Size: size}
	x = b.outside(func() *ir.Value { return b.outer.as(b.at, ir.Number(size), x) })
	b.fields, b.values = append(b.fields, f), append(b.values, x)
	return f
}

// open makes room for a number that the body stores. The verifier knows nothing of what is there at first, x or 0.
func (b *body) open(x *ir.Value) ir.ObjField {
	return b.hold(8, b.outside(func() *ir.Value {
		if x == nil {
			x = b.outer.konst(b.at, ir.I64, 0)
		}
		return b.outer.emit(b.at, ir.Forget, ir.I64, b.outer.as(b.at, ir.I64, x))
	}))
}

// build builds the function.
func (b *body) build(st *syntax.ForStmt, l *check.Local, lo, hi *ir.Value) {
	b.outer.builder.fn = b.fn
	in := *b.outer
	in.round, in.failed, in.ptrs, in.views = b, nil, nil, maps.Clone(b.outer.views)
	b.first = in.newBlock()
	in.loop = &loop{on: in.newBlock(), out: in.newBlock()}
	in.enter(b.first)
	in.flows[b.first].outside = b.variable
	n := b.fn.AddParam(b.first, ir.I32, "", b.at)
	n.Size = 4
	in.maxima[n], in.seenMaxima[n] = b.rounds-1, n.Type.Mask()
	b.state = in.emit(b.at, ir.LoopState, ir.Mem)
	begin := in.newBlock()
	in.jump(begin, b.at)
	in.enter(begin)

	in.setLocal(l, 0, value{in.counter(b, l, n, lo, hi)})
	in.bringViews(st.Body)
	in.block(st.Body)
	if in.cur != nil {
		in.jump(in.loop.on, b.at)
	}
	for i, end := range []*ir.Block{in.loop.on, in.loop.out} {
		if in.enterJoin(end); in.cur != nil {
			in.endRound(b, uint64(i))
		}
	}
	b.fn.Prune()
	markCold(b.fn)
	b.outer.builder.fn = b.outerFn
}

// counter is what the loop counts with in the n-th round, from 0 on. The loop ends where that comes to hi.
func (s *stage) counter(b *body, l *check.Local, n, lo, hi *ir.Value) *ir.Value {
	i := s.as(b.at, lo.Type, n)
	if lo.Op != ir.Const || lo.Number() != 0 {
		i = s.arith(b.at, "+", l.Type, b.number(lo), i)
	}
	if lo.Op != ir.Const || hi.Op != ir.Const {
		on := s.newBlock()
		s.br(b.at, ir.UGe, i, b.number(hi), way{yes: s.loop.out, no: on, next: on})
		s.enter(on)
	}
	return i
}

// endRound stores what the loop assigns, and tells the kernel whether that was the last round.
func (s *stage) endRound(b *body, last uint64) {
	for _, v := range b.changed {
		if x := s.read(s.cur, v); x != b.loaded[v] {
			b.keep(s, b.vars[v], x)
		}
	}
	s.graph.end(s.cur, ir.Term{Op: ir.Ret, Args: []*ir.Value{s.konst(b.at, ir.I64, last)}, Span: b.at})
	s.cur = nil
}

// keep stores a number in the object.
func (b *body) keep(s *stage, f ir.ObjField, x *ir.Value) {
	s.store(b.at, f.Size, b.state, int64(f.Offset), s.as(b.at, ir.Number(f.Size), x))
}

// variable is a variable from outside, at the begin of a round.
func (b *body) variable(v variable) *ir.Value {
	f, changed := b.vars[v]
	s := b.atFirst()
	most := uint64(0) // it can be at most, if the loop leaves it as it is
	if !changed {
		x := b.outside(func() *ir.Value { return b.outer.read(b.outer.cur, v) })
		if x.Op == ir.Const || x.Op == ir.WConst {
			return b.number(x)
		}
		if v == cursor {
			f = b.hold(offsetSize, x)
		} else {
			f = b.open(x)
		}
		b.vars[v], most = f, s.max(x)
	}
	x := s.loadVar(b.at, v, b.state, f)
	if v == cursor {
		x = s.offsetOf(b.at, x)
	}
	if !changed {
		s.maxima[x] = most
	}
	b.loaded[v] = x
	return x
}

// number is a number from outside, which no variable has.
func (b *body) number(x *ir.Value) *ir.Value {
	if known := b.numbers[x]; known != nil {
		return known
	}
	s := b.atFirst()
	var y *ir.Value
	switch {
	case x.Op == ir.Const || x.Op == ir.WConst:
		y = s.emit(b.at, x.Op, x.Type)
		y.Imm, y.Size = x.Imm, x.Size
	default:
		y = s.as(b.at, x.Type, s.load(b.at, 8, b.state, int64(b.open(x).Offset)))
	}
	b.numbers[x] = y
	return y
}

// offset is an offset from outside.
func (b *body) offset(x *ir.Value) *ir.Value {
	if x.Op == ir.Const {
		return b.number(x)
	}
	if b.numbers[x] == nil {
		s := b.atFirst()
		f := b.hold(offsetSize, x)
		y := s.offsetOf(b.at, s.as(b.at, ir.I64, s.load(b.at, f.Size, b.state, int64(f.Offset))))
		b.numbers[x], s.maxima[y] = y, s.max(x)
	}
	return b.numbers[x]
}

// atFirst builds in the first block.
func (b *body) atFirst() *stage {
	s := *b.outer
	s.round, s.cur = b, b.first
	return &s
}

// outside has something computed in the function that the loop stands in.
func (b *body) outside(f func() *ir.Value) *ir.Value {
	inner := b.outer.fn
	b.outer.builder.fn = b.outerFn
	x := f()
	b.outer.builder.fn = inner
	return x
}

// bringViews makes the pointers of the views from outside that the body names.
func (s *stage) bringViews(st *syntax.Block) {
	inside := map[check.Object]bool{}
	syntax.Walk(st, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok && s.p.Defs[id] != nil {
			inside[s.p.Defs[id]] = true
		}
		return true
	})
	syntax.Walk(st, func(n syntax.Node) bool {
		id, ok := n.(*syntax.Ident)
		if !ok {
			return true
		}
		l, ok := s.p.Uses[id].(*check.Local)
		if ok && isView(l) && !inside[l] {
			inside[l] = true
			s.views[l] = s.brought(s.views[l])
		}
		return true
	})
}

func (s *stage) brought(v view) view {
	v.at.root, v.moves = s.round.offset(v.at.root), s.moves
	switch {
	case v.ptr == nil:
	case v.ptr.Type == ir.Obj:
		v.ptr = s.copyOf(s.round.at, v.header.Fixed, v.at)
	default:
		v.ptr = s.there(s.round.at, v.at, v.header.Fixed, s.failBlock())
	}
	return v
}

// loadVar loads a variable from the object.
func (s *stage) loadVar(at diag.Span, v variable, object *ir.Value, f ir.ObjField) *ir.Value {
	t, _, name := v.shape()
	x := s.as(at, t, s.load(at, f.Size, object, int64(f.Offset)))
	x.Name = name
	return x
}
