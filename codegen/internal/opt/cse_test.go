package opt

import (
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

func TestCSE(t *testing.T) {
	testPass(t, cse, []passTest{
		{"in a block", `
b0:
	v0 = cpu
	v1 = cpu
	v2 = add v0, v1
	v3 = add v1, v0
	v4 = sub v0, v1
	v5 = sub v1, v0
	v6 = add v2, v3
	v7 = xor v4, v5
	v8 = or v6, v7
	ret v8`, `
b0:
	v0 = cpu
	v1 = cpu
	v2 = add v0, v1
	v4 = sub v0, v1
	v5 = sub v1, v0
	v6 = add v2, v2
	v7 = xor v4, v5
	v8 = or v6, v7
	ret v8`},
		{"constants by value, in a block only", `
b0:
	v0 = cpu
	v1 i32 = const 7
	v2 i32 = const 7
	v3 = mul v0, v1
	jump b1
b1:
	v4 i32 = const 7
	v5 = mul v0, v4
	v6 = add v5, v4
	ret v6`, `
b0:
	v0 = cpu
	v1 i32 = const 7
	v3 = mul v0, v1
	jump b1
b1:
	v4 i32 = const 7
	v6 = add v3, v4
	ret v6`},
		{"only what dominates", `
b0:
	v0 = cpu
	br eq v0, v0 ? b1 : b2
b1:
	v1 = add v0, v0
	jump b3
b2:
	jump b3
b3:
	v2 = add v0, v0
	ret v2`, ""},
		{"what differs", `
b0:
	v0 = cpu
	v1 = now
	v2 = cmp eq v0, v0
	v3 = cmp ne v0, v0
	v4 i32 = const 1
	v5 i64 = const 1
	v6 = wconst.2 0x1
	v7 = wconst.4 0x1
	v8 = global g
	v9 = load.4 [v8]
	v10 = load.4 [v8]
	v11 = forget v0
	v12 = forget v0
	v13 = obj.8 {0.4: v0}
	v14 = obj.8 {4.4: v0}
	ret v0`, ""},
		{"objects and addresses", `
b0:
	v0 = cpu
	v1 = zext v0
	v2 = data
	v3 = pktadd v2, v1
	v4 = obj.4 {0.4: v0}
	v5 = lookup m[v4]
	jump b1
b1:
	v6 = data
	v7 = zext v0
	v8 = pktadd v6, v7
	v9 = dataend
	v10 = obj.4 {0.4: v0}
	v11 = lookup m[v10]
	check v8, v9, 1 ? b2 : b2
b2:
	ret v0`, `
b0:
	v0 = cpu
	v1 = zext v0
	v2 = data
	v3 = pktadd v2, v1
	v4 = obj.4 {0.4: v0}
	v5 = lookup m[v4]
	jump b1
b1:
	v9 = dataend
	v11 = lookup m[v4]
	check v3, v9, 1 ? b2 : b2
b2:
	ret v0`},
		{"the packet moves with a pull", `
b0:
	v0 = data
	v1 = cpu
	br eq v1, v1 ? b1 : b2
b1:
	v2 = data
	pull v1
	jump b2
b2:
	v3 = data
	v4 = data
	v5 = dataend
	check v4, v5, 1 ? b3 : b3
b3:
	ret v1`, `
b0:
	v0 = data
	v1 = cpu
	br eq v1, v1 ? b1 : b2
b1:
	v2 = data
	pull v1
	jump b2
b2:
	v3 = data
	v5 = dataend
	check v3, v5, 1 ? b3 : b3
b3:
	ret v1`},
	})
}

// TestOverMissedCall: behind a tail call that missed, the packet's pointers are made again; before it, they are merged only
// where nobody looks at the packet afterwards.
func TestOverMissedCall(t *testing.T) {
	for call, kept := range map[string]int{"slotcall table[v0] else b1": 2, "tailcall table[v0] else b1": 2, "jump b1": 1} {
		m := ir.MustParse(`module f xdp default 0 license "GPL"
map table prog_array key 4 value 4 max 4
func f {
b0: stage s start
	v0 = cpu
	v1 = data
	v2 = dataend
	check v1, v2, 4 ? b2 : b3
b2: stage s
	v3 = load.4 [v1]
	` + call + `
b1: stage s
	v4 = data
	v5 = dataend
	check v4, v5, 4 ? b4 : b3
b4: stage s
	v6 = load.4 [v4]
	ret v6
b3: stage s cold
	ret v0
}
`)
		cse(m.Funcs[0])
		n := 0
		for _, b := range m.Funcs[0].Blocks {
			for _, v := range b.Insts {
				if v.Op == ir.Data {
					n++
				}
			}
		}
		if n != kept {
			t.Errorf("%s: %d of 2 are left, want %d", call, n, kept)
		}
	}
}
