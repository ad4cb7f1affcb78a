package opt

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// checks drops the bounds checks that the checks on every path before them prove, and widens a check to what a later
// one asks of the same pointer, which is thereby proved.
//
// Widening makes a packet that is too short for the later check fail at the earlier one. Nobody can tell if the
// two fail in the same way, nothing with an effect lies between, and every way from the one to the other that leads
// elsewhere fails in the same way too.
func checks(f *ir.Func) bool {
	changed := false
	preds := f.Preds()
	for _, b := range f.ReversePostorder() {
		if b.Term.Op == ir.Check && widen(b, preds) {
			changed = true
		}
	}
	facts := ir.Prove(f)
	for _, b := range f.Blocks {
		t := &b.Term
		if t.Op != ir.Check {
			continue
		}
		base, disp := ir.PktBase(t.Args[0])
		if facts.Bytes(b, base) >= disp+t.Imm {
			*t = ir.Term{Op: ir.Jump, Succs: t.Succs[:1], Span: t.Span}
			changed = true
		}
	}
	return changed
}

// widen lets the check that ends b ask for all that the checks behind it on its way ask for.
func widen(b *ir.Block, preds *ir.Preds) bool {
	t := &b.Term
	base, disp := ir.PktBase(t.Args[0])
	fail := t.Succs[1]
	changed := false
	for at := t.Succs[0].To; at != nil; at = onward(at, fail) {
		if len(preds.Of(at)) > 1 || slices.ContainsFunc(at.Insts, hasEffect) {
			break
		}
		next := &at.Term
		if next.Op != ir.Check || !sameWay(next.Succs[1], fail) {
			continue
		}
		if other, d := ir.PktBase(next.Args[0]); other == base && d+next.Imm > disp+t.Imm {
			t.Imm, changed = d+next.Imm-disp, true
		}
	}
	return changed
}

func hasEffect(v *ir.Value) bool {
	info := v.Op.Info()
	return !info.Pure && !info.Drop
}

// onward is the block that b leads to if nothing fails; nil if there isn't one: all other ways must fail alike.
func onward(b *ir.Block, fail ir.Edge) *ir.Block {
	switch s := b.Term.Succs; b.Term.Op {
	case ir.Jump:
		return s[0].To
	case ir.Br, ir.Check:
		if sameWay(s[1], fail) {
			return s[0].To
		}
		if sameWay(s[0], fail) && b.Term.Op == ir.Br {
			return s[1].To
		}
	}
	return nil
}

// sameWay reports whether two edges have the same effect: they lead to the same place, or to the same verdict.
func sameWay(a, b ir.Edge) bool {
	if a.To == b.To {
		return slices.Equal(a.Args, b.Args)
	}
	x, ok := verdict(a.To)
	y, also := verdict(b.To)
	return ok && also && x == y
}

// verdict is the constant that a block returns, if that is all it does.
func verdict(b *ir.Block) (code uint64, ok bool) {
	if b.Term.Op != ir.Ret || b.Term.Args[0].Op != ir.Const || slices.ContainsFunc(b.Insts, hasEffect) {
		return 0, false
	}
	return b.Term.Args[0].Number(), true
}
