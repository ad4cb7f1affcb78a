package split

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A crossing is what it takes to let a program begin at a block.
//
// Of the values that are live there, as few bytes as possible travel. What can be made anew is: constants, context
// fields that nobody writes, config, objects from their fields, packet pointers from their offsets, and arithmetic on
// what is there anyway. A wide result of narrow operands travels as its operands.
type crossing struct {
	block   *ir.Block
	carried []*ir.Value // numbers that travel: live ones by ID, then the block's parameters
	bytes   int
	carrier string // where they are likely to lie
	copies  int    // of the packet, to be made again
	enter   int    // instructions that the program begins with, if it uses all of that
	exit    int    // instructions that each program which goes there ends with, if it has taken over none of that
}

// A load may have to be widened, too.
const loadSteps, storeSteps = 2, 1

// least is what both are if nothing is loaded and stored, as it only passes through.
func (c *crossing) least() (enter, exit int) {
	return c.enter - loadSteps*len(c.carried), c.exit - storeSteps*len(c.carried)
}

// carries reports whether v travels. The parameters come last, after others with lower IDs or higher ones.
func (c *crossing) carries(v *ir.Value) bool {
	n := len(c.carried)
	for n > 0 && c.carried[n-1].Op == ir.Param && c.carried[n-1].Block == c.block {
		if n--; c.carried[n] == v {
			return true
		}
	}
	_, ok := slices.BinarySearchFunc(c.carried[:n], v.ID, func(w *ir.Value, id int) int { return w.ID - id })
	return ok
}

// Estimated instructions around a tail call.
const (
	lookupSteps = 8  // key, lookup, compare with null
	notesSteps  = 8  // pointer, compare with the packet's begin, compare with null
	growSteps   = 12 // make room in front of the packet, take it away again, twice
	callSteps   = 4  // context, map, index, call
	missSteps   = 13 // count the miss, return the default
	checkSteps  = 4  // pointer, compare with the end
	copySteps   = 5  // context, place, size, call
)

// remakeOps is how many operations a number that could travel may take to be made anew.
const remakeOps = 3

// findUsers lists, by value ID, the blocks that name a number, or something that is made from it on the other side.
func (g *graph) findUsers() {
	g.users = make([][]*ir.Block, g.f.NumValues())
	for _, b := range g.order {
		var use func(v *ir.Value, depth int)
		use = func(v *ir.Value, depth int) {
			if n := len(g.users[v.ID]); n > 0 && g.users[v.ID][n-1] == b || v.Block == b && v.Op != ir.Param {
				return
			}
			g.users[v.ID] = append(g.users[v.ID], b)
			if depth == 0 || v.Op == ir.Param {
				return
			}
			for _, a := range v.Args {
				use(a, depth-1)
			}
		}
		b.Operands(func(v **ir.Value) { use(*v, remakeOps+1) })
	}
}

// crossing is nil where no program can begin: a map value is in hand.
func (g *graph) crossing(b *ir.Block) *crossing {
	if c := g.crossings[b.ID]; c != nil {
		return c.orNil()
	}
	c := &crossing{block: b}
	g.crossings[b.ID] = c
	var numbers ir.Values
	c.enter, c.exit = 1, callSteps+missSteps
	for _, v := range g.live.In(b) {
		if !g.need(v, &numbers) {
			c.exit = -1
			return nil
		}
		if !numbers.Has(v) {
			c.enter += 1 + len(v.Args)
		}
		switch {
		case v.Type == ir.Pkt:
			c.enter += checkSteps
		case v.Op == ir.Fetch:
			c.enter += copySteps
			c.copies++
		}
	}
	for _, v := range numbers {
		ops := remakeOps
		if !g.remade(v, numbers, &ops) {
			c.carried = append(c.carried, v)
		}
	}
	c.carried = append(c.carried, b.Params...)
	for _, v := range c.carried {
		c.bytes += g.width(v)
	}
	c.enter += loadSteps * len(c.carried)
	c.exit += storeSteps * len(c.carried)
	switch c.carrier = g.likely(c.bytes); c.carrier {
	case carrierState:
		c.enter += lookupSteps
		c.exit += lookupSteps
	case carrierMeta:
		c.enter += notesSteps
		c.exit += notesSteps + growSteps
	}
	if c.bytes > g.room() && g.room() < StateSize { // in an array, too much is an error of its own
		c.exit = -1
	}
	return c.orNil()
}

// likely is the carrier of so many bytes, if there is room in it when all have their places; empty for none.
func (g *graph) likely(bytes int) string {
	if bytes == 0 {
		return ""
	}
	carriers := g.carriers()
	for _, c := range carriers {
		if bytes <= g.capacity(c) {
			return c
		}
	}
	return carriers[len(carriers)-1]
}

// orNil is nil for the crossing that marks a block where no program can begin.
func (c *crossing) orNil() *crossing {
	if c.exit < 0 {
		return nil
	}
	return c
}

// need adds the numbers that v is made of; false if v can't be had on the other side.
func (g *graph) need(v *ir.Value, numbers *ir.Values) bool {
	switch {
	case g.free(v):
		return true
	case v.Type == ir.I32 || v.Type == ir.I64:
		leaves := g.narrow(v)
		if leaves == nil {
			numbers.Add(v)
		}
		for _, leaf := range leaves {
			numbers.Add(leaf)
		}
		return true
	case v.Op == ir.MakeObj || v.Op == ir.PktAdd || v.Op == ir.MemAdd || v.Op == ir.Fetch:
		for _, a := range v.Args {
			if !g.need(a, numbers) {
				return false
			}
		}
		return true
	}
	return false
}

// free reports whether v can be had anywhere without operands.
func (g *graph) free(v *ir.Value) bool {
	switch v.Op {
	case ir.Const, ir.WConst, ir.GlobalAddr, ir.Data, ir.DataEnd:
		return true
	case ir.CtxLoad:
		return !g.stored[v.Sym]
	case ir.Load:
		return v.Args[0].Op == ir.GlobalAddr && g.config[v.Args[0].Sym]
	}
	return false
}

// remade reports whether v can be computed from the other numbers, in few operations.
func (g *graph) remade(v *ir.Value, numbers ir.Values, ops *int) bool {
	if *ops--; *ops < 0 || !v.Op.Info().Pure {
		return false
	}
	for _, a := range v.Args {
		if !g.free(a) && !numbers.Has(a) && !g.remade(a, numbers, ops) {
			return false
		}
	}
	return true
}

// A narrowing is what travels in the place of a value, if that is known already.
type narrowing struct {
	leaves []*ir.Value
	known  bool
}

// narrow is the operands that travel in the place of a result which is wider than they are together; nil: the result
// does. It depends on nothing but the value, so that what can be had at one head can be had at the next.
func (g *graph) narrow(v *ir.Value) []*ir.Value {
	if n := g.narrowed[v.ID]; n.known {
		return n.leaves
	}
	var leaves []*ir.Value
	ops, bytes := remakeOps, 0
	if v.Op.Info().Pure && g.leaves(v, &leaves, &ops) {
		for _, leaf := range leaves {
			bytes += g.width(leaf)
		}
	}
	if bytes == 0 || bytes >= g.width(v) {
		leaves = nil
	}
	g.narrowed[v.ID] = narrowing{leaves, true}
	return leaves
}

// leaves collects the numbers that v is computed from in few operations. They are what would travel at a head where v
// isn't computed yet.
func (g *graph) leaves(v *ir.Value, leaves *[]*ir.Value, ops *int) bool {
	if *ops--; *ops < 0 {
		return false
	}
	for _, a := range v.Args {
		switch {
		case g.free(a) || slices.Contains(*leaves, a):
		case a.Type != ir.I32 && a.Type != ir.I64:
			return false
		case g.narrow(a) != nil:
			if !g.leaves(a, leaves, ops) {
				return false
			}
		default:
			*leaves = append(*leaves, a)
		}
	}
	return true
}
