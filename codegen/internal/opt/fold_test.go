package opt

import (
	"fmt"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// leaves are numbers of one, two, four and eight bytes, and small ones for constants.
const leaves = `
b0:
	v90 = global g
	v91:b = load.1 [v90]
	v92:h = load.2 [v90+2]
	v93:w = load.4 [v90+4]
	v94:q = load.8 [v90+8]
	v95:x = load.4 [v90+4]
	v100 i32 = const 0
	v101 i32 = const 1
	v102 i32 = const 2
	v103 i32 = const 3
	v104 i32 = const 4
	v108 i32 = const 8
	v109 i32 = const 255
	v110 i32 = const -1
	v111 i64 = const 1
`

// foldUntilDone folds and drops what is dead: some rules wait for the only use of a value.
func foldUntilDone(f *ir.Func) {
	for range 9 {
		if !fold(f) {
			return
		}
		dce(f)
		f.Prune()
	}
}

func TestFoldValues(t *testing.T) {
	tests := []struct{ insts, want string }{ // what becomes of the last value
		{"v0 = add v103, v104", "7"},
		{"v0 = sub v103, v104", "4294967295"},
		{"v0 = div v104, v100", "0"},
		{"v0 = mod v104, v100", "4"},
		{"v0 = add v104, v93", "add(w, 4)"},
		{"v0 = sub v104, v93", "sub(4, w)"},
		{"v0 = add v93, v100", "w"},
		{"v1 = wconst.2 1\nv0 = add v100, v1", "wire2(0x1)"},
		{"v0 = sub v93, v100", "w"},
		{"v0 = sub v93, v93", "0"},
		{"v0 = mul v93, v101", "w"},
		{"v0 = mul v93, v100", "0"},
		{"v0 = mul v108, v93", "shl(w, 3)"},
		{"v0 = mul v103, v93", "mul(w, 3)"},
		{"v0 = div v93, v101", "w"},
		{"v0 = div v93, v100", "0"},
		{"v0 = div v93, v108", "shr(w, 3)"},
		{"v0 = div v93, v103", "div(w, 3)"},
		{"v0 = div v100, v93", "0"},
		{"v0 = div v93, v93", "div(w, w)"},
		{"v0 = mod v93, v101", "0"},
		{"v0 = mod v93, v100", "w"},
		{"v0 = mod v93, v108", "and(w, 7)"},
		{"v0 = mod v93, v93", "0"},
		{"v0 = mod v100, v93", "0"},
		{"v0 = and v93, v100", "0"},
		{"v0 = and v93, v93", "w"},
		{"v0 = and v93, v110", "w"},
		{"v0 = and v91, v109", "b"},
		{"v0 = and v109, v92", "and(h, 255)"},
		{"v0 = or v93, v100", "w"},
		{"v0 = or v93, v110", "4294967295"},
		{"v0 = or v93, v93", "w"},
		{"v0 = xor v93, v93", "0"},
		{"v0 = xor v93, v100", "w"},
		{"v0 = shl v93, v100", "w"},
		{"v0 = shl v100, v93", "0"},
		{"v1 i32 = const 33\nv0 = shl v93, v1", "shl(w, 1)"},
		{"v1 i32 = const 32\nv0 = shr v93, v1", "w"},
		{"v0 = shr v91, v108", "0"},
		{"v0 = shr v92, v108", "shr(h, 8)"},
		{"v0 = sar v91, v102", "shr(b, 2)"},
		{"v0 = sar v93, v102", "sar(w, 2)"},
		{"v1 = add v93, v103\nv0 = add v1, v104", "add(w, 7)"},
		{"v1 = mul v93, v103\nv0 = mul v1, v103", "mul(w, 9)"},
		{"v1 = and v93, v103\nv0 = and v1, v104", "0"},
		{"v1 = shl v93, v103\nv0 = shl v1, v104", "shl(w, 7)"},
		{"v1 i32 = const 30\nv2 = shl v93, v1\nv0 = shl v2, v102", "0"},
		{"v1 = shr v93, v103\nv0 = shr v1, v104", "shr(w, 7)"},
		{"v1 = sub v93, v103\nv0 = sub v1, v104", "sub(sub(w, 3), 4)"},
		{"v0 = zext v103", "3"},
		{"v0 = trunc v111", "1"},
		{"v1 = zext v93\nv0 = trunc v1", "w"},
		{"v1 = trunc v94\nv0 = zext v1", "zext(trunc(q))"},
		{"v1 = and v94, v111\nv2 = trunc v1\nv0 = zext v2", "and(q, 1)"},

		{"v0 = be16 v102", "wire2(0x2)"},
		{"v1 = wconst.4 0x1020304\nv0 = be32 v1", "16909060"},
		{"v0 = be64 v111", "wire8(0x1)"},
		{"v1 = wconst.2 0xffff\nv0 = xor v1, v92", "xor(h, 65535)"},
		{"v1 = wconst.1 7\nv0 = add v1, v93", "add(w, 7)"},
		{"v1 = wconst.2 0xff00\nv2 = wconst.2 0xff0\nv0 = and v1, v2", "wire2(0xf00)"},
		{"v1 = wconst.2 0xff00\nv2 = wconst.2 0xff0\nv3 = and v92, v2\nv0 = and v3, v1", "and(h, wire2(0xf00))"},
		{"v1 = wconst.2 1\nv2 = wconst.2 2\nv3 = add v92, v2\nv0 = add v3, v1", "add(add(h, wire2(0x2)), wire2(0x1))"},
		{"v1 = wconst.4 1\nv2 = wconst.2 2\nv3 = and v92, v2\nv0 = and v3, v1", "and(and(h, wire2(0x2)), wire4(0x1))"},
		{"v1 = be16 v92\nv0 = be16 v1", "h"},
		{"v1 = be16 v93\nv0 = be16 v1", "and(w, 65535)"},
		{"v1 = be32 v93\nv0 = be32 v1", "w"},
		{"v1 = be32 v93\nv2 = and v1, v109\nv0 = be32 v2", "and(w, wire4(0xff))"},
		{"v1 = be32 v93\nv2 = and v1, v91\nv0 = be32 v2", "be32(and(be32(w), b))"},

		{"v0 = cmp ult v103, v104", "1"},
		{"v0 = cmp slt v103, v110", "0"},
		{"v0 = cmp eq v93, v93", "1"},
		{"v0 = cmp ult v93, v93", "0"},
		{"v0 = cmp set v93, v93", "cmp(ne, w, 0)"},
		{"v0 = cmp ult v91, v93", "cmp(ult, b, w)"},
		{"v1 = cmp eq v91, v93\nv0 = xor v1, v101", "cmp(ne, b, w)"},
		{"v1 = cmp set v92, v93\nv0 = xor v1, v101", "xor(cmp(set, h, w), 1)"},
		{"v1 = cmp set v92, v93\nv0 = cmp eq v1, v100", "cmp(eq, cmp(set, h, w), 0)"},
		{"v1 = cmp eq v92, v93\nv0 = cmp eq v1, v100", "cmp(ne, h, w)"},
		{"v1 = and v93, v101\nv0 = cmp ne v1, v100", "and(w, 1)"},
	}
	for _, test := range tests {
		t.Run(test.insts, func(t *testing.T) {
			m := parse(t, leaves+test.insts+"\nret v100")
			b := m.Funcs[0].Blocks[0]
			asked := b.Insts[len(b.Insts)-1]
			store := b.Append(m.Funcs[0].NewValue(ir.Store, ir.None, asked.Span, b.Insts[0], asked))
			store.Size = asked.Type.Bytes()
			foldUntilDone(m.Funcs[0])
			if err := ir.Verify(m); err != nil {
				t.Error(err)
			}
			if got := show(store.Args[1]); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFoldBranches(t *testing.T) {
	tests := []struct{ insts, cond, want string }{
		{"", "ult v103, v104", "yes"},
		{"", "ult v104, v103", "no"},
		{"", "ugt v91, v109", "no"},
		{"", "ule v91, v109", "yes"},
		{"", "ult v91, v109", "ult(b, 255) ? yes : no"},
		{"", "uge v93, v100", "yes"},
		{"", "ult v93, v100", "no"},
		{"", "ult v93, v101", "eq(w, 0) ? yes : no"},
		{"", "ule v93, v100", "eq(w, 0) ? yes : no"},
		{"", "ugt v93, v100", "ne(w, 0) ? yes : no"},
		{"", "uge v93, v101", "ne(w, 0) ? yes : no"},
		{"", "ult v104, v93", "ugt(w, 4) ? yes : no"},
		{"", "slt v93, v100", "slt(w, 0) ? yes : no"},
		{"", "eq v93, v93", "yes"},
		{"", "sgt v93, v93", "no"},
		{"v1 i32 = const 256", "eq v91, v1", "no"},
		{"v1 i32 = const 256", "ne v91, v1", "yes"},
		{"v1 i32 = const 256", "set v91, v1", "no"},
		{"", "set v91, v109", "ne(b, 0) ? yes : no"},
		{"v1 = and v93, v109", "set v1, v104", "set(w, 4) ? yes : no"},
		{"v1 = add v93, v108", "set v1, v104", "set(w, 4) ? yes : no"},
		{"v1 = add v93, v102", "set v1, v104", "set(add(w, 2), 4) ? yes : no"},
		{"v1 = add v93, v103", "set v1, v101", "set(w, 1) ? no : yes"},
		{"v1 = wconst.2 1\nv2 = wconst.2 2", "eq v1, v2", "no"},
		{"v1 = wconst.2 3\nv2 = wconst.2 2", "set v1, v2", "yes"},
		{"v1 = wconst.2 3\nv2 = wconst.2 2", "ult v1, v2", "ult(wire2(0x3), wire2(0x2)) ? yes : no"},

		// conditions of conditions
		{"v1 = cmp ult v93, v92", "ne v1, v100", "ult(w, h) ? yes : no"},
		{"v1 = cmp ult v93, v92", "eq v1, v100", "uge(w, h) ? yes : no"},
		{"v1 = cmp ult v93, v92", "eq v1, v101", "ult(w, h) ? yes : no"},
		{"v1 = cmp ult v93, v92\nv2 = xor v1, v101", "ne v2, v100", "uge(w, h) ? yes : no"},
		{"v1 = cmp set v93, v92", "eq v1, v100", "set(w, h) ? no : yes"},
		{"v1 = and v93, v101", "eq v1, v101", "set(w, 1) ? yes : no"},

		// arithmetic moves to the constant
		{"v1 = xor v93, v103", "eq v1, v104", "eq(w, 7) ? yes : no"},
		{"v1 = add v93, v104", "ne v1, v103", "ne(w, 4294967295) ? yes : no"},
		{"v1 = sub v93, v104", "eq v1, v103", "eq(w, 7) ? yes : no"},
		{"v1 = add v93, v104", "ult v1, v103", "ult(add(w, 4), 3) ? yes : no"},
		{"v1 = and v93, v104", "ne v1, v100", "set(w, 4) ? yes : no"},
		{"v1 = and v93, v104", "eq v1, v100", "eq(and(w, 4), 0) ? yes : no"},
		{"v1 = shr v91, v104\nv2 = and v1, v103", "eq v2, v102", "eq(and(b, 48), 32) ? yes : no"},
		{"v1 = shr v91, v101\nv2 = and v1, v101", "ne v2, v100", "set(b, 2) ? yes : no"},
		{"v1 = shr v93, v108\nv2 = and v1, v110", "eq v2, v101", "eq(shr(w, 8), 1) ? yes : no"},

		// scales
		{"v1 = shr v91, v104\nv2 = shl v1, v102\nv3 i32 = const 20", "ult v2, v3", "ult(b, 80) ? yes : no"},
		{"v1 = shl v91, v102", "uge v1, v103", "ne(b, 0) ? yes : no"},
		{"v1 = shl v91, v102", "ult v1, v109", "ult(b, 64) ? yes : no"},
		{"v1 = shl v91, v102", "ule v1, v108", "ult(b, 3) ? yes : no"},
		{"v1 = shl v91, v102", "ugt v1, v108", "uge(b, 3) ? yes : no"},
		{"v1 = shl v93, v102", "ult v1, v108", "ult(shl(w, 2), 8) ? yes : no"},
		{"v1 = shl v91, v102", "slt v1, v108", "slt(shl(b, 2), 8) ? yes : no"},
		{"v1 = shr v93, v102", "ugt v1, v108", "uge(w, 36) ? yes : no"},
		{"v1 = shr v93, v102", "ult v1, v110", "yes"},
		{"v1 = shr v93, v102\nv2 = shr v93, v103", "ult v1, v2", "ult(shr(w, 2), shr(w, 3)) ? yes : no"},

		// widths
		{"v1 = zext v93\nv2 i64 = const 5", "ult v1, v2", "ult(w, 5) ? yes : no"},
		{"v1 = zext v93\nv2 i64 = const 5", "slt v1, v2", "slt(zext(w), 5) ? yes : no"},
		{"v1 = zext v93\nv2 = zext v92", "eq v1, v2", "eq(w, h) ? yes : no"},
		{"v1 = zext v93\nv2 i64 = const 4294967296", "ult v1, v2", "yes"},
		{"v1 = zext v93\nv2 i64 = const 4294967297", "set v1, v2", "set(zext(w), 4294967297) ? yes : no"},

		// bytes as they lie in memory
		{"v1 = be16 v92", "eq v1, v102", "eq(h, wire2(0x2)) ? yes : no"},
		{"v1 = be16 v92", "ne v1, v100", "ne(h, 0) ? yes : no"},
		{"v1 = be32 v93", "set v1, v102", "set(w, wire4(0x2)) ? yes : no"},
		{"v1 = be16 v92", "ult v1, v102", "ult(be16(h), 2) ? yes : no"},
		{"v1 = be16 v93", "eq v1, v102", "eq(be16(w), 2) ? yes : no"},
		{"v1 = be16 v92\nv2 = be16 v91", "eq v1, v2", "eq(h, b) ? yes : no"},
		{"v1 = be32 v93\nv2 = be16 v92", "eq v1, v2", "eq(be32(w), be16(h)) ? yes : no"},
		{"v1 = be16 v92\nv2 i32 = const 65536", "eq v1, v2", "no"},
		{"v1 = be16 v92\nv3 i32 = const 8191\nv2 = and v1, v3", "eq v2, v101", "eq(and(h, wire2(0x1fff)), wire2(0x1)) ? yes : no"},
		{"v1 = be16 v92\nv3 i32 = const 8191\nv2 = and v1, v3", "ne v2, v100", "set(h, wire2(0x1fff)) ? yes : no"},
		{"v1 = be32 v93\nv3 = wconst.4 5", "eq v1, v3", "eq(w, 5) ? yes : no"},
	}
	for _, test := range tests {
		t.Run(test.insts+" "+test.cond, func(t *testing.T) {
			m := parse(t, leaves+test.insts+"\nbr "+test.cond+" ? b1 : b2\nb1: stage yes\nret v100\nb2: stage no\nret v100")
			foldUntilDone(m.Funcs[0])
			if err := ir.Verify(m); err != nil {
				t.Error(err)
			}
			term := m.Funcs[0].Blocks[0].Term
			got := term.Succs[0].To.Stage
			if term.Op == ir.Br {
				got = fmt.Sprintf("%s(%s, %s) ? %s : %s", term.Cond, show(term.Args[0]), show(term.Args[1]), got, term.Succs[1].To.Stage)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFoldSpecials(t *testing.T) {
	testPass(t, fold, []passTest{
		{"nothing is known of what is forgotten", `
b0:
	v0 = global g
	v1 = load.1 [v0]
	v2 = forget v1
	v3 i32 = const 255
	v4 = and v2, v3
	ret v4`, ""},
		{"a swap that is needed stays", `
b0:
	v0 = global g
	v1 = load.2 [v0]
	v2 = be16 v1
	v3 i32 = const 15
	v4 = and v2, v3
	store.4 [v0], v4
	v5 i32 = const 3
	br eq v4, v5 ? b1 : b2
b1:
	ret v3
b2:
	ret v4`, ""},
		{"a null test in the block", `
b0:
	v0 = obj.4 {}
	v1 = lookup m[v0]
	v2 i64 = const 0
	v3 = cmp ne v1, v2
	v4 i32 = const 0
	br ne v3, v4 ? b1 : b2
b1:
	ret v4
b2:
	ret v4`, `
b0:
	v0 = obj.4 {}
	v1 = lookup m[v0]
	v2 i64 = const 0
	v3 = cmp ne v1, v2
	v4 i32 = const 0
	br ne v1, v2 ? b1 : b2
b1:
	ret v4
b2:
	ret v4`},
		{"a pointer doesn't live on for its null test", `
b0:
	v0 = obj.4 {}
	v1 = lookup m[v0]
	v2 i64 = const 0
	v3 = cmp ne v1, v2
	v4 i32 = const 0
	jump b3
b3: stage s start
	br ne v3, v4 ? b1 : b2
b1:
	ret v4
b2:
	ret v4`, ""},
	})
}
