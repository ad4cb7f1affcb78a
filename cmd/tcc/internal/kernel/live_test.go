package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// passed is how many numbers stages pass on: as many as a stage may have, nearly.
const passed = 60

// liveState is a pipeline that keeps k numbers of 8 bytes: words of the packet, entries of a map, and what is made of them.
// The first come over two stages. Meanwhile the packet and the map change. In the end all decide, and their sums are
// written down.
func liveState(pipelineType string, k int) string {
	read := func(from, to int) string {
		return lines(to-from, func(i int) string {
			switch i += from; i % 4 {
			case 0, 1:
				return fmt.Sprintf("    w%d := parse word\n    v%d := w%d.v", i, i, i)
			case 2:
				return fmt.Sprintf("    v%d := u64(%d)\n    if s%d := seeds[%d] { v%d = s%d ^ v%d }", i, i, i, i%64, i, i, i-1)
			default:
				return fmt.Sprintf("    v%d := v%d * %d + v%d >> %d", i, i-1, 2*i+1, i-2, i%7+1)
			}
		})
	}
	return fmt.Sprintf("pipeline p %s\ndefault pass\nheader word { v u64 }\nmap seeds array[u32]u64 max 64\nmap totals array[u32]u64 max 4\ncounter odd\n", pipelineType) +
		"stage start {\n" + read(0, passed) +
		"    w0.v = v1\n    w1.v = 7\n    seeds[2] = v2 + 1\n    if v0 & 1 == 1 { odd += 1 }\n    if v1 & 15 == 15 { drop }\n" +
		"    goto middle(" + join(passed, "v%d", ", ") + ")\n}\n" +
		"stage middle(" + join(passed, "v%d u64", ", ") + ") {\n" +
		"    totals[0] = now() ^ v1\n    if v2 & 3 == 3 { v5 += v6 }\n    if v4 & 31 == 5 { goto last(" + join(passed, "v%d ^ 1", ", ") + ") }\n" +
		"    goto last(" + join(passed, "v%d", ", ") + ")\n}\n" +
		"stage last(" + join(passed, "v%d u64", ", ") + ") {\n" + read(passed, k) +
		"    w := parse word\n    w.v = " + join(k, "v%d", " ^ ") + "\n    totals[1] = " + join(k, "(v%d >> 3)", " + ") + "\n" +
		lines(k, func(i int) string { return fmt.Sprintf("    if v%d & 0xfff == %d { odd += 1 }", i, 37*i%4096) }) +
		"    totals[2] = v0 + v" + fmt.Sprint(k-1) + "\n    if " + join(k, "v%d != 5", " && ") + " { drop }\n    pass\n}\n"
}

func join(k int, format, between string) string {
	s := ""
	for i := range k {
		if i > 0 {
			s += between
		}
		s += fmt.Sprintf(format, i)
	}
	return s
}

// TestLiveState keeps more numbers than the stack has room for, in one program and in many.
func TestLiveState(t *testing.T) {
	kerneltest.Require(t)
	for _, c := range []struct {
		typ     string
		k       int
		carrier codegen.Carrier
		budgets []int
	}{
		{"xdp", 88, codegen.Auto, []int{0, 2500, 900, 500}},
		{"tc", 88, codegen.Auto, []int{0, 900}},
		{"tc", 88, codegen.PerCPU, []int{0, 900}},
		{"xdp", 250, codegen.Auto, []int{0, 2500}},
		{"tc", 250, codegen.Auto, []int{0, 2500}},
	} {
		p := program(t, liveState(c.typ, c.k))
		rng := rand.New(rand.NewPCG(uint64(c.k), 1))
		var packets [][]byte
		var names []string
		for i := range 40 {
			b := make([]byte, 8*c.k/2+64-rng.IntN(2)*rng.IntN(80))
			for j := range b {
				b[j] = byte(rng.Uint32())
			}
			packets, names = append(packets, b), append(names, fmt.Sprintf("packet %d", i))
		}
		name := fmt.Sprintf("%s%s/%d_numbers", c.typ, c.carrier, c.k)
		for _, budget := range c.budgets {
			t.Run(fmt.Sprintf("%s/budget_%d", name, budget), func(t *testing.T) {
				agreeLive(t, p, codegen.Options{Budget: budget, Carrier: c.carrier, Pinned: true, Verify: true}, packets, names)
			})
		}
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/cuts_%d", name, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 2))
				cut := func() bool { return rng.IntN(40*c.k/88) == 0 }
				agreeLive(t, p, codegen.Options{Cut: cut, Carrier: c.carrier, Pinned: true, Verify: true}, packets, names)
			})
		}
	}
}

func agreeLive(t *testing.T, p *check.Program, opts codegen.Options, packets [][]byte, names []string) {
	a, err := codegen.Compile(p, opts)
	if err != nil {
		t.Fatal(err)
	}
	pr := newPair(t, p, a, func(interp.Engine) error { return nil })
	stack, carried, verified := 0, 0, 0
	for _, pr1 := range a.Programs {
		stack, carried = max(stack, pr1.Stack), max(carried, pr1.CarriedBytes)
		if info, err := pr.kernel.Pipeline().Programs()[pr1.Name].Info(); err == nil {
			n, _ := info.VerifiedInstructions()
			verified += int(n)
		}
	}
	t.Logf("%d programs, at most %d bytes of stack and %d carried, %d bytes of state, %d verified instructions",
		len(a.Programs), stack, carried, a.StateBytes, verified)
	pr.all(t, packets, names)
}
