package lower

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// The kernel calls the body of a loop with the number of the round and a pointer to the object that the caller has on its
// stack. The context is found there too: of all that the object holds, it alone is a pointer.

// leaveLate has what the object of a loop holds at first, and the verifier is to forget, computed as it is stored: all of it at
// once would want a register each.
func (l *lowerer) leaveLate(b *ir.Block) {
	for _, v := range b.Insts {
		if v.Op != ir.Loop {
			continue
		}
		for _, a := range v.Args {
			if a.Op == ir.Forget && a.Block == b && l.uses[a.ID] == 1 {
				l.left[a.ID] = true
			}
		}
	}
}

// late computes what was left for where it is used.
func (l *lowerer) late(v *ir.Value) {
	if v.Op == ir.Forget && l.left[v.ID] {
		l.forget(v)
	}
}

// loop makes the object of a loop and lets the kernel run it.
func (l *lowerer) loop(v *ir.Value) {
	l.object(v)
	l.emit(Inst{Op: Store, Size: 8, Dst: FP, Slot: l.slots[v.ID], Src: l.ctx})
	l.slotAddr(R3, v)
	l.emit(Inst{Op: LoadFunc, Dst: R2, Sym: v.Sym})
	l.emit(Inst{Op: Mov, W32: true, Dst: R1, Imm: v.Imm})
	l.emit(Inst{Op: Mov, W32: true, Dst: R4}) // no flags: there are none
	l.emit(Inst{Op: Call, Imm: bpfLoop, Args: 4})
}

// loopEntry keeps what the kernel gives the body of a loop. Of the number of the round its verifier knows nothing, and so
// nothing of the upper half either.
func (l *lowerer) loopEntry(round *ir.Value) {
	l.emit(Inst{Op: Mov, W32: true, Dst: l.regs[round.ID], Src: R1})
	l.state = l.out.NewReg()
	l.copy(l.state, R2)
	l.emit(Inst{Op: Load, Size: 8, Dst: l.ctx, Src: l.state})
	l.out.Args = 2
}
