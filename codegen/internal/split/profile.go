package split

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// A Profile finds the statement at a place in the code of a stage: its number, and how often a packet comes to it.
type Profile func(stage string, at diag.Span) (statement int, freq float64, ok bool)

// A census is what a profile says of blocks.
//
// A statement becomes several blocks. Its count is that of the one by which control enters, if there is only one: loops
// that are written out have more, and then the count is of no use. What it says of the blocks before: they are at least as
// frequent as what only they lead to.
type census struct {
	*graph
	known []bool    // by block ID: freq is a count
	least []float64 // by block ID: it is so much at least
}

// measure spreads frequencies over the graph as guess does, but holds them against the counts of a profile. What a branch
// rarely leads to is cold, whatever it was by its looks: the order of blocks goes by that.
func (g *graph) measure(profile Profile) {
	c := &census{g, make([]bool, g.f.NumBlocks()), make([]float64, g.f.NumBlocks())}
	c.count(profile)
	for i := len(g.order) - 1; i >= 0; i-- {
		if b := g.order[i]; !c.known[b.ID] {
			for _, e := range b.Term.Succs {
				if len(g.preds.Of(e.To)) == 1 {
					c.least[b.ID] += c.least[e.To.ID]
				}
			}
		}
	}
	g.freq[g.f.Blocks[0].ID] = 1
	for b := range g.roots {
		g.freq[b.ID] = 0.5
	}
	for _, b := range g.order {
		if c.known[b.ID] {
			g.freq[b.ID] = c.least[b.ID]
		}
		for i, e := range b.Term.Succs {
			g.freq[e.To.ID] += g.freq[b.ID] * c.part(b, i)
		}
	}
	for _, b := range g.order {
		most := 0.0
		for _, p := range g.preds.Of(b) {
			most = max(most, g.freq[p.From.ID])
		}
		if most > 0 {
			b.Cold = g.freq[b.ID] < coldShare*most
		}
	}
}

// count finds the blocks by which control enters statements.
func (c *census) count(profile Profile) {
	const none = -1
	statement := func(b *ir.Block, at diag.Span) (int, float64) {
		if n, freq, ok := profile(b.Stage, at); ok {
			return n, freq
		}
		return none, 0
	}
	entries := map[int][]*ir.Block{} // of a statement
	leaves := make([]int, c.f.NumBlocks())
	for _, b := range c.order {
		leaves[b.ID], _ = statement(b, b.Term.Span)
	}
	for _, b := range c.order {
		n, freq := statement(b, span(b))
		enters := n != none
		for _, p := range c.preds.Of(b) {
			enters = enters && (b.Start || leaves[p.From.ID] != n)
		}
		if enters {
			c.least[b.ID] = freq
			entries[n] = append(entries[n], b)
		}
	}
	for _, blocks := range entries {
		for _, b := range blocks {
			if c.known[b.ID] = len(blocks) == 1; !c.known[b.ID] {
				c.least[b.ID] = 0
			}
		}
	}
}

// part is how much of the packets takes an edge.
func (c *census) part(b *ir.Block, i int) float64 {
	succs, freq := b.Term.Succs, c.freq[b.ID]
	if len(succs) < 2 || freq == 0 {
		return share(succs, i)
	}
	var exact, least [2]float64
	for j, e := range succs {
		exact[j] = -1
		if len(c.preds.Of(e.To)) == 1 {
			least[j] = min(1, c.least[e.To.ID]/freq)
			if c.known[e.To.ID] {
				exact[j] = least[j]
			}
		}
	}
	switch other := 1 - i; {
	case exact[0] >= 0 && exact[1] >= 0 && exact[0]+exact[1] > 0:
		return exact[i] / (exact[0] + exact[1])
	case exact[i] >= 0:
		return exact[i]
	case exact[other] >= 0:
		return 1 - exact[other]
	default:
		return max(least[i], min(share(succs, i), 1-least[other]))
	}
}
