package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A fn that is called has code of its own: a subprogram. It is built once, after all stages. What passes into it is what
// passes over a tail call, scalars, with a view as its offset; and for the same reasons, as the kernel's verifier goes
// through it by itself, for any arguments: offsets are bounded, pointers are made and checked, anew.
//
// It returns one number. If it may end in the default, that number has 64 bits, and failedBit in it says that it did.

// failedBit says that a subprogram has ended in the default.
const failedBit = 1 << 32

// A sub is a fn that is called, and the arguments of all calls of it that are built so far.
type sub struct {
	*check.Calling
	f    *ir.Func
	args [][]*ir.Value // of each call
}

// isCalled reports whether a fn is called, and not written out.
func (b *builder) isCalled(f *check.Fn) bool { return b.opts.Calls[f] }

// subOf is the subprogram of a fn.
func (b *builder) subOf(f *check.Fn) *sub {
	c := b.subs[f]
	if c == nil {
		c = &sub{Calling: b.p.Calling(f, b.p.Type)}
		c.f = &ir.Func{Name: f.Name, Index: -1, Ctx: c.Packet, Result: 4}
		switch {
		case c.Fails:
			c.f.Result = 8
		case f.Result != nil:
			c.f.Result = resultSize(f)
		}
		b.subs[f] = c
	}
	return c
}

// resultSize is the bytes of what a fn returns.
func resultSize(f *check.Fn) int { return carriedSize(types.Leaves(f.Result.Type)[0]) }

// callFn builds a call.
func (s *stage) callFn(e *syntax.Call, f *check.Fn) value {
	if !s.isCalled(f) {
		return s.inline(e, f)
	}
	at, c := s.at(e), s.subOf(f)
	var args []*ir.Value
	for i, p := range f.Params {
		if isView(p) {
			args = append(args, s.offset(at, s.viewArg(e.Args[i]).at))
		} else {
			args = append(args, s.exprAs(e.Args[i], types.ValueOf(p.Type))...)
		}
	}
	if c.Cursor {
		args = append(args, s.read(s.cur, cursor))
	}
	x := s.emit(at, ir.CallFn, ir.Number(c.f.Result), args...)
	x.Sym, x.Size = f.Name, c.f.Result
	c.args = append(c.args, args)
	if c.Fails {
		s.failIf(at, ir.UGe, x, s.konst(at, ir.I64, failedBit), s.failBlock())
	}
	if f.Result == nil {
		return nil
	}
	t := ir.Number(resultSize(f))
	if x = s.as(at, t, x); c.Fails && resultSize(f) < t.Bytes() {
		x = s.emit(at, ir.And, t, x, s.konst(at, t, ones(8*resultSize(f))))
	}
	return value{x}
}

// viewArg is the view that an argument names.
func (s *stage) viewArg(e syntax.Expr) view {
	return s.views[s.p.Uses[check.Unparen(e).(*syntax.Ident)].(*check.Local)]
}

// buildSubs builds the subprograms that are called, callers first: of their arguments it knows then how large they can be.
func (b *builder) buildSubs() {
	outer := b.fn
	for _, f := range slices.Backward(calleesFirst(b.p)) {
		if c := b.subs[f]; c != nil {
			b.buildSub(c, f)
			b.m.Subs = append(b.m.Subs, c.f)
		}
	}
	b.fn = outer
	slices.Reverse(b.m.Subs)
	b.m.Subs = append(b.m.Subs, b.bodies...) // they may call the others
}

func (b *builder) buildSub(c *sub, f *check.Fn) {
	b.fn = c.f
	at := f.Decl.Name.Span()
	s := &stage{builder: b, name: f.Name, sub: c, views: map[*check.Local]view{}, refs: map[*check.Local]memPlace{}}
	s.enter(s.newBlock())
	b.params(s.cur, f.Params)
	if c.Cursor {
		b.param(s.cur, cursor).Span = at
	}
	params := slices.Clone(s.cur.Params)
	for i, p := range params {
		b.maxima[p], b.seenMaxima[p] = min(ones(8*p.Size), b.maxPassed(c, i)), p.Type.Mask()
		if p.Type == ir.I64 && p.Size == offsetSize {
			params[i] = s.emit(at, ir.And, ir.I64, p, s.konst(at, ir.I64, check.CursorMax))
		}
	}
	if c.Cursor {
		s.write(s.cur, cursor, params[len(params)-1])
	}
	s.bindParams(f.Params, params)
	s.body(f, at)
	result := s.konst(at, ir.I32, 0)
	if f.Result != nil {
		result = s.localPlace(f.Result).load(s, at)[0]
	}
	s.end(ir.Term{Op: ir.Ret, Args: []*ir.Value{s.as(at, ir.Number(c.f.Result), result)}, Span: at})
	c.f.Prune()
	markCold(c.f)
}

// maxPassed is the largest i-th argument of all calls.
func (b *builder) maxPassed(c *sub, i int) uint64 {
	most := uint64(0)
	for _, args := range c.args {
		most = max(most, b.max(args[i]))
	}
	return most
}

// calleesFirst lists the fns, each behind all that it calls.
func calleesFirst(p *check.Program) []*check.Fn {
	var list []*check.Fn
	seen := map[*check.Fn]bool{}
	var visit func(f *check.Fn)
	visit = func(f *check.Fn) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, e := range p.Calls(f) {
			visit(p.Uses[e.Fun].(*check.Fn))
		}
		list = append(list, f)
	}
	for _, f := range p.Fns {
		visit(f)
	}
	return list
}

// functions are the uncut function and the subprograms.
func (b *builder) functions() []*ir.Func { return append([]*ir.Func{b.fn}, b.m.Subs...) }
