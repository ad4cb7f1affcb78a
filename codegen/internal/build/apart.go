package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
)

// A stage for a slots table of another pipeline, the host, is one more root, for a table that is not among the maps. What it
// uses of the host's maps is declared here like the host declares it: when the object is loaded, the host's own take their
// place. The rest of what the host declares is left out.

// Names of the host's ring buffer, and of its count of lost events, in the object of a stage compiled apart.
const (
	HostEventsMap = "tcc_host_events"
	hostLostMap   = "tcc_host_lost"
)

// An apart is the root of a stage compiled apart, and the block in which it goes on.
type apart struct {
	stage    *check.Stage
	root, on *ir.Block
}

// declareHost declares the host's tables that stages are for, and its events.
func (b *builder) declareHost() {
	var tables []*check.Slots
	for _, s := range b.p.Stages {
		if s.For != nil && !slices.Contains(tables, s.For) {
			tables = append(tables, s.For)
			b.addMap(&ir.Map{Name: s.For.Name, Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Max: s.For.Len, Args: ArgSizes(s.For), Foreign: true})
		}
	}
	if len(tables) > 0 {
		b.addRing(HostEventsMap, hostLostMap)
	}
}

// declareApart makes the block by which the host's table enters a stage. What offsets the host passes isn't known.
func (b *builder) declareApart(s *check.Stage) {
	root := b.newBlock(s.Name)
	b.seal(root)
	b.convention(root, s.For.Params, s.Decl.Name.Span())
	for _, p := range root.Params {
		b.maxima[p] = ones(8 * p.Size)
		if p.Type == ir.I64 && p.Size == offsetSize {
			b.maxima[p] = check.CursorMax
		}
		b.seenMaxima[p] = b.maxima[p]
	}
	b.fn.Roots = append(b.fn.Roots, &ir.Root{Stage: s.Name, Table: s.For.Name, Block: root})
	on := b.newBlock(s.Name)
	b.toStage(on, root, s)
	b.apart = append(b.apart, apart{s, root, on})
}

// enterApart lets the stages compiled apart begin, when all stages are built: what the host's entry has pulled on tc is as much as the
// host looks at, so they pull for themselves.
func (b *builder) enterApart() {
	pulls := b.demand() > 0 && b.m.Type().Pull
	for _, a := range b.apart {
		s := &stage{builder: b, name: a.stage.Name}
		s.cur = a.root
		at := a.stage.Decl.Name.Span()
		if pulls {
			s.pull(at)
		}
		s.jump(a.on, at)
		b.seal(a.on)
	}
}

// dropUnused leaves out what the host declares and no stage here uses.
func (b *builder) dropUnused() {
	if b.p.Host == nil {
		return
	}
	theirs := map[string]bool{HostEventsMap: true, hostLostMap: true}
	for _, name := range b.p.HostNames() {
		theirs[name] = true
	}
	for _, f := range b.functions() {
		for _, block := range f.Blocks {
			for _, v := range block.Insts {
				delete(theirs, v.Sym) // it is used
			}
		}
	}
	b.m.Maps = slices.DeleteFunc(b.m.Maps, func(m *ir.Map) bool { return theirs[m.Name] && !m.Foreign })
	b.m.Globals = slices.DeleteFunc(b.m.Globals, func(g *ir.Global) bool { return theirs[g.Name] })
}
