package split

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A Carrier is where numbers travel from program to program.
type Carrier string

// The carriers.
const (
	Auto   Carrier = ""       // the cheapest that the target has, for each cut
	CB     Carrier = "cb"     // skb->cb
	Meta   Carrier = "meta"   // in front of an xdp packet (data_meta)
	PerCPU Carrier = "percpu" // a per-CPU array
)

// ParseCarrier reads a carrier as it is written: auto, cb, meta or percpu.
func ParseCarrier(text string) (Carrier, error) {
	switch c := Carrier(text); c {
	case "auto":
		return Auto, nil
	case CB, Meta, PerCPU:
		return c, nil
	}
	return Auto, fmt.Errorf("there is no carrier `%s`; there are auto, cb, meta, percpu", text)
}

// Carriers as places name them.
const (
	carrierCB    = "cb"       // skb->cb
	carrierMeta  = "meta"     // notes in front of the packet
	carrierState = TableState // the per-CPU array
)

// What carriers hold, in bytes.
const (
	cbSize = 20
	// StateSize is the most of the per-CPU array that is used, in bytes. Where the arguments of slots travel in it, it has
	// this size: so a stage that was compiled apart fits, which has an array of the same name for all that it carries. Once
	// such a stage runs, nothing that its caller left there is needed any more.
	StateSize = 4096
)

// carriers lists what numbers may travel in, to be filled one after the other.
//
// A per-CPU array costs a lookup in each of the two programs, skb->cb nothing. Notes in front of a packet cost three times
// as much as the array: memory must be made for them and taken away again, by helpers that not all drivers serve. But a
// program that is preempted may find the array changed, so that on a kernel built with PREEMPT_RT it is no carrier.
func (g *graph) carriers() []string {
	switch c := g.carrier; {
	case c == CB, c == Auto && g.m.Type().CB && g.m.Target.RT:
		return []string{carrierCB}
	case c == Meta, c == Auto && g.m.Target.RT:
		return []string{carrierMeta}
	case c == Auto && g.m.Type().CB:
		return []string{carrierCB, carrierState}
	}
	return []string{carrierState}
}

// capacity is how much a carrier holds, in bytes.
func (g *graph) capacity(carrier string) int {
	switch {
	case carrier == carrierCB:
		return cbSize
	case carrier == carrierState:
		return StateSize
	case len(g.tables()) > 0: // a stage in a slot may be of another pipeline, and not know of the notes
		return 0
	}
	return g.m.Target.MetaBytes() &^ 3
}

// room is how much the roomiest of the carriers holds.
func (g *graph) room() int {
	carriers := g.carriers()
	return g.capacity(carriers[len(carriers)-1])
}

// tables are the slots tables, in the module's order.
func (g *graph) tables() (names []string) {
	for _, m := range g.m.Maps {
		if m.Kind == ir.ProgArray {
			names = append(names, m.Name)
		}
	}
	return names
}

// refuse says why a pipeline can't have a carrier at all; nil if it can.
func (g *graph) refuse() error {
	t, c := g.m.Type(), g.carrier
	why := ""
	switch rt := g.m.Target.RT; {
	case c == CB && !t.CB:
		why = fmt.Sprintf("%s programs have no skb->cb that could carry state", g.m.ProgType)
	case c == Meta && !t.Notes:
		why = fmt.Sprintf("%s programs have no data_meta that could carry state", g.m.ProgType)
	case c == PerCPU && rt:
		why = "on a PREEMPT_RT kernel a per-CPU array can't carry state: a program that is preempted may find it changed"
	case c == Meta && len(g.tables()) > 0:
		why = fmt.Sprintf("data_meta can't carry state of a pipeline with slots (%s): a stage in a slot may be of another pipeline, and wouldn't take the bytes away again",
			strings.Join(g.tables(), ", "))
	case rt:
		i := slices.IndexFunc(g.m.Maps, func(m *ir.Map) bool {
			if m.Kind != ir.ProgArray {
				return false
			}
			places := convention(g.m, m.Args)
			return len(places) > 0 && places[0].carrier == carrierState
		})
		if i >= 0 {
			why = fmt.Sprintf("on a PREEMPT_RT kernel the arguments of the stages in slots `%s` can't travel: skb->cb has no room for them, and a program that is preempted may find a per-CPU array changed",
				g.m.Maps[i].Name)
		}
	}
	if why == "" {
		return nil
	}
	entry := g.f.Blocks[0]
	return &Error{Stage: entry.Stage, Span: span(entry), Reason: why}
}
