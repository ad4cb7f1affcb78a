package runtime

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
)

// A stage that is compiled apart comes with a pipeline of its own, which is opened for a running host: the two share the
// maps by which arguments come and those that the stage names. Then the stage can be put into slots of the host.
//
// The kernel empties a prog array that nobody in user space holds. So while a stage is in a slot, the host holds the prog
// arrays of its pipeline, which may be closed meanwhile.

// maxTailCalls is how many tail calls a packet can make on every kernel (MAX_TAIL_CALL_CNT is 33, some JITs stop at 32).
const maxTailCalls = 32

// OpenFor loads a pipeline that has stages for slots of another one, the host. What the stages share with the host is
// compared first, so that another layout or another host is refused. The pipeline must not outlive the host.
func OpenFor(host *Pipeline, spec *ebpf.CollectionSpec, layout Layout, opts *Options) (*Pipeline, error) {
	return about(layout, func() (*Pipeline, error) { return loadFor(host, spec, layout, orZero(opts)) })
}

func loadFor(host *Pipeline, spec *ebpf.CollectionSpec, layout Layout, opts Options) (*Pipeline, error) {
	spec = spec.Copy()
	replaced, err := host.share(spec, layout)
	if err != nil {
		return nil, err
	}
	given := maps.Clone(opts.Collection.MapReplacements)
	if given == nil {
		given = map[string]*ebpf.Map{}
	}
	maps.Copy(given, replaced)
	opts.Collection.MapReplacements = given
	p, err := load(spec, layout, opts)
	if err != nil {
		return nil, err
	}
	p.host = host
	return p, nil
}

// share gives the host's maps for those of a spec, by their names there, and takes the host's config into the spec.
func (p *Pipeline) share(spec *ebpf.CollectionSpec, layout Layout) (map[string]*ebpf.Map, error) {
	if layout.Host == nil {
		return nil, errors.New("it has no stages for the slots of another pipeline")
	}
	if p == nil {
		return nil, fmt.Errorf("its stages are for slots of pipeline %s, and none is given", layout.Host.Name)
	}
	if p.layout.Name != layout.Host.Name || p.layout.Type != layout.Type {
		return nil, fmt.Errorf("its stages are for slots of the %s pipeline %s, not of the %s pipeline %s", layout.Type, layout.Host.Name, p.layout.Type, p.layout.Name)
	}
	for _, s := range layout.Stages {
		if err := p.fits(s); err != nil {
			return nil, err
		}
	}
	names := map[string]string{} // here → the host's
	for _, name := range slices.Sorted(maps.Keys(layout.Host.Shared)) {
		if p.layout.Shared[name] != layout.Host.Shared[name] {
			return nil, fmt.Errorf("it shares `%s` with pipeline %s, which declares it otherwise or not at all: compile both from the same source", name, p.layout.Name)
		}
		if v := spec.Variables[name]; v != nil {
			v.Value = slices.Clone(p.config[name])
			continue
		}
		names[name] = name
	}
	if _, shared := layout.Host.Shared[eventsMap]; shared {
		delete(names, eventsMap)
		names[hostEventsMap], names[hostLostMap] = eventsMap, lostMap
	}
	if layout.Host.State {
		names[stateMap] = stateMap
	}
	replaced := map[string]*ebpf.Map{}
	for here, there := range names {
		m := p.coll.Maps[there]
		if m == nil {
			return nil, fmt.Errorf("pipeline %s has no map `%s`", p.layout.Name, there)
		}
		replaced[here] = m
	}
	return replaced, nil
}

// configOf is the values of constant variables.
func configOf(spec *ebpf.CollectionSpec) map[string][]byte {
	values := map[string][]byte{}
	for name, v := range spec.Variables {
		if v.Constant() {
			values[name] = slices.Clone(v.Value)
		}
	}
	return values
}

// fits compares how a stage wants to be called with how the table calls.
func (p *Pipeline) fits(s StageLayout) error {
	i := slices.IndexFunc(p.layout.Slots, func(t SlotsLayout) bool { return t.Name == s.Table })
	if i < 0 {
		return fmt.Errorf("pipeline %s has no table `%s`, for which stage `%s` was compiled", p.layout.Name, s.Table, s.Name)
	}
	t := p.layout.Slots[i]
	if t.Convention != s.Convention {
		return fmt.Errorf("stage `%s` was compiled for another calling convention of `%s` (%s) than that of pipeline %s (%s): compile both from the same source",
			s.Name, s.Table, s.Convention, p.layout.Name, t.Convention)
	}
	if n := t.Depth + s.TailCalls; t.Depth > 0 && n > maxTailCalls {
		return unfitError(fmt.Sprintf("stage `%s` makes %d tail calls, up to %d come before it in pipeline %s, and a packet can make %d",
			s.Name, s.TailCalls, t.Depth, p.layout.Name, maxTailCalls))
	}
	return nil
}

// A Stage is a stage that was compiled apart, loaded for a host: SetStage puts it into a slot there.
type Stage struct {
	layout   StageLayout
	pipeline *Pipeline
}

// Stage is the stage of that name which is for slots of the host. It panics if the pipeline has none: generated code asks
// only for those it has.
func (p *Pipeline) Stage(name string) *Stage {
	for _, s := range p.layout.Stages {
		if s.Name == name {
			return &Stage{s, p}
		}
	}
	panic(fmt.Sprintf("runtime: pipeline %s has no stage `%s` for another pipeline's slots", p.layout.Name, name))
}

// Name is the stage's name in the source.
func (s *Stage) Name() string { return s.layout.Name }

// SetStage puts a stage that was compiled apart into slot i. It refuses one that was compiled for another table or
// another calling convention, or whose tail calls would be too many behind those of this pipeline, and one that wasn't
// opened for this pipeline. The stage stays whole in its slot even if its own pipeline is closed.
func (s *Slots) SetStage(i uint32, stage *Stage) error {
	if err := s.accepts(stage); err != nil {
		return fmt.Errorf("%s[%d]: %w", s.layout.Name, i, err)
	}
	g, err := newGuest(stage.pipeline)
	if err != nil {
		return fmt.Errorf("%s[%d]: %w", s.layout.Name, i, err)
	}
	if err := s.change(i, g, func() error { return s.put(i, stage.pipeline.coll.Programs[stage.layout.Program]) }); err != nil {
		g.close()
		return err
	}
	return nil
}

func (s *Slots) accepts(stage *Stage) error {
	switch {
	case stage == nil:
		return errors.New("no stage given; use Clear to empty a slot")
	case stage.layout.Table != s.layout.Name:
		return fmt.Errorf("stage `%s` was compiled for slots of `%s`", stage.layout.Name, stage.layout.Table)
	case stage.pipeline.host != s.pipeline:
		return fmt.Errorf("stage `%s` was not opened for this pipeline", stage.layout.Name)
	}
	return s.pipeline.fits(stage.layout)
}

// A place is a slot of a table.
type place struct {
	table string
	index uint32
}

// A guest is the prog arrays that a stage compiled apart needs.
type guest struct{ arrays []*ebpf.Map }

func newGuest(p *Pipeline) (*guest, error) {
	g := &guest{}
	for _, m := range p.coll.Maps {
		if m.Type() != ebpf.ProgramArray {
			continue
		}
		held, err := m.Clone()
		if err != nil {
			g.close()
			return nil, fmt.Errorf("hold %v: %w", m, err)
		}
		g.arrays = append(g.arrays, held)
	}
	return g, nil
}

func (g *guest) close() {
	for _, m := range g.arrays {
		m.Close()
	}
}

// change changes slot i, in which g is afterwards. What the stage before needed is let go when no packet is in it any more.
func (s *Slots) change(i uint32, g *guest, do func() error) error {
	if err := s.inRange(i); err != nil {
		return err
	}
	p, at := s.pipeline, place{s.layout.Name, i}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	old := p.guests[at]
	delete(p.guests, at)
	if g != nil {
		p.guests[at] = g
	}
	if old == nil {
		return nil
	}
	if err := awaitPackets(); err != nil {
		p.gone = append(p.gone, old) // until the pipeline is closed
		return nil
	}
	old.close()
	return nil
}
