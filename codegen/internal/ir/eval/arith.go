package eval

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// Number computes a pure operation on numbers; ok is false if v is none. Arguments of type I32 are zero-extended, and
// so is the result. The machine is little-endian.
func Number(v *ir.Value, args ...uint64) (result uint64, ok bool) {
	switch v.Op {
	case ir.Const:
		return v.Number(), true
	case ir.WConst:
		return ir.Swap(v.Size, uint64(v.Imm)), true
	case ir.Zext:
		return args[0], true
	case ir.Trunc:
		return args[0] & ir.I32.Mask(), true
	case ir.BE16:
		return ir.Swap(2, args[0]), true
	case ir.BE32:
		return ir.Swap(4, args[0]), true
	case ir.BE64:
		return ir.Swap(8, args[0]), true
	case ir.Cmp:
		if v.Cond.Eval(v.Args[0].Type, args[0], args[1]) {
			return 1, true
		}
		return 0, true
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		return ir.Eval(v.Op, v.Type, args[0], args[1]), true
	}
	return 0, false
}
