package build

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// The IR of a program and the interpreter must agree on everything that can be seen from outside.

const pinNow, pinRandom, pinCPU = 1_000_000_007, 0x1234_5678_9abc_def0, 3

// sources are the programs of testdata, and those of the house.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"testdata/*.tcc", "testdata/long/*.tcc", "../../../testdata/*.tcc", "../../../examples/*/*.tcc"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(src)
		}
	}
	if len(all) < 8 {
		t.Fatalf("only %d programs found", len(all))
	}
	return all
}

// engine is built IR as an engine of test blocks.
type engine struct {
	p *check.Program
	m *eval.Machine
}

func newEngine(t *testing.T, p *check.Program) *engine { return engineOf(t, p, long(p)) }

// engineOf makes the bodies of some loops functions.
func engineOf(t *testing.T, p *check.Program, loops map[*syntax.ForStmt]bool) *engine {
	t.Helper()
	m := Module(p, Options{Pinned: true, Calls: marked(p), Loops: loops})
	if err := ir.Verify(m); err != nil {
		t.Fatalf("%v\n%s", err, m)
	}
	e := &engine{p, eval.New(m)}
	reference := interp.New(p)
	for _, g := range p.Globals {
		copy(e.m.Globals[g.Name], reference.Global(g.Name))
	}
	e.pin(pinnedNow, pinNow)
	e.pin(pinnedRandom, pinRandom)
	e.pin(pinnedCPU, pinCPU)
	return e
}

func (e *engine) pin(name string, n uint64) {
	for i := range e.m.Globals[name] {
		e.m.Globals[name][i] = byte(n >> (8 * i))
	}
}

func (e *engine) Pin(now uint64) error {
	e.pin(pinnedNow, now)
	e.pin(pinnedRandom, 0)
	e.pin(pinnedCPU, 0)
	return nil
}

func (e *engine) SetGlobal(name string, value []byte) error {
	copy(e.m.Globals[name], value)
	return nil
}

func (e *engine) Global(name string) ([]byte, error) { return e.m.Globals[name], nil }

func (e *engine) UpdateMap(name string, key, value []byte) error {
	e.m.Tables[name].Entries[string(key)] = bytes.Clone(value)
	return nil
}

func (e *engine) LookupMap(name string, key []byte) ([]byte, error) {
	return e.m.Tables[name].Entries[string(key)], nil
}

func (e *engine) Entries(name string) (map[string][]byte, error) {
	return e.m.Tables[name].Entries, nil
}

func (e *engine) Counter(name string) ([]uint64, error) {
	table := e.m.Tables[name]
	cells := make([]uint64, table.Max)
	for key, value := range table.Entries {
		cells[number32([]byte(key))] = number64(value)
	}
	return cells, nil
}

func number32(b []byte) uint64 {
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
}

func number64(b []byte) uint64 { return number32(b) | number32(b[4:])<<32 }

func (e *engine) Run(packet []byte) (interp.Result, error) {
	e.setContext(interp.Context{}, packet)
	e.m.Packet, e.m.Linear, e.m.Records = bytes.Clone(packet), len(packet), nil
	code, err := e.m.Run()
	if err != nil {
		return interp.Result{}, err
	}
	after := interp.Context{Mark: uint32(e.m.Ctx["mark"]), Priority: uint32(e.m.Ctx["priority"])}
	r := interp.Result{Code: code, Packet: e.m.Packet, Context: after}
	for _, v := range e.p.Type.Verdicts {
		if v.Code == code {
			r.Verdict = v
		}
	}
	return r, nil
}

func (e *engine) Close() error { return nil }

func TestTestBlocks(t *testing.T) {
	for name, src := range sources(t) {
		p := program(t, src)
		results := interp.RunTests(p, func() (interp.Engine, error) { return newEngine(t, p), nil })
		if len(p.Rounds) > 0 {
			results = append(results, interp.RunTests(p, func() (interp.Engine, error) { return engineOf(t, p, p.Loops()), nil })...)
		}
		for _, r := range results {
			for _, f := range r.Failures {
				t.Errorf("%s: %s: %s: %s", name, r.Name, f.Span, f.Message)
			}
		}
	}
}

// Random packets through both; all state is compared after each of them.
func TestAgreement(t *testing.T) {
	for name, src := range sources(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			p := program(t, src)
			for seed := range uint64(20) {
				rng := rand.New(rand.NewPCG(seed, 1))
				compareRuns(t, p, rng)
			}
		})
	}
}

func compareRuns(t *testing.T, p *check.Program, rng *rand.Rand) {
	t.Helper()
	want := interp.New(p)
	want.Env = interp.Pinned(pinNow, pinRandom, pinCPU)
	got := newEngine(t, p)
	const packets = 100
	for i := range packets {
		packet := randomPacket(rng)
		want.Context = interp.Context{
			IfIndex: 1, Queue: 2, Mark: rng.Uint32(), Priority: 3, Hash: rng.Uint32N(9), VLAN: rng.Uint32N(2),
		}
		w := want.Run(packet)
		got.setContext(want.Context, packet)
		got.m.Packet, got.m.Records = bytes.Clone(packet), nil
		got.m.Linear = min(len(packet), 14+rng.IntN(60))
		if p.Frags { // a push or pop wants all in front of it in the first buffer
			got.m.Linear = min(len(packet), 300+rng.IntN(60))
		}
		code, err := got.m.Run()
		if err != nil {
			t.Fatalf("%v\npacket %x", err, packet)
		}
		if diff := got.differs(want, w, code, i == packets-1); diff != "" {
			t.Fatalf("%s\npacket %x", diff, packet)
		}
	}
}

func (e *engine) setContext(c interp.Context, packet []byte) {
	protocol := interp.Protocol(e.p.Type.Name, packet)
	e.m.Ctx = map[string]uint64{
		"ifindex": uint64(c.IfIndex), "queue": uint64(c.Queue), "mark": uint64(c.Mark), "priority": uint64(c.Priority),
		"hash": uint64(c.Hash), "vlan": uint64(c.VLAN), "protocol": uint64(bits.ReverseBytes16(uint16(protocol))), // in wire order, on a little-endian machine
	}
}

// largeMap is how many entries make the comparison of an array dear: of a larger one it is for the last packet.
const largeMap = 4096

// differs compares a run with the interpreter's, and the state after them.
func (e *engine) differs(want *interp.Machine, w interp.Result, code int32, last bool) string {
	switch {
	case code != w.Code:
		return fmt.Sprintf("verdict %d, want %d", code, w.Code)
	case !bytes.Equal(e.m.Packet, w.Packet):
		return fmt.Sprintf("packet is now\n%x, want\n%x", e.m.Packet, w.Packet)
	case e.m.Ctx["mark"] != uint64(w.Context.Mark) || e.m.Ctx["priority"] != uint64(w.Context.Priority):
		return fmt.Sprintf("context %v, want %v", e.m.Ctx, w.Context)
	case len(e.m.Records) != len(w.Events):
		return fmt.Sprintf("%d events, want %d", len(e.m.Records), len(w.Events))
	}
	for i, event := range w.Events {
		if !bytes.Equal(e.m.Records[i], event.Record()) {
			return fmt.Sprintf("event %x, want %x", e.m.Records[i], event.Record())
		}
	}
	for _, g := range e.p.Globals {
		if x, y := e.m.Globals[g.Name], want.Global(g.Name); !bytes.Equal(x, y) && !e.p.OfHost(g) {
			return fmt.Sprintf("%s is %x, want %x", g.Name, x, y)
		}
	}
	for _, c := range e.p.Counters {
		cells, _ := e.Counter(c.Name)
		if x, y := fmt.Sprint(cells), fmt.Sprint(want.Counter(c.Name)); x != y {
			return fmt.Sprintf("%s is %s, want %s", c.Name, x, y)
		}
	}
	for _, m := range e.p.Maps {
		if m.Kind.Indexed() && m.Max > largeMap && !last || e.m.Tables[m.Name] == nil && e.p.OfHost(m) { // no stage uses the host's
			continue
		}
		if diff := e.mapDiffers(want, m); diff != "" {
			return diff
		}
	}
	return ""
}

func (e *engine) mapDiffers(want *interp.Machine, m *check.Map) string {
	n := 0
	for key, value := range want.Map(m.Name).Entries() {
		x, ok := e.m.Tables[m.Name].Entries[string(key)]
		if !ok && m.Kind.Indexed() {
			x = make([]byte, m.Value.Size())
		}
		if !bytes.Equal(x, value) {
			return fmt.Sprintf("%s[%x] is %x, want %x", m.Name, key, x, value)
		}
		n++
	}
	if got := len(e.m.Tables[m.Name].Entries); got > n {
		return fmt.Sprintf("%s has %d entries, want %d", m.Name, got, n)
	}
	return ""
}

// randomPacket is noise around headers and numbers that the programs look for.
func randomPacket(rng *rand.Rand) []byte {
	likely := [][]byte{
		{10, 0, 0, 1}, {10, 0, 0, 3}, {10, 20, 10, 7}, {192, 0, 2, 5}, {192, 168, 3, 4}, {0, 0, 0, 0}, {255, 255, 255, 255},
		{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2},
		{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {0x20, 1, 0xd, 0xba, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	}
	b := make([]byte, rng.IntN(160))
	if rng.IntN(20) == 0 {
		b = make([]byte, rng.IntN(40000))
	}
	for i := range b {
		b[i] = byte(rng.Uint32())
		if rng.IntN(2) == 0 {
			b[i] &= 31 & byte(rng.Uint32())
		}
	}
	copyAt := func(at int, bytes []byte) {
		if at < len(b) {
			copy(b[at:], bytes)
		}
	}
	switch rng.IntN(4) {
	case 0:
		copyAt(12, []byte{8, 0, byte(0x40 + rng.IntN(12))})
		copyAt(23, []byte{[]byte{1, 6, 17}[rng.IntN(3)]})
		copyAt(36, []byte{0, []byte{22, 53, 80}[rng.IntN(3)]})
		copyAt(26, likely[rng.IntN(5)])
		copyAt(30, likely[rng.IntN(5)])
	case 1:
		copyAt(12, []byte{0x86, 0xdd, 0x60})
		copyAt(22, likely[9+rng.IntN(4)])
		copyAt(38, likely[9+rng.IntN(4)])
	case 2:
		copyAt(12, []byte{0x81, 0, 0, 1, 0x81, 0})
	default:
		for range rng.IntN(4) {
			copyAt(rng.IntN(50), likely[rng.IntN(len(likely))])
		}
		copyAt(15, likely[rng.IntN(7)])
		copyAt(19, likely[9+rng.IntN(4)])
		if rng.IntN(2) == 0 {
			copyAt(35, likely[7+rng.IntN(2)])
		}
	}
	return b
}
