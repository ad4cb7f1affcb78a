package kernel

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/runtime"
)

// rounds of a benchmark, and packets in each. A test run of XDP has a fixed cost of milliseconds, so there must be many.
const benchRounds, benchRepeat = 9, 1_000_000

// contender is a program to be measured.
type contender struct {
	name string
	prog *ebpf.Program
}

// BenchmarkFirewall measures the firewall, in one program and in several, against the same program in C compiled by
// clang -O2. All take turns in every round; the figures are medians over the rounds, in nanoseconds a packet above an
// empty program, and ratios to C:
//
//	go test -run '^$' -bench Firewall -benchtime 1x ./cmd/tcc/internal/kernel      (as root)
func BenchmarkFirewall(b *testing.B) {
	all := contenders(b)
	syn, data := segment(22, 0x02), segment(22, 0x10)
	for _, c := range all { // each has its own connection table: open the flow
		if _, _, err := c.prog.Test(syn); err != nil {
			b.Fatal(err)
		}
	}
	for name, packet := range map[string][]byte{
		"known_flow": data,
		"udp_slot":   datagram(),
		"arp":        append(make([]byte, 12), append([]byte{8, 6}, make([]byte, 46)...)...),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				measure(b, all, packet)
			}
		})
	}
}

func measure(b *testing.B, all []contender, packet []byte) {
	took := make([][]float64, len(all))
	for range benchRounds {
		for i, c := range all {
			_, t, err := c.prog.Benchmark(packet, benchRepeat, nil)
			if err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], float64(t.Nanoseconds()))
		}
	}
	over := make([]float64, len(all))
	for i := range all {
		diff := make([]float64, benchRounds)
		for r := range diff {
			diff[r] = took[i][r] - took[0][r] // the empty program of the same round
		}
		slices.Sort(diff)
		over[i] = diff[benchRounds/2]
		if i > 0 {
			b.ReportMetric(over[i], all[i].name+"-ns")
		}
	}
	for i := 2; i < len(all); i++ {
		b.ReportMetric(over[i]/over[1], all[i].name+"/"+all[1].name)
	}
	b.ReportMetric(0, "ns/op")
}

// contenders are the empty program, the firewall in C, and the firewall by tcc at several budgets.
func contenders(b *testing.B) []contender {
	b.Helper()
	empty, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		b.Skip("needs root: ", err)
	}
	b.Cleanup(func() { empty.Close() })
	all := []contender{{"empty", empty}, {"clang", clangFirewall(b)}}
	for _, variant := range []struct {
		name   string
		budget int
	}{{"tcc", 0}, {"tcc-150", 150}, {"tcc-100", 100}} {
		p := load(b, "../../../../examples/firewall/firewall.tcc")
		a, err := codegen.Compile(p, codegen.Options{Budget: variant.budget})
		if err != nil {
			b.Fatal(err)
		}
		spec, err := a.Spec()
		if err != nil {
			b.Fatal(err)
		}
		pipeline, err := runtime.Open(spec, a.Layout, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { pipeline.Close() })
		all = append(all, contender{variant.name, pipeline.Entry()})
	}
	return all
}

func clangFirewall(b *testing.B) *ebpf.Program {
	b.Helper()
	object := filepath.Join(b.TempDir(), "firewall.o")
	cmd := exec.Command("clang-19", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu",
		"-c", "../../../../testdata/c/firewall.c", "-o", object)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("clang-19: %v\n%s", err, out)
	}
	coll, err := ebpf.LoadCollection(object)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(coll.Close)
	return coll.Programs["firewall"]
}

// segment is a TCP segment from inside.
func segment(dport byte, flags byte) []byte {
	p := append(make([]byte, 12), 8, 0)
	p = append(p, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	return append(p, 100, 0, 0, dport, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
}

func datagram() []byte {
	p := append(make([]byte, 12), 8, 0)
	p = append(p, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	return append(append(p, 100, 0, 0, 53, 0, 8, 0, 0), make([]byte, 18)...)
}
