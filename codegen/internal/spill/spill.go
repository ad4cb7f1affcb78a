// Package spill moves numbers off the stack.
//
// A program has 512 bytes of stack, for objects and for what finds no register. One that keeps more numbers than that
// leaves some of them in the per-CPU array in which state travels: each is stored where it is made, and loaded again where it
// is used. So it may keep as many as the array holds, whether they come from other programs, go on to others, or neither.
//
//	choose  finds the points that need too much stack, and what had better not live there
//	rewrite puts stores and loads into the code
//	place   gives each number its bytes in the array, and looks the array up
//
// Three things take no new bytes. A number that came in the array is loaded from there whenever it is wanted. One that
// goes on in the array is stored at its place as soon as it is made, and not again at the end. And a key or value is built
// again where it is needed, so that only what it is made of must live.
//
// There are no loops: each value is made once, and each parameter gets its number once, on one of the edges. Pointers
// stay where they are. The verifier knows nothing of a number that comes from memory, so what is added to a
// packet pointer is masked again.
package spill

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
)

// An Area is the per-CPU array, and what of it is there to be used.
type Area struct {
	Map      string // its name; the array has one entry
	From, To int    // bytes that nobody else uses
	Kept     []Bytes
}

// Bytes are some bytes of the array: Kept are those in which numbers lie that came from other programs, and may go on.
type Bytes struct{ Offset, Size int }

func (b Bytes) overlaps(c Bytes) bool {
	return b.Offset < c.Offset+c.Size && c.Offset < b.Offset+b.Size
}

// rounds bounds how often numbers are chosen; the loads and stores of one round seldom need another.
const rounds = 16

// Func takes numbers off the stack until no point needs more than a limit of bytes, or as far as can be. It returns where
// the used bytes of the area end. If they don't suffice ok is false, and the function is of no use any more.
func Func(m *ir.Module, f *ir.Func, limit int, area Area) (end int, ok bool) {
	s := newSpiller(m, f, area)
	for range rounds {
		chosen := s.choose(limit - 8) // the pointer to the array lives, too
		if len(chosen) == 0 {
			break
		}
		s.rewrite(chosen)
	}
	return s.finish()
}

func newSpiller(m *ir.Module, f *ir.Func, area Area) *spiller {
	s := &spiller{
		m: m, f: f, area: area, mem: f.NewValue(ir.Lookup, ir.Mem, f.Blocks[0].Term.Span),
		of: map[*ir.Value]*slot{}, access: map[*ir.Value]*slot{}, done: map[*ir.Value]bool{}, fresh: map[*ir.Value]bool{},
	}
	s.mem.Sym = area.Map
	s.survey()
	return s
}

// finish gives what was rewritten its places.
func (s *spiller) finish() (end int, ok bool) {
	if len(s.done) == 0 {
		return s.area.From, true
	}
	if end = s.place(); end > s.area.To {
		return end, false
	}
	s.open()
	s.bound()
	return end, true
}

// spiller is the state of Func.
type spiller struct {
	m    *ir.Module
	f    *ir.Func
	area Area
	mem  *ir.Value // the array's entry; it stands in no block until all is done

	loads, stores []*ir.Value // of the array, as they were at first
	verdicts      []bool      // by value ID: what is returned must be known to be 0 or 1, and is made of it

	slots  []*slot
	of     map[*ir.Value]*slot // by the number that lies there
	access map[*ir.Value]*slot // by load or store
	moves  []move
	done   map[*ir.Value]bool // chosen once, or made here
	fresh  map[*ir.Value]bool // numbers that come from memory
}

// A slot is where a number lies in the array.
type slot struct {
	index  int
	bytes  Bytes
	fixed  bool // it is where the number travels
	with   map[*slot]bool
	placed bool
}

// A move takes a number from slot to slot, as it becomes a parameter.
type move struct{ load, store *ir.Value }

// survey finds the accesses to the array, and what goes into verdicts.
func (s *spiller) survey() {
	s.verdicts = make([]bool, s.f.NumValues())
	var todo []*ir.Value
	for _, b := range s.f.Blocks {
		for _, v := range b.Insts {
			switch {
			case v.Op == ir.Load && s.isEntry(v.Args[0]):
				s.loads = append(s.loads, v)
			case v.Op == ir.Store && s.isEntry(v.Args[0]):
				s.stores = append(s.stores, v)
			}
		}
		if b.Term.Op == ir.Ret && s.m.ProgType == "cgroup_skb" {
			todo = append(todo, b.Term.Args...)
		}
	}
	preds := s.f.Preds()
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.verdicts[v.ID] {
			continue
		}
		s.verdicts[v.ID] = true
		if todo = append(todo, v.Args...); v.Op == ir.Param {
			for _, p := range preds.Of(v.Block) {
				todo = append(todo, p.Edge().Args[slices.Index(v.Block.Params, v)])
			}
		}
	}
}

func (s *spiller) isEntry(v *ir.Value) bool { return v.Op == ir.Lookup && v.Sym == s.area.Map }

// bytesOf is where a load or store of the array goes.
func bytesOf(v *ir.Value) Bytes { return Bytes{int(v.Imm), v.Size} }

// bound masks what is added to packet pointers and was in memory. Offsets are never more than the mask.
func (s *spiller) bound() {
	loose := s.fresh
	for _, b := range s.f.ReversePostorder() {
		var insts []*ir.Value
		for _, v := range b.Insts {
			switch from := slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return loose[a] }); {
			case !from || !v.Op.Info().Pure || v.Op == ir.And && masks(v.Args[1]):
			case v.Op == ir.PktAdd && loose[v.Args[1]]:
				mask := s.f.NewValue(ir.Const, ir.I64, v.Span)
				mask.Imm = check.CursorMax
				and := s.f.NewValue(ir.And, ir.I64, v.Span, v.Args[1], mask)
				mask.Block, and.Block = b, b
				v.Args[1] = and
				insts = append(insts, mask, and)
			case v.Op != ir.PktAdd:
				loose[v] = true
			}
			insts = append(insts, v)
		}
		b.Insts = insts
		for _, e := range b.Term.Succs {
			for i, a := range e.Args {
				if loose[a] {
					loose[e.To.Params[i]] = true
				}
			}
		}
	}
}

func masks(v *ir.Value) bool { return v.Op == ir.Const && v.Number() <= check.CursorMax }
