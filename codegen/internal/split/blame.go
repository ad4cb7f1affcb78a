package split

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// A Cause is something that makes a plan impossible: a value, and what is the matter with it.
type Cause struct {
	Name string    // the source variable's; may be empty
	Span diag.Span // where the value is computed
	What string    // what of it, as in `takes 40 bytes of stack`
}

// mostCauses is how many are told at most.
const mostCauses = 4

// misfit is the error of a program that breaks a constraint and can't be cut.
func (s *search) misfit(r *region, what string, have, limit int) *Error {
	e := &Error{Stage: r.head.Stage, Span: span(r.head), Constraint: what, Have: have, Limit: limit}
	switch what {
	case stackBytes:
		e.Causes = s.onStack(r)
		e.advice = "use less of it at a time: read fields where they are needed instead of copying a whole, or build a key again instead of keeping it"
		if !s.spills() && !s.m.Target.RT {
			e.advice = "let state travel in a per-CPU array (-carrier percpu), in which numbers find room too; or " + e.advice
		}
	case "maps":
		e.advice = "keep what several maps hold in one map of structs"
	default:
		e.Causes = s.inHand(r)
		if len(e.Causes) > 0 {
			e.advice = "copy what is needed of the entry into locals, and go on outside of its block"
		}
	}
	return e
}

// onStack are the values that take most of the stack where a region needs most of it.
func (s *search) onStack(r *region) []Cause {
	worst := slices.MaxFunc(r.blocks, func(a, b *ir.Block) int { return cmp.Compare(s.stack(a), s.stack(b)) })
	sizes := map[*ir.Value]int{}
	add := func(v *ir.Value) {
		switch v.Type {
		case ir.Obj:
			sizes[v] = (v.Size + 7) &^ 7
		case ir.I32, ir.I64, ir.Pkt, ir.Mem:
			if v.Op != ir.Const && v.Op != ir.WConst {
				sizes[v] = 8
			}
		}
	}
	for _, v := range s.live.In(worst) {
		add(v)
	}
	for _, v := range worst.Insts {
		add(v)
	}
	return causes(sizes, "takes %d bytes of stack")
}

// causes are the largest values.
func causes(sizes map[*ir.Value]int, what string) []Cause {
	var values []*ir.Value
	for v := range sizes {
		if v.Span.IsValid() {
			values = append(values, v)
		}
	}
	slices.SortFunc(values, func(a, b *ir.Value) int { return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a.ID, b.ID)) })
	var list []Cause
	for _, v := range values {
		c := Cause{v.Name, v.Span, fmt.Sprintf(what, sizes[v])}
		if len(list) < mostCauses && !slices.ContainsFunc(list, func(o Cause) bool { return o.Span == c.Span }) {
			list = append(list, c)
		}
	}
	return list
}

// inHand are the entries of maps that are in hand over much of a region: no program can begin there, as a tail call would
// lose them.
func (s *search) inHand(r *region) []Cause {
	steps := map[*ir.Value]int{}
	for i, b := range r.blocks {
		for _, v := range s.live.In(b) {
			if v.Type == ir.Mem && v.Op == ir.Lookup {
				steps[v] += int(r.steps[i])
			}
		}
	}
	for v, n := range steps {
		if n < r.price.Processed/4 {
			delete(steps, v)
		}
	}
	return causes(steps, "is an entry of a map that is in hand for %d processed instructions; no program can begin meanwhile")
}

// carriedTooMuch is the error of more state than the carrier holds.
func (s *search) carriedTooMuch(heads []*ir.Block, have, limit int) *Error {
	e := &Error{
		Stage: s.m.Name, Constraint: "bytes to carry", Have: have, Limit: limit,
		advice: "keep large values in a map, and carry the key",
	}
	most := 0
	for _, h := range heads {
		if s.isEntry(h) {
			continue
		}
		if c := s.crossing(h); c.bytes > most {
			most = c.bytes
			e.Stage, e.Span = h.Stage, span(h)
			sizes := map[*ir.Value]int{}
			for _, v := range c.carried {
				sizes[v] = s.width(v)
			}
			e.Causes = causes(sizes, "is carried: %d bytes")
		}
	}
	return e
}
