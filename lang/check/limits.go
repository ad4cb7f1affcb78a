package check

import (
	"math"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// What a pipeline can't exceed. A stage has 512 bytes of stack (BPF's): the key and the value of a map update, and
// the struct of an event, are built there, beside what the stage needs otherwise.
const (
	maxName    = 64      // bytes of a name
	maxStruct  = 256     // bytes of a struct or event
	maxEntry   = 384     // bytes of a map's key and value
	maxMap     = 1 << 31 // entries
	maxTargets = 65536   // entries of a devmap, cpumap or xskmap
	maxCounter = 65536   // cells
	maxSlots   = 65536   // stages in a table
	maxLeaves  = 64      // scalars of a value, and of all that a goto passes
	maxArray   = 16384   // bytes of an array
	maxHeader  = 256     // bytes of a header's fixed part
	maxInlined = 20000   // expressions and statements that the calls of a stage become
	maxRounds  = 1024    // of a loop that is written out, and of a goto back
	maxLong    = 65536   // of any other loop: one for each byte of the longest packet
	maxUnroll  = 1 << 16 // statements, loops and circles of stages written out
	maxCode    = 1 << 17 // statements, loops, circles and calls written out
	maxMaps    = 1024    // maps, counters and slots tables
	maxDepth   = 16      // arrays and structs inside each other; the kernel resolves types 32 deep (MAX_RESOLVE_DEPTH)
	maxInt     = math.MaxUint64
	maxIntBits = 512     // of an untyped constant on the way to its value
	maxSteps   = 1 << 22 // to decide a question about a table
	maxAdvice  = 100     // diagnostics after which there are no more suggestions
)

// checkAmount limits what a pipeline has in all, so that compiling takes seconds.
func (c *checker) checkAmount() {
	if c.diags.HasErrors() {
		return
	}
	if c.statements > maxCode {
		d := c.errorf("E0816", c.prog.Stages[0].Decl.Name.Span(), "the stages have %s statements, %d at most", about(c.statements), maxCode)
		d.Hint = "those of a fn count wherever it is called; tables with very many rows belong into maps"
	}
	var names []*syntax.Ident
	for _, d := range c.decls {
		switch d := d.(type) {
		case *syntax.MapDecl:
			names = append(names, d.Name)
		case *syntax.CounterDecl:
			names = append(names, d.Name)
		case *syntax.SlotsDecl:
			names = append(names, d.Name)
		case *syntax.SlotDecl:
			names = append(names, d.Name)
		}
	}
	if len(names) > maxMaps {
		c.errorf("E0816", names[maxMaps].Span(), "there are %d maps, counters and slots tables, %d at most", len(names), maxMaps)
	}
}

// depthOf is how many arrays and structs a type has inside each other.
func depthOf(t types.Type) int {
	switch t := t.(type) {
	case *types.Array:
		return 1 + depthOf(t.Elem)
	case *types.Struct:
		most := 0
		for _, f := range t.Fields {
			most = max(most, depthOf(f.Type))
		}
		return 1 + most
	}
	return 0
}
