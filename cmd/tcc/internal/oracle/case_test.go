package oracle

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestSeed: a seed is all it takes to get a case again.
func TestSeed(t *testing.T) {
	for seed := range uint64(60) {
		if diff := cmp.Diff(New(seed), New(seed), cmpopts.IgnoreUnexported(Case{})); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

// TestText: a case can be written and read.
func TestText(t *testing.T) {
	for seed := range uint64(60) {
		c := New(seed)
		got, err := Parse(c.String())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(c, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Case{}, "Choice", "Cuts", "Part", "Budgets", "Verify"), cmpopts.IgnoreUnexported(Case{})); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
	for _, bad := range []string{"now 1", "packet 1 2 3 0x", "packet 1 2 3 0", "packet a 2 3 00", "packet 1", "entry m 0g 00", "entry m 00 0g", "set c 0", "what 1", "fill a b st1", "fill a 1", "clear a b", "then", "then packet 1 2 3 00", "delete m 0"} {
		if _, err := Parse(mark + bad + "\n"); err == nil {
			t.Errorf("%q can be read", bad)
		}
	}
}
