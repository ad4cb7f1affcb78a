package interp

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
)

// An Engine executes a pipeline: this package's machine, or the compiled programs in the kernel. Keys, values and
// globals are bytes in C layout in native byte order. Of a per-CPU map, a lookup gives the value of the CPU that the
// packets ran on; the cells of counters are sums over all CPUs.
type Engine interface {
	// Pin sets the clock, which then stands still; random() and cpu() are 0 from then on.
	Pin(now uint64) error
	SetGlobal(name string, value []byte) error // config before the first packet only
	Global(name string) ([]byte, error)
	UpdateMap(name string, key, value []byte) error
	LookupMap(name string, key []byte) (value []byte, err error) // nil, nil: no such key
	Entries(name string) (map[string][]byte, error)              // all entries of a map, values by the bytes of the key
	Counter(name string) ([]uint64, error)
	Run(packet []byte) (Result, error)
	Close() error
}

// NewEngine is a fresh machine as an Engine.
func NewEngine(p *check.Program) Engine { return New(p).Engine() }

// NewPinnedEngine is a fresh machine with the given surroundings as an Engine.
func NewPinnedEngine(p *check.Program, env Env) Engine {
	m := New(p)
	m.Env = env
	return m.Engine()
}

// Engine is the machine as an Engine.
func (m *Machine) Engine() Engine { return engine{m} }

type engine struct{ *Machine }

func (e engine) Pin(now uint64) error {
	e.Env = Pinned(now, 0, 0)
	return nil
}

func (e engine) Global(name string) ([]byte, error) {
	if b := e.Machine.Global(name); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("no config or var is named %s", name)
}

func (e engine) UpdateMap(name string, key, value []byte) error {
	m, err := e.mapNamed(name)
	if err != nil && e.setTarget(name, key, value) == nil {
		return nil
	}
	if err != nil {
		return err
	}
	return m.Update(key, value)
}

func (e engine) LookupMap(name string, key []byte) ([]byte, error) {
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
	value, _ := m.Lookup(key)
	return value, nil
}

func (e engine) Entries(name string) (map[string][]byte, error) {
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for k, v := range m.Entries() {
		all[string(k)] = v
	}
	return all, nil
}

func (e engine) mapNamed(name string) (*Map, error) {
	if m := e.Map(name); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("no map is named %s", name)
}

func (e engine) Counter(name string) ([]uint64, error) {
	if cells := e.Machine.Counter(name); cells != nil {
		return cells, nil
	}
	return nil, fmt.Errorf("no counter is named %s", name)
}

func (e engine) Run(packet []byte) (Result, error) { return e.Machine.Run(packet), nil }

func (e engine) Close() error { return nil }
