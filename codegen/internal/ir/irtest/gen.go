// Package irtest draws random IR for property tests, and runs it.
package irtest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// Draw makes a module of one function and a few subprograms without loops that ir.Verify accepts: arithmetic, branches and
// joins, packet pointers, checks and accesses, calls, a map and a global. All that it computes can show in its effects.
func Draw(t *rapid.T) *ir.Module {
	f := &ir.Func{Name: "f", Index: -1}
	m := &ir.Module{
		Name: "f", ProgType: "xdp", License: "GPL",
		Maps:    []*ir.Map{{Name: "m", Kind: "hash", KeySize: 4, ValueSize: 8, Max: 4}},
		Globals: []*ir.Global{{Name: "g", Size: 16}},
		Funcs:   []*ir.Func{f},
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "subs") {
		sub := &ir.Func{Name: fmt.Sprintf("s%d", i), Index: -1, Ctx: true}
		g := &generator{t: t, m: m, f: sub, b: sub.NewBlock("s")}
		sub.Result = pick(g, []int{4, 8})
		var params []*ir.Value
		for range g.int(0, 3) {
			p := sub.AddParam(g.b, g.width(), "", diag.Span{})
			p.Size = p.Type.Bytes()
			params = append(params, p)
		}
		g.body(params)
		m.Subs = append(m.Subs, sub)
	}
	g := &generator{t: t, m: m, f: f, b: f.NewBlock("s")}
	g.body(nil)
	return m
}

// body draws what a function does.
func (g *generator) body(params []*ir.Value) {
	g.fail = g.f.NewBlock("s")
	g.fail.Cold = true
	start := &scope{data: g.emit(ir.Data, ir.Pkt), end: g.emit(ir.DataEnd, ir.End), global: g.emit(ir.GlobalAddr, ir.Mem)}
	start.global.Sym = "g"
	start.numbers = []*ir.Value{g.load(start.global, 0, 1), g.load(start.global, 4, 4), g.load(start.global, 8, 8), g.constant(ir.I32, 3)}
	start.numbers = append(start.numbers, params...)
	start.pointers = []pointer{{p: start.data}}
	end := g.statements(start, 3)
	g.ret(g.number(end, g.result()))
	g.b = g.fail
	g.ret(g.constant(g.result(), 1))
	g.f.Prune()
}

// result is the type of what the function returns.
func (g *generator) result() ir.Type { return ir.Number(g.f.Result) }

type generator struct {
	t    *rapid.T
	m    *ir.Module
	f    *ir.Func
	b    *ir.Block
	fail *ir.Block
}

// A scope is what is known at a point.
type scope struct {
	data, end, global *ir.Value
	numbers           []*ir.Value
	pointers          []pointer
	mems              []*ir.Value // not null
}

// A pointer into the packet, and how many bytes are checked behind it.
type pointer struct {
	p     *ir.Value
	bytes int64
}

func (s *scope) clone() *scope {
	c := *s
	c.numbers = append([]*ir.Value(nil), s.numbers...)
	c.pointers = append([]pointer(nil), s.pointers...)
	c.mems = append([]*ir.Value(nil), s.mems...)
	return &c
}

func (g *generator) emit(op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
	return g.b.Append(g.f.NewValue(op, t, diag.Span{}, args...))
}

func (g *generator) constant(t ir.Type, n int64) *ir.Value {
	v := g.emit(ir.Const, t)
	v.Imm = n
	return v
}

func (g *generator) load(p *ir.Value, at int64, size int) *ir.Value {
	v := g.emit(ir.Load, ir.Number(size), p)
	v.Imm, v.Size = at, size
	return v
}

func (g *generator) ret(v *ir.Value) { g.b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{v}} }

func (g *generator) int(from, to int) int { return rapid.IntRange(from, to).Draw(g.t, "int") }

func pick[T any](g *generator, list []T) T { return list[g.int(0, len(list)-1)] }

// number is a value of type t in scope, often a constant.
func (g *generator) number(s *scope, t ir.Type) *ir.Value {
	switch g.int(0, 7) {
	case 0, 1:
		return g.constant(t, pick(g, []int64{0, 1, 2, 7, 8, 14, 255, 0x800, 0xffff, 1<<32 - 1, -1}))
	case 2:
		v := g.emit(ir.WConst, t)
		v.Size = 8
		if t == ir.I32 {
			v.Size = pick(g, []int{1, 2, 4})
		}
		v.Imm = int64(g.int(0, 255))
		return v
	}
	v := pick(g, s.numbers)
	switch {
	case v.Type == t:
		return v
	case t == ir.I64:
		return g.emit(ir.Zext, t, v)
	}
	return g.emit(ir.Trunc, t, v)
}

func (g *generator) width() ir.Type { return pick(g, []ir.Type{ir.I32, ir.I32, ir.I64}) }

// statements appends some statements and returns the scope behind them.
func (g *generator) statements(s *scope, depth int) *scope {
	for range g.int(1, 6) {
		switch kind := g.int(0, 12); {
		case kind == 12:
			g.call(s)
		case kind <= 3:
			s.numbers = append(s.numbers, g.arithmetic(s))
		case kind == 4:
			g.pointer(s)
		case kind <= 6:
			g.check(s)
		case kind <= 8:
			g.access(s)
		case kind == 9:
			g.mapCall(s)
		case depth > 0:
			g.branch(s, depth-1)
		}
	}
	return s
}

func (g *generator) arithmetic(s *scope) *ir.Value {
	t := g.width()
	ops := []ir.Op{ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar, ir.And, ir.BE16, ir.BE32, ir.BE64, ir.Cmp, ir.Forget}
	switch op := pick(g, ops); op {
	case ir.BE16, ir.BE32:
		return g.emit(op, ir.I32, g.number(s, ir.I32))
	case ir.BE64:
		return g.emit(op, ir.I64, g.number(s, ir.I64))
	case ir.Forget:
		return g.emit(op, t, g.number(s, t))
	case ir.Cmp:
		v := g.emit(op, ir.I32, g.number(s, t), g.number(s, t))
		v.Cond = g.cond()
		return v
	default:
		return g.emit(op, t, g.number(s, t), g.number(s, t))
	}
}

func (g *generator) cond() ir.Cond { return ir.Cond(g.int(int(ir.Eq), int(ir.Set))) }

// pointer makes a packet pointer, of a small variable or constant offset.
func (g *generator) pointer(s *scope) {
	n := g.emit(ir.And, ir.I64, g.number(s, ir.I64), g.constant(ir.I64, 31))
	if g.int(0, 1) == 0 {
		n = g.emit(ir.Add, ir.I64, n, g.constant(ir.I64, 4))
	}
	if g.int(0, 2) == 0 {
		n = g.constant(ir.I64, int64(g.int(0, 20)))
	}
	s.pointers = append(s.pointers, pointer{p: g.emit(ir.PktAdd, ir.Pkt, pick(g, s.pointers).p, n)})
}

// check goes on behind a check of a pointer.
func (g *generator) check(s *scope) {
	i := g.int(0, len(s.pointers)-1)
	n := int64(g.int(0, 24))
	ok := g.f.NewBlock("s")
	fail := g.fail
	if g.int(0, 3) == 0 {
		fail = g.f.NewBlock("s")
		code := g.f.NewValue(ir.Const, g.result(), diag.Span{})
		code.Imm = int64(g.int(1, 2))
		fail.Append(code)
		fail.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{code}}
	}
	g.b.Term = ir.Term{Op: ir.Check, Imm: n, Args: []*ir.Value{s.pointers[i].p, s.end}, Succs: []ir.Edge{{To: ok}, {To: fail}}}
	g.b = ok
	s.pointers[i].bytes = max(s.pointers[i].bytes, n)
}

// access loads or stores somewhere.
func (g *generator) access(s *scope) {
	size := pick(g, []int{1, 2, 4, 8})
	p, room := s.global, int64(16)
	if len(s.mems) > 0 && g.int(0, 1) == 0 {
		p, room = pick(g, s.mems), 8
	}
	if q := pick(g, s.pointers); q.bytes > 0 && g.int(0, 2) > 0 {
		p, room = q.p, q.bytes
	}
	if room < int64(size) {
		return
	}
	at := int64(g.int(0, int(room)-size))
	if g.int(0, 2) > 0 {
		s.numbers = append(s.numbers, g.load(p, at, size))
		return
	}
	v := g.emit(ir.Store, ir.None, p, g.number(s, ir.Number(size)))
	v.Imm, v.Size = at, size
}

// call calls a subprogram, if there is one.
func (g *generator) call(s *scope) {
	if len(g.m.Subs) == 0 {
		return
	}
	sub := pick(g, g.m.Subs)
	var args []*ir.Value
	for _, p := range sub.Blocks[0].Params {
		args = append(args, g.number(s, p.Type))
	}
	v := g.emit(ir.CallFn, ir.Number(sub.Result), args...)
	v.Sym, v.Size = sub.Name, sub.Result
	s.numbers = append(s.numbers, v)
}

// mapCall looks something up, updates or deletes it.
func (g *generator) mapCall(s *scope) {
	key := g.emit(ir.MakeObj, ir.Obj, g.emit(ir.And, ir.I32, g.number(s, ir.I32), g.constant(ir.I32, 3)))
	key.Size, key.Fields = 4, []ir.ObjField{{Offset: 0, Size: 4}}
	switch g.int(0, 2) {
	case 0:
		g.emit(ir.Delete, ir.I64, key).Sym = "m"
	case 1:
		value := g.emit(ir.MakeObj, ir.Obj, g.number(s, ir.I32))
		value.Size, value.Fields = 8, []ir.ObjField{{Offset: 2, Size: 2}}
		v := g.emit(ir.Update, ir.I64, key, value)
		v.Sym = "m"
		s.numbers = append(s.numbers, v)
	default:
		mem := g.emit(ir.Lookup, ir.Mem, key)
		mem.Sym = "m"
		there := g.f.NewBlock("s")
		g.b.Term = ir.Term{Op: ir.Br, Cond: ir.Ne, Args: []*ir.Value{mem, g.constant(ir.I64, 0)}, Succs: []ir.Edge{{To: there}, {To: g.fail}}}
		g.b = there
		s.mems = append(s.mems, mem)
	}
}

// branch goes two ways, each of which may return, and joins them with parameters.
func (g *generator) branch(s *scope, depth int) {
	t := g.width()
	term := ir.Term{Op: ir.Br, Cond: g.cond(), Args: []*ir.Value{g.number(s, t), g.number(s, t)}}
	yes, no, join := g.f.NewBlock("s"), g.f.NewBlock("s"), g.f.NewBlock("s")
	term.Succs = []ir.Edge{{To: yes}, {To: no}}
	g.b.Term = term
	types := []ir.Type{g.width(), ir.I32}
	ends := g.int(0, 3)
	for i, b := range []*ir.Block{yes, no} {
		g.b = b
		inner := s.clone()
		if g.int(0, 2) > 0 {
			inner = g.statements(inner, depth)
		}
		if i == 1 && ends == 0 {
			g.ret(g.number(inner, g.result()))
			continue
		}
		var args []*ir.Value
		for _, t := range types {
			args = append(args, g.number(inner, t))
		}
		g.b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: join, Args: args}}}
	}
	g.b = join
	for _, t := range types {
		s.numbers = append(s.numbers, g.f.AddParam(join, t, "", diag.Span{}))
	}
}
