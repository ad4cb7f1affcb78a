package lower

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// facts is what selection must know about the uses of values.
type facts struct {
	uses   []int         // how often each value is used, by ID
	narrow []bool        // only the lower half of its register is ever read, by ID
	short  []bool        // an int, and only its lower half is compared or read, by ID
	offset []bool        // packet pointers are computed from it, by ID
	sunk   [][]*ir.Value // by block ID: values of blocks above that are computed here
	moved  []bool        // it is among them, by ID
}

func learn(f *ir.Func) *facts {
	a := &facts{
		uses:   f.UseCounts(),
		narrow: make([]bool, f.NumValues()),
		short:  make([]bool, f.NumValues()),
		offset: make([]bool, f.NumValues()),
		sunk:   make([][]*ir.Value, f.NumBlocks()),
		moved:  make([]bool, f.NumValues()),
	}
	uses := f.Uses()
	a.halves(uses)
	a.ints(f, uses)
	a.offsets(f)
	a.sink(f, uses)
	return a
}

// halves finds the values of which only the lower half is read.
func (a *facts) halves(uses [][]ir.Use) {
	for id, us := range uses {
		a.narrow[id] = true
		for _, u := range us {
			a.narrow[id] = a.narrow[id] && readsHalf(u.User)
		}
	}
}

// readsHalf reports whether an instruction, nil for a terminator, reads only the lower half of its numbers.
func readsHalf(v *ir.Value) bool {
	if v == nil {
		return false
	}
	switch v.Op {
	case ir.Store:
		return v.Size < 8
	case ir.BE16, ir.BE32:
		return true
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		return v.Type == ir.I32
	case ir.Cmp:
		return v.Args[0].Type == ir.I32
	}
	return false
}

// ints finds the results of helpers that return an int, of which some kernels leave the upper half undefined, and that
// are only compared with constants or truncated: the comparison may be of the lower half then.
func (a *facts) ints(f *ir.Func, uses [][]ir.Use) {
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			switch v.Op {
			case ir.Update, ir.Delete, ir.Output, ir.Resize, ir.NetByte:
				a.short[v.ID] = !slices.ContainsFunc(uses[v.ID], func(u ir.Use) bool { return !readsInt(v, u) })
			}
		}
	}
}

// readsInt reports whether a use of v, an int, is served by its lower half.
func readsInt(v *ir.Value, u ir.Use) bool {
	var args []*ir.Value
	switch {
	case u.User == nil && u.Block.Term.Op == ir.Br:
		for _, e := range u.Block.Term.Succs {
			if slices.Contains(e.Args, v) {
				return false
			}
		}
		args = u.Block.Term.Args
	case u.User != nil && u.User.Op == ir.Trunc:
		return true
	case u.User != nil && u.User.Op == ir.Cmp:
		args = u.User.Args
	}
	return len(args) == 2 && args[0] == v && args[1].Op == ir.Const && fits(args[1].Imm)
}

// offsets finds what packet pointers are computed from: there the verifier must know a bound.
func (a *facts) offsets(f *ir.Func) {
	var work []*ir.Value
	mark := func(v *ir.Value) {
		if !a.offset[v.ID] {
			a.offset[v.ID] = true
			work = append(work, v)
		}
	}
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			if v.Op == ir.PktAdd {
				mark(v.Args[1])
			}
		}
	}
	preds := f.Preds()
	for len(work) > 0 {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		if v.Op != ir.Param {
			for _, x := range v.Args {
				mark(x)
			}
			continue
		}
		for i, p := range v.Block.Params {
			for _, e := range preds.Of(v.Block) {
				if p == v {
					mark(e.Edge().Args[i])
				}
			}
		}
	}
}

// sink finds values that are cheap to compute from one other, but not needed before some later block, and moves them
// there: most of them are needed on one path only, and all are one register less on the way.
func (a *facts) sink(f *ir.Func, uses [][]ir.Use) {
	dom := ir.Dominators(f)
	order := f.ReversePostorder()
	depth := make([]int, f.NumBlocks())
	for _, b := range order {
		if up := dom.Idom(b); up != nil {
			depth[b.ID] = depth[up.ID] + 1
		}
	}
	meet := func(x, y *ir.Block) *ir.Block {
		for x != y {
			if depth[x.ID] < depth[y.ID] {
				x, y = y, x
			}
			x = dom.Idom(x)
		}
		return x
	}
	where := make([]*ir.Block, f.NumValues()) // of the values that sink
	for i := len(order) - 1; i >= 0; i-- {
		b := order[i]
		for k := len(b.Insts) - 1; k >= 0; k-- {
			v := b.Insts[k]
			if !sinks(v) || len(uses[v.ID]) == 0 {
				continue
			}
			var at *ir.Block
			for _, u := range uses[v.ID] {
				use := u.Block
				if u.User != nil && where[u.User.ID] != nil {
					use = where[u.User.ID]
				}
				if at == nil {
					at = use
				}
				at = meet(at, use)
			}
			if at != b {
				where[v.ID] = at
				a.moved[v.ID] = true
			}
		}
	}
	for _, b := range order {
		for _, v := range b.Insts {
			if at := where[v.ID]; at != nil {
				a.sunk[at.ID] = append(a.sunk[at.ID], v)
			}
		}
	}
}

// sinks reports whether v is a number that is cheap to compute from one other.
func sinks(v *ir.Value) bool {
	switch v.Op {
	case ir.Zext, ir.Trunc, ir.BE16, ir.BE32, ir.BE64:
		return true
	case ir.Add, ir.Sub, ir.Mul, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		return v.Args[0].Op == ir.Const || v.Args[1].Op == ir.Const || v.Args[1].Op == ir.WConst
	}
	return false
}
