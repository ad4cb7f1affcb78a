// Package check resolves names and types. It never changes the AST: what it finds is in side tables.
package check

import (
	"net/netip"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A Program is a checked pipeline. If Check returns one without errors, every name is resolved, every
// expression typed, and everything in it can be interpreted and compiled.
type Program struct {
	Files []*syntax.File // the root first, the prelude last
	Name  string
	Type  *PipelineType
	Frags bool // xdp: packets may come in several buffers
	// Default is the verdict for a packet that nothing decided on.
	Default *Verdict
	License string

	Globals  []*Global // config and var, in source order
	Enums    []*types.Enum
	Structs  []*types.Struct
	Maps     []*Map
	Counters []*Counter
	Events   []*Event
	Headers  []*Header // the file's own, then the prelude's
	Stages   []*Stage  // source order; the first is the entry
	Fns      []*Fn
	Slots    []*Slots
	Targets  []*Targets
	Routes   []*Map // if there is a `fib`: the tables in which tests say what it finds, of IPv4 and of IPv6
	Tests    []*syntax.TestDecl

	// Host is the pipeline for whose slots some stages are, as it is when checked by itself; nil if there are none. What
	// its files declare is declared here too, but for its slots tables.
	Host  *Program
	hosts map[Object]bool // what is declared by the host's files

	Info

	jumps map[Object][]jump         // the stage graph
	calls map[Object][]*syntax.Call // of fns, by the stage or fn that makes them

	called map[*Fn]bool // see Called
}

// Calls are the calls of fns in a stage or fn.
func (p *Program) Calls(from Object) []*syntax.Call { return p.calls[from] }

// Info are the side tables. Three things to know of Types:
//   - An operand may be narrower than its context (u8 where a u32 is wanted): whoever uses it widens it, by the sign of
//     its own type.
//   - A name of a map reference, like a place of type be16, has the type of what reading it gives; Local.Type and
//     FieldRef tell where it is stored.
//   - In the length expression of a header, a field reads as a u32 whatever its width.
//
// A constant inside a larger constant may have more bits than its type: only the outermost one counts.
type Info struct {
	Types   map[syntax.Expr]types.Type       // of every expression that has a value; never Untyped after checking
	Consts  map[syntax.Expr]*Const           // of every constant expression (patterns too)
	Uses    map[*syntax.Ident]Object         // what a name means where it is used
	Defs    map[*syntax.Ident]Object         // what a name declares
	Verdict map[*syntax.VerdictStmt]*Verdict // resolved verdicts
	// Redirects has what the resolved verdicts `redirect` lead to.
	Redirects map[*syntax.VerdictStmt]*Redirect
	Fields    map[*syntax.Select]*FieldRef // what x.name selects
	Payload   map[*syntax.Index]types.Type // the accesses to the payload: u8, u16, u32 or u64
	Rounds    map[*syntax.ForStmt]int      // how often a loop runs, at most
	Backs     map[*syntax.GotoStmt]*Back   // the gotos with a `max` that can lead back to where they stand
	Rewrites  map[*syntax.RewriteStmt]*Rewrite
}

// A Const is a compile-time value.
type Const struct {
	Type     types.Type
	Int      uint64     // integers, bool (0 or 1), enums, durations; if signed, extended to 64 bits
	Addr     netip.Addr // ip4, ip6
	Bits     int        // prefix length, if IsPrefix
	MAC      [6]byte    // mac
	Str      string     // string
	IsPrefix bool
	Elems    []*Const // arrays and structs: an element or field each; nil is zero
}

// An Object is what a name can mean.
type Object interface{ ObjectName() string }

type (
	// Local is a parameter, a let, a view, a map reference (`if v := m[k]`) or a loop variable.
	// Parameters and lets can be assigned; views and references can't be rebound: only what they show is written.
	Local struct {
		Name string
		Type types.Type // *types.Header for a view, *types.MapRef for a reference, types.Hop for what `fib` found
		Loop bool       // a loop's variable: only the loop changes it
		Decl *syntax.Ident
	}
	// Global is a config (constant after load) or a var.
	Global struct {
		Name   string
		Type   types.Type
		Config bool
		Init   *Const // nil: zero
		Decl   *syntax.Ident
	}
	// Map is a map of the pipeline.
	Map struct {
		Name       string
		Kind       MapKind
		Key, Value types.Type
		Max        uint32
		Decl       *syntax.MapDecl
	}
	// Counter is an array of per-CPU u64 counters.
	Counter struct {
		Name    string
		Enum    *types.Enum // nil: indexed by number
		Len     uint32      // 1 if not indexed
		Indexed bool
		Decl    *syntax.CounterDecl
	}
	// Event is a typed record for user space.
	Event struct {
		Name   string
		ID     uint32 // position among the events, from 0
		Layout *types.Struct
		Decl   *syntax.EventDecl
	}
	// Stage is a stage: a function that never returns.
	Stage struct {
		Name   string
		Index  int
		Params []*Local
		Circle *Circle // nil: no way leads back to the stage
		For    *Slots  // the table of the host that the stage is compiled for; nil: none
		Decl   *syntax.StageDecl
	}
	// Slots is a table of stages that user space can refill. `slot` is a table of one.
	Slots struct {
		Name    string
		Len     uint32
		Single  bool // declared with `slot`
		Params  []*Local
		Initial map[uint32]*Stage
		Decl    syntax.Decl
	}
	// Fn is a function: its code stands where it is called, unless it is called as a BPF subprogram (Calling).
	Fn struct {
		Name   string
		Params []*Local
		Result *Local // what it returns, on its way to the caller; nil: nothing
		Call   bool   // the source says that it is a subprogram
		Decl   *syntax.FnDecl
	}
	// Targets is a map of what packets can be redirected to: devices, CPUs or sockets by number. User space fills it.
	Targets struct {
		Name string
		Kind MapKind // DevMap, CPUMap or XSKMap
		Max  uint32
		Decl *syntax.MapDecl
	}
	// Header is a declared packet header.
	Header struct {
		Type *types.Header
		Decl *syntax.HeaderDecl // Decl.Length, if any, is typed in Info with fields as Uses of *HeaderFieldObj
	}
	// HeaderFieldObj is a header's field named inside its own length expression.
	HeaderFieldObj struct{ Field *types.HeaderField }
	// TypeName is an enum or struct, or a predeclared type in a conversion.
	TypeName struct{ Type types.Type }
	// Builtin is now, random, cpu, packet, …
	Builtin struct{ Name string }
)

func (o *Local) ObjectName() string          { return o.Name }
func (o *Global) ObjectName() string         { return o.Name }
func (o *Map) ObjectName() string            { return o.Name }
func (o *Counter) ObjectName() string        { return o.Name }
func (o *Event) ObjectName() string          { return o.Name }
func (o *Stage) ObjectName() string          { return o.Name }
func (o *Slots) ObjectName() string          { return o.Name }
func (o *Fn) ObjectName() string             { return o.Name }
func (o *Targets) ObjectName() string        { return o.Name }
func (o *Header) ObjectName() string         { return o.Type.Name }
func (o *HeaderFieldObj) ObjectName() string { return o.Field.Name }
func (o *TypeName) ObjectName() string       { return o.Type.String() }
func (o *Builtin) ObjectName() string        { return o.Name }

// HeaderOf is the declaration of a view's header.
func (p *Program) HeaderOf(t *types.Header) *Header {
	for _, h := range p.Headers {
		if h.Type == t {
			return h
		}
	}
	return nil
}

// FieldRef is what a selector means; exactly one of the pointers is set.
type FieldRef struct {
	Header *types.HeaderField // of a view
	Struct *types.Field       // of a struct value or a reference to one
	Packet *PacketField       // packet.len, …
	Member *types.EnumMember  // reason.ssh
}

// PacketField is a field of the context.
type PacketField struct {
	Name     string
	Type     types.Type // u32
	Writable bool
}

// MapKind is the kind of a map, as written.
type MapKind string

// The kinds that carry keys and values.
const (
	Hash          MapKind = "hash"
	LRUHash       MapKind = "lru_hash"
	PerCPUHash    MapKind = "percpu_hash"
	PerCPULRUHash MapKind = "percpu_lru_hash"
	ArrayMap      MapKind = "array"
	PerCPUArray   MapKind = "percpu_array"
	LPM           MapKind = "lpm" // key type ip4 or ip6: the longest prefix that holds the address
)

// The kinds that hold targets of `redirect`.
const (
	DevMap MapKind = "devmap"
	CPUMap MapKind = "cpumap"
	XSKMap MapKind = "xskmap"
)

// PerCPU reports whether each CPU has its own values.
func (k MapKind) PerCPU() bool { return k == PerCPUHash || k == PerCPULRUHash || k == PerCPUArray }

// A PipelineType is xdp, tc, cgroup_skb or socket: its verdicts and the fields of its context.
type PipelineType struct {
	Name     string
	Verdicts []*Verdict
	Packet   []*PacketField
	ReadOnly bool // the bytes of the packet can't be written
	// Offload: packets come from where the network card is expected to compute checksums of TCP and UDP.
	Offload bool
}

// A Verdict is what a pipeline returns.
type Verdict struct {
	Name string
	// Code is what the kernel is told. xdp: drop 1, pass 2, tx 3, abort 0; tc: pass 0 (OK), drop 2 (SHOT), next -1 (UNSPEC);
	// cgroup_skb: drop 0, pass 1; socket: the number of bytes to keep, so drop 0, pass -1 (all of them), and what keep says.
	Code     int32
	Computed bool // the argument is the code
	Args     int  // how many arguments it takes, each a u32
}

// A Redirect is where `redirect(…)` sends a packet: to the target at an index of a map, or to an interface.
type Redirect struct {
	Targets *Targets    // nil: an interface
	Number  syntax.Expr // the index, or the interface's; a u32
	Ingress bool        // as if the interface had received the packet
}

// CursorMax is the largest offset, in bytes from the start of the packet, that a cursor or a view can have.
// A parse, skip or read that would go beyond fails as one beyond the packet's end does. (The kernel's
// verifier knows no packet offset above 65,535; half of that leaves room for the fields of a header.)
const CursorMax = 0x7fff
