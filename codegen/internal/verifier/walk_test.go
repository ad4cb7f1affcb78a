package verifier

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// joined is a function of k branches that join again. On one side of each, change is done.
func joined(k int, first, change, end string) *ir.Func {
	var s strings.Builder
	s.WriteString("module p xdp default 1 license \"GPL\"\n\nfunc p {\nb0:\n\tv0 = ctxload mark\n\tv1 i32 = const 7\n\tv2" + first + "\n\tv3 i32 = const 1\n\tjump b1(v2)\n")
	for i := range k {
		v := 10 * (i + 1)
		fmt.Fprintf(&s, "b%d(v%d i32):\n\tv%d = ctxload mark\n\tbr eq v%d, v1 ? b%d : b%d(v%d)\n", 2*i+1, v, v+1, v+1, 2*i+2, 2*i+3, v)
		fmt.Fprintf(&s, "b%d:\n\tv%d = %s v%d, v3\n\tjump b%d(v%d)\n", 2*i+2, v+3, change, v, 2*i+3, v+3)
	}
	fmt.Fprintf(&s, "b%d(v5 i32):\n%s}\n", 2*k+1, end)
	return ir.MustParse(s.String()).Funcs[0]
}

const (
	zero     = " i32 = const 0"
	unknown  = " = ctxload hash"
	returned = "\tret v5\n"
	decided  = "\tbr eq v5, v1 ? b900000 : b900001\nb900000:\n\tret v1\nb900001:\n\tret v0\n"
)

// A number that is only returned costs nothing, one that is compared costs a walk for each value it may have.
func TestPrecision(t *testing.T) {
	const k = 50
	plain, counter := Cost(joined(k, zero, "add", returned), &Callees{}).Processed, Cost(joined(k, zero, "add", decided), &Callees{}).Processed
	if plain > 10*k {
		t.Errorf("a counter that is returned: %d", plain)
	}
	if counter < k*k || counter > 8*k*k {
		t.Errorf("a counter that is compared: %d", counter)
	}
}

// The model's own work grows with the function, not with its square. What is counted is the facts that are compared or
// kept, and the memories that a demand for precision comes by.
func TestWork(t *testing.T) {
	work := func(k int) int {
		w := NewModel(joined(k, unknown, "add", decided)).walking()
		w.run(w.m.f.Blocks[0])
		if w.visit.Pending < k {
			t.Errorf("%d branches, %d pending", k, w.visit.Pending)
		}
		return w.work
	}
	small, large := work(5_000), work(50_000) // 100,000 blocks
	t.Logf("10,000 blocks: %d; 100,000 blocks: %d", small, large)
	if large > 12*small || large > 20*100_000 {
		t.Errorf("10,000 blocks take %d, 100,000 blocks %d", small, large)
	}
}

// What a branch makes known decides the next.
func TestRanges(t *testing.T) {
	f := ir.MustParse(`module p xdp default 1 license "GPL"

func p {
b0:
	v0 = ctxload mark
	v1 i32 = const 10
	v2 i32 = const 20
	br ult v0, v1 ? b1 : b2
b1:
	br ult v0, v2 ? b3 : b4
b2:
	ret v1
b3:
	ret v0
b4:
	ret v2
}
`).Funcs[0]
	visit := NewModel(f).Visit(f.Blocks[0], func(*ir.Block) bool { return false })
	for id, want := range []float64{1, 1, 1, 1, 0} {
		if visit.States[id] != want {
			t.Errorf("b%d is reached in %v states, want %v", id, visit.States[id], want)
		}
	}
}
