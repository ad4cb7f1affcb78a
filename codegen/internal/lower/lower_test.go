package lower

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// body wraps blocks in a module.
func body(blocks string) string {
	return `module f tc default 0 license "GPL"
map table hash key 8 value 16 max 8
global tcc_zero 8
func f {
` + strings.TrimPrefix(blocks, "\n") + "}\n"
}

func TestLower(t *testing.T) {
	tests := []struct{ name, ir, want string }{
		{"immediates", `
b0:
	v0 = ctxload mark
	v1 i32 = const -1
	v2 = add v1, v0
	v3 = sub v1, v2
	v4 = wconst.2 0x0800
	v5 = xor v4, v3
	v6 i32 = const 33
	v7 = shl v5, v6
	v8 i32 = const 0
	v9 = div v7, v8
	v10 = mod v7, v8
	v11 = or v9, v10
	ret v11
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+8]
	v2 = v1
	add32 v2, -1
	v3 =32 -1
	sub32 v3, v2
	v4 = v3
	xor32 v4, 0x800.be16
	v5 = v4
	shl32 v5, 1
	v6 =32 0
	v7 = v5
	v8 = v6
	or32 v8, v7
	r0 = v8
	exit
`},
		{"wide constants", `
b0:
	v0 = ctxload.8 cb
	v1 i64 = const 0xffffffff
	v2 i64 = const -5
	v3 i64 = const 0x123456789
	v4 = wconst.8 7
	v5 = and v0, v1
	v6 = add v5, v2
	v7 = xor v6, v3
	v8 = or v7, v4
	v9 = trunc v8
	ret v9
`, `func f
b0:
	v0 = r1
	v1 = load.8 [v0+48]
	v3 =32 -1
	v2 = v1
	and v2, v3
	v4 = v2
	add v4, -5
	v6 = imm64 4886718345
	v5 = v4
	xor v5, v6
	v8 = imm64 0x7.be64
	v7 = v5
	or v7, v8
	v9 =32 v7
	r0 = v9
	exit
`},
		{"a check is a moved copy compared with the end", `
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	v3 i64 = const 14
	v4 = pktadd v0, v3
	check v4, v1, 20 ? b1 : b2
b1:
	v5 = load.2 [v4+2]
	v6 = wconst.2 0x50
	store.2 [v4+2], v6
	ret v5
b2: cold
	ret v2
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+76]
	v2 = load.4 [v0+80]
	v3 = v1
	add v3, 34
	if v3 > v2 goto b2
b1:
	v4 = load.2 [v1+16]
	store.2 [v1+16], 0x50.be16
	r0 = v4
	exit
b2: cold
	r0 =32 0
	exit
`},
		{"a condition's value", `
b0:
	v0 = ctxload mark
	v1 i32 = const 9
	v2 = cmp ult v1, v0
	ret v2
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+8]
	v2 =32 1
	if32 v1 > 9 goto b2
b1:
	v2 =32 0
b2:
	r0 = v2
	exit
`},
		{"arguments are passed at once", `
b0:
	v0 = ctxload mark
	v1 = ctxload hash
	jump b1(v0, v1)
b1(v2 i32, v3 i32):
	br ne v2, v3 ? b1(v3, v2) : b2
b2:
	ret v2
`, `func f
b0:
	v2 = r1
	v3 = load.4 [v2+8]
	v4 = load.4 [v2+68]
	v0 = v3
	v1 = v4
b1:
	if32 v0 != v1 goto b3
b2:
	r0 = v0
	exit
b3:
	v5 = v1
	v1 = v0
	v0 = v5
	goto b1
`},
		{"arguments of a jump are passed before it", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	v2 i32 = const 2
	br eq v0, v1 ? b1 : b2(v2)
b1:
	v3 = add v0, v1
	jump b2(v3)
b2(v4 i32):
	ret v4
`, `func f
b0:
	v1 = r1
	v2 = load.4 [v1+8]
	v0 =32 2
	if32 v2 != 1 goto b2
b1:
	v3 =32 1
	add32 v3, v2
	v0 = v3
b2:
	r0 = v0
	exit
`},
		{"but not those of a jump out of the way", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	v2 i32 = const 2
	br eq v0, v1 ? b1 : b2(v2)
b1:
	ret v0
b2(v4 i32): cold
	jump b3(v4)
b3(v5 i32): cold
	ret v5
`, `func f
b0:
	v2 = r1
	v3 = load.4 [v2+8]
	if32 v3 != 1 goto b4
b1:
	r0 = v3
	exit
b4: cold
	v0 =32 2
b2: cold
	v1 = v0
b3: cold
	r0 = v1
	exit
`},
		{"objects are zeroed around their fields", `
b0:
	v0 = ctxload mark
	v1 i32 = const 0
	v2 = obj.8 {0.4: v0, 4.2: v1}
	v3 = obj.16 {0.1: v0, 8.4: v0, 12.4: v0}
	v4 = update table[v2], v3
	v5 = trunc v4
	ret v5
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+8]
	store.4 [slot1+4], 0
	store.4 [slot1], v1
	store.8 [slot2], 0
	store.1 [slot2], v1
	store.4 [slot2+8], v1
	store.4 [slot2+12], v1
	r2 = addr slot1
	r3 = addr slot2
	r1 = map table
	r4 =32 0
	call 2/4
	v2 = r0
	v3 =32 v2
	r0 = v3
	exit
`},
		{"the upper half of an int that a helper returns is not to be trusted", `
b0:
	v0 i32 = const 0
	v1 i64 = const 0
	v2 = obj.8 {}
	v3 = delete table[v2]
	v4 = delete table[v2]
	v5 = add v4, v4
	v6 = trunc v5
	br slt v3, v1 ? b1 : b2
b1:
	ret v6
b2:
	ret v0
`, `func f
b0:
	v0 = r1
	store.8 [slot1], 0
	r2 = addr slot1
	r1 = map table
	call 3/2
	v1 = r0
	r2 = addr slot1
	r1 = map table
	call 3/2
	v2 = r0
	shl v2, 32
	sar v2, 32
	v3 = v2
	add v3, v2
	if32 v1 s< 0 goto b2
b1:
	r0 =32 0
	exit
b2:
	v4 =32 v3
	r0 = v4
	exit
`},
		{"long arguments are passed whole", `
b0:
	v0 = data
	v1 = dataend
	v2 = ctxload.8 cb
	v3 i32 = const 1
	jump b1(v2)
b1(v4 i64):
	jump b2(v4)
b2(v5 i64):
	v6 i64 = const 63
	v7 = and v5, v6
	v8 = pktadd v0, v7
	check v8, v1, 1 ? b3 : b4
b3:
	v9 = trunc v5
	ret v9
b4: cold
	ret v3
`, `func f
b0:
	v2 = r1
	v3 = load.4 [v2+76]
	v4 = load.4 [v2+80]
	v5 = load.8 [v2+48]
	v0 = v5
b1:
	v1 = v0
b2:
	v6 = v1
	and v6, 63
	v7 = v3
	add v7, v6
	v8 = v7
	add v8, 1
	if v8 > v4 goto b4
b3:
	v9 =32 v1
	r0 = v9
	exit
b4: cold
	r0 =32 1
	exit
`},
		{"forgetting adds an unknown zero", `
b0:
	v0 = ctxload mark
	v1 = forget v0
	ret v1
`, `func f
b0:
	v0 = r1
	v1 = var tcc_zero
	v2 = load.8 [v1]
	v3 = load.4 [v0+8]
	v4 = v3
	add32 v4, v2
	r0 = v4
	exit
`},
		{"values sink to where they are needed", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	v2 = add v0, v1
	v3 = be16 v2
	br eq v0, v1 ? b1 : b2
b1:
	ret v0
b2:
	ret v3
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+8]
	if32 v1 == 1 goto b2
b1:
	v2 =32 1
	add32 v2, v1
	v3 = v2
	wire16 v3
	r0 = v3
	exit
b2:
	r0 = v1
	exit
`},
		{"a sum isn't tied to a number that is needed again", `
b0:
	v0 = ctxload mark
	v1 = zext v0
	v2 i64 = const 8
	v3 = add v1, v2
	v4 i64 = const 32767
	br ugt v3, v4 ? b1 : b2
b1:
	ret v0
b2:
	v5 i32 = const 1
	v6 = add v0, v5
	ret v6
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+8]
	v2 = v1
	v3 = 8
	add v3, v2
	if v3 > 32767 goto b2
b1:
	v4 =32 1
	add32 v4, v1
	r0 = v4
	exit
b2:
	r0 = v1
	exit
`},
		{"what the verifier doesn't know to be short is made so for pointers", `
b0:
	v0 = data
	v1 = dataend
	v2 = random
	v3 i32 = const 0
	v4 = zext v2
	v5 i64 = const 63
	v6 = and v4, v5
	v7 = pktadd v0, v6
	check v7, v1, 1 ? b1 : b2
b1:
	ret v2
b2:
	ret v3
`, `func f
b0:
	v0 = r1
	v1 = load.4 [v0+76]
	v2 = load.4 [v0+80]
	call 7/0
	v3 = r0
	v4 =32 v3
	v5 = v4
	and v5, 63
	v6 = v1
	add v6, v5
	v7 = v6
	add v7, 1
	if v7 > v2 goto b2
b1:
	r0 = v3
	exit
b2:
	r0 =32 0
	exit
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := ir.MustParse(body(test.ir))
			f, err := Lower(m, m.Funcs[0])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, f.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, ir, want string }{
		{"field", "b0:\n\tv0 = ctxload rx_queue\n\tret v0\n", "f: tc programs have no context field rx_queue"},
		{"parameters", "b0(v0 i32):\n\tret v0\n", "f: the splitter hasn't seen it"},
		{"slot call", "b0:\n\tv0 i32 = const 0\n\tslotcall table[v0] else b1\nb1:\n\tret v0\n", "f: terminator slotcall has no instructions"},
		{"far", "b0:\n\tv0 = data\n\tv1 = load.4 [v0+70000]\n\tret v1\n", "f: the offset 70000 is too large for the kernel"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := ir.MustParse(body(test.ir))
			if _, err := Lower(m, m.Funcs[0]); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
