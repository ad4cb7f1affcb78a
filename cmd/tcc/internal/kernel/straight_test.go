package kernel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// straight is a pipeline of three stages without a branch but the checks of parse; each mixes a number a great many
// times with what was computed long before.
func straight(rounds int) string {
	var b strings.Builder
	b.WriteString(`pipeline straight xdp
default drop

counter results[2]
map last array[u32]u64 max 1

stage first {
    eth := parse ethernet
    seed := u64(eth.type) // computed here, used at the end of the last stage
`)
	mix := func(x string) {
		for i := range rounds {
			fmt.Fprintf(&b, "    %s = (%[1]s ^ (%[1]s >> %d)) * %d + seed\n", x, 7+i%20, 0x9e3779b1+2*i)
		}
	}
	b.WriteString("    x := seed\n")
	mix("x")
	b.WriteString("    goto second(x, seed)\n}\n\nstage second(y u64, seed u64) {\n")
	mix("y")
	b.WriteString("    goto third(y, seed)\n}\n\nstage third(z u64, seed u64) {\n")
	mix("z")
	b.WriteString(`    last[0] = z
    results[u32(z ^ seed) & 1] += 1
    if (z ^ seed) & 2 == 0 { pass }
    drop
}
`)
	return b.String()
}

// TestCutInsideStage: no program of the budget could hold one of the stages, so the cuts are inside them, and values
// computed before a cut are used after it.
func TestCutInsideStage(t *testing.T) {
	p, list := check.Source("straight.tcc", straight(150))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	const budget = 300
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	inside := 0
	for _, pr := range a.Programs {
		if pr.EstimatedCost > budget {
			t.Errorf("program %s costs %d", pr.Name, pr.EstimatedCost)
		}
		for _, s := range p.Stages {
			if strings.HasPrefix(pr.Name, s.Name+"_") {
				inside++
				if pr.CarriedBytes != 8+2 {
					t.Errorf("program %s takes over %d bytes, want x and what seed needs, 2 of its 8", pr.Name, pr.CarriedBytes)
				}
			}
		}
	}
	if inside < len(p.Stages) {
		t.Errorf("%d programs begin inside a stage, want at least one a stage", inside)
	}
	kerneltest.Require(t)
	pr := newPair(t, p, a, func(interp.Engine) error { return nil })
	packets := generated("xdp")
	names := make([]string, len(packets))
	pr.all(t, packets, names)
}
