package explain

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tcc-bpf/tcc/codegen"
)

// Text is the report for a terminal: an overview, a line a program, and then each program.
func (r *Report) Text() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: pipeline %s, %s, default %s\n", r.Source, r.Pipeline, r.Type, r.Default)
	if r.Variant != "" {
		s.WriteString(r.aside() + "\n")
	}
	s.WriteString(r.summary() + "\n")
	if len(r.Chain) > 1 {
		fmt.Fprintf(&s, "the longest chain: %s\n", strings.Join(r.Chain, " → "))
	}
	r.overview(&s)
	for _, p := range r.Programs {
		r.program(&s, p)
	}
	r.fns(&s)
	for _, t := range r.Slots {
		r.table(&s, t)
	}
	return s.String()
}

// summary is the report in a line.
func (r *Report) summary() string {
	return fmt.Sprintf("%s within a budget of %s; a packet makes at most %s",
		count(len(r.Programs), "program"), count(r.Budget, "processed instruction"), count(r.TailCalls, "tail call"))
}

// overview is a line a program.
func (r *Report) overview(s *strings.Builder) {
	s.WriteString("\n")
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "program\tpackets\tinstructions\testimated\tof budget\t")
	if r.Programs[0].Kernel != nil {
		fmt.Fprint(w, "processed\tjitted bytes\t")
	}
	fmt.Fprintln(w, "stack\tmaps\tcarried\ttail calls\t")
	for _, p := range r.Programs {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t", p.Name, p.frequency(), p.Instructions, p.EstimatedCost, percent(float64(p.EstimatedCost)/float64(r.Budget)))
		if k := p.Kernel; k != nil {
			fmt.Fprintf(w, "%s\t%s\t", orUnknown(k.Processed), orUnknown(k.JITBytes))
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t\n", p.Stack, p.Maps, p.CarriedBytes, p.TailCalls)
	}
	w.Flush()
}

// orUnknown is a number that the kernel may not have told.
func orUnknown(n int) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

// program is all that is told of a program.
func (r *Report) program(s *strings.Builder, p *Program) {
	fmt.Fprintf(s, "\n%s", p.Name)
	if p.Index >= 0 {
		fmt.Fprintf(s, " [%d]", p.Index)
	}
	fmt.Fprintf(s, ": %s\n", p.Reason)
	var t strings.Builder
	w := tabwriter.NewWriter(&t, 0, 0, 2, ' ', 0)
	for _, part := range p.Parts {
		fmt.Fprintf(w, "\thas\t%s\t%s\t%s\t\n", title(part), r.where(part), count(part.Instructions, "instruction"))
	}
	flush(s, w, &t)
	for _, c := range p.Carried {
		fmt.Fprintf(w, "\ttakes\t%s\t%s\t%s\tat %s\tfrom %s\t\n", c.Name, c.Type, count(c.Bytes, "byte"), carrier(c), r.at(c.File, c.Line))
	}
	flush(s, w, &t)
	for _, c := range p.Calls {
		fmt.Fprintf(w, "\tcalls\t%s\t%s of packets\t%s\tat %s\t\n", calls(c.To, c.Slots), percent(c.Frequency), rare(c.Cold), r.at(c.File, c.Line))
	}
	flush(s, w, &t)
	for _, f := range p.Forgotten {
		fmt.Fprintf(w, "\tforgets\t%s\t%s\tat %s: %s\n", f.Name, f.Type, r.at(f.File, f.Line), f.Why)
	}
	flush(s, w, &t)
}

// flush ends a table: its lines are aligned with each other only.
func flush(s *strings.Builder, w *tabwriter.Writer, t *strings.Builder) {
	w.Flush()
	for line := range strings.Lines(t.String()) {
		s.WriteString("  " + strings.TrimSpace(line) + "\n")
	}
	t.Reset()
}

// where is the lines of a part, with its file if that isn't the report's.
func (r *Report) where(p codegen.Part) string {
	if p.File == r.Source || len(p.Lines) == 0 {
		return linesOf(p)
	}
	return p.File + ":" + lines(p)
}

// at is a place, with its file if that isn't the report's.
func (r *Report) at(file string, line int) string {
	if file == r.Source {
		return fmt.Sprintf("line %d", line)
	}
	return fmt.Sprintf("%s:%d", file, line)
}

func calls(to string, slots bool) string {
	if slots {
		return to + "[]"
	}
	return to
}

func rare(cold bool) string {
	if cold {
		return "rare"
	}
	return ""
}

// table is a table of slots.
func (r *Report) table(s *strings.Builder, t Table) {
	fmt.Fprintf(s, "\n%s[]: %s; where one is empty, the caller goes on with its else, or to the default\n", t.Name, count(t.Len, "slot"))
	for _, slot := range t.Slots {
		fmt.Fprintf(s, "  %d  %s\n", slot.Index, slot.Program)
	}
}

// carriedLine is a carried number in a line.
func carriedLine(c codegen.Carried) string {
	s := c.Name
	if c.Type != "" {
		s += " " + c.Type
	}
	return fmt.Sprintf("%s, %s at %s", s, count(c.Bytes, "byte"), carrier(c))
}
