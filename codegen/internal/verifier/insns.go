package verifier

import (
	"math"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// size counts instructions: steps of the verifier, and 8-byte slots in the program (a 64-bit immediate takes two).
type size struct{ steps, slots int }

func (s *size) add(t size) { s.steps, s.slots = s.steps+t.steps, s.slots+t.slots }

func steps(n int) size { return size{n, n} }

// wide is a load of a 64-bit immediate, a map's address among them.
var wide = size{1, 2}

// opSteps is what most operations are lowered to, operands in registers. Where it depends on more than the operation,
// instSize has the rest.
var opSteps = [256]int{
	ir.Trunc: 1, ir.BE16: 1, ir.BE32: 1, ir.BE64: 1, ir.Cmp: 3, ir.Forget: 2,
	ir.Add: 1, ir.Sub: 1, ir.Mul: 1, ir.Div: 1, ir.Mod: 1, ir.SDiv: 1, ir.SMod: 1, ir.And: 1, ir.Or: 1, ir.Xor: 1, ir.Shl: 1, ir.Shr: 1, ir.Sar: 1,
	ir.Data: 1, ir.DataEnd: 1, ir.HeadLen: 3, ir.PktAdd: 2, ir.MemAdd: 5, ir.Load: 1, ir.Store: 1, ir.XAdd: 1, ir.CtxLoad: 1, ir.CtxStore: 1,
	ir.Lookup: 4, ir.Update: 6, ir.Delete: 4, ir.Output: 5, ir.Now: 2, ir.Random: 2, ir.CPU: 2, ir.Pull: 4, ir.Resize: 6, ir.BufLen: 3, ir.StoreBytes: 6, ir.NetByte: 8, ir.Fetch: 7, ir.Redirect: 5,
	ir.Notes: 6, ir.NotesGrow: 3,
	ir.CsumL4: 7, ir.CsumAdd: 3, ir.LoopState: 1,
}

// instSize estimates what an instruction is lowered to. uses counts the uses of each value.
func instSize(v *ir.Value, uses []int) size {
	s := steps(opSteps[v.Op])
	switch v.Op {
	case ir.Const, ir.WConst:
		return constSize(v)
	case ir.GlobalAddr:
		return wide
	case ir.Lookup, ir.Update, ir.Delete, ir.Output:
		s.add(wide)
	case ir.MakeObj:
		return steps(objStores(v))
	case ir.Fib:
		return steps(objStores(v) + 7)
	case ir.Loop:
		s = steps(objStores(v) + 8)
		s.slots += 2
		return s
	case ir.CtxLoad:
		if v.Sym == "len" {
			s = steps(3)
		}
	case ir.CallFn:
		return steps(2 + len(v.Args)) // the call, the context, the result; and moves of the arguments
	case ir.PktAdd:
		if v.Args[1].Op == ir.Const {
			return size{} // a displacement
		}
	case ir.Store:
		s.add(storedConst(v.Args[1]))
	}
	if overwrites(v.Op) && uses[v.Args[0].ID] > 1 {
		s.add(steps(1)) // a copy first
	}
	return s
}

// constSize is zero for what fits into the instruction that uses it.
func constSize(v *ir.Value) size {
	if v.Op == ir.WConst && v.Size == 8 || v.Type == ir.I64 && v.Imm != int64(int32(v.Imm)) {
		return wide
	}
	return size{}
}

// storedConst is the extra move where a constant can't be part of a store.
func storedConst(v *ir.Value) size {
	if v.Op == ir.Const && v.Type == ir.I32 && v.Imm > math.MaxInt32 {
		return steps(1)
	}
	return size{}
}

// overwrites reports whether the machine's operation destroys its first operand.
func overwrites(op ir.Op) bool {
	switch op {
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar, ir.BE16, ir.BE32, ir.BE64:
		return true
	}
	return false
}

// objStores counts the stores that build an object: one a field, and zeroes for the 8-byte words with gaps.
func objStores(v *ir.Value) int {
	covered := make([]int, (v.Size+7)/8)
	for _, f := range v.Fields {
		covered[f.Offset/8] += f.Size
	}
	n := len(v.Fields)
	for i, bytes := range covered {
		if bytes < min(8, v.Size-8*i) {
			n++
		}
	}
	return n
}

// termSize estimates a terminator and the moves on its edges.
func (m *Model) termSize(b *ir.Block) size {
	t := &b.Term
	var s size
	switch t.Op {
	case ir.Br:
		s = steps(1)
	case ir.Check:
		s = steps(3)
	case ir.Ret:
		s = steps(2)
	case ir.TailCall, ir.SlotCall:
		s = steps(3 + len(t.Args) - 1)
		s.add(wide)
	}
	if n := len(t.Succs); n == 1 && !m.order.Follows(b, t.Succs[0].To) || n == 2 && !m.order.Follows(b, t.Succs[m.order.Falls(b)].To) {
		s.add(steps(1))
	}
	for _, e := range t.Succs {
		for _, a := range e.Args {
			if a.Op == ir.Const || m.uses[a.ID] > 1 {
				s.add(steps(1))
			}
		}
	}
	return s
}
