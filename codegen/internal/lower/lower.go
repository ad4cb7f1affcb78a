package lower

import (
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// ZeroVar is the global that Forget adds. It is 0, but the verifier can't know.
const ZeroVar = "tcc_zero"

// Lower turns one function of a module, as the splitter leaves it, into machine code.
func Lower(m *ir.Module, f *ir.Func) (*Func, error) {
	if len(f.Roots) > 0 || len(f.Blocks[0].Params) > 0 && f.Result == 0 {
		return nil, fmt.Errorf("%s: the splitter hasn't seen it", f.Name)
	}
	l := newLowerer(m, f)
	for _, b := range f.ReversePostorder() { // values before their uses
		l.block(b)
	}
	l.out.Blocks = l.place()
	if l.err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, l.err)
	}
	return l.out, nil
}

// lowerer is the state of lowering one function.
type lowerer struct {
	*facts
	m     *ir.Module
	f     *ir.Func
	out   *Func
	order *Order
	regs  []Reg           // by value ID
	slots []Slot          // of objects, by value ID
	first []*Block        // by ir.Block ID
	wrote map[string]bool // context fields that the function stores to, or a subprogram
	ctx   Reg
	state Reg // of the loop that this is the body of

	extended []extension // by value ID
	left     []bool      // computed with what uses it, by value ID

	zero Reg // 0, unknown to the verifier; NoReg if the function has no Forget

	cur   *Block     // where instructions go
	from  *ir.Block  // the block in work
	span  diag.Span  // of the instruction in work
	parts [][]*Block // what each block became, by ir.Block ID
	moves []*Block   // blocks that only pass arguments, on edges that aren't fall-throughs
	err   error      // the first
}

func newLowerer(m *ir.Module, f *ir.Func) *lowerer {
	l := &lowerer{
		m: m, f: f,
		out:   &Func{Name: f.Name, Nested: m.Sub(f.Name) != nil, Slots: make([]int, 1), Regs: FirstVirtual},
		facts: learn(f),
		regs:  make([]Reg, f.NumValues()),
		slots: make([]Slot, f.NumValues()),
		first: make([]*Block, f.NumBlocks()),
		parts: make([][]*Block, f.NumBlocks()),
		wrote: map[string]bool{},
	}
	l.extensions()
	l.order = NewOrder(f)
	forgets := false
	cold := frozen(f)
	for _, b := range l.order.Blocks {
		l.first[b.ID] = l.out.NewBlock(cold[b.ID])
		for _, p := range b.Params {
			l.def(p)
		}
		for _, v := range b.Insts {
			forgets = forgets || v.Op == ir.Forget
			l.out.Nested = l.out.Nested || v.Op == ir.CallFn || v.Op == ir.Loop
		}
		l.writes(b)
		l.leaveLate(b)
	}
	for _, sub := range m.Subs {
		for _, b := range sub.Blocks {
			l.writes(b)
		}
	}
	l.entry(forgets)
	return l
}

// writes marks the context fields that a block changes.
func (l *lowerer) writes(b *ir.Block) {
	for _, v := range b.Insts {
		switch v.Op {
		case ir.CtxStore:
			l.wrote[v.Sym] = true
		case ir.Resize:
			l.wrote["len"] = true
		}
	}
}

// entry keeps what the program is given, and what it needs everywhere. A subprogram that isn't given the context has a
// register for it which nobody writes, so that nobody can read it either.
func (l *lowerer) entry(forgets bool) {
	l.cur = l.first[l.order.Blocks[0].ID]
	if len(l.order.Blocks[0].Insts) > 0 {
		l.span = l.order.Blocks[0].Insts[0].Span
	} else {
		l.span = l.order.Blocks[0].Term.Span
	}
	l.ctx = l.out.NewReg()
	params := l.f.Blocks[0].Params
	switch {
	case l.f.Loop:
		l.loopEntry(params[0])
		params = nil
	case l.f.Result == 0 || l.f.Ctx:
		l.copy(l.ctx, R1)
		l.out.Args++
	}
	for _, p := range params {
		l.copy(l.regs[p.ID], R1+Reg(l.out.Args))
		l.out.Args++
	}
	if forgets {
		addr := l.out.NewReg()
		l.zero = l.out.NewReg()
		l.emit(Inst{Op: LoadVar, Dst: addr, Sym: ZeroVar, Again: true})
		l.emit(Inst{Op: Load, Size: 8, Dst: l.zero, Src: addr})
	}
}

func (l *lowerer) fail(format string, args ...any) {
	if l.err != nil {
		return
	}
	l.err = fmt.Errorf(format, args...)
	if l.span.IsValid() {
		l.err = fmt.Errorf("%s: %w", l.span, l.err)
	}
}

// emit appends an instruction to the block in work.
func (l *lowerer) emit(i Inst) {
	l.out.Insts++
	i.ID, i.Span = l.out.Insts, l.span
	l.cur.Insts = append(l.cur.Insts, i)
}

func (l *lowerer) copy(dst, src Reg) { l.emit(Inst{Op: Mov, Dst: dst, Src: src}) }

// begin goes on in block b.
func (l *lowerer) begin(b *Block) {
	l.cur, b.Stage = b, l.from.Stage
	l.parts[l.from.ID] = append(l.parts[l.from.ID], b)
}

func (l *lowerer) block(b *ir.Block) {
	l.from = b
	l.begin(l.first[b.ID])
	for _, v := range l.sunk[b.ID] {
		l.span = v.Span
		l.inst(v)
	}
	for _, v := range b.Insts {
		if !l.moved[v.ID] {
			l.span = v.Span
			l.inst(v)
		}
	}
	l.span = b.Term.Span
	l.term(b)
}

// def makes the register of v.
func (l *lowerer) def(v *ir.Value) Reg {
	r := l.out.NewReg()
	l.regs[v.ID] = r
	return r
}

// reg is a register that holds v. Constants are made where they are needed: one instruction is cheaper than a
// register for long.
func (l *lowerer) reg(v *ir.Value) Reg {
	if constant(v) {
		r := l.out.NewReg()
		l.put(r, v)
		return r
	}
	r := l.regs[v.ID]
	if r == NoReg {
		l.fail("%s is used, but has no register", v)
	}
	return r
}

// put makes dst hold v.
func (l *lowerer) put(dst Reg, v *ir.Value) {
	switch {
	case v.Op == ir.WConst && v.Size == 8:
		l.emit(Inst{Op: LoadImm, Dst: dst, Imm: v.Imm, Order: 8, Again: true})
	case v.Op == ir.WConst:
		l.emit(Inst{Op: Mov, W32: true, Dst: dst, Imm: v.Imm, Order: uint8(v.Size), Again: true})
	case v.Op != ir.Const:
		l.copy(dst, l.reg(v))
	case v.Type == ir.I32 || v.Imm == int64(uint32(v.Imm)):
		l.emit(Inst{Op: Mov, W32: true, Dst: dst, Imm: int64(int32(v.Imm)), Again: true})
	case fits(v.Imm):
		l.emit(Inst{Op: Mov, Dst: dst, Imm: v.Imm, Again: true})
	default:
		l.emit(Inst{Op: LoadImm, Dst: dst, Imm: v.Imm, Again: true})
	}
}

// fits reports whether an instruction can have n as its immediate, which is sign-extended to 64 bits.
func fits(n int64) bool { return n == int64(int32(n)) }

// with gives i the operand v: as its immediate if possible.
func (l *lowerer) with(i Inst, v *ir.Value) Inst {
	switch {
	case v.Op == ir.Const && v.Type == ir.I32:
		i.Imm = int64(int32(v.Imm))
	case v.Op == ir.Const && fits(v.Imm):
		i.Imm = v.Imm
	case v.Op == ir.WConst && v.Size <= 4:
		i.Imm, i.Order = v.Imm, uint8(v.Size)
	default:
		i.Src = l.reg(v)
	}
	return i
}
