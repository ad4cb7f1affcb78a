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
