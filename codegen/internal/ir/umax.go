package ir

import "math/bits"

// UMax holds upper bounds of every number in a Func: what it can be, and what the kernel's verifier knows that it can be.
//
// The second is never below the first. It is what counts where a mask or a compare is taken away: without it, an access
// to the packet may be refused. Neither knows anything of a Forget.
type UMax struct {
	max, seen []uint64 // by value ID
	known     []bool
}

// Bounds computes the upper bounds, walking forward once.
func Bounds(f *Func) *UMax {
	n := f.nextValue
	u := &UMax{max: make([]uint64, n), seen: make([]uint64, n), known: make([]bool, n)}
	for _, r := range f.Roots {
		for _, p := range r.Block.Params {
			m := sizeMask(p.Size) & p.Type.Mask()
			u.set(p, m, m)
		}
	}
	if f.Result > 0 { // it is verified by itself, and may be given anything
		for _, p := range f.Blocks[0].Params {
			u.set(p, sizeMask(p.Size)&p.Type.Mask(), p.Type.Mask())
		}
	}
	preds := f.Preds()
	for _, b := range f.ReversePostorder() {
		for i, p := range b.Params {
			if !u.known[p.ID] {
				u.set(p, incoming(i, preds.Of(b), u.Max), incoming(i, preds.Of(b), u.Seen))
			}
		}
		for _, v := range b.Insts {
			u.set(v, MaxOf(v, u.Max), SeenOf(v, u.Seen))
		}
	}
	return u
}

// Max is the upper bound of v, which may be newer than the analysis.
func (u *UMax) Max(v *Value) uint64 { return u.bound(u.max, v) }

// Seen is the upper bound of v that the verifier knows.
func (u *UMax) Seen(v *Value) uint64 { return u.bound(u.seen, v) }

func (u *UMax) bound(of []uint64, v *Value) uint64 {
	if v.Op == Const {
		return v.Number()
	}
	if v.ID < len(u.known) && u.known[v.ID] {
		return of[v.ID]
	}
	return v.Type.Mask()
}

func (u *UMax) set(v *Value, max, seen uint64) {
	u.max[v.ID], u.seen[v.ID], u.known[v.ID] = max, seen, true
}

// incoming is the largest argument for parameter i. One that isn't known yet comes around a loop.
func incoming(i int, preds []Pred, of func(*Value) uint64) uint64 {
	m := uint64(0)
	for _, pred := range preds {
		m = max(m, of(pred.Edge().Args[i]))
	}
	return m
}

// SeenOf is MaxOf as the verifier computes it. It takes the results of some operations for any number, and those of
// others if their arguments are large. It knows nothing of sizes either, only of what is loaded.
func SeenOf(v *Value, of func(*Value) uint64) uint64 {
	mask := v.Type.Mask()
	switch v.Op {
	case Div, Mod, SDiv, SMod, BE16, BE32, BE64, Param, CallFn:
		return mask
	case Shl, Shr, Sar:
		if v.Args[1].Op != Const {
			return mask
		}
	case Mul:
		if half := mask >> (4 * v.Type.Bytes()); of(v.Args[0]) > half || of(v.Args[1]) > half {
			return mask
		}
	}
	return MaxOf(v, of)
}

// MaxOf is the upper bound of the result of an instruction, given those of its arguments. Of a parameter it knows the
// size alone.
func MaxOf(v *Value, of func(*Value) uint64) uint64 {
	mask := v.Type.Mask()
	switch v.Op {
	case Const:
		return v.Number()
	case Param, Load, WConst, CtxLoad, CallFn:
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

// Loose reports whether v is an I32 of which the verifier doesn't know that the upper half of its register is zero.
func Loose(v *Value) bool {
	if v.Type != I32 {
		return false
	}
	switch v.Op {
	case HeadLen, BufLen, Random, CPU, BE16, BE32, Div, Mod, SDiv, SMod, Param, CallFn:
		return true
	case Shl, Shr, Sar:
		return v.Args[1].Op != Const
	}
	return v.Op == CtxLoad && v.Sym == "len"
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
