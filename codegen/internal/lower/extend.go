package lower

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// An extension is a number whose sign was repeated by a shift up and one back, where the target has one instruction for it.
type extension struct {
	from *ir.Value // nil: it is none
	size uint8     // bytes of from that are kept
}

// extensions finds them, by the ID of the shift back, and leaves out the shifts up.
func (l *lowerer) extensions() {
	l.extended, l.left = make([]extension, l.f.NumValues()), make([]bool, l.f.NumValues())
	if !l.m.Target.SDiv {
		return
	}
	for _, b := range l.f.Blocks {
		for _, back := range b.Insts {
			if back.Op != ir.Sar || back.Args[0].Op != ir.Shl || l.uses[back.Args[0].ID] != 1 {
				continue
			}
			up := back.Args[0]
			bits := 8*back.Type.Bytes() - int(back.Args[1].Imm)
			if back.Args[1].Op != ir.Const || up.Args[1].Op != ir.Const || up.Args[1].Imm != back.Args[1].Imm {
				continue
			}
			switch bits {
			case 8, 16, 32:
				l.extended[back.ID] = extension{up.Args[0], uint8(bits / 8)}
				l.left[up.ID] = true
			}
		}
	}
}

// extend lowers the extension that v is.
func (l *lowerer) extend(v *ir.Value, x extension) {
	src := l.reg(x.from)
	l.emit(Inst{Op: Extend, W32: v.Type == ir.I32, Size: x.size, Dst: l.def(v), Src: src})
}
