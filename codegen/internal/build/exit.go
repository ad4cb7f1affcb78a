package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// An exit is a way out of a body. The arguments of its terminator are loaded from the object first, unless they are constants.
type exit struct {
	term   ir.Term
	cold   bool
	passed []passed   // the arguments of the terminator, then those of its edge, then the variables
	vars   []variable // that it takes along
}

// A passed is a number that goes through an exit.
type passed struct {
	konst  *ir.Value // it is this constant
	typ    ir.Type
	at     ir.ObjField
	offset bool   // in the packet
	most   uint64 // that it can be
}

// leave makes of a terminator that leads out of a body one that ends the loop, and leaves the rest to the program. Others stay
// as they are.
func (b *body) leave(s *stage, t ir.Term) ir.Term {
	e := exit{term: t, cold: s.cur.Cold}
	out := t.Args
	var sizes []int // of what is passed, as far as it may be offsets
	switch {
	case t.Op == ir.SlotCall:
		i := slices.IndexFunc(s.m.Maps, func(m *ir.Map) bool { return m.Name == t.Sym })
		sizes = append([]int{0}, s.m.Maps[i].Args...) // behind the index
	case t.Op == ir.Jump && s.flows[t.Succs[0].To].fn != b.fn:
		out = t.Succs[0].Args
		for _, p := range t.Succs[0].To.Params[:len(out)] {
			sizes = append(sizes, p.Size)
		}
		if called := s.called; called != nil && called.behind == t.Succs[0].To && called.fn.Result != nil {
			e.vars = leavesOf(called.fn.Result)
		}
	case t.Op != ir.Ret:
		return t
	}
	out = slices.Clone(out)
	for _, v := range e.vars {
		out = append(out, s.read(s.cur, v))
	}
	used := 0
	for i, x := range out {
		offset := i < len(sizes) && sizes[i] == offsetSize && x.Type == ir.I64
		e.passed = append(e.passed, b.pass(s, x, offset, &used))
	}
	b.keep(s, b.code, s.konst(b.at, ir.I64, uint64(b.numbered(e))))
	return ir.Term{Op: ir.Ret, Args: []*ir.Value{s.konst(t.Span, ir.I64, 1)}, Span: t.Span}
}

// pass leaves a number for an exit.
func (b *body) pass(s *stage, x *ir.Value, offset bool, used *int) passed {
	if x.Op == ir.Const || x.Op == ir.WConst {
		return passed{konst: x}
	}
	if *used == len(b.room) {
		b.room = append(b.room, b.open(nil))
	}
	f := b.room[*used]
	*used++
	b.keep(s, f, x)
	return passed{typ: x.Type, at: f, offset: offset, most: s.max(x)}
}

// numbered is the number of an exit. Verdicts share theirs.
func (b *body) numbered(e exit) int {
	for i := range b.exits {
		other := &b.exits[i]
		if e.term.Op == ir.Ret && other.term.Op == ir.Ret && e.passed[0].same(other.passed[0]) {
			other.cold = other.cold && e.cold
			return i + 1
		}
	}
	b.exits = append(b.exits, e)
	return len(b.exits)
}

func (p passed) same(q passed) bool {
	if p.konst == nil || q.konst == nil {
		return p.konst == q.konst && p.at == q.at
	}
	return p.konst.Op == ir.Const && q.konst.Op == ir.Const && p.konst.Number() == q.konst.Number()
}

// follow goes on, behind a loop, where its body has left it. x is what became of the object.
func (s *stage) follow(b *body, x *ir.Value) {
	if len(b.exits) == 0 {
		return
	}
	code := s.emit(b.at, ir.Forget, ir.I64, s.load(b.at, b.code.Size, x, int64(b.code.Offset)))
	code.Name = "way out of the loop"
	for i, e := range b.exits {
		out, on := s.newBlock(), s.newBlock()
		out.Cold = e.cold
		s.br(b.at, ir.Eq, code, s.konst(b.at, ir.I64, uint64(i+1)), way{yes: out, no: on, next: on})
		s.enter(out)
		s.goOut(e, x)
		s.enter(on)
	}
}

// goOut goes through an exit.
func (s *stage) goOut(e exit, x *ir.Value) {
	t := e.term
	var args []*ir.Value
	for _, p := range e.passed {
		args = append(args, s.taken(t.Span, p, x))
	}
	before := args[:len(args)-len(e.vars)]
	for i, v := range e.vars {
		s.write(s.cur, v, args[len(before)+i])
	}
	switch t.Op {
	case ir.Jump:
		t.Succs = []ir.Edge{{To: t.Succs[0].To, Args: before}}
	case ir.SlotCall:
		t.Args, t.Succs = before, []ir.Edge{{To: s.failing()}}
	default:
		t.Args = before
	}
	s.end(t)
}

// taken is a number that came through an exit.
func (s *stage) taken(at diag.Span, p passed, x *ir.Value) *ir.Value {
	if p.konst != nil {
		y := s.emit(at, p.konst.Op, p.konst.Type)
		y.Imm, y.Size = p.konst.Imm, p.konst.Size
		return y
	}
	y := s.as(at, p.typ, s.load(at, p.at.Size, x, int64(p.at.Offset)))
	if p.offset {
		y = s.offsetOf(at, y)
	}
	s.maxima[y] = p.most
	return y
}
