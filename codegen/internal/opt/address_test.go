package opt

import "testing"

func TestAddress(t *testing.T) {
	testPass(t, address, []passTest{
		{"constants become displacements", `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 14
	v3 = pktadd v0, v2
	v4 = pktadd v3, v2
	check v4, v1, 20 ? b1 : b2
b1:
	v5 = load.2 [v3+6]
	store.2 [v4+18], v5
	ret v5
b2:
	v6 i32 = const 1
	ret v6`, `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 14
	v3 = pktadd v0, v2
	v8 i64 = const 28
	v9 = pktadd v0, v8
	check v0, v1, 48 ? b1 : b2
b1:
	v5 = load.2 [v0+20]
	store.2 [v0+46], v5
	ret v5
b2:
	v6 i32 = const 1
	ret v6`},
		{"adding nothing", `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 0
	v3 = pktadd v0, v2
	check v3, v1, 20 ? b1 : b1
b1:
	v6 i32 = const 1
	ret v6`, `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 0
	check v0, v1, 20 ? b1 : b1
b1:
	v6 i32 = const 1
	ret v6`},
		{"too far for a displacement", `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 32750
	v3 = pktadd v0, v2
	check v3, v1, 20 ? b1 : b1
b1:
	v6 i32 = const 1
	ret v6`, ""},
		{"a small variable and a constant", `
b0:
	v0 = data
	v1 = dataend
	v9 = global g
	v2 = load.1 [v9]
	v3 = zext v2
	v4 i64 = const 14
	v5 = add v3, v4
	v6 = pktadd v0, v5
	check v6, v1, 20 ? b1 : b1
b1:
	ret v2`, `
b0:
	v0 = data
	v1 = dataend
	v9 = global g
	v2 = load.1 [v9]
	v3 = zext v2
	v4 i64 = const 14
	v5 = add v3, v4
	v10 = pktadd v0, v3
	v11 i64 = const 14
	v12 = pktadd v10, v11
	check v10, v1, 34 ? b1 : b1
b1:
	ret v2`},
		{"the sum was made in 32 bits", `
b0:
	v0 = data
	v9 = global g
	v2 = load.1 [v9]
	v4 i32 = const 14
	v5 = add v2, v4
	v6 = zext v5
	v7 = pktadd v0, v6
	ret v2`, `
b0:
	v0 = data
	v9 = global g
	v2 = load.1 [v9]
	v4 i32 = const 14
	v5 = add v2, v4
	v6 = zext v5
	v10 = zext v2
	v11 = pktadd v0, v10
	v12 i64 = const 14
	v13 = pktadd v11, v12
	ret v2`},
		{"a variable that the kernel knows no bound of stays with its constant", `
b0:
	v0 = data
	v2 = now
	v4 i64 = const 14
	v5 = add v2, v4
	v6 = pktadd v0, v5
	v7 i32 = const 1
	ret v7`, ""},
		{"the constant goes outside", `
b0:
	v0 = data
	v2 = now
	v4 i64 = const 14
	v5 = pktadd v0, v4
	v6 = pktadd v5, v2
	v7 i32 = const 1
	ret v7`, `
b0:
	v0 = data
	v2 = now
	v4 i64 = const 14
	v5 = pktadd v0, v4
	v8 = pktadd v0, v2
	v9 = pktadd v8, v4
	v7 i32 = const 1
	ret v7`},
		{"two small variables", `
b0:
	v0 = data
	v9 = global g
	v1 = load.1 [v9]
	v2 = zext v1
	v3 = pktadd v0, v2
	v4 = pktadd v3, v2
	ret v1`, `
b0:
	v0 = data
	v9 = global g
	v1 = load.1 [v9]
	v2 = zext v1
	v3 = pktadd v0, v2
	v10 = add v2, v2
	v11 = pktadd v0, v10
	ret v1`},
		{"map values are no packets", `
b0:
	v0 = global g
	v1 = load.4 [v0+4]
	ret v1`, ""},
	})
}
