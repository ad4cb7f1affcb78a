package build

import (
	"os"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
)

// program checks a source that must be right.
func program(t *testing.T, src string) *check.Program {
	t.Helper()
	p, diags := check.Source("test.tcc", src)
	if p == nil {
		for _, d := range diags {
			t.Error(d.Error())
		}
		t.FailNow()
	}
	return p
}

// module builds a source and verifies what comes out.
func module(t *testing.T, src string, opts Options) *ir.Module {
	t.Helper()
	m := Module(program(t, src), opts)
	if err := ir.Verify(m); err != nil {
		t.Fatalf("%v\n%s", err, m)
	}
	return m
}

func TestFirewall(t *testing.T) {
	src, err := os.ReadFile("../../../testdata/firewall.tcc")
	if err != nil {
		t.Fatal(err)
	}
	m := module(t, string(src), Options{})
	t.Log(m)
}
