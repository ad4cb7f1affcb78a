package codegen

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

const divides = `pipeline p xdp
default pass
var x i32
var y i32
slots next[4](n u32) { 1 => last }
stage s {
    h := parse ethernet
    x = x / y
    if h.type == 7 && x == 3 { drop }
    goto next[u32(h.type)](u32(h.type)) else pass
}
stage last(n u32) {
    if n == 3 && x == 7 { drop }
    pass
}
`

func checked(t *testing.T, source string) *check.Program {
	t.Helper()
	p, list := check.Source("case.tcc", source)
	if list.HasErrors() {
		t.Fatal(list.Text(map[string]string{"case.tcc": source}, false))
	}
	return p
}

// TestVariantsSame compiles variants and their loader several times: the bytes are the same, and those of the last one are
// what it would be alone.
func TestVariantsSame(t *testing.T) {
	new, err := ParseTarget("6.12")
	if err != nil {
		t.Fatal(err)
	}
	variants := []Variant{{Name: "new", Options: Options{Target: new}}, {Name: "old"}}
	var before []byte
	for range 3 {
		p := checked(t, divides)
		all, err := CompileVariants(p, variants)
		if err != nil {
			t.Fatal(err)
		}
		code, err := Go(all, GoOptions{Package: "main", Ident: "p", Stem: "p", Source: "p.tcc", Hash: "0"})
		if err != nil {
			t.Fatal(err)
		}
		alone, err := Compile(p, variants[1].Options)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(alone.LittleEndian, all[1].LittleEndian) || bytes.Equal(all[0].LittleEndian, all[1].LittleEndian) {
			t.Error("the last variant is otherwise than alone, or like the first")
		}
		now, err := json.Marshal([][]byte{code, all[0].LittleEndian, all[0].BigEndian, all[1].LittleEndian, all[1].BigEndian})
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(before, now) {
			t.Error("compiled again, it comes out otherwise")
		}
		before = now
		if err := all[0].Layout.Alike(all[1].Layout); err != nil {
			t.Error(err)
		}
		if all[0].Layout.Slots[0].Convention != all[1].Layout.Slots[0].Convention {
			t.Error("the calling convention of slots depends on the variant")
		}
	}
}

// TestNotForAllKernels: what no verifier looks at is written down.
func TestNotForAllKernels(t *testing.T) {
	const carries = `pipeline p xdp
default pass
stage s {
    h := parse ethernet
    a := now()
    b := random()
    if h.type == 7 { drop }
    if a == 9 && b == 8 && now() > 7 { drop }
    if a == 10 && b == 9 && now() > 8 { drop }
    pass
}
`
	constant := strings.ReplaceAll(divides, "x / y", "x / 10")
	called := strings.ReplaceAll(divides, "x = x / y", "x = part(x) + part(y)") + "fn part(n i32) i32 call { return n / y }\n"
	plain := strings.ReplaceAll(divides, "x = x / y", "x = x + y")
	for _, tc := range []struct {
		source, target string
		cut            bool
		carrier        Carrier
		since          string
		rt             bool
	}{
		{source: plain, target: "6.18"},   // the slots' arguments travel in the per-CPU array
		{source: divides, target: "5.10"}, // by way of absolute values
		{source: divides, target: "6.6"},  // likewise
		{source: divides, target: "6.12", since: "6.12"},
		{source: divides, target: "6.18", since: "6.18"},
		{source: called, target: "6.6"},
		{source: called, target: "6.12", since: "6.12"},
		{source: constant, target: "6.18"}, // the verifier knows whether the kernel has the instruction
		{source: carries, target: "5.10", rt: true},
		{source: carries, target: "5.10", cut: true},
		{source: carries, target: "6.12", cut: true, carrier: Meta, rt: true}, // within 32 bytes
		{source: carries, target: "6.12,rt", cut: true, rt: true},
	} {
		target, err := ParseTarget(tc.target)
		if err != nil {
			t.Fatal(err)
		}
		opts := Options{Target: target, Carrier: tc.carrier, Verify: true}
		if n := 0; tc.cut {
			opts.Cut = func() bool { n++; return n == 4 }
		}
		a, err := Compile(checked(t, tc.source), opts)
		if err != nil {
			t.Fatalf("%+v: %v", tc, err)
		}
		if a.Since != tc.since || a.RT != tc.rt {
			t.Errorf("for %s, %d programs: since %q, RT %t; want %q, %t", tc.target, len(a.Programs), a.Since, a.RT, tc.since, tc.rt)
		}
	}
}

// TestManyNotes: notes that don't fit before 6.8 are for newer kernels only.
func TestManyNotes(t *testing.T) {
	source := "pipeline p xdp\ndefault pass\nstage s {\n    h := parse ethernet\n" +
		"    a := now()\n    b := now()\n    c := now()\n    d := now()\n    e := now()\n    if h.type == 7 { drop }\n" +
		"    if a == 1 && b == 2 && c == 3 && d == 4 && e == 5 { drop }\n    if a == 2 && b == 3 && c == 4 && d == 5 && e == 6 { drop }\n    pass\n}\n"
	target, _ := ParseTarget("6.12")
	few, many := 0, 0
	for place := range 40 {
		n := 0
		a, err := Compile(checked(t, source), Options{Target: target, Carrier: Meta, Cut: func() bool { n++; return n == place+1 }})
		if err != nil {
			t.Fatal(err)
		}
		most := 0
		for _, p := range a.Programs {
			most = max(most, p.CarriedBytes)
		}
		if want := map[bool]string{true: "6.12"}[most > 32]; a.Since != want {
			t.Fatalf("%d bytes carried, since %q", most, a.Since)
		}
		if most > 32 {
			many++
		} else if most > 0 {
			few++
		}
	}
	if few == 0 || many == 0 {
		t.Errorf("%d cuts carry more than 32 bytes, %d fewer", many, few)
	}
}

// TestVariantNames refuses variants that can't be told apart.
func TestVariantNames(t *testing.T) {
	p := checked(t, divides)
	for want, variants := range map[string][]Variant{
		"is no name for a variant":       {{Name: "Fine"}},
		"`` is no name":                  {{Name: ""}},
		"`a_b` is no name":               {{Name: "a_b"}},
		"two variants of the name `a`":   {{Name: "a"}, {Name: "a", Options: Options{Budget: 7}}},
		"`a` and `b` are compiled alike": {{Name: "a"}, {Name: "b", Options: Options{Budget: DefaultBudget}}},
		"variant b: stage last: ":        {{Name: "a"}, {Name: "b", Options: Options{Budget: 10}}},
	} {
		_, err := CompileVariants(p, variants)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
		var of *VariantError
		if errors.As(err, &of) && (of.Variant != "b" || !errors.As(err, new(*PlanError))) {
			t.Errorf("%v is of variant %s", err, of.Variant)
		}
	}
}
