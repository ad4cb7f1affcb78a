package kernel

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// BenchmarkCuts measures what a packet pays for being handed from program to program: the last packet of each test
// block of the examples, uncut and cut into programs of a third and of a sixth of the whole. All take turns in every
// round, and so do as many bare tail calls as the packet makes; the figures are medians over the rounds, in nanoseconds a
// packet above an empty program:
//
//	go test -run '^$' -bench Cuts -benchtime 1x ./cmd/tcc/internal/kernel      (as root, for some minutes)
func BenchmarkCuts(b *testing.B) {
	files, err := filepath.Glob("../../../../examples/*/*.tcc")
	if err != nil {
		b.Fatal(err)
	}
	var rows []cutRow
	for b.Loop() {
		for _, file := range files {
			p := load(b, file)
			if p.Host != nil {
				continue // stages for another pipeline: nothing enters it by itself
			}
			for i := range p.Tests {
				rows = append(rows, cutsOf(b, p, i)...)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Print(cutTable(rows)) // b.Log leaves out the end of what is long
}

// A cutRow is what a plan costs a packet.
type cutRow struct {
	pipeline, packet string
	programs         int // of the plan, stages of slots included
	calls            int // that the packet makes more than in the uncut pipeline
	state            int // bytes of the per-CPU array
	uncut, cut, bare float64
}

func cutTable(rows []cutRow) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "pipeline\tpacket\tprograms\tmore calls\tstate\tuncut ns\tcut ns\ta call ns\tbare call ns\tratio")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.1f\t%.1f\t", r.pipeline, r.packet, r.programs, r.calls, r.state, r.uncut, r.cut)
		if r.calls == 0 {
			fmt.Fprintln(w, "\t\t")
			continue
		}
		call, bare := (r.cut-r.uncut)/float64(r.calls), r.bare/float64(r.calls)
		fmt.Fprintf(w, "%.1f\t%.1f\t%.2f\n", call, bare, call/bare)
	}
	w.Flush()
	return out.String()
}

// cutsOf measures the last packet of a test block.
func cutsOf(b *testing.B, p *check.Program, test int) []cutRow {
	whole := planned(b, p, test, 0)
	empty, wrap := whole.baseline(b)
	var rows []cutRow
	all := []contender{{name: "empty", prog: empty}, {name: "uncut", prog: wrap(whole.engine.pipeline.Entry())}}
	for _, part := range []int{3, 6} {
		t := planned(b, p, test, 1+whole.largest/part)
		if t.programs == whole.programs {
			continue
		}
		row := cutRow{pipeline: p.Name, packet: t.name, programs: t.programs, calls: t.calls(b) - whole.calls(b), state: t.state}
		rows = append(rows, row)
		all = append(all, contender{name: "cut", prog: wrap(t.engine.pipeline.Entry())},
			contender{name: "bare", prog: bareCalls(b, p.Type, row.calls)})
	}
	all = append(all, contender{name: "no call", prog: bareCalls(b, p.Type, 0)}) // which is the first one, if nothing is put back
	over := race(b, all, whole.frame())
	for i := range rows {
		rows[i].uncut, rows[i].cut, rows[i].bare = over[1], over[2+2*i], over[3+2*i]-over[len(all)-1]
	}
	return rows
}

// A planned test is a test block that has run on a plan, in the kernel.
type plannedTest struct {
	name     string
	engine   *Engine
	packet   []byte // the last one
	result   interp.Result
	programs int
	largest  int // estimated processed instructions of the largest program
	state    int
}

// kept is an engine that outlives its test block, and remembers the last packet.
type kept struct {
	*Engine
	into *plannedTest
}

func (k kept) Close() error { return nil }

func (k kept) Run(packet []byte) (r interp.Result, err error) {
	k.into.packet = packet
	k.into.result, err = k.Engine.Run(packet)
	return k.into.result, err
}

func planned(b *testing.B, p *check.Program, test, budget int) *plannedTest {
	b.Helper()
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
	for err != nil && budget > 0 && budget < 1_000_000 { // too small for a plan
		budget += budget / 10
		a, err = codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
	}
	if err != nil {
		b.Fatal(err)
	}
	t := &plannedTest{programs: len(a.Programs), state: a.StateBytes}
	for _, pr := range a.Programs {
		t.largest = max(t.largest, pr.EstimatedCost)
	}
	one := *p
	one.Tests = p.Tests[test : test+1]
	for _, r := range interp.RunTests(&one, func() (interp.Engine, error) {
		t.engine, err = New(p, a)
		return kept{t.engine, t}, err
	}) {
		t.name = r.Name
		for _, f := range r.Failures {
			b.Fatalf("%s, %s: %s", p.Name, r.Name, f.Message)
		}
	}
	b.Cleanup(func() { t.engine.Close() })
	return t
}

// frame is the packet as a test run takes it: those of cgroup_skb get an Ethernet header.
func (t *plannedTest) frame() []byte {
	if t.engine.kind.Name != "cgroup_skb" {
		return t.packet
	}
	etherType := uint16(0x0800)
	if t.packet[0]>>4 == 6 {
		etherType = 0x86dd
	}
	return append(binary.BigEndian.AppendUint16(make([]byte, 12), etherType), t.packet...)
}

// baseline is the program that the others are measured against, and what makes contenders of programs: where the
// pipeline changes the packet, it is put back.
func (t *plannedTest) baseline(b *testing.B) (empty *ebpf.Program, wrap func(*ebpf.Program) *ebpf.Program) {
	b.Helper()
	if !t.result.Changed {
		return bareCalls(b, t.engine.kind, 0), func(p *ebpf.Program) *ebpf.Program { return p }
	}
	back, err := putBackOf(t.engine.kind.Name, t.packet, t.result.Packet)
	if err != nil {
		b.Fatalf("%s: %v", t.name, err)
	}
	wrap = func(p *ebpf.Program) *ebpf.Program { return back.around(b, p) }
	return wrap(back.nothing(b)), wrap
}

// calls counts the programs that the packet is handed to: those that it misses when they are taken away.
func (t *plannedTest) calls(b *testing.B) (n int) {
	b.Helper()
	stages := t.engine.pipeline.Map("tcc_stages")
	for i, name := range t.engine.variants[0].Layout.Targets {
		before := t.misses(b, name)
		if err := stages.Delete(uint32(i)); err != nil {
			b.Fatal(err)
		}
		if _, err := t.engine.Run(t.packet); err != nil {
			b.Fatal(err)
		}
		if err := stages.Put(uint32(i), t.engine.pipeline.Programs()[name]); err != nil {
			b.Fatal(err)
		}
		if t.misses(b, name) > before {
			n++
		}
	}
	return n
}

func (t *plannedTest) misses(b *testing.B, name string) uint64 {
	b.Helper()
	all, err := t.engine.pipeline.Misses()
	if err != nil {
		b.Fatal(err)
	}
	return all[name]
}

// bareCalls loads a program from which so many tail calls lead through programs that do nothing else.
func bareCalls(b *testing.B, typ *check.PipelineType, calls int) *ebpf.Program {
	b.Helper()
	spec := map[string]ebpf.ProgramSpec{
		"xdp":        {Type: ebpf.XDP, AttachType: ebpf.AttachXDP}, // as that of putback.c, which may call it
		"tc":         {Type: ebpf.SchedCLS},
		"cgroup_skb": {Type: ebpf.CGroupSKB},
		"socket":     {Type: ebpf.SocketFilter},
	}[typ.Name]
	spec.License = "GPL"
	array, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: uint32(max(1, calls))})
	if err != nil {
		b.Skip("needs root: ", err)
	}
	b.Cleanup(func() { array.Close() })
	var next *ebpf.Program
	for i := calls; i >= 0; i-- {
		spec.Instructions = nil
		if next != nil {
			if err := array.Put(uint32(i), next); err != nil {
				b.Fatal(err)
			}
			spec.Instructions = asm.Instructions{asm.LoadMapPtr(asm.R2, array.FD()), asm.Mov.Imm(asm.R3, int32(i)), asm.FnTailCall.Call()}
		}
		spec.Instructions = append(spec.Instructions, asm.Mov.Imm(asm.R0, 1), asm.Return())
		if next, err = ebpf.NewProgram(&spec); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { next.Close() })
	}
	return next
}

// race lets all take turns and returns the medians over the rounds of what each takes above the first one of its round.
func race(b *testing.B, all []contender, packet []byte) []float64 {
	b.Helper()
	diff := make([][]float64, len(all))
	for range benchRounds {
		took := make([]float64, len(all))
		for i, c := range all {
			_, t, err := c.prog.Benchmark(packet, benchRepeat, nil)
			if err != nil {
				b.Fatal(err)
			}
			took[i] = float64(t.Nanoseconds())
			diff[i] = append(diff[i], took[i]-took[0])
		}
	}
	over := make([]float64, len(all))
	for i, d := range diff {
		slices.Sort(d)
		over[i] = d[benchRounds/2]
	}
	return over
}
