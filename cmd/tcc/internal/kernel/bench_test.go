package kernel

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// rounds of a benchmark, and packets in each. A test run of XDP has a fixed cost of milliseconds, so there must be many.
const benchRounds, benchRepeat = 9, 1_000_000

// contender is a program to be measured.
type contender struct {
	name string
	prog *ebpf.Program
	maps func(name string) *ebpf.Map // of the comparison with C
}

// BenchmarkFirewall measures the firewall, in one program and in several, against the same program in C compiled by
// clang -O2. All take turns in every round; the figures are medians over the rounds, in nanoseconds a packet above an
// empty program, and ratios to C:
//
//	go test -run '^$' -bench Firewall -benchtime 1x ./cmd/tcc/internal/kernel      (as root)
func BenchmarkFirewall(b *testing.B) {
	c := contest{
		program: load(b, "../../../../examples/firewall/firewall.tcc"),
		c:       []inC{{"clang", "../../../../testdata/c/firewall.c", "firewall"}}, budgets: []int{0, 150, 100},
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

// sums adds up the bytes of a UDP packet up to the first zero, as testdata/c/sum.c does.
const sums = `
pipeline sums xdp
default drop
var sum u32
stage start {
    parse ethernet
    parse ipv4
    u := parse udp
    total := u32(0)
    for i in 8..u.len max %d {
        b := payload[i - 8]
        if b == 0 { break }
        total += b
    }
    sum = total
    pass
}`

// BenchmarkLoop measures a loop over the bytes of a packet: in C by bpf_loop, in the language as a long one, whose body is a
// function too, and written out, whole and in chunks.
func BenchmarkLoop(b *testing.B) {
	target, err := codegen.ParseTarget("6.1")
	if err != nil {
		b.Fatal(err)
	}
	all := (&contest{program: sumsOf(b, fmt.Sprintf(sums, 9000)), c: []inC{{"clang", "../../../../testdata/c/sum.c", "sums"}}, budgets: []int{0}, target: target}).contenders(b)
	for budget, name := range map[int]string{0: "written-out", 4000: "in-chunks"} {
		c := &contest{program: sumsOf(b, fmt.Sprintf(sums, 1024)), budgets: []int{budget}, name: name}
		all = append(all, c.contenders(b)[1:]...)
	}
	for _, size := range []int{20, 200, 1000} {
		packet := append(datagram()[:42], slices.Repeat([]byte{'x'}, size)...)
		binary.BigEndian.PutUint16(packet[38:], uint16(8+size))
		b.Run(fmt.Sprintf("%d_bytes", size), func(b *testing.B) {
			for b.Loop() {
				measure(b, all, packet)
			}
		})
	}
}

func sumsOf(b *testing.B, text string) *check.Program {
	b.Helper()
	p, list := check.Source("sums.tcc", text)
	if err := list.Err(); err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkPeers measures the pipelines of testdata/peers likewise, with the packets made for it. Of the chain there are
// two in C: in one program, and cut by hand.
func BenchmarkPeers(b *testing.B) {
	for _, name := range []string{"conntrack", "ports", "acl100", "dns", "l4lb", "chain"} {
		p, want := peerProgram(b, name), loadPeer(b, name)
		c := contest{program: p, c: []inC{{"clang", peers + name + ".c", p.Name}}, budgets: []int{0, peerBudgets[name]}, prepare: want.prepare}
		if name == "chain" {
			c.c = []inC{{"clang", peers + "chain_mono.c", "chain_mono"}, {"byhand", peers + "chain.c", "chain"}}
		}
		all := c.contenders(b)
		for _, c := range all[1:] {
			want.settle(b, c)
		}
		for _, packet := range want.Bench {
			b.Run(name+"/"+packet.Name, func(b *testing.B) {
				for _, c := range all[1:] {
					if err := prepare(packet.Setup, c.update); err != nil {
						b.Fatal(err)
					}
				}
				around := all
				if r := packet.Restore; r != nil {
					around = wrapAll(b, all, &putBack{typ: p.Type.Name, front: r.Front, at: r.Off, words: packet.Packet[r.Off:][:16]})
				}
				for b.Loop() {
					measure(b, around, packet.Packet)
				}
			})
		}
	}
}

// wrapAll lets all contenders put their packet back. The first one is nothing but what that takes.
func wrapAll(b *testing.B, all []contender, back *putBack) []contender {
	wrapped := []contender{{name: all[0].name, prog: back.around(b, back.nothing(b))}}
	for _, c := range all[1:] {
		wrapped = append(wrapped, contender{name: c.name, prog: back.around(b, c.prog)})
	}
	return wrapped
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
	over := race(b, all, packet)
	for i := 1; i < len(all); i++ {
		b.ReportMetric(over[i], all[i].name+"-ns")
	}
	for i := 2; i < len(all); i++ {
		b.ReportMetric(over[i]/over[1], all[i].name+"/"+all[1].name)
	}
	b.ReportMetric(0, "ns/op")
}

// contest is a program in C and the same in the language.
type contest struct {
	program *check.Program
	c       []inC
	budgets []int  // 0: one program
	name    string // of it in the language; empty: tcc
	target  codegen.Target
	prepare func(updateMap func(name string, key, value []byte) error) error
}

// inC is a program in C.
type inC struct{ name, file, program string }

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
	all := []contender{{name: "empty", prog: empty}}
	for _, in := range c.c {
		all = append(all, c.clang(b, in))
	}
	for _, budget := range c.budgets {
		a, err := codegen.Compile(c.program, codegen.Options{Budget: budget, Target: c.target})
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
		made := contender{cmp.Or(c.name, "tcc"), pipeline.Entry(), pipeline.Map}
		if budget > 0 {
			made.name = fmt.Sprintf("tcc-%d", budget)
		}
		c.fill(b, made)
		all = append(all, made)
	}
	return all
}

// clang compiles and loads a program in C.
func (c *contest) clang(b *testing.B, in inC) contender {
	b.Helper()
	object := clang(b, in.file)
	coll, err := ebpf.LoadCollection(object)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(coll.Close)
	made := contender{in.name, coll.Programs[in.program], func(name string) *ebpf.Map { return coll.Maps[name] }}
	c.fill(b, made)
	return made
}

// fill prepares a contender's maps.
func (c *contest) fill(b *testing.B, to contender) {
	b.Helper()
	if c.prepare == nil {
		return
	}
	if err := c.prepare(to.update); err != nil {
		b.Fatal(err)
	}
}

// update writes an entry of a contender's map.
func (c contender) update(name string, key, value []byte) error { return c.maps(name).Put(key, value) }

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
