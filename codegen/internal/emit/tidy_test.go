package emit

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

func compile(t *testing.T, blocks string) *Function {
	t.Helper()
	m := ir.MustParse("module f tc default 0 license \"GPL\"\nfunc f {\n" + strings.TrimPrefix(blocks, "\n") + "}\n")
	fn, err := Compile(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

func TestTidy(t *testing.T) {
	tests := []struct{ name, ir, want string }{
		{"a jump through empty blocks goes where they lead", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1:
	jump b3
b2:
	v2 = ctxload hash
	v3 = add v0, v2
	jump b4(v3)
b3:
	jump b4(v0)
b4(v4 i32):
	ret v4
`, `func f
b0:
	r0 = load.4 [r1+8]
	if32 r0 == 1 goto b4
b1:
	r1 = load.4 [r1+68]
	add32 r0, r1
b4:
	exit
`},
		{"a branch to one place is none", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1:
	jump b3
b2:
	jump b3
b3:
	ret v0
`, `func f
b0:
	r0 = load.4 [r1+8]
b3:
	exit
`},
		{"endings out of the way are shared", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	v2 i32 = const 2
	br eq v0, v1 ? b1 : b2
b1: cold
	ret v2
b2:
	br eq v0, v2 ? b3 : b4
b3: cold
	ret v2
b4:
	ret v0
`, `func f
b0:
	r0 = load.4 [r1+8]
	if32 r0 == 1 goto b4
b1:
	if32 r0 == 2 goto b4
b2:
	exit
b4: cold
	r0 =32 2
	exit
`},
		{"a return is no farther than a jump to it", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	v2 i32 = const 7
	br eq v0, v1 ? b1 : b2
b1:
	ctxstore mark, v2
	jump b3
b2:
	v3 = ctxload hash
	br eq v3, v1 ? b3 : b4
b3:
	ret v1
b4:
	ret v0
`, `func f
b0:
	r0 = load.4 [r1+8]
	if32 r0 != 1 goto b2
b1:
	r2 =32 7
	store.4 [r1+8], r2
b4:
	r0 =32 1
	exit
b2:
	r1 = load.4 [r1+68]
	if32 r1 == 1 goto b4
b3:
	exit
b4:
	r0 =32 1
	exit
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, compile(t, test.ir).Code.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFarJump(t *testing.T) {
	fn := compile(t, `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1:
	v2 = ctxload hash
`+strings.Repeat("\tctxstore priority, v2\n", 33000)+`	jump b2
b2:
	v3 = ctxload vlan
	ret v3
`)
	_, err := fn.Instructions(binary.LittleEndian)
	if want := "f: a jump over 33001 instructions is too far for the kernel's 16 bits"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
