package lower

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// term lowers the terminator of b.
func (l *lowerer) term(b *ir.Block) {
	t := &b.Term
	switch t.Op {
	case ir.Jump:
		l.jump(t.Succs[0])
	case ir.Br:
		l.branch(b)
	case ir.Check:
		l.check(b)
	case ir.Ret:
		l.put(R0, t.Args[0])
		l.emit(Inst{Op: Exit})
	case ir.TailCall:
		l.tailCall(t)
		l.jump(t.Succs[0])
	default:
		l.fail("terminator %s has no instructions", t.Op)
	}
}

// jump ends the block in work by going along an edge.
func (l *lowerer) jump(e ir.Edge) {
	l.pass(e)
	l.cur.Fall = l.first[e.To.ID]
}

// branch lowers `br x cond y ? yes : no`.
func (l *lowerer) branch(b *ir.Block) {
	t := &b.Term
	x, y, cond := t.Args[0], t.Args[1], t.Cond
	if constant(x) {
		x, y, cond = y, x, cond.Swapped()
	}
	i := l.with(Inst{Op: Jmp, W32: l.half(x), Cond: cond, Dst: l.reg(x)}, y)
	l.split(b, i)
}

// check lowers `check p, end, n ? yes : no`, in the shape that the verifier knows: a copy of p, moved by n, compared
// with end.
func (l *lowerer) check(b *ir.Block) {
	t := &b.Term
	p, disp := ir.PktBase(t.Args[0])
	limit := l.reg(p)
	if n := disp + t.Imm; n != 0 {
		limit = l.out.NewReg()
		l.copy(limit, l.reg(p))
		l.emit(Inst{Op: Add, Dst: limit, Imm: n})
	}
	l.split(b, Inst{Op: Jmp, Cond: ir.ULe, Dst: limit, Src: l.reg(t.Args[1])})
}

// split ends the block in work with a branch to the successors of b, turned so that the next block is fallen into.
func (l *lowerer) split(b *ir.Block, i Inst) {
	yes, no := b.Term.Succs[0], b.Term.Succs[1]
	if l.order.Falls(b) == 0 {
		i.Cond, _ = i.Cond.Negated()
		yes, no = no, yes
	}
	from := l.cur
	from.Jump, from.Fall = l.first[yes.To.ID], l.first[no.To.ID]
	if len(yes.Args) > 0 && l.early(yes) {
		l.pass(yes)
	} else if len(yes.Args) > 0 {
		from.Jump = l.passing(yes)
		l.moves = append(l.moves, from.Jump)
	}
	l.cur = from
	l.emit(i)
	switch {
	case len(no.Args) > 0:
		from.Fall = l.passing(no)
		l.parts[b.ID] = append(l.parts[b.ID], from.Fall)
	case l.order.Deep && Returns(no.To) && !l.order.Follows(b, no.To):
		from.Fall = l.repeat(no.To)
	}
	if l.order.Deep && Returns(yes.To) {
		from.Jump = l.repeat(yes.To)
	}
}

// repeat lowers a block that returns once more, behind the block in work.
func (l *lowerer) repeat(b *ir.Block) *Block {
	again := l.out.NewBlock(l.first[b.ID].Cold)
	l.begin(again)
	l.span = b.Term.Span
	l.term(b)
	return again
}

// early reports whether the arguments of a jump edge may be passed before the branch. That saves a block for
// them and a jump, and costs the other side, where the parameters are dead, an instruction or two.
func (l *lowerer) early(e ir.Edge) bool {
	if l.first[e.To.ID].Cold && !l.cur.Cold || len(e.Args) > 2 {
		return false
	}
	return l.parts[e.To.ID] == nil // a jump back would change parameters that are in use
}

// passing makes a block on an edge that passes its arguments.
func (l *lowerer) passing(e ir.Edge) *Block {
	b := l.out.NewBlock(l.first[e.To.ID].Cold)
	l.cur, b.Stage = b, l.from.Stage
	l.jump(e)
	return b
}

// pass copies the arguments of an edge to the parameters, all at once as it were: an argument may be a parameter too.
func (l *lowerer) pass(e ir.Edge) {
	type move struct {
		dst, src Reg
		w32      bool
	}
	var moves []move
	for i, p := range e.To.Params {
		if a := e.Args[i]; !constant(a) && l.reg(a) != l.regs[p.ID] {
			moves = append(moves, move{l.regs[p.ID], l.reg(a), l.offset[p.ID] && ir.Loose(a)})
		}
	}
	for len(moves) > 0 {
		// A parameter that nobody reads any more can be written.
		free := slices.IndexFunc(moves, func(m move) bool {
			return !slices.ContainsFunc(moves, func(n move) bool { return n.src == m.dst })
		})
		if free < 0 { // only cycles are left
			saved := l.out.NewReg()
			l.copy(saved, moves[0].src)
			moves[0].src = saved
			continue
		}
		l.emit(Inst{Op: Mov, W32: moves[free].w32, Dst: moves[free].dst, Src: moves[free].src})
		moves = slices.Delete(moves, free, free+1)
	}
	for i, p := range e.To.Params {
		if a := e.Args[i]; constant(a) {
			l.put(l.regs[p.ID], a)
		}
	}
}

// place is the final order of the blocks. A block that passes arguments lies before its target if nothing falls into
// that, else behind all others of its kind.
func (l *lowerer) place() []*Block {
	before := map[*Block]*Block{}
	var done, hot, cold []*Block
	fallen := map[*Block]bool{}
	for _, b := range l.order.Blocks {
		for _, p := range l.parts[b.ID] {
			done = append(done, p)
			fallen[p.Fall] = true
		}
	}
	for _, b := range l.moves {
		switch {
		case !fallen[b.Fall] && before[b.Fall] == nil:
			before[b.Fall] = b
		case b.Cold:
			cold = append(cold, b)
		default:
			hot = append(hot, b)
		}
	}
	var placed []*Block
	for _, b := range done {
		if b.Cold && hot != nil {
			placed = append(placed, hot...)
			hot = nil
		}
		if m := before[b]; m != nil {
			placed = append(placed, m)
		}
		placed = append(placed, b)
	}
	return append(append(placed, hot...), cold...)
}
