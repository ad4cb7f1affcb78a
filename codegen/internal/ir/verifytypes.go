package ir

import (
	"fmt"
	"slices"
)

// types checks the arguments of every operation, terminator and edge.
func (v *verifier) types() {
	for _, b := range v.f.Blocks {
		for _, x := range b.Params {
			v.at(b, b)
			if !isNumber(x.Type) {
				v.errorf("parameter %s is %s, not a number", x, x.Type)
			}
		}
		for _, x := range b.Insts {
			v.at(b, x)
			v.inst(x)
		}
		v.at(b, &b.Term)
		v.term(&b.Term)
	}
}

func isNumber(t Type) bool { return t == I32 || t == I64 }

func (v *verifier) inst(x *Value) {
	info := x.Op.Info()
	if info.Args >= 0 && len(x.Args) != info.Args {
		v.errorf("%s has %d arguments, not %d", x.Op, len(x.Args), info.Args)
		return
	}
	v.result(x)
	v.args(x)
}

// result checks the type of the result.
func (v *verifier) result(x *Value) {
	switch x.Op {
	case Const:
		if !isNumber(x.Type) {
			v.errorf("a constant is no %s", x.Type)
		}
	default:
		if want := x.natural(); x.Type != want {
			v.errorf("the result is %s, not %s", x.Type, want)
		}
	}
}

// args checks the arguments; their number is right.
func (v *verifier) args(x *Value) {
	switch x.Op {
	case Add, Sub, Mul, Div, Mod, SDiv, SMod, And, Or, Xor, Shl, Shr, Sar:
		v.numbers(x.Args)
	case Forget, CtxStore:
		v.numbers(x.Args)
	case Cmp:
		v.compare(x.Cond, x.Args)
	case Zext, BE16, BE32, Pull, Resize, NetByte, CsumAdd:
		v.want(x.Args[0], I32)
	case Redirect:
		v.want(x.Args[0], I32)
		if x.Sym != "" && !slices.ContainsFunc(v.m.Maps, func(m *Map) bool { return m.Name == x.Sym && m.Kind.IsTargets() }) {
			v.errorf("there are no targets %s", x.Sym)
		}
	case CsumL4:
		v.want(x.Args[0], I64)
		v.want(x.Args[1], I32)
		if !slices.Contains(csumSyms, x.Sym) {
			v.errorf("there are no flags %s", x.Sym)
		}
	case Trunc, BE64:
		v.want(x.Args[0], I64)
	case PktAdd:
		v.want(x.Args[0], Pkt)
		v.want(x.Args[1], I64)
	case MemAdd:
		v.want(x.Args[0], Mem)
		v.want(x.Args[1], I64)
		if x.Size < 1 || x.Imm < 1 {
			v.errorf("an array of %d elements of %d bytes", x.Imm, x.Size)
		}
	case WConst:
		v.size(x.Size, 1, 2, 4, 8)
	case Fetch:
		v.want(x.Args[0], I64)
	case StoreBytes:
		v.want(x.Args[0], I64)
		v.want(x.Args[1], Obj)
	case Load:
		if x.Args[0].Type != Obj {
			v.address(x)
		}
		v.size(x.Size, 1, 2, 4, 8)
	case Store:
		v.address(x)
		v.size(x.Size, 1, 2, 4, 8)
		v.want(x.Args[1], Number(x.Size))
	case XAdd:
		v.want(x.Args[0], Mem)
		v.size(x.Size, 4, 8)
		v.want(x.Args[1], Number(x.Size))
	case Fib:
		v.size(x.Size, FibSize)
		v.object(x)
	case MakeObj:
		v.object(x)
	case GlobalAddr:
		if !slices.ContainsFunc(v.m.Globals, func(g *Global) bool { return g.Name == x.Sym }) {
			v.errorf("there is no global %s", x.Sym)
		}
	case Lookup, Update, Delete, Output:
		v.mapCall(x)
	case CallFn:
		v.callFn(x)
	case Loop:
		v.object(x)
		v.loop(x)
	case LoopState:
		if !v.f.Loop {
			v.errorf("this is no body of a loop")
		}
	}
	if !v.m.has(x.Op) {
		v.errorf("%s programs have no %s", v.m.ProgType, x.Op)
	}
}

func (v *verifier) want(x *Value, t Type) {
	if x.Type != t {
		v.errorf("%s is %s, not %s", x, x.Type, t)
	}
}

// numbers checks that all are numbers of one type.
func (v *verifier) numbers(xs []*Value) {
	for _, x := range xs {
		if !isNumber(x.Type) {
			v.errorf("%s is %s, not a number", x, x.Type)
		} else if x.Type != xs[0].Type {
			v.errorf("%s is %s, but %s is %s", x, x.Type, xs[0], xs[0].Type)
		}
	}
}

// compare checks a condition: of two numbers, or of a Mem with null.
func (v *verifier) compare(c Cond, xs []*Value) {
	if c == NoCond || int(c) >= len(condNames) {
		v.errorf("there is no condition")
	}
	if xs[0].Type != Mem {
		v.numbers(xs)
		return
	}
	if c != Eq && c != Ne || xs[1].Op != Const || xs[1].Type != I64 || xs[1].Imm != 0 {
		v.errorf("a pointer can only be eq or ne to an i64 constant 0")
	}
}

func (v *verifier) address(x *Value) {
	if t := x.Args[0].Type; t != Pkt && t != Mem {
		v.errorf("%s is %s, not a pointer", x.Args[0], t)
	}
}

func (v *verifier) size(n int, allowed ...int) {
	if !slices.Contains(allowed, n) {
		v.errorf("the size %d isn't one of %v", n, allowed)
	}
}

// object checks that the fields of an object lie in it, in order and apart.
func (v *verifier) object(x *Value) {
	if len(x.Args) != len(x.Fields) {
		v.errorf("%d arguments have %d places", len(x.Args), len(x.Fields))
		return
	}
	end := 0
	for i, f := range x.Fields {
		v.size(f.Size, 1, 2, 4, 8)
		v.want(x.Args[i], Number(f.Size))
		if f.Offset < end {
			v.errorf("the field at %d overlaps the one before", f.Offset)
		}
		end = f.Offset + f.Size
	}
	if end > x.Size {
		v.errorf("the fields need %d bytes of %d", end, x.Size)
	}
}

// mapCall checks that the map is there and that keys and values have its sizes.
func (v *verifier) mapCall(x *Value) {
	i := slices.IndexFunc(v.m.Maps, func(m *Map) bool { return m.Name == x.Sym })
	if i < 0 {
		v.errorf("there is no map %s", x.Sym)
		return
	}
	m := v.m.Maps[i]
	if (m.Kind == RingBuf) != (x.Op == Output) || m.Kind == ProgArray || m.Kind.IsTargets() {
		v.errorf("%s does not go with a %s", x.Op, m.Kind)
	}
	sizes := []int{m.KeySize, m.ValueSize}
	for i, a := range x.Args {
		v.want(a, Obj)
		if a.Type == Obj && x.Op != Output && a.Size != sizes[i] {
			v.errorf("%s has %d bytes, the map's %s has %d", a, a.Size, []string{"key", "value"}[i], sizes[i])
		}
	}
}

// loop checks that the body is there, and that its object has room for what it finds the context by.
func (v *verifier) loop(x *Value) {
	switch f := v.m.Sub(x.Sym); {
	case f == nil || !f.Loop:
		v.errorf("there is no body %s of a loop", x.Sym)
	case x.Imm < 1:
		v.errorf("a loop of %d rounds", x.Imm)
	}
	for _, f := range x.Fields {
		if f.Offset < LoopContext {
			v.errorf("a field lies at %d, where the context is found", f.Offset)
		}
	}
}

// callFn checks that the subprogram is there, and takes and returns what it says.
func (v *verifier) callFn(x *Value) {
	f := v.m.Sub(x.Sym)
	switch {
	case f == nil || f.Loop:
		v.errorf("there is no subprogram %s", x.Sym)
	case signature(f.Blocks[0].Params) != signature(x.Args):
		v.errorf("the subprogram takes (%s)", signature(f.Blocks[0].Params))
	case f.Result != x.Size:
		v.errorf("the result has %d bytes", f.Result)
	}
}

// term checks the types of a terminator's and its edges' arguments; their numbers are right.
func (v *verifier) term(t *Term) {
	switch t.Op {
	case Br:
		v.compare(t.Cond, t.Args)
	case Check:
		v.want(t.Args[0], Pkt)
		v.want(t.Args[1], End)
		if t.Imm < 0 {
			v.errorf("the number of bytes is negative")
		}
	case Ret:
		v.want(t.Args[0], Number(v.f.Result))
	case SlotCall, TailCall:
		v.want(t.Args[0], I32)
		v.table(t)
	}
	for _, e := range t.Succs {
		for i, a := range e.Args {
			if p := e.To.Params[i]; a.Type != p.Type {
				v.errorf("%s is %s, but parameter %s is %s", a, a.Type, p, p.Type)
			}
		}
	}
}

// table checks that a call goes through a prog array and follows the convention of its stages.
func (v *verifier) table(t *Term) {
	i := slices.IndexFunc(v.m.Maps, func(m *Map) bool { return m.Name == t.Sym && m.Kind == ProgArray })
	if i < 0 {
		v.errorf("there is no prog array %s", t.Sym)
	}
	if t.Op != SlotCall {
		return
	}
	if i >= 0 && len(v.m.Maps[i].Args) != len(t.Args[1:]) {
		v.errorf("the table takes %d arguments", len(v.m.Maps[i].Args))
	}
	for _, r := range v.f.Roots {
		if r.Table == t.Sym && signature(r.Block.Params) != signature(t.Args[1:]) {
			v.errorf("stage %s of the table takes (%s)", r.Stage, signature(r.Block.Params))
		}
	}
}

func signature(vs []*Value) string {
	s := ""
	for i, v := range vs {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(v.Type)
	}
	return s
}
