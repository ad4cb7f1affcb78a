package opt

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// Limits of packet addresses: a displacement is a signed 16-bit field of an instruction, and the kernel's verifier
// refuses offsets of 64 KiB and more. Staying below half of that keeps sums of two within it.
const (
	maxDisplacement = 0x7fff
	maxOffset       = 0x7fff
	maxConstant     = maxOffset - 0x200 // next to an offset that isn't constant, and to what is read behind the sum
)

// address gives packet addresses one shape: at most one pktadd of Data and a number that isn't constant; whatever is
// constant becomes the displacement of loads, stores and checks. The kernel gives every sum of Data and a variable an
// identity of its own, so the fewer there are, the more a check proves.
func address(f *ir.Func) bool {
	return rewrite(f, rules{inst: addressInst, term: addressTerm})
}

func addressInst(r *rewriter, v *ir.Value) *ir.Value {
	switch v.Op {
	case ir.Load, ir.Store:
		if base, imm, ok := displace(v.Args[0], v.Imm); ok {
			v.Args[0], v.Imm, r.changed = base, imm, true
		}
	case ir.PktAdd:
		return addressSum(r, v)
	}
	return nil
}

func addressTerm(r *rewriter, t *ir.Term) {
	if t.Op != ir.Check {
		return
	}
	if base, imm, ok := displace(t.Args[0], t.Imm); ok {
		t.Args[0], t.Imm, r.changed = base, imm, true
	}
}

// displace moves the constant that p adds to its base into the displacement imm.
func displace(p *ir.Value, imm int64) (base *ir.Value, sum int64, ok bool) {
	if p.Op != ir.PktAdd {
		return nil, 0, false
	}
	base, disp := ir.PktBase(p)
	if base == p || imm+disp < 0 || imm+disp+8 > maxDisplacement {
		return nil, 0, false
	}
	return base, imm + disp, true
}

// addressSum is p + x.
func addressSum(r *rewriter, v *ir.Value) *ir.Value {
	p, x := v.Args[0], v.Args[1]
	if isConst(x, 0) {
		return p
	}
	if y, c, ok := splitSum(r, x); ok {
		inner := r.emit(v.Span, ir.PktAdd, ir.Pkt, p, y)
		return r.emit(v.Span, ir.PktAdd, ir.Pkt, inner, r.number(v.Span, ir.I64, c))
	}
	if p.Op != ir.PktAdd {
		return nil
	}
	base, y := p.Args[0], p.Args[1]
	switch {
	case y.Op == ir.Const && x.Op != ir.Const: // the constant goes outside
		inner := r.emit(v.Span, ir.PktAdd, ir.Pkt, base, x)
		return r.emit(v.Span, ir.PktAdd, ir.Pkt, inner, y)
	case r.seen(x) > maxOffset || r.seen(y) > maxOffset || r.seen(x)+r.seen(y) > maxOffset:
		return nil
	case y.Op == ir.Const:
		return r.emit(v.Span, ir.PktAdd, ir.Pkt, base, r.number(v.Span, ir.I64, y.Number()+x.Number()))
	case x.Op != ir.Const:
		return r.emit(v.Span, ir.PktAdd, ir.Pkt, base, r.emit(v.Span, ir.Add, ir.I64, y, x))
	}
	return nil
}

// splitSum finds x = y + c where the sum can't wrap and y is small for all that the kernel knows of y alone.
func splitSum(r *rewriter, x *ir.Value) (y *ir.Value, c uint64, ok bool) {
	sum := x
	if x.Op == ir.Zext {
		sum = x.Args[0]
	}
	if sum.Op != ir.Add || sum.Args[1].Op != ir.Const {
		return nil, 0, false
	}
	y, c = sum.Args[0], sum.Args[1].Number()
	if c > maxConstant || r.seen(y) > maxOffset {
		return nil, 0, false
	}
	if y.Type == ir.I32 {
		y = r.emit(x.Span, ir.Zext, ir.I64, y)
	}
	return y, c, true
}
