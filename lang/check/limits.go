package check

import "math"

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
	maxRounds  = 1024    // of a loop, and of a goto back
	maxUnroll  = 8192    // statements, loops and circles of stages written out
	maxInt     = math.MaxUint64
	maxIntBits = 512     // of an untyped constant on the way to its value
	maxSteps   = 1 << 22 // to decide a question about a table
	maxAdvice  = 100     // diagnostics after which there are no more suggestions
)
