package split

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// A Plan says where programs begin and what they pass on.
type Plan struct {
	Programs  []*Program     // as in Apply's Funcs: the entry, the stages of slots, then by index in tcc_stages
	TailCalls int            // of the longest chain
	Chain     []string       // its programs and slots tables
	Depths    map[string]int // by slots table: the tail calls of the longest chain up to one through it; 0: none leads there
	Order     []string       // the programs, targets of tail calls before their callers
	State     int            // bytes of the per-CPU array
	Notes     int            // bytes in front of the packet

	module *ir.Module
}

// Program is one program of a plan.
type Program struct {
	Name    string
	Stage   string    // where it begins
	Block   int       // the ID of the block there
	At      diag.Span // its place in the source
	Index   int       // in tcc_stages; -1: not reached through it
	Reason  string    // why it is a program of its own
	Freq    float64   // how many of the packets come by, as the search takes it
	Cost    verifier.Estimate
	Carried []Carried // what it takes over
	Calls   []Call    // its tail calls: programs, then slots tables
	Table   string    // the slots table of whose stages it is one, or empty
	After   int       // of the entry and stages of slots: the tail calls of the longest chain from it on
}

// Carried is a number that a program takes over.
type Carried struct {
	Name    string // the source variable's, or the IR value's
	Bytes   int
	Carrier string // "cb", "meta" or "tcc_state"
	Offset  int
	Span    diag.Span // where it was computed
}

// Bytes is how many bytes the program takes over.
func (p *Program) Bytes() int {
	n := 0
	for _, c := range p.Carried {
		n += c.Bytes
	}
	return n
}

// Apply is the module with one Func a program.
func (p *Plan) Apply() *ir.Module { return p.module }

// String is the plan for people.
func (p *Plan) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d programs, at most %d tail calls: %s\n", len(p.Programs), p.TailCalls, strings.Join(p.Chain, " → "))
	for _, pr := range p.Programs {
		fmt.Fprintf(&s, "%s", pr.Name)
		if pr.Index >= 0 {
			fmt.Fprintf(&s, " [%d]", pr.Index)
		}
		fmt.Fprintf(&s, ": %s\n\t%d processed, %d instructions, %d bytes of stack, %d maps\n",
			pr.Reason, pr.Cost.Processed, pr.Cost.Insns, pr.Cost.Stack, pr.Cost.Maps)
		for _, c := range pr.Carried {
			fmt.Fprintf(&s, "\ttakes %s: %d bytes at %s+%d\n", c.Name, c.Bytes, c.Carrier, c.Offset)
		}
		if len(pr.Calls) > 0 {
			fmt.Fprintf(&s, "\tcalls %s\n", strings.Join(pr.targets(), ", "))
		}
	}
	return s.String()
}

// Error says why there is no plan.
type Error struct {
	Stage       string // where it fails
	Span        diag.Span
	Constraint  string // what there is too much of
	Have, Limit int
	Detail      string // may be empty
	Remedy      string // may be empty
	Causes      []Cause
	Reason      string // why there can be no plan at all; then nothing is counted

	advice string // what to change in the source; may be empty
}

func (e *Error) Error() string {
	if e.Reason != "" {
		return e.Reason
	}
	s := fmt.Sprintf("stage %s: %d %s, limit %d", e.Stage, e.Have, e.Constraint, e.Limit)
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}
