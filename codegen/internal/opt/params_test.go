package opt

import "testing"

func TestParams(t *testing.T) {
	testPass(t, params, []passTest{
		{"the same everywhere", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1(v0, v1) : b2
b1(v2 i32, v3 i32):
	jump b3(v2, v0)
b2:
	jump b3(v0, v1)
b3(v4 i32, v5 i32):
	v6 = add v4, v5
	ret v6`, `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1 : b2
b1:
	jump b3(v0)
b2:
	jump b3(v1)
b3(v5 i32):
	v6 = add v0, v5
	ret v6`},
		{"equal constants", `
b0:
	v0 = cpu
	v1 i32 = const 7
	br eq v0, v1 ? b1(v1) : b2
b2:
	v2 i32 = const 7
	jump b1(v2)
b1(v3 i32):
	ret v3`, `
b0:
	v0 = cpu
	v1 i32 = const 7
	br eq v0, v1 ? b1 : b2
b2:
	v2 i32 = const 7
	jump b1
b1:
	v4 i32 = const 7
	ret v4`},
		{"different constants", `
b0:
	v0 = cpu
	v1 i32 = const 7
	v2 = wconst.4 0x7
	br eq v0, v1 ? b1(v1) : b1(v2)
b1(v3 i32):
	ret v3`, ""},
		{"around a loop", `
b0:
	v0 = cpu
	v1 = cpu
	jump b1(v0, v1)
b1(v2 i32, v3 i32):
	v4 = add v3, v2
	br eq v2, v4 ? b1(v2, v4) : b2
b2:
	ret v2`, `
b0:
	v0 = cpu
	v1 = cpu
	jump b1(v1)
b1(v3 i32):
	v4 = add v3, v0
	br eq v0, v4 ? b1(v4) : b2
b2:
	ret v0`},
		{"conventions stay", `
root b1: stage s table table
b0:
	v0 = cpu
	slotcall table[v0](v0) else b2
b1(v1 i32):
	ret v1
b2:
	ret v0`, ""},
	})
}
