package regalloc

import (
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
	"github.com/tcc-bpf/tcc/codegen/internal/lower/lowertest"
	"pgregory.net/rapid"
)

func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := lowertest.Module(t, "xdp")
		if err := ir.Verify(m); err != nil {
			t.Fatalf("%v\n%s", err, m)
		}
		before, err := lower.Lower(m, m.Funcs[0])
		if err != nil {
			t.Fatalf("%v\n%s", err, m)
		}
		prepare(before) // keeps the meaning, but not who reads what
		after := clone(before)
		if _, err := Allocate(after); err != nil {
			t.Fatalf("%v\n%s", err, before)
		}
		for _, err := range check(before, after) {
			t.Errorf("%v", err)
		}
		if t.Failed() {
			t.Logf("before:\n%s\nafter:\n%s", before, after)
		}
	})
}
