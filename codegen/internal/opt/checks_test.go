package opt

import "testing"

func TestChecks(t *testing.T) {
	testPass(t, checks, []passTest{
		{"proved by one before", `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 1
	check v0, v1, 34 ? b1 : b9
b1:
	v3 = load.4 [v0+30]
	store.4 [v0+30], v3
	check v0, v1, 20 ? b2 : b8
b2:
	ret v3
b8:
	ret v3
b9:
	ret v2`, `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 1
	check v0, v1, 34 ? b1 : b9
b1:
	v3 = load.4 [v0+30]
	store.4 [v0+30], v3
	jump b2
b2:
	ret v3
b9:
	ret v2`},
		{"proved on both ways", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	br eq v2, v2 ? b1 : b2
b1:
	check v0, v1, 34 ? b3(v2) : b9
b2:
	check v0, v1, 20 ? b4 : b9
b4:
	v3 = cpu
	jump b3(v3)
b3(v4 i32):
	check v0, v1, 20 ? b5 : b9
b5:
	ret v4
b9:
	ret v2`, `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	br eq v2, v2 ? b1 : b2
b1:
	check v0, v1, 34 ? b3(v2) : b9
b2:
	check v0, v1, 20 ? b4 : b9
b4:
	v3 = cpu
	jump b3(v3)
b3(v4 i32):
	jump b5
b5:
	ret v4
b9:
	ret v2`},
		{"proved on one way only", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	br eq v2, v2 ? b1 : b3
b1:
	check v0, v1, 34 ? b3 : b9
b3:
	check v0, v1, 20 ? b5 : b9
b5:
	ret v2
b9:
	ret v2`, ""},
		{"widened over a jump and branches that fail alike", `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 1
	check v0, v1, 14 ? b1 : b9
b1:
	v3 = load.2 [v0+12]
	br eq v3, v2 ? b2 : b8
b2:
	v4 = obj.4 {0.4: v2}
	v5 = lookup m[v4]
	br ne v3, v2 ? b9 : b3
b3:
	jump b4
b4:
	check v0, v1, 34 ? b5 : b9
b5:
	v6 = load.4 [v0+30]
	ret v6
b8:
	v7 i32 = const 1
	ret v7
b9:
	v8 i32 = const 1
	ret v8`, `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 1
	check v0, v1, 34 ? b1 : b9
b1:
	v3 = load.2 [v0+12]
	br eq v3, v2 ? b2 : b8
b2:
	v4 = obj.4 {0.4: v2}
	v5 = lookup m[v4]
	br ne v3, v2 ? b9 : b3
b3:
	jump b4
b4:
	jump b5
b5:
	v6 = load.4 [v0+30]
	ret v6
b8:
	v7 i32 = const 1
	ret v7
b9:
	v8 i32 = const 1
	ret v8`},
		{"another verdict", `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 1
	check v0, v1, 14 ? b1 : b8
b1:
	check v0, v1, 34 ? b2 : b9
b2:
	ret v2
b8:
	v7 i32 = const 0
	ret v7
b9:
	v8 i32 = const 1
	ret v8`, ""},
		{"other arguments of the failure", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	v3 = cpu
	check v0, v1, 14 ? b1 : b9(v2)
b1:
	check v0, v1, 34 ? b2 : b9(v3)
b2:
	ret v2
b9(v4 i32):
	ret v4`, ""},
		{"an effect between", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	check v0, v1, 14 ? b1 : b9
b1:
	store.4 [v0], v2
	check v0, v1, 34 ? b2 : b9
b2:
	ret v2
b9:
	ret v2`, ""},
		{"an effect elsewhere", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	check v0, v1, 14 ? b1 : b9
b1:
	br eq v2, v2 ? b2 : b3
b2:
	check v0, v1, 34 ? b4 : b9
b3:
	store.4 [v0], v2
	ret v2
b4:
	ret v2
b9:
	ret v2`, ""},
		{"the later check has other ways in", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	br eq v2, v2 ? b1 : b2
b1:
	check v0, v1, 14 ? b2 : b9
b2:
	check v0, v1, 34 ? b4 : b9
b4:
	ret v2
b9:
	ret v2`, ""},
		{"of no bytes, of a pointer that may lie behind the end", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	v3 = zext v2
	v4 = pktadd v0, v3
	check v4, v1, 0 ? b1 : b9
b1:
	check v4, v1, 0 ? b2 : b9
b2:
	check v0, v1, 0 ? b3 : b9
b3:
	ret v2
b9:
	ret v2`, `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	v3 = zext v2
	v4 = pktadd v0, v3
	check v4, v1, 0 ? b1 : b9
b1:
	jump b2
b2:
	jump b3
b3:
	ret v2
b9:
	ret v2`},
		{"another pointer", `
b0:
	v0 = data
	v1 = dataend
	v2 = cpu
	v3 = zext v2
	v4 = pktadd v0, v3
	check v0, v1, 14 ? b1 : b9
b1:
	check v4, v1, 34 ? b4 : b9
b4:
	ret v2
b9:
	ret v2`, ""},
	})
}
