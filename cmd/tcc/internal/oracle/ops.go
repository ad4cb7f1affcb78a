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
	stmts   map[string][]syntax.Stmt // of each file: no blocks, by where they begin
	reached map[syntax.Stmt]bool
	counts  Coverage
}

func newOps(p *check.Program, reached map[syntax.Stmt]bool) *ops {
	o := &ops{stmts: map[string][]syntax.Stmt{}, reached: reached, counts: Coverage{}}
	for _, f := range sourceFiles(p) {
		var stmts []syntax.Stmt
		syntax.Walk(f, func(n syntax.Node) bool {
			s, ok := n.(syntax.Stmt)
			if _, block := n.(*syntax.Block); ok && !block {
				stmts = append(stmts, s)
			}
			return true
		})
		slices.SortStableFunc(stmts, func(a, b syntax.Stmt) int { return cmp.Compare(begin(a), begin(b)) })
		o.stmts[f.Name] = stmts
	}
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
	stmts := o.stmts[at.File]
	i, found := slices.BinarySearchFunc(stmts, at.Start.Offset, func(s syntax.Stmt, offset int) int { return cmp.Compare(begin(s), offset) })
	for found && i+1 < len(stmts) && begin(stmts[i+1]) == at.Start.Offset {
		i++ // the last that begins there
	}
	if !found {
		i--
	}
	for ; at.IsValid() && i >= 0; i-- {
		if s := stmts[i]; s.Span().End.Offset >= at.End.Offset {
			return s
		}
	}
	return nil
}

// wantedRuns is what runs of thousands of cases must have had, beside the constructs of the language: all operations, but
// for those of which pinned programs have none, as they read variables and tables instead; all that user space can do; large plans; and programs in
// several files or taken apart.
func wantedRuns() (names []string) {
	for _, name := range codegen.Operations() {
		if name != "now" && name != "random" && name != "cpu" && name != "fib" {
			names = append(names, "op "+name)
		}
	}
	return append(names, "user space: set", "user space: entry", "user space: delete", "user space: fill", "user space: clear",
		"128 bytes of stack", "32 bytes carried", "more than 16 programs", "2 files", "3 files", "compiled apart", "user space: put")
}
