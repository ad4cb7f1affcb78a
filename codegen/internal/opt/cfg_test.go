package opt

import "testing"

func TestCFG(t *testing.T) {
	testPass(t, cfg, []passTest{
		{"equal ways", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1(v0) : b1(v0)
b1(v2 i32): stage s start
	ret v2`, `
b0:
	v0 = cpu
	v1 = cpu
	jump b1(v0)
b1(v2 i32): stage s start
	ret v2`},
		{"ways that differ in their arguments", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1(v0) : b1(v1)
b1(v2 i32):
	ret v2`, ""},
		{"straight lines, but for the start of another stage", `
b0: stage a
	v0 = cpu
	jump b1(v0)
b1(v1 i32): stage a start
	v2 = add v1, v1
	jump b2(v2)
b2(v3 i32): stage a
	jump b3(v3)
b3(v4 i32): stage b start
	jump b4
b4: stage b cold
	ret v4`, `
b0: stage a start
	v0 = cpu
	v2 = add v0, v0
	jump b3(v2)
b3(v4 i32): stage b start cold
	ret v4`},
		{"hollow blocks", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1 : b2(v1)
b1:
	jump b3(v0)
b2(v2 i32):
	jump b3(v2)
b3(v3 i32):
	ret v3`, `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b3(v0) : b3(v1)
b3(v3 i32):
	ret v3`},
		{"a hollow block whose parameter is used elsewhere", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1(v0) : b1(v1)
b1(v2 i32):
	br eq v2, v1 ? b3 : b4
b3:
	v3 = add v2, v2
	ret v3
b4:
	ret v1`, ""},
		{"a decided branch", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1 : b2
b1:
	v2 i32 = const 1
	v3 = add v0, v2
	jump b3(v2, v3)
b2:
	v4 i32 = const 0
	v5 = add v0, v0
	jump b3(v4, v5)
b3(v6 i32, v7 i32):
	v8 i32 = const 0
	br ne v6, v8 ? b4(v7) : b5
b4(v9 i32):
	ret v9
b5:
	ret v0`, `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b1 : b2
b1:
	v2 i32 = const 1
	v3 = add v0, v2
	jump b4(v3)
b2:
	v4 i32 = const 0
	v5 = add v0, v0
	jump b5
b4(v9 i32):
	ret v9
b5:
	ret v0`},
		{"a branch that isn't decided", `
b0:
	v0 = cpu
	v1 = cpu
	br eq v0, v1 ? b3(v0) : b3(v1)
b3(v6 i32):
	v8 i32 = const 0
	br ne v6, v8 ? b4 : b5
b4:
	ret v1
b5:
	ret v0`, ""},
		{"an endless loop of hollow blocks", `
b0:
	v0 = cpu
	br eq v0, v0 ? b1 : b3
b1:
	jump b2
b2:
	jump b1
b3:
	ret v0`, `
b0:
	v0 = cpu
	br eq v0, v0 ? b1 : b3
b1:
	jump b1
b3:
	ret v0`},
	})
}
