package explain

import (
	"fmt"
	"strings"
)

// fns are the subprograms, and the fns that were to be some.
func (r *Report) fns(s *strings.Builder) {
	for _, f := range r.Subprograms {
		if f.Rounds > 0 {
			fmt.Fprintf(s, "\nfn %s: called in each of at most %s, as %s\n", f.Name, count(f.Rounds, "round"), f.Why)
		} else {
			fmt.Fprintf(s, "\nfn %s: a subprogram, as %s\n", f.Name, f.Why)
		}
		fmt.Fprintf(s, "  at %s, %s, %d estimated, %s of stack\n", r.at(f.File, f.Line), count(f.Instructions, "instruction"), f.EstimatedCost, count(f.Stack, "byte"))
		if len(f.Calls) > 0 {
			fmt.Fprintf(s, "  calls %s\n", strings.Join(f.Calls, ", "))
		}
		fmt.Fprintf(s, "  in %s\n", strings.Join(f.Callers, ", "))
	}
	for _, f := range r.Inlined {
		fmt.Fprintf(s, "\nfn %s: its code stands where it is called\n  at %s: %s\n", f.Name, r.at(f.File, f.Line), f.Why)
	}
}

// fns is the same on the page.
func (p *page) fns() {
	if len(p.r.Subprograms) > 0 {
		p.f("<h2>Subprograms</h2>\n<table>\n")
		p.row("th", "fn", "line", "\tinstructions", "\testimated", "\tstack", "calls", "in", "why")
		for _, f := range p.r.Subprograms {
			p.row("td", clean(f.Name), p.line(f.File, f.Line), number(f.Instructions), number(f.EstimatedCost), number(f.Stack),
				clean(strings.Join(f.Calls, ", ")), clean(strings.Join(f.Callers, ", ")), clean(f.Why))
		}
		p.f("</table>\n")
	}
	if len(p.r.Inlined) > 0 {
		p.f("<h2>Written out where they are called</h2>\n<table>\n")
		p.row("th", "fn", "line", "why")
		for _, f := range p.r.Inlined {
			p.row("td", clean(f.Name), p.line(f.File, f.Line), clean(f.Why))
		}
		p.f("</table>\n")
	}
}
