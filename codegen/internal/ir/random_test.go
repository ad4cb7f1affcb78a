package ir_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/irtest"
)

// Random functions are valid, and what is printed and read back is the same.
func TestRandomRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := irtest.Draw(t)
		if err := ir.Verify(m); err != nil {
			t.Fatalf("%v in\n%s", err, m)
		}
		again, err := ir.Parse(m.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, m)
		}
		if diff := cmp.Diff(m.String(), again.String()); diff != "" {
			t.Errorf("(-drawn +read):\n%s", diff)
		}
		if err := ir.Verify(again); err != nil {
			t.Error(err)
		}
	})
}
