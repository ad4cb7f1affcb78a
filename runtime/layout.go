package runtime

// Layout is what generated code knows about its pipeline: names and places that the kernel's objects don't tell.
type Layout struct {
	// Name is the pipeline's, and that of the entry program.
	Name string
	// Type is "xdp", "tc", "cgroup_skb" or "socket".
	Type string
	// Frags is set if packets may come in several buffers (xdp, Linux 5.18).
	Frags bool
	// Default is the verdict code that a packet gets when a tail call misses.
	Default int32
	// Targets are the programs of the internal prog array by index. Each tail-calls only into later ones.
	Targets []string
	// Slots are the tables that can be refilled while packets flow.
	Slots []SlotsLayout
	// Shared has a fingerprint of what stages compiled apart can share: maps, counters, config, events. It is empty if
	// there are no slots for them.
	Shared map[string]string
	// Host is the pipeline for whose slots there are Stages; nil if there are none.
	Host *HostLayout
	// Stages are the stages that are compiled apart, for slots of Host.
	Stages []StageLayout
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
	// Convention is a hash of how the table's stages are called.
	Convention string
	// Depth is how many tail calls a packet has made when it enters a stage of the table, at most. 0: none goes there.
	Depth int
}

// HostLayout describes what a pipeline uses of the one for whose slots it has stages.
type HostLayout struct {
	Name   string            // the host's
	Shared map[string]string // name → fingerprint, as the host's Shared must have it
	State  bool              // arguments come in the host's tcc_state
}

// StageLayout describes a stage that is compiled apart.
type StageLayout struct {
	Name, Program string
	Table         string // the host's
	Convention    string // of that table
	TailCalls     int    // that a packet makes from it on, at most
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
	stateMap  = "tcc_state"  // per-CPU array of one: what travels from program to program, arguments of slots included

	// The host's eventsMap and lostMap, where a pipeline has stages for its slots.
	hostEventsMap = "tcc_host_events"
	hostLostMap   = "tcc_host_lost"
)
