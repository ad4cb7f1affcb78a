package split

import (
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// A Call is the tail calls of a program to one target.
type Call struct {
	To    string    // a program or a slots table
	Slots bool      // it is a table
	Freq  float64   // how many of the packets make it
	Cold  bool      // only what is rare leads there, or only it goes on from there
	At    diag.Span // the first of them
}

// calls are those of a region: to programs in the order of the code, then to slots tables in that of their declarations.
func (ps *programs) calls(r *region) []Call {
	to := map[string]*Call{}
	add := func(name string, slots bool, from *ir.Block, freq float64, cold bool) {
		c := to[name]
		if c == nil {
			c = &Call{To: name, Slots: slots, Cold: true, At: from.Term.Span}
			to[name] = c
		}
		c.Freq += freq
		c.Cold = c.Cold && (cold || from.Cold)
	}
	freq := map[*ir.Block]float64{r.head: ps.freq[r.head.ID]} // of the packets that came in by this program
	for _, b := range r.blocks {
		if b.Term.Op == ir.SlotCall {
			add(b.Term.Sym, true, b, freq[b], false)
		}
		for i, e := range b.Term.Succs {
			n := freq[b] * share(b.Term.Succs, i)
			if ps.search.heads[e.To.ID] {
				add(ps.names[e.To], false, b, n, e.To.Cold)
			} else {
				freq[e.To] += n
			}
		}
	}
	var list []Call
	for _, h := range r.exits {
		list = append(list, *to[ps.names[h]])
	}
	for _, m := range ps.m.Maps {
		if c := to[m.Name]; c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// targets are the names of what a program calls; of a slots table, name[].
func (p *Program) targets() []string {
	var names []string
	for _, c := range p.Calls {
		if c.Slots {
			c.To += "[]"
		}
		names = append(names, c.To)
	}
	return names
}

// Subprograms are those that a function calls itself, by name.
func Subprograms(f *ir.Func) []string {
	called := map[string]bool{}
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			if v.Op == ir.CallFn || v.Op == ir.Loop {
				called[v.Sym] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(called))
}
