package ir

import "math/bits"

// UMax holds an upper bound of every number in a Func.
//
// The bounds follow from what the kernel's verifier sees too, so that a mask they make redundant is redundant to both:
// in particular nothing is known of a Forget.
type UMax struct {
	max   []uint64 // by value ID
	known []bool
}

// Bounds computes the upper bounds, walking forward once.
func Bounds(f *Func) *UMax {
	u := &UMax{max: make([]uint64, f.nextValue), known: make([]bool, f.nextValue)}
	for _, r := range f.Roots {
		for _, p := range r.Block.Params {
			u.set(p, sizeMask(p.Size)&p.Type.Mask())
		}
	}
	preds := f.Preds()
	for _, b := range f.ReversePostorder() {
		for i, p := range b.Params {
			if !u.known[p.ID] {
				u.set(p, u.incoming(p, i, preds[b.ID]))
			}
		}
		for _, v := range b.Insts {
			u.set(v, MaxOf(v, u.Max))
		}
	}
	return u
}

// Max is the upper bound of v, which may be newer than the analysis.
func (u *UMax) Max(v *Value) uint64 {
	if v.Op == Const {
		return v.Number()
	}
	if v.ID < len(u.known) && u.known[v.ID] {
		return u.max[v.ID]
	}
	return v.Type.Mask()
}

func (u *UMax) set(v *Value, m uint64) { u.max[v.ID], u.known[v.ID] = m, true }

// incoming is the largest argument for parameter i. One that isn't known yet comes around a loop.
func (u *UMax) incoming(p *Value, i int, preds []Pred) uint64 {
	m := uint64(0)
	for _, pred := range preds {
		m = max(m, u.Max(pred.Edge().Args[i]))
	}
	return m
}

// MaxOf is the upper bound of the result of an instruction, given those of its arguments. Of a parameter it knows the
// size alone.
func MaxOf(v *Value, of func(*Value) uint64) uint64 {
	mask := v.Type.Mask()
	switch v.Op {
	case Const:
		return v.Number()
	case Param, Load, WConst, CtxLoad:
		return sizeMask(v.Size) & mask
	case Zext:
		return of(v.Args[0])
	case Trunc:
		return min(of(v.Args[0]), mask)
	case BE16:
		return sizeMask(2)
	case Cmp:
		return 1
	case Add, Sub, Mul, Div, Mod, And, Or, Xor, Shl, Shr, Sar:
		return maxOfBinary(v, of(v.Args[0]), of(v.Args[1]))
	}
	return mask
}

func maxOfBinary(v *Value, a, b uint64) uint64 {
	mask := v.Type.Mask()
	constant := v.Args[1].Op == Const
	switch v.Op {
	case Add:
		if sum, carry := bits.Add64(a, b, 0); carry == 0 && sum <= mask {
			return sum
		}
	case Sub:
		if b == 0 {
			return a
		}
	case Mul:
		if hi, lo := bits.Mul64(a, b); hi == 0 && lo <= mask {
			return lo
		}
	case Div:
		if constant {
			return Eval(Div, v.Type, a, b)
		}
		return a
	case Mod:
		if constant && b > 0 {
			return min(a, b-1)
		}
		return a
	case And:
		return min(a, b)
	case Or, Xor:
		return 1<<bits.Len64(a|b) - 1
	case Shl:
		if constant {
			if m := Eval(Shl, v.Type, a, b); Eval(Shr, v.Type, m, b) == a {
				return m
			}
		}
	case Shr:
		if constant {
			return Eval(Shr, v.Type, a, b)
		}
		return a
	case Sar: // of what isn't negative: as Shr
		if signed(v.Type, a) >= 0 {
			if constant {
				return Eval(Shr, v.Type, a, b)
			}
			return a
		}
	}
	return mask
}

func sizeMask(size int) uint64 {
	if size <= 0 || size >= 8 {
		return 1<<64 - 1
	}
	return 1<<(8*size) - 1
}
