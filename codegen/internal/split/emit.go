package split

import (
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
	if mem := b.memory[p.carrier]; mem != nil {
		n = b.f.NewValue(ir.Load, ir.Number(p.size), b.at, mem)
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
	memory := map[string]*ir.Value{carrierState: b.memory[carrierState]} // the packet may have moved since, with its notes
	for _, s := range saves {
		if s.carrier != carrierCB && memory[s.carrier] == nil {
			memory[s.carrier], at = b.open(at, s.carrier)
		}
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
			v = b.f.NewValue(ir.Store, ir.None, b.at, memory[s.carrier], v)
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
	return mem, b.unless(at, mem, miss)
}

// unless goes to another block if v is 0 or null; otherwise code goes on in the block it returns.
func (b *builder) unless(at *ir.Block, v *ir.Value, zero *ir.Block) *ir.Block {
	on := b.f.NewBlock(at.Stage)
	on.Cold = at.Cold
	at.Term = ir.Term{
		Op: ir.Br, Cond: ir.Eq, Args: []*ir.Value{v, b.konst(at, ir.I64, 0)}, Span: b.at,
		Succs: []ir.Edge{{To: zero}, {To: on}},
	}
	return on
}

// open finds the memory of a carrier. Code goes on in the block it returns.
func (b *builder) open(at *ir.Block, carrier string) (*ir.Value, *ir.Block) {
	if carrier == carrierState {
		return b.lookup(at, TableState, 0, b.fail())
	}
	mem := b.f.NewValue(ir.Notes, ir.Mem, b.at)
	mem.Size = b.notes
	at.Append(mem)
	return mem, b.unless(at, mem, b.fail())
}

// grow makes room in front of the packet, before the first tail call. Where there is none, the packet gets the default.
func (b *builder) grow(at *ir.Block) *ir.Block {
	r := b.f.NewValue(ir.NotesGrow, ir.I64, b.at)
	r.Imm = int64(b.notes)
	at.Append(r)
	on := b.f.NewBlock(at.Stage)
	on.Cold = at.Cold
	b.noted = false
	low := at.Append(b.f.NewValue(ir.Trunc, ir.I32, b.at, r)) // an int
	at.Term = ir.Term{
		Op: ir.Br, Cond: ir.Ne, Args: []*ir.Value{low, b.konst(at, ir.I32, 0)}, Span: b.at,
		Succs: []ir.Edge{{To: b.fail()}, {To: on}},
	}
	b.noted = true
	return on
}

// wipe takes the notes away in front of every verdict: whoever gets the packet next would take them for his own.
func (b *builder) wipe() {
	if b.notes == 0 {
		return
	}
	for _, at := range b.f.Blocks {
		if at.Term.Op != ir.Ret || b.isEntry(b.head) && at != b.failed[1] {
			continue
		}
		v := b.f.NewValue(ir.NotesGrow, ir.I64, at.Term.Span)
		v.Imm = -int64(b.notes)
		at.Append(v)
	}
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
	noted := 0
	if b.noted {
		noted = 1
	}
	if b.failed[noted] == nil {
		at := b.f.NewBlock(b.head.Stage)
		at.Cold = true
		code := b.konst(at, ir.I32, int64(uint32(b.m.Default)))
		at.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{code}, Span: b.at}
		b.failed[noted] = at
	}
	return b.failed[noted]
}
