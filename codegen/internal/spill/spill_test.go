package spill

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// many makes n numbers from one, and adds them up afterwards.
func many(n int) string {
	var s strings.Builder
	s.WriteString("module f xdp default 1 license \"GPL\"\nmap state percpu_array key 4 value 4096 max 1\nglobal g 16\nfunc f {\n")
	s.WriteString("b0: stage s\n\tv0 = global g\n\tv1 = load.8 [v0]\n\tjump b1\nb1: stage s\n")
	for i := range n {
		fmt.Fprintf(&s, "\tv%d i64 = const %d\n\tv%d = mul v1, v%d\n", 10+2*i, 2*i+3, 11+2*i, 10+2*i)
	}
	s.WriteString("\tv2 = trunc v1\n\tv3 i32 = const 7\n\tbr eq v2, v3 ? b2 : b3\nb2: stage s cold\n\tret v2\nb3: stage s\n")
	sum := 11
	for i := 1; i < n; i++ {
		fmt.Fprintf(&s, "\tv%d = add v%d, v%d\n", 10_000+i, sum, 11+2*i)
		sum = 10_000 + i
	}
	fmt.Fprintf(&s, "\tstore.8 [v0+8], v%d\n\tv4 i32 = const 2\n\tret v4\n}\n", sum)
	return s.String()
}

// TestMany takes as much off the stack as is too much, and not more.
func TestMany(t *testing.T) {
	for _, n := range []int{20, 88, 500} {
		m := ir.MustParse(many(n))
		before := verifier.Cost(m.Funcs[0], verifier.NewCallees(m))
		end, ok := Func(m, m.Funcs[0], 256, Area{Map: table, From: 16, To: 4096})
		if !ok {
			t.Fatalf("%d numbers: %d bytes", n, end)
		}
		if err := ir.Verify(m); err != nil {
			t.Fatal(err)
		}
		after := verifier.Cost(m.Funcs[0], verifier.NewCallees(m))
		spilled := strings.Count(m.String(), "store.8") - 1
		t.Logf("%d numbers: %d bytes of stack, then %d; %d in the array; %d instructions, then %d", n, before.Stack, after.Stack, spilled, before.Insns, after.Insns)
		if before.Stack > 256 && after.Stack > 256 {
			t.Errorf("%d numbers: %d bytes of stack", n, after.Stack)
		}
		if most := max(0, before.Stack-256)/8 + 4; spilled > most || end-16 > 8*most {
			t.Errorf("%d numbers: %d lie in the array, up to byte %d", n, spilled, end)
		}
	}
	m := ir.MustParse(many(600))
	if end, ok := Func(m, m.Funcs[0], 256, Area{Map: table, To: 4096}); ok {
		t.Errorf("600 numbers take %d bytes, and the array has 4096", end)
	}
}

// What came in the array and what goes on in it takes no bytes of its own, and an object is built again.
func TestInPlace(t *testing.T) {
	m := ir.MustParse(`module f xdp default 1 license "GPL"
map state percpu_array key 4 value 4096 max 1
map m hash key 8 value 4 max 4
global g 16
func f {
b0: stage s
	v0 i32 = const 0
	v1 = obj.4 {0.4: v0}
	v2 = lookup state[v1]
	v3 i64 = const 0
	br eq v2, v3 ? b1 : b2
b1: stage s cold
	v4 i32 = const 1
	ret v4
b2: stage s
	v5 = load.8 [v2+8]
	v6 = now
	v7 = obj.8 {0.8: v6}
	v8 = now
	v9 = add v5, v8
	v10 = delete m[v7]
	store.8 [v2+16], v6
	store.8 [v2+24], v9
	v12 i32 = const 2
	ret v12
}
`)
	chosen := map[*ir.Value]bool{}
	s := newSpiller(m, m.Funcs[0], Area{Map: table, From: 32, To: 4096, Kept: []Bytes{{24, 8}}})
	for _, v := range m.Funcs[0].Blocks[2].Insts {
		switch v.ID {
		case 5, 6, 7, 9:
			chosen[v] = true
		}
	}
	s.rewrite(chosen)
	if end, ok := s.finish(); end != 40 || !ok {
		t.Errorf("the area ends at %d", end)
	}
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(m.String(), "b2: stage s\n")
	want := `	v6 = now
	store.8 [v2+16], v6
	v8 = now
	v17 = load.8 [v2+8]
	v9 = add v17, v8
	store.8 [v2+32], v9
	v20 = load.8 [v2+16]
	v19 = obj.8 {0.8: v20}
	v10 = delete m[v19]
	v21 = load.8 [v2+32]
	store.8 [v2+24], v21
	v12 i32 = const 2
	ret v12
}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A number that goes on as two parameters of a stage is stored at both places.
func TestTwoPlaces(t *testing.T) {
	m := ir.MustParse(`module f xdp default 1 license "GPL"
map state percpu_array key 4 value 4096 max 1
func f {
b0: stage s
	v0 i32 = const 0
	v1 = obj.4 {0.4: v0}
	v2 = lookup state[v1]
	v3 i64 = const 0
	br eq v2, v3 ? b1 : b2
b1: stage s cold
	v4 i32 = const 1
	ret v4
b2: stage s
	v5 = now
	store.8 [v2+8], v5
	store.8 [v2+16], v5
	v6 i32 = const 2
	ret v6
}
`)
	s := newSpiller(m, m.Funcs[0], Area{Map: table, From: 32, To: 4096})
	s.rewrite(map[*ir.Value]bool{m.Funcs[0].Blocks[2].Insts[0]: true})
	if end, ok := s.finish(); end != 32 || !ok {
		t.Errorf("the area ends at %d", end)
	}
	_, got, _ := strings.Cut(m.String(), "b2: stage s\n")
	want := `	v5 = now
	store.8 [v2+8], v5
	v11 = load.8 [v2+8]
	store.8 [v2+16], v11
	v6 i32 = const 2
	ret v6
}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
