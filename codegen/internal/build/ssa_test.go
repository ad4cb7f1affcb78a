package build

import (
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// The head of a loop is open while its body is built: what is read there becomes a parameter, and gets the argument of
// the way back when the head is sealed.
func TestLoop(t *testing.T) {
	fn := &ir.Func{Name: "loop", Index: -1}
	g := &graph{fn: fn, flows: map[*ir.Block]*flow{}}
	entry, head, body, exit := g.newBlock("s"), g.newBlock("s"), g.newBlock("s"), g.newBlock("s")
	konst := func(b *ir.Block, n int64) *ir.Value {
		v := b.Append(fn.NewValue(ir.Const, ir.I32, diag.Span{}))
		v.Imm = n
		return v
	}
	sum, count, fixed := variable{leaf: 1}, variable{leaf: 2}, variable{leaf: 3}

	g.seal(entry)
	g.write(entry, sum, konst(entry, 0))
	g.write(entry, count, konst(entry, 0))
	g.write(entry, fixed, konst(entry, 3))
	g.end(entry, ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: head}}})

	g.end(head, ir.Term{
		Op: ir.Br, Cond: ir.ULt, Args: []*ir.Value{g.read(head, count), konst(head, 5)},
		Succs: []ir.Edge{{To: body}, {To: exit}},
	})
	g.seal(body)
	add := func(v variable, x *ir.Value) {
		g.write(body, v, body.Append(fn.NewValue(ir.Add, ir.I32, diag.Span{}, g.read(body, v), x)))
	}
	add(sum, g.read(body, fixed))
	add(count, konst(body, 1))
	g.end(body, ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: head}}})
	g.seal(head)
	g.seal(exit)
	g.end(exit, ir.Term{Op: ir.Ret, Args: []*ir.Value{g.read(exit, sum)}})

	m := &ir.Module{Name: "loop", ProgType: "xdp", Funcs: []*ir.Func{fn}}
	if err := ir.Verify(m); err != nil {
		t.Fatalf("%v\n%s", err, m)
	}
	if got, err := eval.New(m).Run(); err != nil || got != 15 {
		t.Errorf("the loop returns %d, %v, want 15\n%s", got, err, m)
	}
}
