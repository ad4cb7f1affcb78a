package runtime

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
)

// Slots is a table of stages that can be changed while packets flow. Each change is atomic: a packet meets the old
// stage or the new one.
type Slots struct {
	layout   SlotsLayout
	array    *ebpf.Map
	pipeline *Pipeline
}

// Slots is the table declared by `slots NAME` or `slot NAME`. It panics if the pipeline has none of that name:
// generated code asks only for those it has.
func (p *Pipeline) Slots(name string) *Slots {
	for _, s := range p.layout.Slots {
		if s.Name == name {
			return &Slots{layout: s, array: p.coll.Maps[name], pipeline: p}
		}
	}
	panic(fmt.Sprintf("runtime: pipeline %s has no slots `%s`", p.layout.Name, name))
}

// Len is the number of slots.
func (s *Slots) Len() uint32 { return s.layout.Len }

// Set puts a stage's program into slot i. The program must have been compiled for this table: a stage that the
// pipeline's source names in it. Replacing a stage takes about 30 µs; the old one runs until then.
func (s *Slots) Set(i uint32, stage *ebpf.Program) error {
	if stage == nil {
		return fmt.Errorf("%s[%d]: no program given; use Clear to empty a slot", s.layout.Name, i)
	}
	return s.change(i, nil, func() error { return s.put(i, stage) })
}

// SetNamed puts one of the stages that the source names in the table into slot i.
func (s *Slots) SetNamed(i uint32, stage string) error {
	names := slices.Compact(slices.Sorted(maps.Values(s.layout.Initial)))
	switch {
	case len(names) == 0:
		return fmt.Errorf("%s[%d]: there is no stage `%s`: the source puts none into the table; SetStage takes those that are compiled apart", s.layout.Name, i, stage)
	case !slices.Contains(names, stage):
		return fmt.Errorf("%s[%d]: the table has no stage `%s`; it has %s", s.layout.Name, i, stage, strings.Join(names, ", "))
	}
	return s.Set(i, s.pipeline.coll.Programs[stage])
}

func (s *Slots) put(i uint32, stage *ebpf.Program) error {
	if err := s.array.Put(i, stage); err != nil {
		if errors.Is(err, ebpf.ErrMapIncompatible) || errors.Is(err, errInvalid) {
			return fmt.Errorf("%s[%d]: the kernel refuses %v: its type or attach type differs from the pipeline's: %w", s.layout.Name, i, stage, err)
		}
		return fmt.Errorf("%s[%d]: %w", s.layout.Name, i, err)
	}
	return nil
}

// Clear empties slot i: packets take the `else` of the goto from then on. Emptying an empty slot is fine.
func (s *Slots) Clear(i uint32) error {
	return s.change(i, nil, func() error {
		if err := s.array.Delete(i); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("%s[%d]: %w", s.layout.Name, i, err)
		}
		return nil
	})
}

func (s *Slots) inRange(i uint32) error {
	if i >= s.layout.Len {
		return fmt.Errorf("%s[%d]: there are %d slots", s.layout.Name, i, s.layout.Len)
	}
	return nil
}
