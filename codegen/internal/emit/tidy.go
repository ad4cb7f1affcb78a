package emit

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// tidy removes what is left over once registers are known: blocks that became empty, jumps to jumps, jumps to the next
// instruction, and equal endings.
func tidy(f *lower.Func) {
	thread(f)
	shareExits(f)
	thread(f)
	turn(f)
	inlineExits(f)
}

// thread makes jumps go where empty blocks lead, and removes the blocks that nobody comes to any more.
func thread(f *lower.Func) {
	final := func(b *lower.Block) *lower.Block {
		for b != nil && len(b.Insts) == 0 {
			b = b.Fall
		}
		return b
	}
	for _, b := range f.Blocks {
		b.Jump, b.Fall = final(b.Jump), final(b.Fall)
		if b.Jump != nil && b.Jump == b.Fall {
			b.Insts, b.Jump = b.Insts[:len(b.Insts)-1], nil
		}
	}
	prune(f)
}

// prune removes the blocks that can't be reached; the kernel refuses programs that have any.
func prune(f *lower.Func) {
	reached := map[*lower.Block]bool{}
	stack := []*lower.Block{f.Blocks[0]}
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b == nil || reached[b] {
			continue
		}
		reached[b] = true
		stack = append(stack, b.Jump, b.Fall)
	}
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *lower.Block) bool { return !reached[b] })
}

// A result is a constant that a block returns, as a move has it.
type result struct {
	imm   int64
	w32   bool  // zero-extended
	order uint8 // bytes of a number in wire order
}

// verdict is the constant that a block returns without doing anything else.
func verdict(b *lower.Block) (r result, ok bool) {
	if len(b.Insts) != 2 || b.Insts[1].Op != lower.Exit || b.Insts[0].Src != lower.NoReg {
		return result{}, false
	}
	return result{b.Insts[0].Imm, b.Insts[0].W32, b.Insts[0].Order}, b.Insts[0].Op == lower.Mov
}

// shareExits sends jumps to blocks out of the way that return the same constant to one of them. Blocks that something
// falls into stay as they are.
func shareExits(f *lower.Func) {
	first := map[result]*lower.Block{}
	share := func(b *lower.Block) *lower.Block {
		if b == nil || !b.Cold {
			return b
		}
		code, ok := verdict(b)
		if !ok {
			return b
		}
		if first[code] == nil {
			first[code] = b
		}
		return first[code]
	}
	for _, b := range f.Blocks {
		b.Jump = share(b.Jump)
	}
}

// turn inverts branches whose jump could as well be the fall-through, but for which the fall-through needs a jump.
func turn(f *lower.Func) {
	for n, b := range f.Blocks {
		if b.Jump == nil || !leaps(f, n) || n+1 == len(f.Blocks) || f.Blocks[n+1] != b.Jump {
			continue
		}
		last := &b.Insts[len(b.Insts)-1]
		if c, ok := last.Cond.Negated(); ok {
			last.Cond, b.Jump, b.Fall = c, b.Fall, b.Jump
		}
	}
}

// inlineExits returns at once instead of jumping to a return.
func inlineExits(f *lower.Func) {
	var blocks []*lower.Block
	for n, b := range f.Blocks {
		blocks = append(blocks, b)
		if !leaps(f, n) {
			continue
		}
		if _, ok := verdict(b.Fall); ok {
			b.Fall = &lower.Block{ID: b.Fall.ID, Insts: b.Fall.Insts, Cold: b.Fall.Cold, Stage: b.Fall.Stage}
			blocks = append(blocks, b.Fall)
		}
	}
	f.Blocks = blocks
	prune(f)
}
