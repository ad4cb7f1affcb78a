package check

import (
	"os"
	"testing"

	"github.com/tcc-bpf/tcc/lang/types"
)

// TestFirewall accepts the example of the language's design, and leaves no type open.
func TestFirewall(t *testing.T) {
	src, err := os.ReadFile("../../testdata/firewall.tcc")
	if err != nil {
		t.Fatal(err)
	}
	p, diags := Source("firewall.tcc", string(src))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	checkTables(t, p)
}

// checkTables fails if a side table holds what only an unfinished check has.
func checkTables(t *testing.T, p *Program) {
	t.Helper()
	for e, typ := range p.Types {
		if typ == nil || typ == types.Untyped || typ == types.Invalid {
			t.Errorf("%s: %T has type %v", e.Span(), e, typ)
		}
		if _, be := typ.(*types.BE); be {
			t.Errorf("%s: a value has the storage type %s", e.Span(), typ)
		}
	}
	for e, k := range p.Consts {
		if p.Types[e] == nil {
			t.Errorf("%s: constant %T has no type", e.Span(), e)
		}
		if k.Type == nil || k.Type == types.Untyped {
			t.Errorf("%s: constant %T has type %v", e.Span(), e, k.Type)
		}
	}
}
