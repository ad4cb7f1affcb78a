// Package explain shows what became of a pipeline: its programs, why there are so many, what travels between them.
//
// A Report has all of it; Text, JSON, SVG and HTML are ways to look at it. All of them are the same bytes for the same
// report.
//
//	report   what is told
//	variants several reports of one pipeline
//	text     tables for a terminal
//	fns      subprograms, in the text and on the page
//	graph    programs and slots tables as the nodes of a drawing, in layers
//	place    where on the page they stand
//	svg      the drawing
//	html     the drawing, the tables, and the source with the programs' colours in its margin
package explain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
)

// A Report is what is told of a compiled pipeline. Its form in JSON is documented in cmd/tcc/README.md.
type Report struct {
	Variant    string     `json:"variant,omitempty"` // empty: there is only this one
	Chosen     bool       `json:"chosen,omitempty"`  // of the variants, the running kernel loads this one
	Refused    string     `json:"refused,omitempty"` // why the running kernel doesn't take the variant
	Source     string     `json:"source"`
	Pipeline   string     `json:"pipeline"`
	Type       string     `json:"type"`
	Default    string     `json:"default"`
	Target     string     `json:"target"`
	Budget     int        `json:"budget"`
	TailCalls  int        `json:"tailCalls"`
	Chain      []string   `json:"chain"`
	StateBytes int        `json:"stateBytes"`
	Programs   []*Program `json:"programs"`
	Slots      []Table    `json:"slots"`

	Subprograms []*codegen.Subprogram `json:"subprograms"`
	Inlined     []codegen.Inlined     `json:"inlined"`
}

// Program is a program, and what the kernel says of it.
type Program struct {
	*codegen.Program
	Kernel *Kernel `json:"kernel,omitempty"` // nil: the kernel was not asked
}

// Kernel is what the running kernel says of a program that it has loaded.
type Kernel struct {
	Processed int `json:"processed"` // instructions that the verifier processed; 0: this kernel doesn't tell (before 5.16)
	JITBytes  int `json:"jitBytes"`  // length of the machine code; 0: not told
}

// Table is a table of slots and the programs that are in it at first.
type Table struct {
	Name  string `json:"name"`
	Len   int    `json:"len"`
	Slots []Slot `json:"slots"`
}

// Slot is a slot that is not empty.
type Slot struct {
	Index   int    `json:"index"`
	Program string `json:"program"`
}

// New makes the report of a pipeline that was compiled with some options.
func New(p *check.Program, a *codegen.Artifact, opts codegen.Options) *Report {
	r := &Report{
		Variant: a.Variant, Source: p.Files[0].Name, Pipeline: p.Name, Type: p.Type.Name, Default: p.Default.Name,
		Target: opts.Target.String(), Budget: cmp.Or(opts.Budget, codegen.DefaultBudget),
		TailCalls: a.MaxChain, Chain: a.Chain, StateBytes: a.StateBytes, Slots: []Table{}, Subprograms: a.Subprograms, Inlined: a.Inlined,
	}
	for _, pr := range a.Programs {
		r.Programs = append(r.Programs, &Program{Program: pr})
	}
	for _, s := range a.Layout.Slots {
		t := Table{Name: s.Name, Len: int(s.Len), Slots: []Slot{}}
		for _, i := range slices.Sorted(maps.Keys(s.Initial)) {
			t.Slots = append(t.Slots, Slot{int(i), s.Initial[i]})
		}
		r.Slots = append(r.Slots, t)
	}
	return r
}

// JSON is the report for tools.
func (r *Report) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	return append(data, '\n'), err
}

// percent is a share of packets for people.
func percent(f float64) string {
	switch p := 100 * f; {
	case p >= 99.95:
		return "100 %"
	case p >= 9.95:
		return fmt.Sprintf("%.0f %%", p)
	case p >= 0.95:
		return fmt.Sprintf("%.1f %%", p)
	case p >= 0.01:
		return fmt.Sprintf("%.2f %%", p)
	}
	return "< 0.01 %"
}

// frequency is how many of the packets come by a program. That of a slot's stage is up to who fills the slots.
func (p *Program) frequency() string {
	switch {
	case !p.isSlot():
		return percent(p.Frequency)
	case p.Frequency == 0:
		return "slot"
	}
	return "≤ " + percent(p.Frequency)
}

// isSlot reports whether a program is the stage of a slot.
func (p *Program) isSlot() bool { return p.Index < 0 && strings.HasPrefix(p.Reason, "stage of slots ") }

// lines is the lines of a part.
func lines(p codegen.Part) string {
	var list []string
	for _, l := range p.Lines {
		if l[0] == l[1] {
			list = append(list, fmt.Sprint(l[0]))
		} else {
			list = append(list, fmt.Sprintf("%d–%d", l[0], l[1]))
		}
	}
	return strings.Join(list, ", ")
}

// linesOf is the lines of a part, said to be such. An entry that is nothing but the default has none.
func linesOf(p codegen.Part) string {
	if len(p.Lines) == 0 {
		return "no lines"
	}
	return "lines " + lines(p)
}

// title is a part as people call it.
func title(p codegen.Part) string {
	if p.Kind == "stage" {
		return p.Name
	}
	return p.Kind + " " + p.Name
}

// thousands is a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count is a number and what is counted.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// carrier is a place of carried state for people.
func carrier(c codegen.Carried) string {
	switch c.Carrier {
	case "meta":
		return fmt.Sprintf("data_meta+%d", c.Offset)
	case "cb":
		return fmt.Sprintf("skb->cb+%d", c.Offset)
	}
	return fmt.Sprintf("%s+%d", c.Carrier, c.Offset)
}
