// Package lowertest makes random programs for the tests of the back end.
package lowertest

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"pgregory.net/rapid"
)

// Checked is how many bytes a random program checks; on shorter packets it returns 0.
const Checked = 64

// Module draws a module of one program with branches, block parameters, helper calls, objects and more live values
// than there are registers. It is deterministic but for its packet and maps.
func Module(t *rapid.T, progType string) *ir.Module {
	m := &ir.Module{
		Name: "random", ProgType: progType, License: "GPL",
		Maps: []*ir.Map{
			{Name: "table", Kind: "hash", KeySize: 12, ValueSize: 16, Max: 64},
			{Name: "cells", Kind: "array", KeySize: 4, ValueSize: 8, Max: 4},
			{Name: "ring", Kind: ir.RingBuf, Max: 65536},
		},
		Globals: []*ir.Global{{Name: "knob", Size: 8}, {Name: "tcc_zero", Size: 8}},
	}
	f := &ir.Func{Name: "random", Index: -1}
	m.Funcs = []*ir.Func{f}
	g := &generator{t: t, f: f, progType: progType}
	g.program()
	return m
}

type generator struct {
	t         *rapid.T
	progType  string
	f         *ir.Func
	b         *ir.Block
	data, end *ir.Value
	i32, i64  []*ir.Value // what can be used here
	mems      []*ir.Value // pointers to 8 bytes that can be used here
	size      int
}

func (g *generator) value(op ir.Op, typ ir.Type, args ...*ir.Value) *ir.Value {
	return g.b.Append(g.f.NewValue(op, typ, diag.Span{}, args...))
}

func (g *generator) constant(typ ir.Type, n int64) *ir.Value {
	v := g.value(ir.Const, typ)
	v.Imm = n
	return v
}

func (g *generator) intn(n int, what string) int { return rapid.IntRange(0, n-1).Draw(g.t, what) }

func (g *generator) program() {
	g.b = g.f.NewBlock("s")
	g.data = g.value(ir.Data, ir.Pkt)
	g.end = g.value(ir.DataEnd, ir.End)
	short, body := g.f.NewBlock("s"), g.f.NewBlock("s")
	short.Cold = true
	g.b.Term = ir.Term{Op: ir.Check, Imm: Checked, Args: []*ir.Value{g.data, g.end}, Succs: []ir.Edge{{To: body}, {To: short}}}
	g.b = short
	g.b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{g.constant(ir.I32, 0)}}
	g.b = body
	for range rapid.IntRange(1, 14).Draw(g.t, "loads") {
		g.load()
	}
	g.statements(rapid.IntRange(3, 40).Draw(g.t, "statements"), 0)
	sum := g.num(ir.I32)
	for _, v := range g.i32 {
		sum = g.value(ir.Xor, ir.I32, sum, v)
	}
	for _, v := range g.i64 {
		sum = g.value(ir.Add, ir.I32, sum, g.value(ir.Trunc, ir.I32, v))
	}
	g.b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{sum}}
}

func (g *generator) statements(n, depth int) {
	for range n {
		if g.size++; g.size > 120 {
			return
		}
		switch k := g.intn(24, "statement"); {
		case k < 8:
			g.arithmetic()
		case k < 10:
			g.convert()
		case k < 12:
			g.load()
		case k < 14:
			g.store()
		case k == 14:
			g.compare()
		case k == 15:
			g.lookup(depth)
		case k == 16:
			g.update()
		case k == 17:
			g.shared()
		case k == 18:
			g.context()
		case k == 19:
			g.helper()
		case k == 20:
			g.pointer(depth)
		case depth < 4:
			g.branch(depth)
		}
	}
}

// num is some number in reach.
func (g *generator) num(typ ir.Type) *ir.Value {
	vs := g.i32
	if typ == ir.I64 {
		vs = g.i64
	}
	if k := g.intn(len(vs)+3, "operand"); k < len(vs) {
		return vs[k]
	}
	switch g.intn(4, "constant") {
	case 0:
		v := g.value(ir.WConst, typ)
		v.Size = typ.Bytes()
		v.Imm = rapid.Int64().Draw(g.t, "wire") & int64(uint64(1)<<(8*v.Size-1)-1)
		return v
	case 1:
		return g.constant(typ, int64(g.intn(70, "small")))
	}
	n := rapid.Int64().Draw(g.t, "large")
	if typ == ir.I32 {
		n = int64(int32(n))
	}
	return g.constant(typ, n)
}

func (g *generator) keep(v *ir.Value) {
	if v.Type == ir.I32 {
		g.i32 = append(g.i32, v)
	} else {
		g.i64 = append(g.i64, v)
	}
}

func (g *generator) number() ir.Type {
	if g.intn(2, "width") == 0 {
		return ir.I32
	}
	return ir.I64
}

var binary = []ir.Op{
	ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar,
}

func (g *generator) arithmetic() {
	typ := g.number()
	if g.intn(12, "forget") == 0 {
		g.keep(g.value(ir.Forget, typ, g.num(typ)))
		return
	}
	op := rapid.SampledFrom(binary).Draw(g.t, "op")
	g.keep(g.value(op, typ, g.num(typ), g.num(typ)))
}

func (g *generator) convert() {
	switch g.intn(5, "conversion") {
	case 0:
		g.keep(g.value(ir.Zext, ir.I64, g.num(ir.I32)))
	case 1:
		g.keep(g.value(ir.Trunc, ir.I32, g.num(ir.I64)))
	case 2:
		g.keep(g.value(ir.BE16, ir.I32, g.num(ir.I32)))
	case 3:
		g.keep(g.value(ir.BE32, ir.I32, g.num(ir.I32)))
	case 4:
		g.keep(g.value(ir.BE64, ir.I64, g.num(ir.I64)))
	}
}

// place is a pointer and a size and displacement that may be accessed through it.
func (g *generator) place() (p *ir.Value, size int, disp int64) {
	size = 1 << g.intn(4, "size")
	if n := len(g.mems); n > 0 && g.intn(3, "memory") == 0 {
		return g.mems[g.intn(n, "pointer")], size, int64(g.intn(8/size, "place") * size)
	}
	return g.data, size, int64(g.intn(Checked-size+1, "place"))
}

func (g *generator) load() {
	p, size, disp := g.place()
	v := g.value(ir.Load, ir.Number(size), p)
	v.Size, v.Imm = size, disp
	g.keep(v)
}

func (g *generator) store() {
	p, size, disp := g.place()
	if p.Type == ir.Mem && size >= 4 && g.intn(2, "atomic") == 0 {
		v := g.value(ir.XAdd, ir.None, p, g.num(ir.Number(size)))
		v.Size, v.Imm = size, disp
		return
	}
	v := g.value(ir.Store, ir.None, p, g.num(ir.Number(size)))
	v.Size, v.Imm = size, disp
}

func (g *generator) cond() ir.Cond { return ir.Cond(1 + g.intn(int(ir.Set), "condition")) }

func (g *generator) compare() {
	typ := g.number()
	v := g.value(ir.Cmp, ir.I32, g.num(typ), g.num(typ))
	v.Cond = g.cond()
	g.keep(v)
}

// object is a key or value with random gaps.
func (g *generator) object(bytes int) *ir.Value {
	v := g.f.NewValue(ir.MakeObj, ir.Obj, diag.Span{})
	v.Size = bytes
	for at := 0; at < bytes; {
		size := 1 << g.intn(4, "size")
		switch {
		case g.intn(4, "gap") == 0:
			at++
		case at+size > bytes || size == 8 && at%8 != 0 && g.intn(4, "odd") > 0:
			at++
		default:
			v.Args = append(v.Args, g.num(ir.Number(size)))
			v.Fields = append(v.Fields, ir.ObjField{Offset: at, Size: size})
			at += size
		}
	}
	return g.b.Append(v)
}

// key of the table: few different ones, so that lookups find something.
func (g *generator) key() *ir.Value {
	key := g.f.NewValue(ir.MakeObj, ir.Obj, diag.Span{})
	key.Size = 12
	bits := g.value(ir.And, ir.I32, g.num(ir.I32), g.constant(ir.I32, 3))
	key.Args, key.Fields = []*ir.Value{bits}, []ir.ObjField{{Offset: g.intn(3, "place") * 4, Size: 4}}
	return g.b.Append(key)
}

func (g *generator) update() {
	if g.intn(4, "delete") == 0 {
		v := g.value(ir.Delete, ir.I64, g.key())
		v.Sym = "table"
		g.keep(v)
		return
	}
	key := g.key()
	v := g.value(ir.Update, ir.I64, key, g.object(16))
	v.Sym = "table"
	g.keep(v)
}

// lookup looks a key up and goes on with the value in one branch.
func (g *generator) lookup(depth int) {
	v := g.f.NewValue(ir.Lookup, ir.Mem, diag.Span{})
	if g.intn(2, "array") == 0 {
		key := g.f.NewValue(ir.MakeObj, ir.Obj, diag.Span{})
		index := g.value(ir.And, ir.I32, g.num(ir.I32), g.constant(ir.I32, 7))
		key.Size, key.Args, key.Fields = 4, []*ir.Value{index}, []ir.ObjField{{Offset: 0, Size: 4}}
		g.b.Append(key)
		v.Sym, v.Args = "cells", []*ir.Value{key}
	} else {
		v.Sym, v.Args = "table", []*ir.Value{g.key()}
	}
	g.b.Append(v)
	g.fork(ir.Term{Op: ir.Br, Cond: ir.Ne, Args: []*ir.Value{v, g.constant(ir.I64, 0)}}, depth, v)
}

// context reads and writes fields of the context.
func (g *generator) context() {
	if g.progType == "tc" && g.intn(3, "field") == 0 {
		v := g.value(ir.CtxStore, ir.None, g.num(ir.I32))
		v.Sym = rapid.SampledFrom([]string{"mark", "priority"}).Draw(g.t, "field")
		return
	}
	v := g.value(ir.CtxLoad, ir.I32)
	v.Sym = rapid.SampledFrom([]string{"ifindex", "len"}).Draw(g.t, "field")
	if g.progType == "tc" {
		v.Sym = rapid.SampledFrom([]string{"ifindex", "len", "mark", "priority"}).Draw(g.t, "field")
	}
	g.keep(v)
}

// helper calls a helper. What it returns can't be told, but is 0 after masking.
func (g *generator) helper() {
	switch g.intn(4, "helper") {
	case 0:
		v := g.value(ir.Now, ir.I64)
		g.keep(g.value(ir.And, ir.I64, v, g.constant(ir.I64, 0)))
	case 1:
		v := g.value(ir.Random, ir.I32)
		g.keep(g.value(ir.And, ir.I32, v, g.constant(ir.I32, 0)))
	case 2:
		v := g.value(ir.CPU, ir.I32)
		g.keep(g.value(ir.And, ir.I32, v, g.constant(ir.I32, 0)))
	case 3:
		v := g.value(ir.Output, ir.I64, g.object(16))
		v.Sym = "ring"
		g.keep(v)
	}
}

// pointer makes a pointer of a variable offset, checks it, and uses it where 8 bytes are there.
func (g *generator) pointer(depth int) {
	off := g.value(ir.And, ir.I64, g.num(ir.I64), g.constant(ir.I64, 63))
	if g.intn(2, "narrow") == 0 {
		off = g.value(ir.Zext, ir.I64, g.value(ir.And, ir.I32, g.num(ir.I32), g.constant(ir.I32, 63)))
	}
	p := g.value(ir.PktAdd, ir.Pkt, g.data, off)
	g.fork(ir.Term{Op: ir.Check, Imm: 8, Args: []*ir.Value{p, g.end}}, depth, p)
}

// shared uses a global.
func (g *generator) shared() {
	v := g.value(ir.GlobalAddr, ir.Mem)
	v.Sym = "knob"
	g.mems = append(g.mems, v)
}

func (g *generator) branch(depth int) {
	typ := g.number()
	g.fork(ir.Term{Op: ir.Br, Cond: g.cond(), Args: []*ir.Value{g.num(typ), g.num(typ)}}, depth, nil)
}

// fork generates both sides of a branch and joins them with a few parameters. One side may return instead.
func (g *generator) fork(term ir.Term, depth int, mem *ir.Value) {
	types := make([]ir.Type, g.intn(4, "parameters"))
	for i := range types {
		types[i] = g.number()
	}
	join := g.f.NewBlock("s")
	from, saved := g.b, *g
	returns := g.intn(6, "return")
	edge := func(yes bool) ir.Edge {
		restore := func() { g.i32, g.i64, g.mems = saved.i32, saved.i64, saved.mems }
		defer restore()
		args := func() []*ir.Value {
			var as []*ir.Value
			for _, typ := range types {
				as = append(as, g.num(typ))
			}
			return as
		}
		if g.intn(4, "empty") == 0 && (returns != 0 || yes) {
			g.b = from
			return ir.Edge{To: join, Args: args()}
		}
		side := g.f.NewBlock("s")
		side.Cold = g.intn(4, "cold") == 0
		g.b = side
		// Copies, so that the sides don't write into one array.
		g.i32, g.i64, g.mems = clip(g.i32), clip(g.i64), clip(g.mems)
		if yes && mem != nil {
			g.mems = append(g.mems, mem)
		}
		g.statements(g.intn(6, "side"), depth+1)
		if !yes && returns == 0 {
			g.b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{g.num(ir.I32)}}
			return ir.Edge{To: side}
		}
		as := args()
		g.b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: join, Args: as}}}
		return ir.Edge{To: side}
	}
	term.Succs = []ir.Edge{edge(true), edge(false)}
	from.Term = term
	g.b = join
	g.i32, g.i64, g.mems = clip(saved.i32), clip(saved.i64), clip(saved.mems)
	for _, typ := range types {
		g.keep(g.f.AddParam(join, typ, "", diag.Span{}))
	}
}

func clip(vs []*ir.Value) []*ir.Value { return vs[:len(vs):len(vs)] }
