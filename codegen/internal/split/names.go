package split

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// number gives every program its name and index, and every slots table its counter.
func (ps *programs) number() {
	ps.names, ps.indexes, ps.tables = map[*ir.Block]string{}, map[*ir.Block]int{}, map[string]int{}
	names := &names{ps.taken(), map[string]int{}}
	n := 0
	var inner []*ir.Block // heads inside of stages: they get what names are left
	for _, h := range ps.heads {
		ps.indexes[h] = -1
		root := ps.roots[h]
		if root == nil && !ps.isEntry(h) {
			ps.indexes[h] = n
			n++
		}
		switch {
		case root != nil:
			ps.names[h] = names.unique(root.Stage, true)
		case ps.isEntry(h):
			ps.names[h] = ps.m.Name
		case h.Start:
			ps.names[h] = names.unique(h.Stage, true)
		default:
			inner = append(inner, h)
		}
	}
	for _, h := range inner {
		ps.names[h] = names.unique(h.Stage, false)
	}
	for _, m := range ps.m.Maps {
		if m.Kind == ir.ProgArray && !m.Foreign {
			ps.tables[m.Name] = n
			n++
		}
	}
}

// taken is the names of the object file that programs must leave alone. Names of stages are free for their programs.
func (ps *programs) taken() map[string]bool {
	taken := map[string]bool{ps.m.Name: true}
	for _, m := range ps.m.Maps {
		taken[m.Name] = true
	}
	for _, g := range ps.m.Globals {
		taken[g.Name] = true
	}
	for _, f := range ps.m.Subs {
		taken[f.Name] = true
	}
	return taken
}

// names are those of programs.
type names struct {
	taken map[string]bool
	last  map[string]int // number that was given, by stage
}

// unique is the stage's name if a program begins with the stage and nobody has it yet, else the name with a number.
func (n *names) unique(stage string, start bool) string {
	name := stage
	for !start || n.taken[name] {
		n.last[stage]++
		name, start = fmt.Sprintf("%s_%d", stage, n.last[stage]), true
	}
	n.taken[name] = true
	return name
}

// describe is the plan's entry of a program.
func (ps *programs) describe(h *ir.Block, cost verifier.Estimate) *Program {
	pr := &Program{Name: ps.names[h], Stage: h.Stage, Block: h.ID, At: span(h), Index: ps.indexes[h], Freq: ps.freq[h.ID], Cost: cost, After: ps.after[h]}
	switch root := ps.roots[h]; {
	case root != nil:
		pr.Reason, pr.Table = "stage of slots "+root.Table, root.Table
	case ps.isEntry(h):
		pr.Reason = "the entry"
	default:
		pr.Reason = ps.reason(h)
	}
	values, places := ps.carriedInto(h)
	for i, v := range values {
		name := v.Name
		if name == "" {
			name = v.String()
		}
		pr.Carried = append(pr.Carried, Carried{Name: name, Bytes: places[i].size, Carrier: places[i].carrier, Offset: places[i].offset, Span: v.Span})
	}
	pr.Calls = ps.calls(ps.region(h))
	return pr
}

// declare adds the splitter's maps to the module, and names the programs in the slots tables.
func (ps *programs) declare(m *ir.Module) {
	stages := &ir.Map{Name: tableStages, Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Programs: map[uint32]string{}}
	for _, h := range ps.heads {
		if i := ps.indexes[h]; i >= 0 {
			stages.Programs[uint32(i)] = ps.names[h]
		}
	}
	stages.Max = uint32(len(stages.Programs))
	m.Maps = slices.DeleteFunc(m.Maps, func(t *ir.Map) bool { return t.Foreign })
	for i, t := range m.Maps {
		if t.Kind == ir.ProgArray {
			renamed := *t
			renamed.Programs = ps.contents(t)
			m.Maps[i] = &renamed
		}
	}
	if stages.Max > 0 {
		m.Maps = append(m.Maps, stages)
	}
	if counters := stages.Max + uint32(len(ps.tables)); counters > 0 {
		m.Maps = append(m.Maps, &ir.Map{Name: tableMisses, Kind: "percpu_array", KeySize: 4, ValueSize: 8, Max: counters})
	}
	ps.declareState(m)
}

// declareState adds the per-CPU array, or makes it as large as it must be now.
func (ps *programs) declareState(m *ir.Module) {
	ps.state = max(ps.state, ps.spilled)
	if ps.state == 0 {
		return
	}
	size := (ps.state + 7) &^ 7
	if ps.passes(carrierState) {
		size = StateSize
	}
	i := slices.IndexFunc(m.Maps, func(t *ir.Map) bool { return t.Name == TableState })
	if i < 0 {
		i = len(m.Maps)
		m.Maps = append(m.Maps, &ir.Map{Name: TableState, Kind: "percpu_array", KeySize: 4, Max: 1})
	}
	m.Maps[i].ValueSize = size
}

// passes reports whether the arguments of some slots table travel in a carrier.
func (l *layout) passes(carrier string) bool {
	for _, places := range l.conventions {
		if slices.ContainsFunc(places, func(p place) bool { return p.carrier == carrier }) {
			return true
		}
	}
	return false
}

// contents is the initial programs of a slots table.
func (ps *programs) contents(t *ir.Map) map[uint32]string {
	programs := maps.Clone(t.Programs)
	for i, stage := range t.Programs {
		for _, r := range ps.f.Roots {
			if r.Stage == stage && r.Table == t.Name {
				programs[i] = ps.names[r.Block]
			}
		}
	}
	return programs
}

// order lists the programs so that the targets of tail calls come before their callers.
func (p *Plan) order(tables []*ir.Map) []string {
	byName := map[string]*Program{}
	for _, pr := range p.Programs {
		byName[pr.Name] = pr
	}
	in := map[string][]string{} // programs of a table
	for _, t := range tables {
		for _, i := range slices.Sorted(maps.Keys(t.Programs)) {
			in[t.Name+"[]"] = append(in[t.Name+"[]"], t.Programs[i])
		}
	}
	var list []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, to := range in[name] {
			visit(to)
		}
		if pr := byName[name]; pr != nil {
			for _, to := range pr.targets() {
				visit(to)
			}
			list = append(list, name)
		}
	}
	for _, pr := range p.Programs {
		visit(pr.Name)
	}
	return list
}
