package runtime

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
)

// Options of Open. The zero value is fine.
type Options struct {
	// Collection is passed on to cilium/ebpf: replacement maps, verifier log size, pin path of maps.
	Collection ebpf.CollectionOptions
	// Variant is the only one of a pipeline's variants to load, whatever kernel it was made for. Empty: the first one that
	// the kernel takes.
	Variant string
}

// A Pipeline is loaded into the kernel, its prog arrays filled. Its methods may be called from several goroutines.
type Pipeline struct {
	layout  Layout
	coll    *ebpf.Collection
	host    *Pipeline         // whose slots the stages are for; nil: none
	config  map[string][]byte // the values with which the pipeline was loaded
	variant string            // see Variant
	refused []Refusal         // see Refused

	mu     sync.Mutex
	links  []link.Link
	guests map[place]*guest // what other pipelines' stages in the slots need
	gone   []*guest         // the same of stages that were there; packets may still be in them
}

// Open loads the pipeline and fills its prog arrays. Nothing is attached yet. If the kernel's verifier refuses a
// program the error is a *VerifierError that names the source line. On failure nothing stays loaded or pinned.
func Open(spec *ebpf.CollectionSpec, layout Layout, opts *Options) (*Pipeline, error) {
	return about(layout, func() (*Pipeline, error) { return load(spec, layout, orZero(opts)) })
}

// about opens a pipeline; what goes wrong names it.
func about(layout Layout, open func() (*Pipeline, error)) (*Pipeline, error) {
	p, err := open()
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", layout.Name, err)
	}
	return p, nil
}

func orZero(opts *Options) Options {
	if opts == nil {
		return Options{}
	}
	return *opts
}

func load(spec *ebpf.CollectionSpec, layout Layout, opts Options) (*Pipeline, error) {
	if opts.Variant != "" {
		return nil, fmt.Errorf("there is no variant `%s`: it was compiled without variants", opts.Variant)
	}
	// Kernels before 5.11 charge BPF memory to RLIMIT_MEMLOCK. Later ones ignore the limit.
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil, fmt.Errorf("raise the memlock limit: %w", err)
	}
	spec = spec.Copy()
	for _, m := range spec.Maps {
		if m.Type == ebpf.ProgramArray {
			m.Contents = nil // populate does it, in order
		}
	}
	pins := holdPins(spec, opts.Collection)
	coll, err := newCollection(spec, opts.Collection)
	if err != nil {
		return nil, explain(spec, err)
	}
	p := &Pipeline{layout: layout, coll: coll, config: configOf(spec), guests: map[place]*guest{}}
	if err = p.populate(); err == nil {
		err = p.pinMaps(pins)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// populate fills the prog arrays: slots first, as stage programs call into them; then the stage programs from the
// last to the first, as each calls only into later ones. The entry program is in no array.
func (p *Pipeline) populate() error {
	for _, s := range p.layout.Slots {
		for i, name := range s.Initial {
			if err := p.put(s.Name, i, name); err != nil {
				return err
			}
		}
	}
	for i := len(p.layout.Targets) - 1; i >= 0; i-- {
		if err := p.put(stagesMap, uint32(i), p.layout.Targets[i]); err != nil {
			return err
		}
	}
	if p.coll.Programs[p.layout.Name] == nil {
		return fmt.Errorf("no entry program `%s` in the object", p.layout.Name)
	}
	return nil
}

func (p *Pipeline) put(array string, index uint32, program string) error {
	m, prog := p.coll.Maps[array], p.coll.Programs[program]
	switch {
	case m == nil:
		return fmt.Errorf("no prog array `%s` in the object", array)
	case prog == nil:
		return fmt.Errorf("no program `%s` in the object", program)
	}
	if err := m.Put(index, prog); err != nil {
		return fmt.Errorf("put program `%s` into %s[%d]: %w", program, array, index, err)
	}
	return nil
}

// Entry is the program to attach.
func (p *Pipeline) Entry() *ebpf.Program { return p.coll.Programs[p.layout.Name] }

// Programs are all programs by name. They are closed with the pipeline.
func (p *Pipeline) Programs() map[string]*ebpf.Program { return p.coll.Programs }

// Map is a map by its name in the source, nil if there is none. It is closed with the pipeline.
func (p *Pipeline) Map(name string) *ebpf.Map { return p.coll.Maps[name] }

// Variable is a config or var by its name in the source, nil if there is none.
func (p *Pipeline) Variable(name string) *ebpf.Variable { return p.coll.Variables[name] }

// Layout is the layout that the pipeline was opened with.
func (p *Pipeline) Layout() Layout { return p.layout }

// Close detaches the pipeline and frees its programs and maps, but for what is pinned. Closing twice is fine.
func (p *Pipeline) Close() error {
	p.mu.Lock()
	links, guests := p.links, append(p.gone, slices.Collect(maps.Values(p.guests))...)
	p.links, p.gone, p.guests = nil, nil, map[place]*guest{}
	p.mu.Unlock()
	var errs []error
	for _, l := range links {
		errs = append(errs, l.Close())
	}
	for _, g := range guests {
		g.close()
	}
	p.coll.Close()
	return errors.Join(errs...)
}
