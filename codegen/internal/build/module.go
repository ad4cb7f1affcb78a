// Package build turns a checked program into IR: one function that holds every stage, in which `goto` is a jump.
//
// It decides nothing about programs, registers or the verifier's budget. But it writes the code as those who decide
// like it: an access to the packet stands behind a check of the very pointer it goes through, a condition is control
// flow and never a number, the chain of a big table keeps nothing in registers that the kernel's verifier could learn
// from, and what leads to `default`, `drop` or an else only is marked cold.
package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Options change what is built.
type Options struct {
	// Pinned is for tests: now(), random() and cpu() read the variables tcc_now, tcc_random and tcc_cpu, and fib(…) the
	// maps tcc_routes4 and tcc_routes6.
	Pinned bool
	Target ir.Target
	Calls  map[*check.Fn]bool       // the fns that are subprograms; those that can't be one must not be among them
	Loops  map[*syntax.ForStmt]bool // the loops whose body is a function; the same
}

// Names of what the compiler adds.
const (
	eventsMap  = "tcc_events"
	lostMap    = "tcc_lost"
	eventsSize = 256 << 10 // bytes

	pinnedNow    = "tcc_now"
	pinnedRandom = "tcc_random"
	pinnedCPU    = "tcc_cpu"
)

// offsetSize is the bytes that an offset in the packet needs: it is at most check.CursorMax.
const offsetSize = 2

// builder makes one module.
type builder struct {
	graph
	p      *check.Program
	opts   Options
	m      *ir.Module
	stages map[stageCopy]*ir.Block // the first block of each copy of a stage that is reached
	calls  map[string][]*ir.Term   // the calls of each slots table so far
	temps  int                     // bools made so far
	joins  map[*ir.Value]bool      // see joined
	needs  []*ir.Value             // see needed

	maxima, seenMaxima map[*ir.Value]uint64 // see max and seen
	exact              map[*ir.Value]exact  // see exactly

	readViews map[*check.Local]bool // see viewsRead
	gathers   map[*ir.Block]bool    // the first blocks of stages to which circles lead
	parities  map[*ir.Value]parity  // see parity
	onDemand  map[*ir.Block]bool    // they end in a check of what the entry need not bring in
	apart     []apart               // see apart.go
	subs      map[*check.Fn]*sub    // those that are called so far
	bodies    []*ir.Func            // of loops, so far
}

// Module builds the IR of a program.
func Module(p *check.Program, opts Options) *ir.Module {
	fn := &ir.Func{Name: p.Name, Index: -1}
	b := &builder{
		graph:      graph{fn: fn, flows: map[*ir.Block]*flow{}},
		p:          p,
		opts:       opts,
		stages:     map[stageCopy]*ir.Block{},
		joins:      map[*ir.Value]bool{},
		gathers:    map[*ir.Block]bool{},
		onDemand:   map[*ir.Block]bool{},
		calls:      map[string][]*ir.Term{},
		maxima:     map[*ir.Value]uint64{},
		seenMaxima: map[*ir.Value]uint64{},
		exact:      map[*ir.Value]exact{},
		parities:   map[*ir.Value]parity{},
		readViews:  viewsRead(p),
		subs:       map[*check.Fn]*sub{},
		m: &ir.Module{
			Name:     p.Name,
			ProgType: p.Type.Name,
			Frags:    p.Frags,
			License:  p.License,
			Target:   opts.Target,
			Default:  p.Default.Code,
			Funcs:    []*ir.Func{fn},
		},
	}
	b.declareMaps()
	b.declareGlobals()
	entry := b.newBlock(p.Stages[0].Name)
	order := callersFirst(p)
	for _, c := range order {
		b.declareStage(c)
	}
	for _, c := range order {
		if c == fresh(c.stage) {
			b.declareRoots(c.stage)
		}
		b.buildStage(c)
	}
	b.buildSubs()
	b.enterApart()
	b.buildEntry(entry)
	fn.Prune()
	markCold(fn)
	b.dropUnused()
	return b.m
}

func (b *builder) declareMaps() {
	declared := b.p.Maps
	if b.opts.Pinned {
		declared = slices.Concat(declared, b.p.Routes)
	}
	for _, m := range declared {
		keySize := m.Key.Size()
		if m.Kind == check.LPM {
			keySize += prefixLenSize
		}
		b.addMap(&ir.Map{Name: m.Name, Kind: ir.MapKind(m.Kind), KeySize: keySize, ValueSize: m.Value.Size(), Max: m.Max})
	}
	for _, c := range b.p.Counters {
		b.addMap(&ir.Map{Name: c.Name, Kind: ir.MapKind(check.PerCPUArray), KeySize: 4, ValueSize: 8, Max: c.Len})
	}
	for _, s := range b.p.Slots {
		programs := map[uint32]string{}
		for i, stage := range s.Initial {
			programs[i] = stage.Name
		}
		b.addMap(&ir.Map{Name: s.Name, Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Max: s.Len, Programs: programs, Args: ArgSizes(s)})
	}
	for _, o := range b.p.Targets {
		b.addMap(&ir.Map{Name: o.Name, Kind: ir.MapKind(o.Kind), KeySize: 4, ValueSize: 4, Max: o.Max})
	}
	if len(b.p.OwnEvents()) > 0 {
		b.addRing(eventsMap, lostMap)
	}
	b.declareHost()
}

// addRing adds a ring buffer for events, and the count of those that it had no room for.
func (b *builder) addRing(events, lost string) {
	b.addMap(&ir.Map{Name: events, Kind: ir.RingBuf, Max: eventsSize})
	b.addMap(&ir.Map{Name: lost, Kind: ir.MapKind(check.PerCPUArray), KeySize: 4, ValueSize: 8, Max: 1})
}

// ArgSizes is the bytes of each argument of a call through a slots table, which are the leaves of its parameters, then the
// cursor.
func ArgSizes(s *check.Slots) []int {
	var sizes []int
	for _, p := range s.Params {
		for _, leaf := range check.LeavesOf(p.Type) {
			sizes = append(sizes, carriedSize(leaf))
		}
	}
	return append(sizes, offsetSize)
}

func (b *builder) addMap(m *ir.Map) { b.m.Maps = append(b.m.Maps, m) }

func (b *builder) declareGlobals() {
	for _, g := range b.p.Globals {
		b.m.Globals = append(b.m.Globals, &ir.Global{Name: g.Name, Size: g.Type.Size(), Const: g.Config})
	}
	if b.opts.Pinned {
		b.m.Globals = append(b.m.Globals,
			&ir.Global{Name: pinnedNow, Size: 8}, &ir.Global{Name: pinnedRandom, Size: 8}, &ir.Global{Name: pinnedCPU, Size: 4})
	}
}

// declareStage makes a stage's first block. Its parameters are the leaves of the stage's, and the cursor.
func (b *builder) declareStage(c stageCopy) {
	s := c.stage
	block := b.newBlock(s.Name)
	block.Start = true
	b.stages[c] = block
	b.convention(block, s.Params, s.Decl.Name.Span())
}

// convention gives a block the parameters of a stage or table.
func (b *builder) convention(block *ir.Block, params []*check.Local, at diag.Span) {
	b.params(block, params)
	b.param(block, cursor).Span = at
}

// params gives a block parameters for the scalars of some others.
func (b *builder) params(block *ir.Block, params []*check.Local) {
	for _, p := range params {
		for _, leaf := range check.LeavesOf(p.Type) {
			t := ir.Number(leaf.Size)
			if isView(p) {
				t = ir.I64
			}
			b.fn.AddParam(block, t, p.Name+leaf.Path, p.Decl.Span()).Size = carriedSize(leaf)
		}
	}
}

// declareRoots makes the blocks by which the slots tables enter a stage. Nobody but this pipeline calls its tables, so
// the offsets that come in are those of its calls, which are all built by now.
func (b *builder) declareRoots(s *check.Stage) {
	for _, table := range b.p.Slots {
		if !slices.Contains(initial(table), s) {
			continue
		}
		root := b.newBlock(s.Name)
		b.seal(root)
		b.convention(root, table.Params, s.Decl.Name.Span())
		for i, p := range root.Params {
			b.maxima[p] = ones(8 * p.Size) // a call may pass any number
			if p.Type == ir.I64 && p.Size == offsetSize {
				b.maxima[p] = b.maxCalled(table, i)
			}
			b.seenMaxima[p] = b.maxima[p]
		}
		b.fn.Roots = append(b.fn.Roots, &ir.Root{Stage: s.Name, Table: table.Name, Block: root})
		b.toStage(root, root, s)
	}
	if s.For != nil {
		b.declareApart(s)
	}
}

// toStage goes on from a block with the parameters of a root.
func (b *builder) toStage(from, root *ir.Block, s *check.Stage) {
	to := ir.Edge{To: b.stages[fresh(s)], Args: slices.Clone(root.Params)}
	b.end(from, ir.Term{Op: ir.Jump, Succs: []ir.Edge{to}, Span: s.Decl.Name.Span()})
}

// maxCalled is the largest offset that the calls of a table pass as their i-th argument.
func (b *builder) maxCalled(table *check.Slots, i int) uint64 {
	most := uint64(0)
	for _, call := range b.calls[table.Name] {
		most = max(most, b.max(call.Args[1+i]))
	}
	return most
}

// defaultSpan is where the pipeline says what its default is.
func (b *builder) defaultSpan() diag.Span {
	for _, d := range b.p.Files[0].Decls {
		if d, ok := d.(*syntax.DefaultDecl); ok {
			return d.Span()
		}
	}
	return diag.Span{}
}
