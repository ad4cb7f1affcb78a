package runtime

// Layout is what generated code knows about its pipeline: names and places that the kernel's objects don't tell.
type Layout struct {
	// Name is the pipeline's, and that of the entry program.
	Name string
	// Type is "xdp", "tc", "cgroup_skb" or "socket".
	Type string
	// Default is the verdict code that a packet gets when a tail call misses.
	Default int32
	// Targets are the programs of the internal prog array by index. Each tail-calls only into later ones.
	Targets []string
	// Slots are the tables that can be refilled while packets flow.
	Slots []SlotsLayout
	// Counters are the per-CPU counters.
	Counters []CounterLayout
	// Events are the typed records, by ID.
	Events []EventLayout
}

// SlotsLayout describes a `slots` or `slot` declaration.
type SlotsLayout struct {
	Name    string            // the prog array's
	Len     uint32            // number of slots
	Initial map[uint32]string // index → program
}

// CounterLayout describes a `counter` declaration.
type CounterLayout struct {
	Name    string
	Len     uint32
	Enum    string            // the enum that indexes it; empty if numbers do
	Members map[string]uint32 // names of indices, if indexed by an enum
}

// EventLayout describes an `event` declaration.
type EventLayout struct {
	Name string
	Size int // bytes of the record's struct, header not counted
}

// Names of the maps that the compiler adds to a pipeline. Each exists only where it is used.
const (
	stagesMap = "tcc_stages" // prog array: the stage programs
	missesMap = "tcc_misses" // per-CPU array: missed tail calls, stage programs first, then the tables of slots
	eventsMap = "tcc_events" // ring buffer
	lostMap   = "tcc_lost"   // per-CPU array of one: events that found the ring buffer full
)
