package codegen

import (
	"maps"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
)

// Program tells about one program of a pipeline.
type Program struct {
	Name          string      `json:"name"`
	Index         int         `json:"index"`         // in the prog array; -1: not in it (the entry, and stages of slots)
	Stage         string      `json:"stage"`         // where it begins
	File          string      `json:"file"`          // where it begins
	Line          int         `json:"line"`          // 0 if that stands nowhere
	Reason        string      `json:"reason"`        // why it is a program of its own
	Frequency     float64     `json:"frequency"`     // how many of the packets come by, from 0 to 1; a guess, or by the profile
	Instructions  int         `json:"instructions"`  // in units of 8 bytes, as the kernel counts them; with its subprograms
	EstimatedCost int         `json:"estimatedCost"` // instructions that the verifier will process, by the compiler's model
	Stack         int         `json:"stack"`         // bytes, without that of subprograms
	Maps          int         `json:"maps"`          // that it names, those of the compiler included
	Parts         []Part      `json:"parts"`         // what of the source is in it
	CarriedBytes  int         `json:"carriedBytes"`  // state that reaches it over a tail call
	Carried       []Carried   `json:"carried"`
	TailCalls     int         `json:"tailCalls"` // tail calls in its code
	Calls         []Call      `json:"calls"`
	Forgotten     []Forgotten `json:"forgotten"`
	Subprograms   []string    `json:"subprograms"` // that are linked to it
}

// A Part is what a program has of one stage or fn.
type Part struct {
	Kind         string   `json:"kind"` // "stage", or "fn": its code stands where it is called
	Name         string   `json:"name"`
	File         string   `json:"file"`
	Lines        [][2]int `json:"lines"` // first and last of each run; lines without code count with those around them
	Instructions int      `json:"instructions"`
}

// Carried is a number that a program takes over from the one that called it.
type Carried struct {
	Name    string `json:"name"` // of the variable, or what computes it as it stands in the source
	Type    string `json:"type"` // the language's; empty if it has none
	Bytes   int    `json:"bytes"`
	Carrier string `json:"carrier"` // "cb" (skb->cb), "meta" (data_meta) or "tcc_state" (a per-CPU array)
	Offset  int    `json:"offset"`  // bytes from the carrier's start
	File    string `json:"file"`    // where it is computed
	Line    int    `json:"line"`
}

// A Call is the tail calls of a program to one target.
type Call struct {
	To        string  `json:"to"`        // a program, or a slots table
	Slots     bool    `json:"slots"`     // it is a slots table
	Frequency float64 `json:"frequency"` // how many of the packets make it, from 0 to 1
	Cold      bool    `json:"cold"`      // it leads only to what is rare: default, drop, an else
	File      string  `json:"file"`      // where the first of them stands
	Line      int     `json:"line"`
}

// Forgotten is a number of which the verifier is made to know nothing, since it would remember too many states for it.
type Forgotten struct {
	Name string `json:"name"`
	Type string `json:"type"`
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// programs tells about each program, in the order of the module's functions.
func programs(p *check.Program, u *unit) []*Program {
	o := newOrigins(p)
	parts := o.parts(u)
	var all []*Program
	for i, f := range u.m.Funcs {
		pl := u.plan.Programs[i]
		pr := &Program{
			Name:          f.Name,
			Index:         f.Index,
			Stage:         pl.Stage,
			File:          pl.At.File,
			Line:          pl.At.Start.Line,
			Reason:        pl.Reason,
			Frequency:     pl.Freq,
			Instructions:  u.code[i].Size(),
			EstimatedCost: pl.Cost.Processed,
			Stack:         u.code[i].Stack,
			Maps:          pl.Cost.Maps,
			Parts:         parts[i],
			CarriedBytes:  pl.Bytes(),
			Carried:       []Carried{},
			TailCalls:     tailCalls(f),
			Calls:         []Call{},
			Forgotten:     o.forgotten(f),
			Subprograms:   []string{},
		}
		for _, sub := range u.linked(i) {
			pr.Instructions += sub.Size()
			pr.Subprograms = append(pr.Subprograms, sub.Name)
		}
		for _, c := range pl.Carried {
			name, typ := o.describe(c.Name, c.Span)
			pr.Carried = append(pr.Carried, Carried{name, typ, c.Bytes, c.Carrier, c.Offset, c.Span.File, c.Span.Start.Line})
		}
		for _, c := range pl.Calls {
			pr.Calls = append(pr.Calls, Call{c.To, c.Slots, c.Freq, c.Cold, c.At.File, c.At.Start.Line})
		}
		all = append(all, pr)
	}
	spread(u.plan, u.m, all)
	return all
}

// spread makes all frequencies shares of the packets that come to the entry. The plan takes those of slots apart, as it
// can't know what user space will put there; here what calls a table is divided among the stages that it has at first.
func spread(plan *split.Plan, m *ir.Module, programs []*Program) {
	byName, tables := map[string]*Program{}, map[string][]uint32{}
	arrive := map[string]float64{programs[0].Name: 1}
	for _, p := range programs {
		byName[p.Name] = p
	}
	contents := map[string]map[uint32]string{}
	for _, t := range m.Maps {
		if t.Kind == ir.ProgArray {
			contents[t.Name], tables[t.Name] = t.Programs, slices.Sorted(maps.Keys(t.Programs))
		}
	}
	for _, name := range slices.Backward(plan.Order) { // callers first
		p := byName[name]
		scale := 0.0
		if p.Frequency > 0 {
			scale = arrive[name] / p.Frequency
		}
		p.Frequency = rounded(arrive[name])
		for i := range p.Calls {
			c := &p.Calls[i]
			share := c.Frequency * scale
			c.Frequency = rounded(share)
			if !c.Slots {
				arrive[c.To] += share
			}
			for _, slot := range tables[c.To] {
				arrive[contents[c.To][slot]] += share / float64(len(tables[c.To]))
			}
		}
	}
}

// rounded is a frequency as it is told: the same on every machine.
func rounded(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// tailCalls counts those in a program's code.
func tailCalls(f *ir.Func) int {
	n := 0
	for _, b := range f.Blocks {
		if b.Term.Op == ir.TailCall {
			n++
		}
	}
	return n
}
