package oracle

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// ops counts the operations of compiled programs. One counts as executed if packets came to the statement that it was made
// for; what was made for none, around tail calls say, counts as soon as it stands in a program.
type ops struct {
	stmts   []syntax.Stmt // no blocks, by where they begin
	reached map[syntax.Stmt]bool
	counts  Coverage
}

func newOps(p *check.Program, reached map[syntax.Stmt]bool) *ops {
	o := &ops{reached: reached, counts: Coverage{}}
	syntax.Walk(p.Files[0], func(n syntax.Node) bool {
		s, ok := n.(syntax.Stmt)
		if _, block := n.(*syntax.Block); ok && !block {
			o.stmts = append(o.stmts, s)
		}
		return true
	})
	slices.SortStableFunc(o.stmts, func(a, b syntax.Stmt) int { return cmp.Compare(begin(a), begin(b)) })
	return o
}

func begin(n syntax.Node) int { return n.Span().Start.Offset }

// emitted is told an operation, as codegen.Options says.
func (o *ops) emitted(op string, at diag.Span) {
	if s := o.stmt(at); s == nil || o.reached[s] {
		o.counts["op "+op]++
	}
}

// stmt is the innermost statement around a place, nil if there is none.
func (o *ops) stmt(at diag.Span) syntax.Stmt {
	i, found := slices.BinarySearchFunc(o.stmts, at.Start.Offset, func(s syntax.Stmt, offset int) int { return cmp.Compare(begin(s), offset) })
	for found && i+1 < len(o.stmts) && begin(o.stmts[i+1]) == at.Start.Offset {
		i++ // the last that begins there
	}
	if !found {
		i--
	}
	for ; at.IsValid() && at.File == fileName && i >= 0; i-- {
		if s := o.stmts[i]; s.Span().End.Offset >= at.End.Offset {
			return s
		}
	}
	return nil
}

// wantedRuns is what runs of thousands of cases must have had, beside the constructs of the language: all operations, but
// for those of which pinned programs have none, as they read variables and tables instead; all that user space can do; and large plans.
func wantedRuns() (names []string) {
	for _, name := range codegen.Operations() {
		if name != "now" && name != "random" && name != "cpu" && name != "fib" {
			names = append(names, "op "+name)
		}
	}
	return append(names, "user space: set", "user space: entry", "user space: delete", "user space: fill", "user space: clear",
		"128 bytes of stack", "32 bytes carried", "more than 16 programs")
}
