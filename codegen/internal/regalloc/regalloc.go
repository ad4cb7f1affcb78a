// Package regalloc gives the virtual registers of a function real ones.
//
// # The machine
//
// There are ten registers. A call takes its arguments in R1 to R5, returns in R0 and destroys R0 to R5, so that what
// lives across a call has R6 to R9 or the stack. The stack has 512 bytes, for objects whose address is taken (keys,
// values, events) and for registers. A program is straight code with branches, mostly forwards; it may have thirty
// thousand instructions, but few values live at a time. Helper calls are what causes pressure: they come often, and
// the context, a packet pointer or two and the fields in use want to live across them.
//
// # The method
//
// Allocation runs in rounds over the code itself; nothing but the code is carried from one round to the next.
//
//  1. analyse (live.go): from each read of a variable back to the writes that reach it. The result is a list of
//     segments of the linear order of blocks: lifetimes have holes.
//  2. Writes that nobody reads are dropped. In the first round, operands are put in the better order
//     (commute.go), and the variables of a copy become one if neither changes while the other lives (coalesce.go). The two-address form and block parameters make most copies; most of
//     them go here.
//  3. assign (assign.go): variables are taken in order of size, the long ones first. A variable gets a register in
//     which nothing lives at the same time, if possible that of a copy it is part of. If there is none, it takes the
//     one whose owners are cheaper to have in memory than it is, and those queue again. Who finds no such register
//     fails. The lifetimes of real registers, around calls, are there from the start and belong to nobody.
//  4. split (split.go): a variable that failed is broken into pieces, each a variable of its own, and gets a home on the
//     stack. A write is followed by a spill to the home, a piece begins with a reload from it. Variables that can be
//     computed again anywhere (constants, addresses, the packet's end) need no home. Then comes the next round.
//
// How small the pieces are depends on how often the variable has failed:
//
//	across calls   a piece is a region without calls: after a call, the first use on every path reloads. At a block
//	               that is reached with the value in a register from all sides, it stays there
//	local          a piece is a stretch of one block without calls
//	tiny           a piece is one use
//
// Tiny pieces can't be evicted, so the rounds end. Spills that no reload can see are left out.
//
// # The frame
//
// Objects and homes are variables too and have lifetimes; frame.go packs them so that those never alive together share
// bytes.
//
// Correctness doesn't rest on this text: the tests follow, for every location, which variable it holds on every path,
// and compare with the code before allocation (check_test.go).
package regalloc

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// Figures describe the outcome.
type Figures struct {
	Stack    int // bytes
	Spills   int // instructions that write a register to its home on the stack
	Reloads  int // and that read it back
	Repeated int // instructions that compute again instead
}

// maxRounds is never reached: a variable fails three times at most before its pieces are tiny.
const maxRounds = 32

// Allocate rewrites f to use real registers and offsets from FP.
func Allocate(f *lower.Func) (Figures, error) {
	a := &allocator{f: f, pieces: map[lower.Reg]piece{}}
	prepare(f)
	a.liveness = analyse(f)
	a.coalesce()
	for range maxRounds {
		if err := a.initialised(); err != nil {
			return Figures{}, err
		}
		failed := a.assign()
		if len(failed) == 0 {
			return a.finish()
		}
		if err := a.split(failed); err != nil {
			return Figures{}, err
		}
		a.liveness = dropDead(analyse(f))
	}
	return Figures{}, fmt.Errorf("%s: no registers found in %d rounds", f.Name, maxRounds)
}

type allocator struct {
	*liveness
	f      *lower.Func
	pieces map[lower.Reg]piece // what is known of the pieces of split variables
	color  []lower.Reg         // by register: the real one; NoReg if none yet
}

// initialised makes sure that nothing is read before it is written.
func (a *allocator) initialised() error {
	for v := variable(0); int(v) < len(a.live); v++ {
		if given := v >= variable(lower.R1) && v < variable(lower.R1)+variable(a.f.Args); !given && len(a.live[v]) > 0 && a.in(v, 0) {
			return fmt.Errorf("%s: %s is read before it is written", a.f.Name, lower.Reg(v))
		}
	}
	return nil
}

// finish puts the real registers and offsets into the code.
func (a *allocator) finish() (Figures, error) {
	var figures Figures
	offsets, size := a.frame()
	figures.Stack = size
	if size > maxFrame {
		return figures, fmt.Errorf("%s: keys, values, events and spilled registers need %d bytes of stack, the kernel allows %d",
			a.f.Name, size, maxFrame)
	}
	for _, b := range a.f.Blocks {
		for k := range b.Insts {
			i := &b.Insts[k]
			switch {
			case i.Op == lower.Spill:
				figures.Spills++
			case i.Op == lower.Reload:
				figures.Reloads++
			case i.ID < 0:
				figures.Repeated++
			}
			i.Dst, i.Src = a.real(i.Dst), a.real(i.Src)
			if i.Slot != 0 {
				i.Off += offsets[i.Slot]
			}
		}
		b.Insts = slices.DeleteFunc(b.Insts, func(i lower.Inst) bool { return i.IsCopy() && i.Dst == i.Src || i.Op == lower.NoOp })
	}
	return figures, nil
}

func (a *allocator) real(r lower.Reg) lower.Reg {
	if r.IsVirtual() {
		return a.color[r]
	}
	return r
}
