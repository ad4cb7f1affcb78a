package split

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// This file has the small pieces of IR that programs begin and end with.

// Maps that the splitter adds.
const (
	// TableState is the per-CPU array in which state travels.
	TableState = "tcc_state"

	tableStages = "tcc_stages" // the programs by index
	tableMisses = "tcc_misses" // how often a tail call missed, by target
)

func (b *builder) konst(at *ir.Block, t ir.Type, n int64) *ir.Value {
	v := b.f.NewValue(ir.Const, t, b.at)
	v.Imm = n
	return at.Append(v)
}

// load reads a number that travelled.
func (b *builder) load(p place, v *ir.Value) *ir.Value {
	n := b.f.NewValue(ir.CtxLoad, ir.Number(p.size), b.at)
	n.Sym = p.carrier
	if p.carrier == carrierState {
		n = b.f.NewValue(ir.Load, ir.Number(p.size), b.at, b.state)
	}
	n.Size, n.Imm = p.size, int64(p.offset)
	b.cur.Append(n)
	b.reloaded[n] = true
	if v.Type != n.Type {
		n = b.cur.Append(b.f.NewValue(ir.Zext, ir.I64, b.at, n))
		b.reloaded[n] = true
	}
	n.Name = v.Name
	return n
}

// save is a number to be stored at its place.
type save struct {
	place
	value *ir.Value
}

// saveAll stores at the end of a block and returns where code goes on.
func (b *builder) saveAll(at *ir.Block, saves []save) *ir.Block {
	mem := b.state
	if mem == nil && slices.ContainsFunc(saves, func(s save) bool { return s.carrier == carrierState }) {
		mem, at = b.lookup(at, TableState, 0, b.fail())
	}
	for _, s := range saves {
		v := s.value
		if s.carrier == carrierCB {
			v = b.f.NewValue(ir.CtxStore, ir.None, b.at, v)
			v.Sym = carrierCB
		} else {
			if v.Type != ir.Number(s.size) {
				v = at.Append(b.f.NewValue(ir.Trunc, ir.I32, b.at, v))
			}
			v = b.f.NewValue(ir.Store, ir.None, b.at, mem, v)
		}
		v.Size, v.Imm = s.size, int64(s.offset)
		at.Append(v)
	}
	return at
}

// lookup finds an entry of an array. Code goes on in the block it returns, or in miss.
func (b *builder) lookup(at *ir.Block, table string, index int, miss *ir.Block) (*ir.Value, *ir.Block) {
	key := b.f.NewValue(ir.MakeObj, ir.Obj, b.at, b.konst(at, ir.I32, int64(index)))
	key.Size, key.Fields = 4, []ir.ObjField{{Offset: 0, Size: 4}}
	at.Append(key)
	mem := b.f.NewValue(ir.Lookup, ir.Mem, b.at, key)
	mem.Sym = table
	at.Append(mem)
	hit := b.f.NewBlock(at.Stage)
	hit.Cold = at.Cold
	at.Term = ir.Term{
		Op: ir.Br, Cond: ir.Eq, Args: []*ir.Value{mem, b.konst(at, ir.I64, 0)}, Span: b.at,
		Succs: []ir.Edge{{To: miss}, {To: hit}},
	}
	return mem, hit
}

// count makes a block that counts a miss and goes on.
func (b *builder) count(counter int, on *ir.Block) *ir.Block {
	first := b.f.NewBlock(b.head.Stage)
	first.Cold = true
	mem, hit := b.lookup(first, tableMisses, counter, on)
	n := b.f.NewValue(ir.Load, ir.I64, b.at, mem)
	n.Size = 8
	hit.Append(n)
	more := hit.Append(b.f.NewValue(ir.Add, ir.I64, b.at, n, b.konst(hit, ir.I64, 1)))
	put := b.f.NewValue(ir.Store, ir.None, b.at, mem, more)
	put.Size = 8
	hit.Append(put)
	hit.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: on}}, Span: b.at}
	return first
}

// fail is the block that returns the default.
func (b *builder) fail() *ir.Block {
	if b.failed == nil {
		b.failed = b.f.NewBlock(b.head.Stage)
		b.failed.Cold = true
		code := b.konst(b.failed, ir.I32, int64(uint32(b.m.Default)))
		b.failed.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{code}, Span: b.at}
	}
	return b.failed
}
