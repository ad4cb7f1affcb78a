// Package opt improves IR: a table of passes, run until none finds anything to do.
//
// A pass is a function of one Func. It assumes nothing that ir.Verify doesn't check, keeps it true, and reports whether
// it changed anything. None depends on another for its correctness; the order only decides how soon all is done, and
// the reasons for it stand in a table of their own. The same passes run before the splitter and on its programs.
package opt

import (
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// Options change how Run works, never its result.
type Options struct {
	Verify bool                          // verify the IR before the first and after every pass
	Dump   func(pass string, f *ir.Func) // called after every pass that changed something
}

// A pass is one row of the table.
type pass struct {
	name string
	why  string
	run  func(f *ir.Func) (changed bool)
}

// passes, in the order in which they run.
var passes = []pass{
	{"params", "an argument that is the same on every edge is no parameter", params},
	{"fold", "computes and decides what is known, and compares bytes as they lie in memory", fold},
	{"address", "turns constant parts of packet addresses into displacements", address},
	{"cse", "computes the same thing once", cse},
	{"checks", "drops bounds checks that are proved, and lets one check serve several", checks},
	{"dce", "drops what nothing needs", dce},
	{"cfg", "threads jumps and joins straight lines", cfg},
}

// An order is a constraint on the table of passes.
type order struct{ first, then, because string }

var orders = []order{
	{"params", "fold", "a parameter that is a constant can be folded"},
	{"params", "cse", "expressions are the same only if their arguments are the same values"},
	{"fold", "address", "only offsets that are constants become displacements"},
	{"fold", "cse", "folding brings expressions into one shape"},
	{"address", "cse", "sums of packet pointers are merged in their canonical shape"},
	{"address", "checks", "checks of one pointer at different displacements can serve each other"},
	{"cse", "checks", "a check proves something for the very pointer value it checks"},
	{"fold", "dce", "folding leaves operands behind that nothing needs"},
	{"checks", "dce", "a dropped check may have been the last use of its pointer"},
	{"dce", "cfg", "a block is empty only when its useless instructions are gone"},
	{"checks", "cfg", "a dropped check is a jump"},
}

// rounds bounds how often the table is run. Each round makes the code smaller or simpler, and one or two rounds
// do nearly everything; what is left after the last is merely not optimal.
const rounds = 12

// Run optimises every function of a module. An error is a bug of a pass, or of whoever made the IR, that
// opts.Verify brought to light.
func Run(m *ir.Module, opts Options) error {
	for _, f := range m.All() {
		if err := verify(m, f, opts, "before the passes"); err != nil {
			return err
		}
		idle := 0 // passes that found nothing since one did
		for i := 0; idle < len(passes) && i < rounds*len(passes); i++ {
			p := passes[i%len(passes)]
			if !p.run(f) {
				idle++
				continue
			}
			idle = 0
			f.Prune()
			if opts.Dump != nil {
				opts.Dump(p.name, f)
			}
			if err := verify(m, f, opts, "after "+p.name); err != nil {
				return err
			}
		}
	}
	return nil
}

func verify(m *ir.Module, f *ir.Func, opts Options, when string) error {
	if !opts.Verify {
		return nil
	}
	if err := ir.VerifyFunc(m, f); err != nil {
		return fmt.Errorf("%s: %w", when, err)
	}
	return nil
}
