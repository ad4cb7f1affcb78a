package runtime

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// Counter is a counter of the source: one number for each index, counted by each CPU apart and summed when read.
type Counter struct {
	layout CounterLayout
	array  *ebpf.Map
}

// Counter is the counter of that name. It panics if the pipeline has none: generated code asks only for those it has.
func (p *Pipeline) Counter(name string) *Counter {
	for _, c := range p.layout.Counters {
		if c.Name == name {
			return &Counter{layout: c, array: p.coll.Maps[name]}
		}
	}
	panic(fmt.Sprintf("runtime: pipeline %s has no counter `%s`", p.layout.Name, name))
}

// Len is the number of indices; 1 for a counter without an index.
func (c *Counter) Len() uint32 { return c.layout.Len }

// Sum is the count at index i over all CPUs.
func (c *Counter) Sum(i uint32) (uint64, error) {
	if c.array == nil { // nothing in the pipeline counts here
		return 0, nil
	}
	n, err := sum(c.array, i)
	if err != nil {
		return 0, fmt.Errorf("counter %s[%d]: %w", c.layout.Name, i, err)
	}
	return n, nil
}

func sum(perCPU *ebpf.Map, i uint32) (n uint64, err error) {
	var each []uint64
	if err := perCPU.Lookup(i, &each); err != nil {
		return 0, err
	}
	for _, v := range each {
		n += v
	}
	return n, nil
}

// Misses counts, by the name of the program or slots table aimed at, the tail calls that found nothing there.
// For a program it stays 0 as long as the prog array is whole; for a slots table it counts the packets that met an
// empty slot.
func (p *Pipeline) Misses() (map[string]uint64, error) {
	names := append([]string{}, p.layout.Targets...)
	for _, s := range p.layout.Slots {
		names = append(names, s.Name)
	}
	misses := make(map[string]uint64, len(names))
	m := p.coll.Maps[missesMap]
	if m == nil {
		return misses, nil
	}
	for i, name := range names {
		n, err := sum(m, uint32(i))
		if err != nil {
			return nil, fmt.Errorf("misses of `%s`: %w", name, err)
		}
		misses[name] = n
	}
	return misses, nil
}
