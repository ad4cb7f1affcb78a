package kernel

import (
	"fmt"
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
	c := contest{
		c: "../../../../testdata/c/firewall.c", tcc: "../../../../examples/firewall/firewall.tcc", budgets: []int{0, 150, 100},
	}
	all := c.contenders(b)
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

// BenchmarkPeers measures the pipelines of testdata/peers likewise, with the packets made for it.
func BenchmarkPeers(b *testing.B) {
	for _, name := range []string{"conntrack", "ports", "acl100", "dns"} {
		want := loadPeer(b, name)
		c := contest{c: peers + name + ".c", tcc: peers + name + ".tcc", budgets: []int{0, peerBudgets[name]}, prepare: want.prepare}
		all := c.contenders(b)
		for _, c := range all[1:] {
			want.settle(b, c)
		}
		for _, packet := range want.Bench {
			b.Run(name+"/"+packet.Name, func(b *testing.B) {
				for b.Loop() {
					measure(b, all, packet.Packet)
				}
			})
		}
	}
}

// settle sends all packets through a contender, so that its maps have what those of the benchmark expect, which get the
// verdicts that they should.
func (p *peer) settle(b *testing.B, c contender) {
	b.Helper()
	for _, packet := range slices.Concat(p.Packets, p.Bench) {
		code, _, err := c.prog.Test(packet.Packet)
		if err != nil {
			b.Fatal(err)
		}
		if got := [...]string{"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX"}[code]; got != packet.Verdict {
			b.Fatalf("%s, %s: %s, want %s", c.name, packet.Name, got, packet.Verdict)
		}
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

// contest is a program in C and the same in the language.
type contest struct {
	c, tcc  string
	budgets []int // 0: one program
	prepare func(updateMap func(name string, key, value []byte) error) error
}

// contenders are the empty program, the one in C, and those by tcc at several budgets.
func (c *contest) contenders(b *testing.B) []contender {
	b.Helper()
	empty, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		b.Skip("needs root: ", err)
	}
	b.Cleanup(func() { empty.Close() })
	p := load(b, c.tcc)
	all := []contender{{"empty", empty}, {"clang", c.clang(b, p.Name)}}
	for _, budget := range c.budgets {
		a, err := codegen.Compile(p, codegen.Options{Budget: budget})
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
		c.fill(b, pipeline.Map)
		name := "tcc"
		if budget > 0 {
			name = fmt.Sprintf("tcc-%d", budget)
		}
		all = append(all, contender{name, pipeline.Entry()})
	}
	return all
}

// clang compiles and loads the program in C.
func (c *contest) clang(b *testing.B, program string) *ebpf.Program {
	b.Helper()
	object := filepath.Join(b.TempDir(), "c.o")
	cmd := exec.Command("clang-19", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu",
		"-c", c.c, "-o", object)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("clang-19: %v\n%s", err, out)
	}
	coll, err := ebpf.LoadCollection(object)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(coll.Close)
	c.fill(b, func(name string) *ebpf.Map { return coll.Maps[name] })
	return coll.Programs[program]
}

// fill prepares a contender's maps.
func (c *contest) fill(b *testing.B, maps func(name string) *ebpf.Map) {
	b.Helper()
	if c.prepare == nil {
		return
	}
	if err := c.prepare(func(name string, key, value []byte) error { return maps(name).Put(key, value) }); err != nil {
		b.Fatal(err)
	}
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
