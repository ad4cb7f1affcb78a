package interp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A Machine holds a program and all that outlives a packet.
type Machine struct {
	Env     Env
	Context Context // of the packets to come
	// OnStage, if set, is told of each stage that a packet enters.
	OnStage func(*check.Stage)
	// OnStmt, if set, is told of each statement that a packet comes to.
	OnStmt func(syntax.Stmt)

	prog     *check.Program
	globals  map[*check.Global]Value
	maps     map[*check.Map]*Map
	counters map[*check.Counter][]uint64
	slots    map[*check.Slots][]*check.Stage
	targets  map[*check.Targets]map[uint32]uint32
	misses   map[*check.Slots]uint64
}

// Env is what a program can ask of its surroundings.
type Env struct {
	Now    func() uint64 // nanoseconds of a clock that never goes back
	Random func() uint64
	CPU    func() uint32
}

// Pinned is an Env that always answers the same.
func Pinned(now, random uint64, cpu uint32) Env {
	return Env{
		Now:    func() uint64 { return now },
		Random: func() uint64 { return random },
		CPU:    func() uint32 { return cpu },
	}
}

// Real is an Env of the real clock and real randomness, on CPU 0.
func Real() Env {
	began := time.Now()
	return Env{
		Now:    func() uint64 { return uint64(time.Since(began)) },
		Random: rand.Uint64,
		CPU:    func() uint32 { return 0 },
	}
}

// Context is what comes with a packet beside its bytes: the fields of `packet`, but for its length.
type Context struct {
	IfIndex, Queue, Mark, Priority, Hash, VLAN uint32
	// Protocol is the packet's EtherType; 0: as the kernel reads it from the Ethernet header.
	Protocol uint32
}

// An Event is a record that a program emitted.
type Event struct {
	ID   uint32 // position among the pipeline's events
	Name string
	Data []byte // the event's struct in native memory
}

// native is the byte order of all encoded keys, values and events.
var native = binary.NativeEndian

// eventHeader is the number of bytes in front of the struct in a record of the ring buffer.
const eventHeader = 8

// Record is the event as it stands in the ring buffer: ID, four zero bytes and the struct, padded to 8 bytes.
func (e Event) Record() []byte {
	b := make([]byte, eventHeader+(len(e.Data)+7)/8*8)
	native.PutUint32(b, e.ID)
	copy(b[eventHeader:], e.Data)
	return b
}

// New makes a machine in which nothing has happened yet: globals have their initial values, array maps and
// counters are zero, other maps are empty, and the slots hold what the source says. Packets come from interface 1.
func New(p *check.Program) *Machine {
	m := &Machine{
		Env:      Real(),
		Context:  Context{IfIndex: 1},
		prog:     p,
		globals:  map[*check.Global]Value{},
		maps:     map[*check.Map]*Map{},
		counters: map[*check.Counter][]uint64{},
		slots:    map[*check.Slots][]*check.Stage{},
		targets:  map[*check.Targets]map[uint32]uint32{},
		misses:   map[*check.Slots]uint64{},
	}
	for _, g := range p.Globals {
		m.globals[g] = Zero(g.Type)
		if g.Init != nil {
			m.globals[g] = constValue(g.Init, g.Type)
		}
	}
	for _, d := range slices.Concat(p.Maps, p.Routes) {
		m.maps[d] = newMap(d)
	}
	for _, c := range p.Counters {
		m.counters[c] = make([]uint64, c.Len)
	}
	for _, s := range p.Slots {
		m.slots[s] = make([]*check.Stage, s.Len)
		for i, stage := range s.Initial {
			m.slots[s][i] = stage
		}
	}
	return m
}

// Map finds a map by name; nil if there is none.
func (m *Machine) Map(name string) *Map {
	for d, mm := range m.maps {
		if d.Name == name {
			return mm
		}
	}
	return nil
}

// Counter is a copy of a counter's cells; nil if there is no such counter.
func (m *Machine) Counter(name string) []uint64 {
	for c, cells := range m.counters {
		if c.Name == name {
			return slices.Clone(cells)
		}
	}
	return nil
}

// Global is the memory of a config or var; nil if there is none of that name.
func (m *Machine) Global(name string) []byte {
	if g := m.global(name); g != nil {
		return Encode(g.Type, m.globals[g], native)
	}
	return nil
}

// SetGlobal writes the memory of a config or var.
func (m *Machine) SetGlobal(name string, value []byte) error {
	g := m.global(name)
	if g == nil {
		return fmt.Errorf("no config or var is named %s", name)
	}
	if len(value) != g.Type.Size() {
		return fmt.Errorf("%s has %d bytes, not %d", name, g.Type.Size(), len(value))
	}
	copy(m.globals[g], Decode(g.Type, value, native))
	return nil
}

func (m *Machine) global(name string) *check.Global {
	for _, g := range m.prog.Globals {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// SetSlot puts a stage into a table of slots; with an empty stage name the slot becomes empty.
func (m *Machine) SetSlot(table string, index uint32, stage string) error {
	s := m.table(table)
	if s == nil {
		return fmt.Errorf("no slots are named %s", table)
	}
	if index >= s.Len {
		return fmt.Errorf("%s has %d slots, so no slot %d", table, s.Len, index)
	}
	if stage == "" {
		m.slots[s][index] = nil
		return nil
	}
	for _, st := range m.prog.Stages {
		if st.Name == stage {
			return m.fillSlot(s, index, st)
		}
	}
	return fmt.Errorf("no stage is named %s", stage)
}

// fillSlot refuses a stage with other parameters than the table's.
func (m *Machine) fillSlot(s *check.Slots, index uint32, st *check.Stage) error {
	same := slices.EqualFunc(s.Params, st.Params, func(a, b *check.Local) bool { return types.Identical(a.Type, b.Type) })
	if !same {
		return fmt.Errorf("stage %s has other parameters than %s", st.Name, s.Name)
	}
	m.slots[s][index] = st
	return nil
}

// Misses is how often a goto to a table of slots found no stage.
func (m *Machine) Misses(table string) uint64 { return m.misses[m.table(table)] }

func (m *Machine) table(name string) *check.Slots {
	for _, s := range m.prog.Slots {
		if s.Name == name {
			return s
		}
	}
	return nil
}
