package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A lookup of a route is a call of bpf_fib_lookup with a struct on the stack, struct bpf_fib_lookup, which holds both what
// is asked and what is found. A pinned build asks a table of its own, that tests fill.

// Offsets in struct bpf_fib_lookup, which has ir.FibParams bytes (include/uapi/linux/bpf.h).
const (
	fibFamily  = 0
	fibProto   = 1
	fibSport   = 2
	fibDport   = 4
	fibLen     = 6 // of the packet from its IP header on
	fibIfIndex = 8 // where the packet came in; then where it is to go out
	fibTOS     = 12
	fibSrc     = 16
	fibDst     = 32
	fibSMAC    = 52
	fibDMAC    = 58
)

// bindHop is `if hop := fib(…)`: it branches on whether there is a route, and loads what it leads to.
func (s *stage) bindHop(st *syntax.IfStmt, e *syntax.Call, to way) {
	at := s.at(e)
	args := s.fibArgs(e)
	found := s.newBlock()
	way := way{yes: found, no: to.no, next: to.no}
	if to.next == to.yes {
		way.next = found
	}
	var hop func() value
	if s.opts.Pinned {
		m := s.routes(s.typeOf(e.Args[0]))
		mem := s.lookup(at, m.Name, s.key(at, m, args[1]))
		hop = func() value { return memPlace{mem: mem, typ: types.Hop}.load(s, at) }
		s.br(at, ir.Ne, mem, s.konst(at, ir.I64, 0), way)
	} else {
		result := s.fib(at, s.typeOf(e.Args[0]), args)
		hop = func() value { return s.hopOf(at, result) }
		status := s.load(at, 4, result, ir.FibParams)
		s.br(at, ir.Eq, status, s.konst(at, ir.I32, 0), way)
	}
	s.enter(found)
	s.setLocal(s.p.Defs[st.Bind].(*check.Local), 0, hop())
	s.jump(to.yes, at)
}

// fibArgs are the arguments: addresses of one type, then len, tos, proto, sport and dport, as many as are written.
func (s *stage) fibArgs(e *syntax.Call) []value {
	want := []types.Type{s.typeOf(e.Args[0]), s.typeOf(e.Args[0]), types.U16, types.U8, types.U8, types.U16, types.U16}
	var args []value
	for i, a := range e.Args {
		args = append(args, s.exprAs(a, want[i]))
	}
	return args
}

// routes is the table of a pinned build for addresses of a type.
func (s *stage) routes(t types.Type) *check.Map {
	return s.p.Routes[slices.IndexFunc(s.p.Routes, func(m *check.Map) bool { return m.Key == t })]
}

// fib asks the kernel.
func (s *stage) fib(at diag.Span, address types.Type, args []value) *ir.Value {
	const inet, inet6 = 2, 10
	family := uint64(inet)
	if address == types.IP6 {
		family = inet6
	}
	for len(args) < 7 {
		args = append(args, value{s.konst(at, ir.I32, 0)})
	}
	o := &object{s: s, at: at}
	o.put(fibFamily, types.U8, value{s.konst(at, ir.I32, family)})
	o.put(fibProto, types.U8, args[4])
	o.put(fibSport, types.BE16, args[5])
	o.put(fibDport, types.BE16, args[6])
	o.put(fibLen, types.U16, args[2])
	o.put(fibIfIndex, types.U32, value{s.ctxLoad(at, "ifindex")})
	if address == types.IP4 {
		o.put(fibTOS, types.U8, args[3])
	} else { // the traffic class lies in front of the flow label
		o.put(fibTOS, types.BE32, value{s.emit(at, ir.Shl, ir.I32, args[3][0], s.konst(at, ir.I32, 20))})
	}
	o.put(fibSrc, address, args[0])
	o.put(fibDst, address, args[1])
	x := s.emit(at, ir.Fib, ir.Obj, o.args...)
	x.Fields, x.Size = o.fields, ir.FibSize
	return x
}

// hopOf loads what was found. The kernel wants loads from the stack aligned, and dmac isn't.
func (s *stage) hopOf(at diag.Span, result *ir.Value) value {
	half := func(off int64) *ir.Value { return s.swap(at, 2, s.load(at, 2, result, off)) }
	high := s.emit(at, ir.Shl, ir.I32, half(fibDMAC), s.konst(at, ir.I32, 16))
	front := s.swap(at, 4, s.emit(at, ir.Or, ir.I32, high, half(fibDMAC+2)))
	return value{
		s.load(at, 4, result, fibIfIndex),
		s.load(at, 4, result, fibSMAC), s.load(at, 2, result, fibSMAC+4),
		front, s.load(at, 2, result, fibDMAC+4),
	}
}
