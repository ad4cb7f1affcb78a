package regalloc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// allocated lowers and allocates a function given by its blocks, and checks the result.
func allocated(t *testing.T, blocks string) (*lower.Func, Figures) {
	t.Helper()
	m := ir.MustParse(`module f tc default 0 license "GPL"
map table hash key 8 value 16 max 8
global knob 8
func f {
` + strings.TrimPrefix(blocks, "\n") + "}\n")
	f, err := lower.Lower(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	prepare(f)
	before := clone(f)
	figures, err := Allocate(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range check(before, f) {
		t.Errorf("%v\nbefore:\n%s\nafter:\n%s", err, before, f)
	}
	return f, figures
}

func TestAllocate(t *testing.T) {
	tests := []struct{ name, ir, want string }{
		{"copies vanish, the context stays where it is", `
b0:
	v0 = ctxload mark
	v1 = ctxload hash
	v2 = add v0, v1
	v3 i32 = const 3
	v4 = and v2, v3
	br eq v4, v3 ? b1(v2) : b1(v1)
b1(v5 i32):
	v6 = xor v5, v0
	ret v6
`, `func f
b0:
	r3 = load.4 [r1+8]
	r2 = load.4 [r1+68]
	r0 = r3
	add32 r0, r2
	r1 = r0
	and32 r1, 3
	if32 r1 == 3 goto b1
b2:
	r0 = r2
b1:
	xor32 r0, r3
	exit
`},
		{"what lives across a call gets a register that survives it, and the packet's end is loaded again", `
b0:
	v0 = data
	v1 = dataend
	v9 i32 = const 0
	check v0, v1, 20 ? b1 : b2
b1:
	v2 = load.4 [v0]
	v3 = load.4 [v0+4]
	v4 = load.4 [v0+8]
	v5 = now
	v6 = trunc v5
	v7 = add v2, v6
	v8 = add v7, v3
	v10 = add v8, v4
	v11 = ctxload mark
	v12 = add v10, v11
	check v0, v1, 40 ? b3 : b2
b3:
	v13 = load.4 [v0+36]
	v14 = add v12, v13
	ret v14
b2: cold
	ret v9
`, `func f
b0:
	r6 = load.4 [r1+76]
	r2 = load.4 [r1+80]
	r3 = r6
	add r3, 20
	if r3 > r2 goto b3
b1:
	spill slot1, r1
	r7 = load.4 [r6]
	r8 = load.4 [r6+4]
	r9 = load.4 [r6+8]
	call 5/0
	add32 r7, r0
	add32 r7, r8
	add32 r7, r9
	r1 = reload slot1
	r2 = load.4 [r1+8]
	add32 r7, r2
	r2 = r6
	add r2, 40
	r1 = load.4 [r1+80]
	if r2 > r1 goto b3
b2:
	r1 = load.4 [r6+36]
	add32 r7, r1
	r0 = r7
	exit
b3: cold
	r0 =32 0
	exit
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, _ := allocated(t, test.ir)
			got := f.String()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Values that only the way through a cold call needs in memory are spilled and reloaded there.
func TestColdPays(t *testing.T) {
	f, figures := allocated(t, `
b0:
	v0 = ctxload mark
	v1 = ctxload hash
	v2 = ctxload ifindex
	v3 = ctxload queue
	v4 = ctxload vlan
	v5 = ctxload protocol
	v6 i32 = const 9
	v7 = add v0, v6
	v8 = add v1, v6
	v9 = add v2, v6
	v10 = add v3, v6
	v11 = add v4, v6
	br eq v5, v6 ? b1 : b2
b1: cold
	v12 = now
	v13 i32 = const 0
	ctxstore mark, v13
	jump b2
b2:
	v14 = xor v7, v8
	v15 = xor v14, v9
	v16 = xor v15, v10
	v17 = xor v16, v11
	v18 = xor v17, v0
	v19 = xor v18, v1
	ret v19
`)
	if figures.Spills == 0 || figures.Reloads == 0 {
		t.Errorf("nothing is spilled: %+v\n%s", figures, f)
	}
	for _, b := range f.Blocks {
		for k := range b.Insts {
			if op := b.Insts[k].Op; !b.Cold && (op == lower.Spill || op == lower.Reload) {
				t.Errorf("%s on the usual way of\n%s", &b.Insts[k], f)
			}
		}
	}
}

// Objects and homes that never live together share the frame, if each writes whole words. What is written in parts has its
// own word, as long as there are enough; then it is written as a whole first.
func TestFrameIsShared(t *testing.T) {
	for _, c := range []struct {
		what    string
		size, n int
		stack   int
		begins  int // stores of whole words
	}{
		{"whole words", 8, 60, 8, 60},
		{"parts", 4, 60, 480, 0},
		{"parts", 4, 70, 8, 70},
	} {
		var s strings.Builder
		s.WriteString("b0:\n\tv0 = ctxload mark\n\tv1 = zext v0\n")
		for i := range c.n {
			v := 10 * (i + 1)
			fmt.Fprintf(&s, "\tv%d = obj.8 {%d.%d: v%d}\n\tv%d = delete table[v%d]\n", v, 0, c.size, c.size/8, v+1, v)
		}
		s.WriteString("\tret v0\n")
		f, figures := allocated(t, s.String())
		whole := 0
		for _, b := range f.Blocks {
			for _, i := range b.Insts {
				if i.Op == lower.Store && i.Size == 8 {
					whole++
				}
			}
		}
		if figures.Stack != c.stack || whole != c.begins {
			t.Errorf("%d objects in %s: the frame has %d bytes, not %d; %d words are written as a whole, not %d",
				c.n, c.what, figures.Stack, c.stack, whole, c.begins)
		}
	}
}

func TestFrameTooLarge(t *testing.T) {
	var s strings.Builder
	s.WriteString("module f xdp default 0 license \"GPL\"\nmap table hash key 8 value 8 max 8\nfunc f {\nb0:\n\tv0 = cpu\n")
	for i := range 70 {
		fmt.Fprintf(&s, "\tv%d = obj.8 {0.4: v0}\n", i+1)
	}
	for i := range 70 {
		fmt.Fprintf(&s, "\tv%d = delete table[v%d]\n", i+101, i+1)
	}
	s.WriteString("\tret v0\n}\n")
	m := ir.MustParse(s.String())
	f, err := lower.Lower(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	want := "f: keys, values, events and spilled registers need 560 bytes of stack, the kernel allows 512"
	if _, err := Allocate(f); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The checker notices whatever single register, offset or instruction is wrong.
func TestCheckerNotices(t *testing.T) {
	m := ir.MustParse(`module f xdp default 0 license "GPL"
map table hash key 8 value 8 max 8
func f {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 64 ? b1 : b2
b1:
	v3 = load.4 [v0]
	v4 = load.4 [v0+4]
	v5 = load.4 [v0+8]
	v6 = load.4 [v0+12]
	v7 = load.4 [v0+16]
	v8 = obj.8 {0.4: v3, 4.4: v4}
	v9 = delete table[v8]
	v10 = delete table[v8]
	v11 = xor v3, v4
	v12 = xor v11, v5
	v13 = xor v12, v6
	v14 = xor v13, v7
	ret v14
b2: cold
	ret v2
}
`)
	before, err := lower.Lower(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	prepare(before)
	good := clone(before)
	if _, err := Allocate(good); err != nil {
		t.Fatal(err)
	}
	if errs := check(before, good); errs != nil {
		t.Fatal(errs)
	}
	for n, b := range good.Blocks {
		for k := range b.Insts {
			mutate := func(what string, change func(b *lower.Block, i *lower.Inst)) {
				bad := clone(good)
				change(bad.Blocks[n], &bad.Blocks[n].Insts[k])
				if check(before, bad) == nil {
					t.Errorf("%s of %s passes in\n%s", what, &b.Insts[k], good)
				}
			}
			if x, _ := b.Insts[k].Reads(); x != lower.NoReg && x != lower.FP {
				mutate("another register read", func(_ *lower.Block, i *lower.Inst) {
					if i.Reads(); i.Op == lower.Mov || i.Op == lower.Load || i.Op == lower.Spill {
						i.Src = lower.R5
					} else {
						i.Dst = lower.R5
					}
				})
			}
			if b.Insts[k].Slot != 0 {
				mutate("another offset", func(_ *lower.Block, i *lower.Inst) { i.Off -= 8 })
			}
			if op := b.Insts[k].Op; op != lower.Exit && op != lower.Jmp && !(op == lower.Store && !b.Insts[k].Begin) {
				mutate("the lack", func(b *lower.Block, _ *lower.Inst) { b.Insts = append(b.Insts[:k:k], b.Insts[k+1:]...) })
			}
		}
	}
}
