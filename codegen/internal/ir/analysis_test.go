package ir

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// graph makes a function of jumps and branches: one string of successors a block.
func graph(roots []int, succs ...[]int) *Func {
	f := &Func{Name: "f"}
	for range succs {
		f.NewBlock("")
	}
	for i, to := range succs {
		for _, j := range to {
			f.Blocks[i].Term.Succs = append(f.Blocks[i].Term.Succs, Edge{To: f.Blocks[j]})
		}
	}
	for _, r := range roots {
		f.Roots = append(f.Roots, &Root{Block: f.Blocks[r]})
	}
	return f
}

func names[T any](list []T) string {
	var s []string
	for _, x := range list {
		s = append(s, fmt.Sprint(x))
	}
	return strings.Join(s, " ")
}

func TestOrder(t *testing.T) {
	f := graph([]int{4}, []int{1, 2}, []int{3}, []int{3}, nil, []int{3}, []int{3})
	if got := names(f.ReversePostorder()); got != "b0 b1 b2 b4 b3" {
		t.Errorf("order %s", got)
	}
	if !f.Prune() || names(f.Blocks) != "b0 b1 b2 b3 b4" {
		t.Errorf("after Prune: %s", names(f.Blocks))
	}
	if f.Prune() {
		t.Error("Prune again found something")
	}
	if preds := f.Preds().Of(f.Blocks[3]); len(preds) != 3 || preds[1].From.ID != 2 || preds[1].Edge().To.ID != 3 {
		t.Errorf("predecessors %v", preds)
	}
}

// drawGraph is a random graph, loops included, with one root or two; the entries have no predecessors.
func drawGraph(t *rapid.T) *Func {
	n := rapid.IntRange(3, 10).Draw(t, "blocks")
	succs := make([][]int, n)
	for i := range succs {
		succs[i] = rapid.SliceOfN(rapid.IntRange(2, n-1), 0, 2).Draw(t, "succs")
	}
	var roots []int
	if rapid.Bool().Draw(t, "root") {
		roots = []int{1}
	}
	return graph(roots, succs...)
}

// A block dominates another if the other can't be reached without it.
func TestDominatorsAgreeWithPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawGraph(t)
		f.Prune()
		dom := Dominators(f)
		for _, a := range f.Blocks {
			avoiding := make([]bool, f.NumBlocks())
			avoiding[a.ID] = true
			for _, e := range f.Entries() {
				postorder(e, avoiding, nil)
			}
			avoiding[a.ID] = false
			for _, b := range f.Blocks {
				if want := !avoiding[b.ID]; dom.Dominates(a, b) != want {
					t.Errorf("%s dominates %s: %t, want %t", a, b, !want, want)
				}
				if up := dom.Idom(b); up == a && (a == b || !slices.Contains(dom.Children(a), b)) {
					t.Errorf("%s is the immediate dominator of %s but not its parent", a, b)
				}
			}
		}
		for _, b := range f.Blocks {
			if (dom.Idom(b) == nil) != slices.Contains(dom.Roots(), b) || !dom.Reachable(b) {
				t.Errorf("%s: immediate dominator %v, roots %v", b, dom.Idom(b), dom.Roots())
			}
		}
	})
}

func TestIdom(t *testing.T) {
	f := graph([]int{1}, []int{2, 3}, []int{4}, []int{5}, []int{5}, []int{6}, []int{6, 5}, nil)
	dom := Dominators(f)
	got := ""
	for _, b := range f.Blocks {
		got += fmt.Sprintf("%s:%v ", b, dom.Idom(b))
	}
	if want := "b0:<nil> b1:<nil> b2:b0 b3:b0 b4:b1 b5:b0 b6:<nil> "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLive(t *testing.T) {
	f := MustParse(`func f {
root b4: stage s table t
b0:
	v0 = cpu
	v1 = cpu
	v9 = cpu
	br eq v0, v9 ? b1(v1) : b2
b1(v2 i32):
	v3 = add v2, v0
	jump b3(v3)
b2:
	v4 = add v1, v1
	br eq v4, v9 ? b3(v4) : b2
b3(v5 i32):
	ret v5
b4(v6 i32):
	v7 = cpu
	jump b5
b5:
	br eq v6, v7 ? b3(v6) : b6
b6:
	ret v7
}`).Funcs[0]
	want := []string{"", "v0", "v1 v9", "", "", "v6 v7", "v7"}
	live := Live(f)
	for i, b := range f.Blocks {
		if got := names(live.In(b)); got != want[i] {
			t.Errorf("live into %s: %q, want %q", b, got, want[i])
		}
	}
	if got := names(live.Out(f.Blocks[0])); got != "v0 v1 v9" {
		t.Errorf("live out of b0: %s", got)
	}
	if b := f.Blocks[5]; !live.In(b).Has(b.Term.Args[0]) || live.In(f.Blocks[4]).Has(b.Term.Args[0]) {
		t.Error("v6 is live into b5 and not into b4")
	}
}

func TestUses(t *testing.T) {
	f := MustParse("func f {\nb0:\nv0 = cpu\nv1 = add v0, v0\nv2 = cpu\njump b1(v1)\nb1(v3 i32):\nret v3\n}").Funcs[0]
	if got := fmt.Sprint(f.UseCounts()); got != "[2 1 0 1]" {
		t.Errorf("counts %s", got)
	}
	uses := f.Uses()
	if len(uses[0]) != 2 || uses[0][0].User != f.Blocks[0].Insts[1] || uses[1][0] != (Use{f.Blocks[0], nil}) {
		t.Errorf("uses %v", uses)
	}
	v := f.Blocks[0].Insts
	with := NewReplacements(f)
	with.Put(v[1], v[0])
	with.Put(v[0], v[2])
	f.Replace(with)
	if got := f.Blocks[0].Term.String(); got != "jump b1(v2)" {
		t.Errorf("after Replace: %s", got)
	}
}

func TestUMax(t *testing.T) {
	tests := []struct {
		name, body string // the question is about v0
		want       uint64
	}{
		{"constant", "v0 i32 = const -1", 1<<32 - 1},
		{"constant 64", "v0 i64 = const -1", 1<<64 - 1},
		{"wire", "v0 = wconst.2 0x800", 0xffff},
		{"ctx", "v0 = ctxload mark", 1<<32 - 1},
		{"load 8", "v0 = load.8 [v80]", 1<<64 - 1},
		{"add", "v0 = add v81, v82", 0xff + 0xffff},
		{"add wraps", "v0 = add v81, v83", 1<<32 - 1},
		{"sub", "v0 = sub v81, v82", 1<<32 - 1},
		{"sub 0", "v0 = sub v81, v90", 0xff},
		{"mul", "v0 = mul v81, v82", 0xff * 0xffff},
		{"mul wraps", "v0 = mul v82, v83", 1<<32 - 1},
		{"div", "v0 = div v82, v94", 0xffff / 4},
		{"div 0", "v0 = div v82, v90", 0},
		{"div unknown", "v0 = div v82, v81", 0xffff},
		{"mod", "v0 = mod v82, v94", 3},
		{"mod 0", "v0 = mod v82, v90", 0xffff},
		{"mod unknown", "v0 = mod v82, v81", 0xffff},
		{"and", "v0 = and v82, v81", 0xff},
		{"or", "v0 = or v94, v81", 0xff},
		{"xor", "v0 = xor v94, v94", 7},
		{"shl", "v0 = shl v81, v94", 0xff0},
		{"shl out", "v0 = shl v83, v94", 1<<32 - 1},
		{"shl unknown", "v0 = shl v81, v81", 1<<32 - 1},
		{"shr", "v0 = shr v82, v94", 0xfff},
		{"shr unknown", "v0 = shr v82, v81", 0xffff},
		{"sar", "v0 = sar v82, v94", 0xfff},
		{"sar negative", "v0 = sar v83, v94", 1<<32 - 1},
		{"zext", "v0 = zext v81", 0xff},
		{"trunc", "v71 = now\nv0 = trunc v71", 1<<32 - 1},
		{"trunc small", "v71 = zext v81\nv0 = trunc v71", 0xff},
		{"be16", "v0 = be16 v81", 0xffff},
		{"be32", "v0 = be32 v81", 1<<32 - 1},
		{"cmp", "v0 = cmp eq v81, v82", 1},
		{"forget", "v0 = forget v81", 1<<32 - 1},
		{"join", "br eq v81, v82 ? b1(v81) : b1(v94)\nb1(v0 i32):", 0xff},
		{"loop", "jump b1(v81)\nb1(v0 i32):\nv71 = add v0, v94\nbr eq v0, v71 ? b1(v71) : b2\nb2:", 1<<32 - 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := MustParse("func f {\nb0:\nv80 = global g\nv81 = load.1 [v80]\nv82 = load.2 [v80]\nv83 = load.4 [v80]\n" +
				"v90 i32 = const 0\nv94 i32 = const 4\n" + test.body + "\nret v0\n}").Funcs[0]
			u := Bounds(f)
			for _, b := range f.Blocks {
				for _, v := range append(slices.Clone(b.Params), b.Insts...) {
					if v.ID == 0 && u.Max(v) != test.want {
						t.Errorf("got %#x, want %#x", u.Max(v), test.want)
					}
				}
			}
		})
	}
}

func TestUMaxOfRoots(t *testing.T) {
	f := MustParse("func f {\nroot b1: stage s table t\nb0:\nv0 = cpu\nret v0\nb1(v1 i32.1, v2 i32, v3 i64):\nret v1\n}").Funcs[0]
	u := Bounds(f)
	for i, want := range []uint64{0xff, 1<<32 - 1, 1<<64 - 1} {
		if got := u.Max(f.Blocks[1].Params[i]); got != want {
			t.Errorf("parameter %d: %#x, want %#x", i, got, want)
		}
	}
	if v := f.NewValue(CPU, I32, f.Blocks[0].Term.Span); u.Max(v) != 1<<32-1 {
		t.Errorf("a newer value: %#x", u.Max(v))
	}
}

// No value is ever above its bound.
func TestUMaxHolds(t *testing.T) {
	ops := []Op{Add, Sub, Mul, Div, Mod, And, Or, Xor, Shl, Shr, Sar}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]Type{I32, I64}).Draw(t, "type")
		f := &Func{Name: "f"}
		b := f.NewBlock("")
		var num []uint64
		add := func(v *Value, n uint64) {
			b.Append(v)
			num = append(num, n)
		}
		for range 3 {
			c := f.NewValue(Const, typ, b.Term.Span)
			c.Imm = int64(rapid.Uint64().Draw(t, "const") >> rapid.IntRange(0, 63).Draw(t, "small"))
			add(c, c.Number())
			load := f.NewValue(Load, typ, b.Term.Span)
			load.Size = rapid.SampledFrom([]int{1, 2, typ.Bytes()}).Draw(t, "size")
			add(load, rapid.Uint64().Draw(t, "loaded")&sizeMask(load.Size))
		}
		for range 6 {
			i, j := rapid.IntRange(0, len(num)-1).Draw(t, "x"), rapid.IntRange(0, len(num)-1).Draw(t, "y")
			v := f.NewValue(rapid.SampledFrom(ops).Draw(t, "op"), typ, b.Term.Span, b.Insts[i], b.Insts[j])
			add(v, Eval(v.Op, typ, num[i], num[j]))
		}
		u := Bounds(f)
		for i, v := range b.Insts {
			if num[i] > u.Max(v) {
				t.Errorf("%s is %#x, above %#x", v.Long(), num[i], u.Max(v))
			}
		}
	})
}

func TestConds(t *testing.T) {
	all := []Cond{Eq, Ne, ULt, ULe, UGt, UGe, SLt, SLe, SGt, SGe, Set}
	numbers := []uint64{0, 1, 1 << 31, 1<<32 - 1, 1 << 63, 1<<64 - 1}
	for _, typ := range []Type{I32, I64} {
		for _, c := range all {
			for _, a := range numbers {
				for _, b := range numbers {
					holds := c.Eval(typ, a, b)
					if c.Swapped().Eval(typ, b, a) != holds {
						t.Errorf("%s swapped of %s %#x %#x", c, typ, a, b)
					}
					if n, ok := c.Negated(); ok == (c == Set) || ok && n.Eval(typ, a, b) == holds {
						t.Errorf("%s negated of %s %#x %#x", c, typ, a, b)
					}
				}
			}
		}
	}
	if !SLt.Eval(I32, 1<<31, 0) || SLt.Eval(I64, 1<<31, 0) || !SGe.Eval(I64, 0, 1<<63) {
		t.Error("signs")
	}
	if Swap(2, 0x1234) != 0x3412 || Swap(4, 0x12345678) != 0x78563412 || Swap(8, 1) != 1<<56 {
		t.Error("swaps")
	}
}

func TestEval(t *testing.T) {
	tests := []struct {
		op         Op
		t          Type
		a, b, want uint64
	}{
		{Add, I32, 1<<32 - 1, 2, 1},
		{Sub, I32, 0, 1, 1<<32 - 1},
		{Sub, I64, 0, 1, 1<<64 - 1},
		{Mul, I32, 1 << 31, 2, 0},
		{Div, I32, 7, 0, 0},
		{Div, I32, 7, 2, 3},
		{Mod, I64, 7, 0, 7},
		{Mod, I64, 7, 4, 3},
		{Shl, I32, 1, 33, 2},
		{Shl, I64, 1, 33, 1 << 33},
		{Shr, I32, 4, 34, 1},
		{Sar, I32, 1 << 31, 31, 1<<32 - 1},
		{Sar, I64, 1 << 31, 31, 1},
		{Xor, I32, 5, 1, 4},
	}
	for _, test := range tests {
		if got := Eval(test.op, test.t, test.a, test.b); got != test.want {
			t.Errorf("%s %s %#x, %#x = %#x, want %#x", test.op, test.t, test.a, test.b, got, test.want)
		}
	}
}

func TestClone(t *testing.T) {
	m := MustParse(sample)
	f := m.Funcs[0]
	before := f.Listing()
	g := f.Clone()
	if diff := cmp.Diff(before, g.Listing()); diff != "" {
		t.Fatalf("clone differs (-original +clone):\n%s", diff)
	}
	g.Blocks[0].Insts[0].Name = "changed"
	g.Blocks[0].Term.Succs[0].Args[0] = g.Blocks[0].Insts[4]
	g.Blocks[3].Insts[0].Fields[0].Size = 2
	if f.Listing() != before {
		t.Error("the clone shares something with the original")
	}
}

func TestCloneRegion(t *testing.T) {
	f := MustParse("func f {\nb0:\nv0 = cpu\njump b1(v0)\nb1(v1 i32):\nv2 = add v1, v0\nbr eq v1, v2 ? b2 : b3(v2)\nb2:\nv4 = add v2, v0\njump b3(v4)\nb3(v3 i32):\nret v3\n}").Funcs[0]
	c := f.CloneRegion(f.Blocks[1:3])
	var p printer
	for _, b := range f.Blocks[4:] {
		p.block(b)
	}
	want := "b4(v5 i32):\n\tv6 = add v5, v0\n\tbr eq v5, v6 ? b5 : b3(v6)\nb5:\n\tv7 = add v6, v0\n\tjump b3(v7)\n"
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("copies (-want +got):\n%s", diff)
	}
	if c.Blocks[f.Blocks[2]] != f.Blocks[5] || c.Values[f.Blocks[1].Params[0]] != f.Blocks[4].Params[0] {
		t.Error("the maps don't lead to the copies")
	}
}
