package regalloc

import "github.com/tcc-bpf/tcc/codegen/internal/lower"

// prepare improves the code before any register is chosen.
func prepare(f *lower.Func) { commute(dropDead(analyse(f))) }

// dropDead removes instructions that only write what nobody reads, and what only they needed, and so on. It
// returns the liveness of what is left.
func dropDead(l *liveness) *liveness {
	for {
		dropped := false
		for n, b := range l.f.Blocks {
			kept := b.Insts[:0]
			for k := range b.Insts {
				i := &b.Insts[k]
				w := i.Writes()
				if w.IsVirtual() && !l.live[w].has(l.point(int32(n), int32(k))+2) {
					dropped = true
					continue
				}
				kept = append(kept, *i)
			}
			b.Insts = kept
		}
		if !dropped {
			return l
		}
		l = analyse(l.f)
	}
}

// commute turns d = x; d += y into d = y; d += x where x is still needed afterwards and y is not: then d can be y.
func commute(l *liveness) {
	for n, b := range l.f.Blocks {
		for k := 1; k < len(b.Insts); k++ {
			move, op := &b.Insts[k-1], &b.Insts[k]
			if !move.IsCopy() || !commutes(op.Op) || op.Dst != move.Dst || !op.Src.IsVirtual() || op.Src == op.Dst {
				continue
			}
			after := l.point(int32(n), int32(k)) + 1
			if l.live[move.Src].has(after) && !l.live[op.Src].has(after) {
				move.Src, op.Src = op.Src, move.Src
			}
		}
	}
}

func commutes(op lower.Op) bool {
	switch op {
	case lower.Add, lower.Mul, lower.And, lower.Or, lower.Xor:
		return true
	}
	return false
}
