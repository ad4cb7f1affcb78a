package regalloc

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// The checker follows, on all paths at once, which variables of the code before allocation each location holds: a
// location is a register or a word of the frame. An instruction that reads v before must read a location that holds v
// after. It shares no code with the allocator, and knows nothing of its reasons.

// location is a real register, a word of the frame (its offset from FP, negative), or, from memo on, what an
// instruction computed when it last ran, whoever has it.
type location int

const memo location = 1 << 20

// name is a register of the code before, or, negative, an object.
type name = lower.Reg

type holds map[location]map[name]bool

type checker struct {
	before, after *lower.Func
	insts         map[int32]*lower.Inst // before, by ID
	kept          map[int32]bool        // IDs after
	errs          []error
}

// check compares a function before and after allocation.
func check(before, after *lower.Func) []error {
	c := &checker{before: before, after: after, insts: map[int32]*lower.Inst{}, kept: map[int32]bool{}}
	old := map[int]*lower.Block{}
	for _, b := range before.Blocks {
		old[b.ID] = b
		for k := range b.Insts {
			c.insts[b.Insts[k].ID] = &b.Insts[k]
		}
	}
	for _, b := range after.Blocks {
		for k := range b.Insts {
			c.kept[b.Insts[k].ID] = true
		}
	}
	in := map[*lower.Block]holds{after.Blocks[0]: {location(lower.R1): {lower.R1: true}}}
	work := []*lower.Block{after.Blocks[0]}
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		c.errs = nil
		out := c.block(old[b.ID], b, in[b])
		if c.errs != nil {
			return c.errs
		}
		for _, s := range successors(b) {
			if met, changed := meet(in[s], out); changed {
				in[s] = met
				work = append(work, s)
			}
		}
	}
	return nil
}

// meet keeps what both hold; nil holds everything.
func meet(a, b holds) (holds, bool) {
	if a == nil {
		return b.clone(), true
	}
	changed := false
	for l, names := range a {
		for n := range names {
			if !b[l][n] {
				delete(names, n)
				changed = true
			}
		}
	}
	return a, changed
}

func (h holds) clone() holds {
	c := holds{}
	for l, names := range h {
		c[l] = maps.Clone(names)
	}
	return c
}

// set says that l holds exactly these names.
func (h holds) set(l location, names map[name]bool) {
	c := map[name]bool{}
	maps.Copy(c, names)
	h[l] = c
}

// define says that v has a new value, which is in l and nowhere else.
func (h holds) define(v name, l location) {
	h.forget(v)
	h.set(l, map[name]bool{v: true})
}

func (h holds) forget(v name) {
	for _, names := range h {
		delete(names, v)
	}
}

// equate says that dst has now the value of src.
func (h holds) equate(dst, src name) {
	for _, names := range h {
		if names[src] {
			names[dst] = true
		} else {
			delete(names, dst)
		}
	}
}

func (c *checker) errorf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// block runs both versions of a block side by side.
func (c *checker) block(before, after *lower.Block, in holds) holds {
	h := in.clone()
	rest := before.Insts
	gone := func() {
		for len(rest) > 0 && !c.kept[rest[0].ID] {
			c.gone(h, &rest[0])
			rest = rest[1:]
		}
	}
	gone()
	for k := range after.Insts {
		i := &after.Insts[k]
		if i.ID <= 0 {
			c.added(h, i)
			continue
		}
		if len(rest) == 0 || rest[0].ID != i.ID {
			c.errorf("b%d: %s is out of place", after.ID, i)
			return h
		}
		c.inst(h, &rest[0], i)
		rest = rest[1:]
		gone()
	}
	if len(rest) > 0 {
		c.errorf("b%d: %s is missing", after.ID, &rest[0])
	}
	return h
}

// gone handles an instruction that isn't there any more: a copy between variables that became one, or a write.
func (c *checker) gone(h holds, i *lower.Inst) {
	switch {
	case i.IsCopy():
		h.equate(i.Dst, i.Src)
	case i.Writes() == lower.NoReg:
		c.errorf("%s was dropped", i)
	default:
		h.define(i.Dst, memo+location(i.ID))
	}
}

// added handles what the allocator put in.
func (c *checker) added(h holds, i *lower.Inst) {
	home := location(i.Off)
	switch {
	case i.Op == lower.Spill:
		h.set(home, h[location(i.Src)])
	case i.Op == lower.Reload:
		h.set(location(i.Dst), h[home])
	case i.Op == lower.Store && i.Dst == lower.FP && i.Size == word && i.ID == 0:
		delete(h, home)
	case i.ID < 0:
		was := c.insts[-i.ID]
		if i.Op != was.Op || i.Imm != was.Imm || i.Off != was.Off || i.Sym != was.Sym || i.Order != was.Order || !was.Again {
			c.errorf("%s does not repeat %s", i, was)
		}
		c.read(h, was, was.Src, i.Src)
		h.set(location(i.Dst), h[memo-location(i.ID)])
	default:
		c.errorf("%s came out of nowhere", i)
	}
}

// read demands that r holds v.
func (c *checker) read(h holds, i *lower.Inst, v, r lower.Reg) {
	if v == lower.NoReg || v == lower.FP {
		if r != v {
			c.errorf("%s reads %s", i, r)
		}
		return
	}
	if !h[location(r)][v] {
		c.errorf("%s (%d): %s is not in %s", i, i.ID, v, r)
	}
}

// inst handles an instruction that was there before.
func (c *checker) inst(h holds, was, is *lower.Inst) {
	if was.Op != is.Op || was.Imm != is.Imm || was.Cond != is.Cond || was.W32 != is.W32 || was.Size != is.Size {
		c.errorf("%s became %s", was, is)
	}
	a, b := was.Reads()
	x, y := is.Reads()
	c.read(h, was, a, x)
	c.read(h, was, b, y)
	switch {
	case was.Op == lower.Call:
		c.call(h, was)
	case was.Op == lower.Exit:
		c.read(h, was, lower.R0, lower.R0)
	case was.IsCopy():
		h.equate(was.Dst, was.Src)
		h.set(location(is.Dst), h[location(is.Src)])
	case was.Op == lower.Store && was.Slot != 0:
		c.object(h, was, is)
	case was.Op == lower.SlotAddr:
		h.define(was.Dst, location(is.Dst))
		// The call that follows will read it: nothing may come in between, so it can be checked here.
		for w := range c.before.Slots[was.Slot] / 8 {
			if l := location(is.Off) + location(8*w); !h[l][-name(was.Slot)] {
				c.errorf("%s: the object is not at %d", was, l)
			}
		}
	case was.Writes() != lower.NoReg:
		h.define(was.Dst, location(is.Dst))
		if was.Again {
			h.set(memo+location(was.ID), map[name]bool{was.Dst: true})
		}
	}
}

func (c *checker) call(h holds, i *lower.Inst) {
	for r := lower.R1; r <= lower.R0+lower.Reg(i.Args); r++ {
		c.read(h, i, r, r)
	}
	for r := lower.R0; r <= lower.R5; r++ {
		h.forget(r)
		delete(h, location(r))
	}
	h.define(lower.R0, location(lower.R0))
}

// object handles a store to an object: all its words must be its own from the first store on.
func (c *checker) object(h holds, was, is *lower.Inst) {
	base := location(is.Off - was.Off)
	self := -name(was.Slot)
	if is.Off >= 0 || int(base) < -maxFrame || base%8 != 0 || is.Off%int32(is.Size) != 0 {
		c.errorf("%s is at %d", was, is.Off)
	}
	if was.Begin {
		h.forget(self)
		for w := range c.before.Slots[was.Slot] / 8 {
			h.set(base+location(8*w), map[name]bool{self: true})
		}
	}
	if l := location(is.Off &^ 7); !h[l][self] {
		c.errorf("%s: the object is not at %d", was, l)
	}
}

// clone copies a function and its code.
func clone(f *lower.Func) *lower.Func {
	c := *f
	c.Blocks = nil
	copies := map[*lower.Block]*lower.Block{}
	for _, b := range f.Blocks {
		d := *b
		d.Insts = slices.Clone(b.Insts)
		copies[b] = &d
		c.Blocks = append(c.Blocks, &d)
	}
	for _, b := range c.Blocks {
		b.Jump, b.Fall = copies[b.Jump], copies[b.Fall]
	}
	c.Slots = slices.Clone(f.Slots)
	return &c
}
