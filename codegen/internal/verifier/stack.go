package verifier

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

const (
	registers = 9 // r0–r5 and three of r6–r9; the fourth keeps the context
	preserved = 3 // of these, what a call leaves alone
)

// pressure is the most stack that any point of a block needs, and the most if numbers may lie elsewhere; how many values are
// spilled there, and how many the block takes from others or leaves to others, each of which it may have to load or store.
type pressure struct{ stack, least, spills, shared int }

// A Pressure goes from point to point: between two instructions or, if the next is a call, in the midst of it.
type Pressure struct {
	Next   *ir.Value // the next instruction; nil: the terminator
	Spills int       // how many values have no register
	Stack  int       // bytes for these and for objects

	live, taken []int       // by value ID: the last block, counted from 1, where it is live, or taken from another one
	values      []*ir.Value // that were live anywhere in the block
	block       int
	room        int // registers

	numbers, objects int // how many live values aren't objects, and the bytes of those that are
	pointers, copies int // of these, pointers, and the bytes of objects that can't be built again
}

// NewPressure is for the blocks of f.
func NewPressure(f *ir.Func) *Pressure {
	return &Pressure{live: make([]int, f.NumValues()), taken: make([]int, f.NumValues())}
}

// of is the pressure of a block, given what is live behind it.
func (p *Pressure) of(b *ir.Block, out ir.Values) pressure {
	var worst pressure
	p.Walk(b, out, func() {
		worst.spills = max(worst.spills, p.Spills)
		worst.stack = max(worst.stack, p.Stack)
		worst.least = max(worst.least, p.least())
	})
	for _, v := range out {
		if v.Block == b && !folded(v) {
			worst.shared++
		}
	}
	b.Operands(func(v **ir.Value) {
		w := *v
		if (w.Block != b || w.Op == ir.Param) && !folded(w) && w.Type != ir.Obj && p.taken[w.ID] != p.block {
			p.taken[w.ID] = p.block
			worst.shared++
		}
	})
	return worst
}

// Walk goes through a block backwards, given what is live behind it, and calls fn at each point.
func (p *Pressure) Walk(b *ir.Block, out ir.Values, fn func()) {
	p.block++
	p.values = p.values[:0]
	p.numbers, p.objects, p.pointers, p.copies = 0, 0, 0, 0
	measure := func(next *ir.Value, room int) {
		p.Next, p.room, p.Spills = next, room, max(0, p.numbers-room)
		p.Stack = p.objects + 8*p.Spills
		fn()
	}
	for _, v := range out {
		p.enter(v)
	}
	b.Term.Operands(func(v **ir.Value) { p.enter(*v) })
	measure(nil, registers)
	for _, v := range slices.Backward(b.Insts) {
		if p.Lives(v) {
			p.live[v.ID] = 0
			p.count(v, -1)
		}
		if v.Op.Info().Call {
			measure(v, preserved)
		}
		for _, a := range v.Args {
			p.enter(a)
		}
		measure(v, registers)
	}
}

// Lives reports whether v needs a place here.
func (p *Pressure) Lives(v *ir.Value) bool { return p.live[v.ID] == p.block }

// Live is what needs a place here.
func (p *Pressure) Live(yield func(*ir.Value) bool) {
	for _, v := range p.values {
		if p.Lives(v) && !yield(v) {
			return
		}
	}
}

func (p *Pressure) enter(v *ir.Value) {
	if !p.Lives(v) && !folded(v) {
		p.live[v.ID] = p.block
		p.values = append(p.values, v)
		p.count(v, 1)
	}
}

func (p *Pressure) count(v *ir.Value, n int) {
	switch {
	case v.Type == ir.Obj:
		p.objects += n * ObjSize(v)
		if v.Op != ir.MakeObj {
			p.copies += n * ObjSize(v)
		}
		return
	case v.Type != ir.I32 && v.Type != ir.I64:
		p.pointers += n
	}
	p.numbers += n
}

// least is how many bytes of stack it takes if no number lives but for the next instruction, and no object that can be built
// again.
func (p *Pressure) least() int {
	numbers, bytes := p.pointers, p.copies
	if p.Next == nil {
		return bytes + 8*max(0, numbers-p.room)
	}
	if p.Next.Op == ir.MakeObj {
		bytes += ObjSize(p.Next)
	}
	for _, a := range p.Next.Args {
		switch {
		case !p.Lives(a): // the call has it already
		case a.Op == ir.MakeObj:
			bytes += ObjSize(a)
		case a.Type == ir.I32 || a.Type == ir.I64:
			numbers++
		}
	}
	return bytes + 8*max(0, numbers-p.room)
}

// ObjSize is how many bytes of stack an object takes.
func ObjSize(v *ir.Value) int { return (v.Size + 7) &^ 7 }

// folded values are never kept in registers: constants, and displacements from a packet pointer.
func folded(v *ir.Value) bool {
	return v.Op == ir.Const || v.Op == ir.WConst || v.Op == ir.PktAdd && v.Args[1].Op == ir.Const
}
