package emit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
	"github.com/tcc-bpf/tcc/codegen/internal/lower/lowertest"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

var kinds = map[ir.MapKind]ebpf.MapType{
	"hash": ebpf.Hash, "lru_hash": ebpf.LRUHash, "array": ebpf.Array, "percpu_array": ebpf.PerCPUArray,
	ir.ProgArray: ebpf.ProgramArray, ir.RingBuf: ebpf.RingBuf,
}

// load compiles all functions of a module and loads them. A global is an array of one.
func load(m *ir.Module) (*ebpf.Collection, error) {
	spec := &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{}, Programs: map[string]*ebpf.ProgramSpec{}}
	for _, mp := range m.Maps {
		s := &ebpf.MapSpec{
			Name: mp.Name, Type: kinds[mp.Kind], KeySize: uint32(mp.KeySize), ValueSize: uint32(mp.ValueSize), MaxEntries: mp.Max,
		}
		for i, name := range mp.Programs {
			s.Contents = append(s.Contents, ebpf.MapKV{Key: i, Value: name})
		}
		spec.Maps[mp.Name] = s
	}
	for _, g := range m.Globals {
		spec.Maps[g.Name] = &ebpf.MapSpec{Name: g.Name, Type: ebpf.Array, KeySize: 4, ValueSize: uint32(g.Size), MaxEntries: 1}
	}
	typ := ebpf.XDP
	if m.ProgType == "tc" {
		typ = ebpf.SchedCLS
	}
	for _, f := range m.Funcs {
		fn, err := Compile(m, f)
		if err != nil {
			return nil, err
		}
		insns, err := fn.Instructions(binary.NativeEndian)
		if err != nil {
			return nil, err
		}
		spec.Programs[f.Name] = &ebpf.ProgramSpec{Name: f.Name, Type: typ, License: m.License, Instructions: insns}
	}
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{})
	var rejected *ebpf.VerifierError
	if errors.As(err, &rejected) {
		return nil, fmt.Errorf("%+v", rejected)
	}
	return coll, err
}

// agree runs a module on packets, in the kernel and by its meaning, and compares all that can be seen.
func agree(t rapid.TB, m *ir.Module, packets ...[]byte) {
	t.Helper()
	coll, err := load(m)
	if err != nil {
		t.Fatalf("%v\n%s", err, m)
	}
	defer coll.Close()
	machine := eval.New(m)
	for _, packet := range packets {
		out := make([]byte, len(packet)+256)
		got, err := coll.Programs[m.Name].Run(&ebpf.RunOptions{Data: packet, DataOut: out})
		if err != nil {
			t.Fatal(err)
		}
		machine.Ctx = map[string]uint64{"ifindex": 1} // where the kernel says that test packets come from
		machine.Packet, machine.Linear = bytes.Clone(packet), len(packet)
		want, err := machine.Run()
		if err != nil {
			t.Fatalf("%v\n%s", err, m)
		}
		if int32(got) != want {
			t.Errorf("verdict %#x, not %#x", got, uint32(want))
		}
		if out := out[:len(packet)]; !bytes.Equal(out, machine.Packet) {
			t.Errorf("packet\n%x, not\n%x", out, machine.Packet)
		}
		compareMaps(t, coll, machine)
		compareRecords(t, coll, machine)
		if t.Failed() {
			fn, _ := Compile(m, m.Funcs[0])
			t.Logf("packet %x\n%s\n%s", packet, m, fn.Code)
			return
		}
	}
}

func compareMaps(t rapid.TB, coll *ebpf.Collection, machine *eval.Machine) {
	t.Helper()
	for name, mem := range machine.Globals {
		if got, err := coll.Maps[name].LookupBytes(uint32(0)); err != nil || !bytes.Equal(got, mem) {
			t.Errorf("%s is %x (%v), not %x", name, got, err, mem)
		}
	}
	for name, table := range machine.Tables {
		if table.Kind != "hash" && table.Kind != "array" {
			continue
		}
		got := map[string][]byte{}
		var key, value []byte
		for it := coll.Maps[name].Iterate(); it.Next(&key, &value); {
			if table.Kind == "hash" || !bytes.Equal(value, make([]byte, len(value))) || table.Entries[string(key)] != nil {
				got[string(key)] = bytes.Clone(value)
			}
		}
		if len(got) != len(table.Entries) {
			t.Errorf("%s has %d entries, not %d", name, len(got), len(table.Entries))
		}
		for key, want := range table.Entries {
			if !bytes.Equal(got[key], want) {
				t.Errorf("%s[%x] is %x, not %x", name, key, got[key], want)
			}
		}
	}
}

func compareRecords(t rapid.TB, coll *ebpf.Collection, machine *eval.Machine) {
	t.Helper()
	if coll.Maps["ring"] == nil {
		return
	}
	reader, err := ringbuf.NewReader(coll.Maps["ring"])
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, want := range machine.Records {
		reader.SetDeadline(time.Now())
		if got, err := reader.Read(); err != nil || !bytes.Equal(got.RawSample, want) {
			t.Errorf("record %x (%v), not %x", got.RawSample, err, want)
		}
	}
	machine.Records = nil
}

func TestRandomPrograms(t *testing.T) {
	kerneltest.Require(t)
	for _, typ := range []string{"tc", "xdp"} {
		t.Run(typ, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := lowertest.Module(t, typ)
				var packets [][]byte
				for range 3 {
					packets = append(packets, rapid.SliceOfN(rapid.Byte(), lowertest.Checked, lowertest.Checked).Draw(t, "packet"))
				}
				packets = append(packets, make([]byte, 40))
				agree(t, m, packets...)
			})
		})
	}
}
