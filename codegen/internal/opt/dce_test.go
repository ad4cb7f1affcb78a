package opt

import "testing"

func TestDCE(t *testing.T) {
	testPass(t, dce, []passTest{
		{"droppable and pure", `
b0:
	v0 = cpu
	v1 = now
	v2 = obj.4 {0.4: v0}
	v3 = lookup m[v2]
	v4 = global g
	v5 = load.4 [v4]
	v6 = add v5, v5
	ret v0`, `
b0:
	v0 = cpu
	ret v0`},
		{"effects stay", `
b0:
	v0 = cpu
	v2 = obj.4 {0.4: v0}
	v3 = delete m[v2]
	v4 = global g
	xadd.4 [v4], v0
	store.4 [v4], v0
	ctxstore mark, v0
	ret v0`, ""},
		{"parameters and their arguments", `
b0:
	v0 = cpu
	v1 = cpu
	v2 = cpu
	jump b1(v0, v1)
b1(v3 i32, v4 i32):
	br eq v3, v2 ? b2(v4) : b1(v3, v4)
b2(v5 i32):
	ret v3`, `
b0:
	v0 = cpu
	v2 = cpu
	jump b1(v0)
b1(v3 i32):
	br eq v3, v2 ? b2 : b1(v3)
b2:
	ret v3`},
		{"conventions stay", `
root b1: stage s table table
b0:
	v0 = cpu
	slotcall table[v0](v0) else b2
b1(v1 i32):
	v2 i32 = const 1
	ret v2
b2:
	ret v0`, ""},
	})
}
