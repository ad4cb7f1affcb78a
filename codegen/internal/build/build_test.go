package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/std"
)

// program checks a source that must be right. It may import as an example does.
func program(t *testing.T, src string) *check.Program {
	t.Helper()
	p, diags := check.Load("test.tcc", src, func(path string) (string, string, error) {
		text, err := os.ReadFile(filepath.Join("../../../examples/plugin", path))
		return path, string(text), err
	})
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
	p := program(t, src)
	if opts.Loops == nil {
		opts.Loops = long(p)
	}
	m := Module(p, opts)
	if err := ir.Verify(m); err != nil {
		t.Fatalf("%v\n%s", err, m)
	}
	return m
}

// Line info and the verifier's complaints come from spans: all must lead into the source itself, not into the prelude,
// where the lengths of headers are written.
func TestSpans(t *testing.T) {
	for name, src := range sources(t) {
		bad := func(at diag.Span) bool { return !at.IsValid() || at.File == std.Name }
		for _, b := range module(t, src, Options{}).Funcs[0].Blocks {
			for _, v := range slices.Concat(b.Params, b.Insts) {
				if bad(v.Span) {
					t.Errorf("%s: %s: `%s` comes from %q", name, b, v.Long(), v.Span)
				}
			}
			if bad(b.Term.Span) {
				t.Errorf("%s: %s: `%s` comes from %q", name, b, b.Term.String(), b.Term.Span)
			}
		}
	}
}

func TestDeterminism(t *testing.T) {
	for name, src := range sources(t) {
		first := module(t, src, Options{}).Listing()
		if diff := cmp.Diff(first, module(t, src, Options{}).Listing()); diff != "" {
			t.Errorf("%s: a second build differs\n%s", name, diff)
		}
	}
}

// What the program declares is in the module whether it is used or not; what the compiler adds is there if needed.
func TestDeclarations(t *testing.T) {
	src := `pipeline p tc
default next
license "MIT"
config a u16 = 3
var b ip6
map m lpm[ip6]u16 max 7
map n percpu_hash[u8]u64 max 5
counter c
counter d[9]
event e { x u8 }
slots s[4]() { 2 => one }
slot only() = one
stage start { pass }
stage one { drop }
`
	m := module(t, src, Options{Pinned: true})
	maps := []*ir.Map{
		{Name: "m", Kind: "lpm", KeySize: 20, ValueSize: 2, Max: 7},
		{Name: "n", Kind: "percpu_hash", KeySize: 1, ValueSize: 8, Max: 5},
		{Name: "c", Kind: "percpu_array", KeySize: 4, ValueSize: 8, Max: 1},
		{Name: "d", Kind: "percpu_array", KeySize: 4, ValueSize: 8, Max: 9},
		{Name: "s", Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Args: []int{2}, Max: 4, Programs: map[uint32]string{2: "one"}},
		{Name: "only", Kind: ir.ProgArray, KeySize: 4, ValueSize: 4, Args: []int{2}, Max: 1, Programs: map[uint32]string{0: "one"}},
		{Name: "tcc_events", Kind: ir.RingBuf, Max: 262144},
		{Name: "tcc_lost", Kind: "percpu_array", KeySize: 4, ValueSize: 8, Max: 1},
	}
	globals := []*ir.Global{
		{Name: "a", Size: 2, Const: true},
		{Name: "b", Size: 16},
		{Name: "tcc_now", Size: 8},
		{Name: "tcc_random", Size: 8},
		{Name: "tcc_cpu", Size: 4},
	}
	if diff := cmp.Diff(maps, m.Maps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(globals, m.Globals); diff != "" {
		t.Error(diff)
	}
	if m.License != "MIT" || m.Default != -1 || m.ProgType != "tc" {
		t.Errorf("module %s %d %s", m.License, m.Default, m.ProgType)
	}
	if n := len(m.Funcs[0].Roots); n != 2 {
		t.Errorf("%d roots, want one a table", n)
	}
}

// The offsets that stages pass on bound what the entry of tc pulls, through slots too.
func TestDemand(t *testing.T) {
	for _, c := range []struct {
		name, stages string
		want         int64 // 0: nothing to pull
	}{
		{"no packet", "stage start { pass }", 0},
		{"fixed", "stage start { parse ethernet  parse vlan  pass }", 18},
		{"variable", "stage start { parse ipv4  peek opt  pass }", 61},
		{"longer of two", "stage start { e := peek ethernet  if e.type == 1 { skip 40 } else { skip 9 }  parse opt  pass }", 41},
		{"goto", "stage start { skip 5  goto next }  stage next { parse opt  pass }", 6},
		{"view", "stage start { parse tcp  o := parse opt  goto next(o) }  stage next(o opt) { o.x = 1  pass }", 61},
		{"slot", "stage start { skip 7  goto s }  slot s() = next  stage next { parse opt  pass }", 8},
		{"unknown", "stage start { o := parse opt  skip u32(o.x) * 1000  parse opt  pass }", 0x7fff + 1},
		{"need", "stage start { need 9  pass }", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := module(t, "pipeline p tc\ndefault next\nheader opt { x u8 }\n"+c.stages, Options{})
			got := int64(0)
			for _, v := range m.Funcs[0].Blocks[0].Insts {
				if v.Op == ir.Const && v.Type == ir.I32 {
					got = v.Imm
				}
			}
			if got != c.want {
				t.Errorf("pulls %d bytes, want %d\n%s", got, c.want, m)
			}
		})
	}
}

func TestCold(t *testing.T) {
	m := module(t, `pipeline p xdp
default pass
counter c
stage start {
    v := parse udp else goto short
    if v.len == 0 { goto wrong }
    pass
}
stage short { c += 1  pass }
stage wrong { c += 2  drop }
`, Options{})
	for _, b := range m.Funcs[0].Blocks {
		if want := b.Stage != "start"; b.Start && b.Cold != want {
			t.Errorf("stage %s: cold %t, want %t\n%s", b.Stage, b.Cold, want, m)
		}
	}
}
