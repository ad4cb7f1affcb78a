package lower

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

func (r Reg) String() string {
	switch {
	case r == NoReg:
		return "-"
	case r == FP:
		return "fp"
	case r < FirstVirtual:
		return fmt.Sprintf("r%d", r-R0)
	}
	return fmt.Sprintf("v%d", r-FirstVirtual)
}

var condSigns = map[ir.Cond]string{
	ir.Eq: "==", ir.Ne: "!=", ir.ULt: "<", ir.ULe: "<=", ir.UGt: ">", ir.UGe: ">=",
	ir.SLt: "s<", ir.SLe: "s<=", ir.SGt: "s>", ir.SGe: "s>=", ir.Set: "&",
}

// operand is Src, or the number in its place.
func (i *Inst) operand() string {
	switch {
	case i.Src != NoReg:
		return i.Src.String()
	case i.Order != 0:
		return fmt.Sprintf("%#x.be%d", i.Imm, i.Order*8)
	}
	return fmt.Sprint(i.Imm)
}

func (i *Inst) width() string {
	if i.W32 {
		return "32"
	}
	return ""
}

// place is the memory at r+Off, or in the slot.
func (i *Inst) place(r Reg) string {
	base := r.String()
	if i.Slot != 0 {
		base = fmt.Sprintf("slot%d", i.Slot)
	}
	if i.Off == 0 {
		return "[" + base + "]"
	}
	return fmt.Sprintf("[%s%+d]", base, i.Off)
}

// String is the instruction in the notation of the goldens.
func (i *Inst) String() string {
	switch i.Op {
	case LoadMap, LoadVar, LoadFunc:
		return fmt.Sprintf("%s = %s %s", i.Dst, i.Op, i.Sym)
	case SlotAddr:
		return fmt.Sprintf("%s = addr slot%d", i.Dst, i.Slot)
	case LoadImm:
		return fmt.Sprintf("%s = imm64 %s", i.Dst, i.operand())
	case Load:
		return fmt.Sprintf("%s = load.%d %s", i.Dst, i.Size, i.place(i.Src))
	case Store, XAdd:
		return fmt.Sprintf("%s.%d %s, %s", i.Op, i.Size, i.place(i.Dst), i.operand())
	case Spill:
		return fmt.Sprintf("spill slot%d, %s", i.Slot, i.Src)
	case Reload:
		return fmt.Sprintf("%s = reload slot%d", i.Dst, i.Slot)
	case Call:
		if i.Sym != "" {
			return fmt.Sprintf("call %s/%d", i.Sym, i.Args)
		}
		return fmt.Sprintf("call %d/%d", i.Imm, i.Args)
	case Wire:
		return fmt.Sprintf("wire%d %s", i.Size*8, i.Dst)
	case Pick:
		return fmt.Sprintf("pick %s, %d.%d of %d", i.Dst, i.Off, i.Size, i.Order)
	case Jmp:
		return fmt.Sprintf("if%s %s %s %s", i.width(), i.Dst, condSigns[i.Cond], i.operand())
	case Mov:
		return fmt.Sprintf("%s =%s %s", i.Dst, i.width(), i.operand())
	case Exit, NoOp:
		return i.Op.String()
	}
	return fmt.Sprintf("%s%s %s, %s", i.Op, i.width(), i.Dst, i.operand())
}

// String is the function, block by block in its final order.
func (f *Func) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "func %s\n", f.Name)
	for n, b := range f.Blocks {
		fmt.Fprintf(&s, "b%d:", b.ID)
		if b.Cold {
			s.WriteString(" cold")
		}
		s.WriteByte('\n')
		for i := range b.Insts {
			fmt.Fprintf(&s, "\t%s", &b.Insts[i])
			if b.Insts[i].Op == Jmp {
				fmt.Fprintf(&s, " goto b%d", b.Jump.ID)
			}
			s.WriteByte('\n')
		}
		if b.Fall != nil && (n+1 == len(f.Blocks) || f.Blocks[n+1] != b.Fall) {
			fmt.Fprintf(&s, "\tgoto b%d\n", b.Fall.ID)
		}
	}
	return s.String()
}
