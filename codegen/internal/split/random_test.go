package split

import (
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// generator makes random modules: acyclic graphs with shared tails, slots, map values that are alive over several
// blocks, and packet pointers at constant and variable offsets.
type generator struct {
	t      *rapid.T
	m      *ir.Module
	f      *ir.Func
	blocks int // how many more to make
}

// scope is what a block can name.
type scope struct {
	nums  []*ir.Value
	objs  []*ir.Value // 8 bytes each
	mems  []*ir.Value // 8 bytes each, not null
	pkts  []proved
	end   *ir.Value
	joins []*ir.Block
}

type proved struct {
	p     *ir.Value
	bytes int64
}

var tables = map[string][]ir.Type{"red": {ir.I64, ir.I32}, "blue": {ir.I32, ir.I64, ir.I64, ir.I32}, "none": {}}

func randomModule(t *rapid.T) *ir.Module {
	g := &generator{t: t, blocks: rapid.IntRange(5, 60).Draw(t, "blocks")}
	g.f = &ir.Func{Name: "pipe", Index: -1}
	g.m = &ir.Module{
		Name: "pipe", ProgType: rapid.SampledFrom([]string{"xdp", "tc"}).Draw(t, "type"), License: "GPL", Default: 7,
		Maps: []*ir.Map{
			{Name: "hash", Kind: "hash", KeySize: 4, ValueSize: 8, Max: 6},
			{Name: "arr", Kind: "array", KeySize: 4, ValueSize: 8, Max: 4},
			{Name: "ring", Kind: ir.RingBuf, Max: 4096},
			{Name: "red", Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Max: 4, Args: []int{8, 4}, Programs: map[uint32]string{0: "left", 1: "left", 2: "right"}},
			{Name: "blue", Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Max: 4, Args: []int{4, 8, 8, 4}, Programs: map[uint32]string{0: "left", 1: "left", 3: "left"}},
			{Name: "none", Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Max: 4},
		},
		Globals: []*ir.Global{{Name: "conf", Size: 4, Const: true}, {Name: "vary", Size: 8}},
		Funcs:   []*ir.Func{g.f},
	}
	total := g.blocks
	for _, r := range [][2]string{{"parse", ""}, {"left", "red"}, {"right", "red"}, {"left", "blue"}} {
		g.blocks = total / 3
		g.root(r[0], r[1])
	}
	g.f.Prune()
	return g.m
}

func (g *generator) pick(n int) int { return rapid.IntRange(0, n-1).Draw(g.t, "pick") }

// root makes the entry, or a stage of a slots table. Only the entry and red's stages call slots, and only blue's and
// none's: no circles.
func (g *generator) root(stage, table string) {
	b := g.f.NewBlock(stage)
	b.Start = true
	var sc scope
	if table != "" {
		g.f.Roots = append(g.f.Roots, &ir.Root{Stage: stage, Table: table, Block: b})
		for _, t := range tables[table] {
			arg := g.f.AddParam(b, t, "arg", diag.Span{})
			sc.nums = append(sc.nums, arg, arg, arg)
		}
	}
	sc.pkts = []proved{{g.inst(b, ir.Data, ir.Pkt), 0}}
	sc.end = g.inst(b, ir.DataEnd, ir.End)
	sc.nums = append(sc.nums, g.konst(b, ir.I32, int64(g.pick(300))), g.konst(b, ir.I64, int64(g.pick(70000))))
	callees := map[string][]string{"": {"red", "blue", "none"}, "red": {"blue", "none"}}[table]
	g.fill(b, sc, callees)
}

func (g *generator) inst(b *ir.Block, op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
	return b.Append(g.f.NewValue(op, t, diag.Span{}, args...))
}

func (g *generator) konst(b *ir.Block, t ir.Type, n int64) *ir.Value {
	v := g.inst(b, ir.Const, t)
	v.Imm = n
	return v
}

// num is a number of type t.
func (g *generator) num(b *ir.Block, sc *scope, t ir.Type) *ir.Value {
	v := sc.nums[g.pick(len(sc.nums))]
	switch {
	case v.Type == t:
		return v
	case t == ir.I64:
		return g.inst(b, ir.Zext, t, v)
	}
	return g.inst(b, ir.Trunc, t, v)
}

// masked is a number of type t of at most mask.
func (g *generator) masked(b *ir.Block, sc *scope, t ir.Type, mask int64) *ir.Value {
	return g.inst(b, ir.And, t, g.num(b, sc, t), g.konst(b, t, mask))
}

func (g *generator) number() ir.Type { return []ir.Type{ir.I32, ir.I64}[g.pick(2)] }

func (g *generator) obj(b *ir.Block, sc *scope, size int, mask int64) *ir.Value {
	v := g.inst(b, ir.MakeObj, ir.Obj, g.masked(b, sc, ir.I32, mask))
	v.Size, v.Fields = size, []ir.ObjField{{Offset: 0, Size: 4}}
	return v
}

// fill writes a block and all that follows it.
func (g *generator) fill(b *ir.Block, sc scope, callees []string) {
	clone := func() scope {
		c := sc
		c.nums, c.objs, c.mems = append([]*ir.Value(nil), sc.nums...), append([]*ir.Value(nil), sc.objs...), append([]*ir.Value(nil), sc.mems...)
		c.pkts, c.joins = append([]proved(nil), sc.pkts...), append([]*ir.Block(nil), sc.joins...)
		return c
	}
	sc = clone()
	for range g.pick(8) {
		g.one(b, &sc)
	}
	g.blocks--
	next := func() *ir.Block {
		n := g.f.NewBlock(b.Stage)
		n.Cold = g.pick(4) == 0
		return n
	}
	if g.blocks <= 0 {
		g.finish(b, &sc)
		return
	}
	switch g.pick(9) {
	case 0:
		g.finish(b, &sc)
	case 1: // a join behind what follows
		j := next()
		var params []*ir.Value
		for range g.pick(3) {
			params = append(params, g.f.AddParam(j, g.number(), "p", diag.Span{}))
		}
		inner := clone()
		inner.joins = append(inner.joins, j)
		n := next()
		b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: n}}}
		g.fill(n, inner, callees)
		sc.nums = append(sc.nums, params...)
		g.fill(j, sc, callees)
	case 2, 3:
		t := g.number()
		x, y := g.num(b, &sc, t), g.num(b, &sc, t)
		yes, no := next(), next()
		b.Term = ir.Term{Op: ir.Br, Cond: ir.Cond(1 + g.pick(int(ir.Set))), Args: []*ir.Value{x, y}, Succs: []ir.Edge{{To: yes}, {To: no}}}
		g.fill(yes, sc, callees)
		g.fill(no, sc, callees)
	case 4, 5:
		i := g.pick(len(sc.pkts))
		n := int64(1 + g.pick(24))
		ok, fail := next(), next()
		b.Term = ir.Term{Op: ir.Check, Args: []*ir.Value{sc.pkts[i].p, sc.end}, Imm: n, Succs: []ir.Edge{{To: ok}, {To: fail}}}
		g.fill(fail, sc, callees)
		sc = clone()
		sc.pkts[i].bytes = max(sc.pkts[i].bytes, n)
		g.fill(ok, sc, callees)
	case 6:
		key := g.obj(b, &sc, 4, 7)
		mem := g.inst(b, ir.Lookup, ir.Mem, key)
		mem.Sym = []string{"hash", "arr"}[g.pick(2)]
		hit, miss := next(), next()
		b.Term = ir.Term{Op: ir.Br, Cond: ir.Ne, Args: []*ir.Value{mem, g.konst(b, ir.I64, 0)}, Succs: []ir.Edge{{To: hit}, {To: miss}}}
		g.fill(miss, sc, callees)
		sc = clone()
		sc.mems = append(sc.mems, mem)
		g.fill(hit, sc, callees)
	case 7, 8:
		if len(callees) == 0 {
			g.finish(b, &sc)
			return
		}
		table := callees[g.pick(len(callees))]
		args := []*ir.Value{g.masked(b, &sc, ir.I32, 3)}
		for _, t := range tables[table] {
			args = append(args, g.num(b, &sc, t))
		}
		n := next()
		b.Term = ir.Term{Op: ir.SlotCall, Sym: table, Args: args, Succs: []ir.Edge{{To: n}}}
		sc.pkts = []proved{{g.inst(n, ir.Data, ir.Pkt), 0}} // those of before are dead
		sc.end, sc.joins = g.inst(n, ir.DataEnd, ir.End), nil
		g.fill(n, sc, callees)
	}
}

// finish ends a block with a verdict or a jump to a join.
func (g *generator) finish(b *ir.Block, sc *scope) {
	if i := g.pick(len(sc.joins) + 1); i < len(sc.joins) {
		e := ir.Edge{To: sc.joins[i]}
		for _, p := range e.To.Params {
			e.Args = append(e.Args, g.num(b, sc, p.Type))
		}
		b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{e}}
		return
	}
	b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{g.num(b, sc, ir.I32)}}
}

// one adds an instruction or a few.
func (g *generator) one(b *ir.Block, sc *scope) {
	add := func(v *ir.Value) { sc.nums = append(sc.nums, v) }
	switch g.pick(16) {
	case 0, 1, 2:
		t := g.number()
		op := []ir.Op{ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar}[g.pick(11)]
		add(g.inst(b, op, t, g.num(b, sc, t), g.num(b, sc, t)))
	case 3:
		add(g.inst(b, ir.BE16, ir.I32, g.num(b, sc, ir.I32)))
	case 4:
		t := g.number()
		v := g.inst(b, ir.Cmp, ir.I32, g.num(b, sc, t), g.num(b, sc, t))
		v.Cond = ir.Cond(1 + g.pick(int(ir.Set)))
		add(v)
	case 5, 6, 7:
		p := sc.pkts[g.pick(len(sc.pkts))]
		size := 1 << g.pick(4)
		if p.bytes < int64(size) {
			return
		}
		v := g.inst(b, ir.Load, ir.Number(size), p.p)
		v.Size, v.Imm = size, int64(g.pick(int(p.bytes)-size+1))
		add(v)
	case 8:
		p := sc.pkts[g.pick(len(sc.pkts))]
		if p.bytes < 4 {
			return
		}
		v := g.inst(b, ir.Store, ir.None, p.p, g.num(b, sc, ir.I32))
		v.Size, v.Imm = 2, int64(g.pick(int(p.bytes)-2))
	case 9:
		base := sc.pkts[g.pick(len(sc.pkts))].p
		off := g.konst(b, ir.I64, int64(g.pick(12)))
		if g.pick(2) == 0 {
			off = g.masked(b, sc, ir.I64, 15)
			add(off)
		}
		sc.pkts = append(sc.pkts, proved{g.inst(b, ir.PktAdd, ir.Pkt, base, off), 0})
	case 10:
		v := g.inst(b, ir.CtxLoad, ir.I32)
		v.Sym, v.Size = []string{"len", "mark", "hash"}[g.pick(3)], 4
		add(v)
	case 11:
		v := g.inst(b, ir.CtxStore, ir.None, g.num(b, sc, ir.I32))
		v.Sym, v.Size = "mark", 4
	case 12:
		sc.objs = append(sc.objs, g.obj(b, sc, 8, 0xffff))
	case 13:
		add(g.inst(b, []ir.Op{ir.Random, ir.CPU}[g.pick(2)], ir.I32))
	case 14:
		g.effect(b, sc)
	case 15:
		g.memory(b, sc)
	}
}

// effect calls a helper with an effect.
func (g *generator) effect(b *ir.Block, sc *scope) {
	var v *ir.Value
	switch g.pick(3) {
	case 0:
		if len(sc.objs) == 0 {
			return
		}
		v = g.inst(b, ir.Output, ir.I64, sc.objs[g.pick(len(sc.objs))])
		v.Sym = "ring"
	case 1:
		if len(sc.objs) == 0 {
			return
		}
		v = g.inst(b, ir.Update, ir.I64, g.obj(b, sc, 4, 7), sc.objs[g.pick(len(sc.objs))])
		v.Sym = "hash"
	case 2:
		v = g.inst(b, ir.Delete, ir.I64, g.obj(b, sc, 4, 7))
		v.Sym = "hash"
	}
	sc.nums = append(sc.nums, v)
}

// memory reads or writes a map value or global.
func (g *generator) memory(b *ir.Block, sc *scope) {
	if len(sc.mems) == 0 || g.pick(3) == 0 {
		mem := g.inst(b, ir.GlobalAddr, ir.Mem)
		mem.Sym = []string{"conf", "vary"}[g.pick(2)]
		sc.mems = append(sc.mems, mem)
	}
	mem := sc.mems[g.pick(len(sc.mems))]
	op := g.pick(3)
	if mem.Sym == "conf" {
		op = 0
	}
	var v *ir.Value
	switch op {
	case 0:
		v = g.inst(b, ir.Load, ir.I32, mem)
		sc.nums = append(sc.nums, v)
	case 1:
		v = g.inst(b, ir.Store, ir.None, mem, g.num(b, sc, ir.I32))
	case 2:
		v = g.inst(b, ir.XAdd, ir.None, mem, g.num(b, sc, ir.I32))
	}
	v.Size = 4
}
