package verifier

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// A Difference is what makes the walk through a function longer than the function.
type Difference struct {
	Steps  int   // instructions the verifier walks through
	Over   bool  // there are more; of a long function, only the end was walked through, again and again
	Long   bool  // it is a long function
	Blamed []int // by value ID: how often a state wasn't covered because of what was known of the value
}

// A function of more than long instructions is walked through so many times, if that is not next to nothing.
const (
	long      = 5_000
	manyTimes = 4
	nothing   = 200_000
)

// Differences walks through a function, from all its entries.
func Differences(f *ir.Func) Difference {
	w := NewModel(f).walking()
	w.blamed = make([]int, f.NumValues())
	d := Difference{Blamed: w.blamed}
	w.limit = enough
	if n := w.m.length(); n > long {
		d.Long, w.limit = true, min(enough, max(nothing, manyTimes*n))
	}
	for _, e := range f.Entries() {
		w.run(e)
		d.Steps += w.total
		d.Over = d.Over || w.visit.Over
	}
	return d
}

// length is the instructions of all blocks.
func (m *Model) length() (n int) {
	for _, b := range m.order.Blocks {
		n += m.Block(b).Steps
	}
	return n
}

// A piece is so many instructions. It is walked through no more often than that.
const (
	piece = 250
	often = 8
)

// LocalDifferences walks through a function in pieces, each from its begin on as if nothing was known there but upper bounds: so
// all of it is seen, however much it takes to walk through the whole. Steps are those that pieces take which are walked through more
// than twice, and only values in these are blamed.
func LocalDifferences(f *ir.Func) Difference {
	w := NewModel(f).walking()
	order := f.ReversePostorder()
	at := make([]int, f.NumBlocks()) // instructions before a block
	length := 0
	for _, b := range order {
		at[b.ID] = length
		length += w.m.Block(b).Steps
	}
	seen := make([]bool, f.NumBlocks())
	w.limit, w.bounds = often*piece, ir.Bounds(f)
	d := Difference{Blamed: make([]int, f.NumValues())}
	for _, b := range order {
		if seen[b.ID] {
			continue
		}
		end := at[b.ID] + piece
		w.leave = func(to *ir.Block) bool { return at[to.ID] >= end }
		w.blamed, w.faults = d.Blamed, w.faults[:0]
		w.run(b)
		length := w.m.Block(b).Steps
		seen[b.ID] = true
		for _, r := range w.reached {
			if r != b && at[r.ID] < end {
				seen[r.ID] = true
				length += w.m.Block(r).Steps
			}
		}
		if w.total > 2*length {
			d.Steps += w.total
			continue
		}
		for _, v := range w.faults {
			d.Blamed[v.ID]--
		}
	}
	return d
}
