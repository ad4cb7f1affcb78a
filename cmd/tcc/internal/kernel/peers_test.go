package kernel

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// The pipelines of testdata/peers follow the specifications of C programs, and are held against packets whose fate was
// worked out from the specifications alone: neither the interpreter nor the compiler had a say in it.

const peers = "../../../../testdata/peers/"

// octets are bytes, in hexadecimal in JSON.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// A peerEntry is an entry of a map: to be written, or expected afterwards.
type peerEntry struct {
	Map        string
	Key, Value octets
	Mask       octets  // the bits of the value that are compared; none: all
	Absent     bool    // no entry is expected
	Sum        *uint64 // of the counter's cell, instead of a value
	Fill       *struct{ Count, Mod, Add uint32 }
}

// A peerPacket is a packet and what becomes of it.
type peerPacket struct {
	Name    string
	Packet  octets
	Verdict string
	Out     octets // none: unchanged

	// Of a benchmark: map entries to write first; and, if the packet changes, where 16 bytes are put back, see putBack.
	Setup   []peerEntry
	Restore *struct{ Front, Off int }
}

// A peer is what a specification expects of its program.
type peer struct {
	Setup   []peerEntry
	Packets []peerPacket
	After   []peerEntry
	Bench   []peerPacket
}

func loadPeer(t testing.TB, name string) (p peer) {
	t.Helper()
	text, err := os.ReadFile(peers + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// prepare writes the entries that must be there first.
func (p *peer) prepare(updateMap func(name string, key, value []byte) error) error {
	return prepare(p.Setup, updateMap)
}

func prepare(setup []peerEntry, updateMap func(name string, key, value []byte) error) error {
	for _, s := range setup {
		if s.Fill == nil {
			if err := updateMap(s.Map, s.Key, s.Value); err != nil {
				return fmt.Errorf("map %s: %w", s.Map, err)
			}
			continue
		}
		for i := range s.Fill.Count {
			key := binary.NativeEndian.AppendUint32(nil, i)
			value := binary.NativeEndian.AppendUint32(nil, s.Fill.Add+i%s.Fill.Mod)
			if err := updateMap(s.Map, key, value); err != nil {
				return fmt.Errorf("map %s: %w", s.Map, err)
			}
		}
	}
	return nil
}

// run sends the packets through an engine and compares what comes out, and what is left in the maps.
func (p *peer) run(t *testing.T, e interp.Engine) {
	t.Helper()
	for i, packet := range p.Packets {
		r, err := e.Run(packet.Packet)
		if err != nil {
			t.Fatalf("packet %d, %s: %v", i, packet.Name, err)
		}
		if got := "XDP_" + strings.ToUpper(r.Verdict.Name); got != packet.Verdict {
			t.Errorf("packet %d, %s: %s, want %s", i, packet.Name, got, packet.Verdict)
		}
		want := packet.Out
		if want == nil {
			want = packet.Packet
		}
		if !bytes.Equal(r.Packet, want) {
			t.Errorf("packet %d, %s: came out as\n%x, want\n%x", i, packet.Name, r.Packet, want)
		}
	}
	for _, a := range p.After {
		if err := a.expect(e); err != nil {
			t.Errorf("afterwards %s[%x]: %v", a.Map, a.Key, err)
		}
	}
}

// expect compares the entry with that of an engine.
func (a *peerEntry) expect(e interp.Engine) error {
	if a.Sum != nil {
		cells, err := e.Counter(a.Map)
		if err != nil {
			return err
		}
		if got := cells[binary.LittleEndian.Uint32(a.Key)]; got != *a.Sum {
			return fmt.Errorf("%d, want %d", got, *a.Sum)
		}
		return nil
	}
	got, err := e.LookupMap(a.Map, a.Key)
	if err != nil {
		return err
	}
	if a.Absent != (got == nil) {
		return fmt.Errorf("there is %x", got)
	}
	if !bytes.Equal(masked(got, a.Mask), masked(a.Value, a.Mask)) {
		return fmt.Errorf("%x, want %x", got, a.Value)
	}
	return nil
}

func masked(value, mask octets) octets {
	if mask == nil {
		return value
	}
	value = bytes.Clone(value)
	for i := range value {
		value[i] &= mask[i]
	}
	return value
}

// peerBudgets are the peers, with a budget that cuts each into several programs.
var peerBudgets = map[string]int{"conntrack": 110, "ports": 100, "acl100": 300, "acl1000": 3000, "dns": 500, "l4lb": 150, "chain": 1000}

// peerProgram is the pipeline of a peer. Some have their sources elsewhere.
func peerProgram(t testing.TB, name string) *check.Program {
	t.Helper()
	switch name {
	case "acl1000":
		return program(t, reachable(aclSource(t, "acl1000_rules.json")))
	case "l4lb":
		return load(t, "../../../../examples/l4lb/l4lb.tcc")
	}
	return load(t, peers+name+".tcc")
}

// TestPeers runs the packets of the specifications through interpreter and kernel, uncut and cut small.
func TestPeers(t *testing.T) {
	for name, budget := range peerBudgets {
		p, want := peerProgram(t, name), loadPeer(t, name)
		t.Run(name+"/interpreter", func(t *testing.T) {
			e := interp.NewPinnedEngine(p, interp.Pinned(pinnedNow, pinnedRandom, 0))
			if err := want.prepare(e.UpdateMap); err != nil {
				t.Fatal(err)
			}
			want.run(t, e)
		})
		for _, budget := range []int{0, budget} {
			t.Run(fmt.Sprintf("%s/budget %d", name, budget), func(t *testing.T) {
				kerneltest.Require(t)
				want.run(t, peerInKernel(t, p, budget, want))
			})
		}
	}
}

// peerInKernel compiles and loads a pipeline. A budget must lead to cuts.
func peerInKernel(t testing.TB, p *check.Program, budget int, want peer) *Engine {
	t.Helper()
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Programs); n < 2 && budget > 0 {
		t.Errorf("%d programs, want several", n)
	}
	e, err := New(p, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := want.prepare(e.UpdateMap); err != nil {
		t.Fatal(err)
	}
	return e
}
