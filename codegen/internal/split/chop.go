package split

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// chop divides long blocks into pieces of about the given number of steps, so that a program can end in the middle of
// straight code. It reports whether there were any; the graph is stale then.
func (g *graph) chop(blocks []*ir.Block, steps int) bool {
	places := map[*ir.Block][]int{}
	for _, b := range blocks {
		if g.model.Block(b).Steps >= 2*steps {
			places[b] = g.joints(b, steps)
		}
	}
	chopped := false
	for _, b := range blocks {
		for _, i := range slices.Backward(places[b]) {
			g.divide(b, i)
			chopped = true
		}
		delete(places, b) // it may be listed twice
	}
	return chopped
}

// joints finds where to divide a block. Within reach it takes the place where the fewest bytes are live; where a map
// value is in hand there is none.
func (g *graph) joints(b *ir.Block, steps int) []int {
	upTo := make([]int, len(b.Insts)+1) // steps before each instruction
	for i, v := range b.Insts {
		upTo[i+1] = upTo[i] + g.model.Steps(v)
	}
	bytes := g.liveBytes(b)
	var cuts []int
	last, best := 0, 0
	for i := 1; i < len(b.Insts); i++ {
		if done := upTo[i] - upTo[last]; done >= steps && bytes[i] >= 0 && (best == last || bytes[i] < bytes[best]) {
			best = i
		}
		if best > last && upTo[i]-upTo[last] >= 2*steps {
			cuts = append(cuts, best)
			last = best
		}
	}
	return cuts
}

// divide moves the instructions from the i-th on into a block of their own.
func (g *graph) divide(b *ir.Block, i int) {
	rest := g.f.NewBlock(b.Stage)
	rest.Cold = b.Cold
	for _, v := range b.Insts[i:] {
		rest.Append(v)
	}
	b.Insts = slices.Clip(b.Insts[:i])
	rest.Term = b.Term
	b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: rest}}, Span: span(rest)}
}

// liveBytes is how many bytes of numbers are live before each instruction; -1 where a map value is, or what was forgotten for
// the object of a loop, as the verifier would know a bound of it again.
func (g *graph) liveBytes(b *ir.Block) []int {
	live := slices.Clone(g.live.Out(b))
	b.Term.Operands(func(v **ir.Value) { live.Add(*v) })
	bytes, stored := make([]int, len(b.Insts)), forgottenFor(b)
	for i, v := range slices.Backward(b.Insts) {
		live.Remove(v)
		for _, a := range v.Args {
			live.Add(a)
		}
		bytes[i] = g.bytes(live)
		if slices.ContainsFunc(live, func(v *ir.Value) bool { return stored[v] }) {
			bytes[i] = -1
		}
	}
	return bytes
}

// forgottenFor is what is forgotten for the objects of loops.
func forgottenFor(b *ir.Block) map[*ir.Value]bool {
	stored := map[*ir.Value]bool{}
	for _, v := range b.Insts {
		if v.Op == ir.Loop {
			for _, a := range v.Args {
				stored[a] = a.Op == ir.Forget
			}
		}
	}
	return stored
}

func (g *graph) bytes(live ir.Values) int {
	var numbers ir.Values
	for _, v := range live {
		if !g.need(v, &numbers) {
			return -1
		}
	}
	n := 0
	for _, v := range numbers {
		n += g.width(v)
	}
	return n
}
