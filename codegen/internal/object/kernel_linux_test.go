package object

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// writeFile writes an object to disk.
func writeFile(t *testing.T, s *Spec, order binary.ByteOrder) string {
	t.Helper()
	data, err := Write(s, order)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "edge.o")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	kerneltest.Require(t)
	spec := read(t, binary.NativeEndian)
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer coll.Close()

	run := func(want uint32) {
		t.Helper()
		if got, _, err := coll.Programs["edge"].Test(make([]byte, 64)); err != nil || got != want {
			t.Errorf("verdict %d, %v, want %d", got, err, want)
		}
	}
	run(2)
	prefix := []byte{0, 0, 0, 0, 192, 0, 2, 0}
	binary.NativeEndian.PutUint32(prefix, 24)
	if err := coll.Maps["banned"].Put(prefix, uint32(1)); err != nil {
		t.Fatal(err)
	}
	run(1)

	var seen struct {
		Why, _  uint32
		Packets uint64
	}
	if err := coll.Variables["seen"].Get(&seen); err != nil || seen.Packets != 14 {
		t.Errorf("seen %+v, %v, want 7 for each packet", seen, err)
	}
	hits := make([]uint64, ebpf.MustPossibleCPU())
	if err := coll.Maps["hits"].Lookup(uint32(1), &hits); err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for _, n := range hits {
		sum += n
	}
	if sum != 2 {
		t.Errorf("%d hits, want 2", sum)
	}
}

// Every map that the kernel can describe is described.
func TestKernelKnowsTypes(t *testing.T) {
	kerneltest.Require(t)
	coll, err := ebpf.NewCollection(read(t, binary.NativeEndian))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer coll.Close()
	for _, name := range []string{"flows", "banned", "hits"} {
		info, err := coll.Maps[name].Info()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := info.BTFID(); !ok {
			t.Errorf("%s has no BTF in the kernel", name)
		}
	}
}

// bpftool runs the tool with JSON output.
func bpftool(t *testing.T, out any, args ...string) {
	t.Helper()
	cmd := exec.Command(kerneltest.Tool(t, "bpftool"), append([]string{"-j"}, args...)...)
	data, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatalf("bpftool %v: %v\n%s", args, err, data)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatalf("bpftool %v: %v\n%s", args, err, data)
		}
	}
}

// mountBPF mounts a private bpffs for the time of a test.
func mountBPF(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("bpf", dir, "bpf", 0, ""); err != nil {
		kerneltest.Unavailable(t, err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// libbpf loads the object, gives every program its type, and fills the prog array.
func TestBpftool(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.Tool(t, "bpftool")
	for section, progType := range map[string]string{"xdp": "xdp", "tc": "sched_cls"} {
		t.Run(section, func(t *testing.T) {
			s := edge(binary.NativeEndian)
			s.Section = section
			testBpftool(t, writeFile(t, s, binary.NativeEndian), progType)
		})
	}
}

func testBpftool(t *testing.T, object, progType string) {
	dir := mountBPF(t)
	progs, maps := filepath.Join(dir, "progs"), filepath.Join(dir, "maps")
	bpftool(t, nil, "prog", "loadall", object, progs, "pinmaps", maps)

	want := make(map[string]string)
	for slot, name := range map[uint32]string{0: "edge", 2: "next"} {
		var p struct {
			ID         uint32
			Type, Name string
		}
		bpftool(t, &p, "prog", "show", "pinned", filepath.Join(progs, name))
		if p.Type != progType || p.Name != name {
			t.Errorf("%s was loaded as %+v", name, p)
		}
		want[hexWord(slot)] = hexWord(p.ID)
	}
	var slots []struct{ Key, Value []string }
	bpftool(t, &slots, "map", "dump", "pinned", filepath.Join(maps, "tcc_stages"))
	got := make(map[string]string)
	for _, s := range slots {
		got[strings.Join(s.Key, " ")] = strings.Join(s.Value, " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tcc_stages: %s", diff)
	}
}

// hexWord is a native u32 as bpftool prints it.
func hexWord(n uint32) string {
	b := binary.NativeEndian.AppendUint32(nil, n)
	return fmt.Sprintf("0x%02x 0x%02x 0x%02x 0x%02x", b[0], b[1], b[2], b[3])
}

// The disassembly shows source lines out of .BTF; there is no source file anywhere.
func TestObjdump(t *testing.T) {
	tool := kerneltest.Tool(t, "llvm-objdump-19", "llvm-objdump")
	for _, order := range orders {
		out, err := exec.Command(tool, "-Sr", writeFile(t, edge(order), order)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, want := range []string{"<edge>:", "<next>:", "; \tseen += 1", "; \tgoto next", "; default pass",
			"; stage next { flows[7] = 9  emit hit{} }", "R_BPF_64_64\tguard", "R_BPF_64_64\ttcc_stages", "exit"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%v: no %q in\n%s", order, want, out)
			}
		}
	}
}

// What the verifier refuses, it refuses at a line of the source.
func TestVerifierLog(t *testing.T) {
	kerneltest.Require(t)
	s := edge(binary.NativeEndian)
	s.Programs[1].Insns = asm.Instructions{
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word).WithSource(at(3, 1)),
		asm.LoadMem(asm.R0, asm.R1, 100, asm.Word).WithSource(at(7, 14)),
		asm.Return(),
	}
	_, err := ebpf.NewCollection(load(t, s, binary.NativeEndian))
	var rejected *ebpf.VerifierError
	if !errors.As(err, &rejected) {
		t.Fatalf("got %v, want a verifier error", err)
	}
	log := fmt.Sprintf("%+v", rejected)
	text, place := "; stage next { flows[7] = 9  emit hit{} }", " @ edge.tcc:7"
	if !strings.Contains(log, " @ ") { // Linux before 6.9 prints no places
		place = ""
	}
	if !strings.Contains(log, text+place) {
		t.Errorf("no %q in\n%s", text+place, log)
	}
}

// The kernel takes every type of the language as the key or value of a map.
func TestKernelTakesTypes(t *testing.T) {
	kerneltest.Require(t)
	s := edge(binary.NativeEndian)
	wide := &types.Enum{Name: "wide", Base: types.U64, Members: []types.EnumMember{{Name: "far", Value: 1 << 40}}}
	small := &types.Enum{Name: "small", Base: types.U8, Members: []types.EnumMember{{Name: "near", Value: 200}}}
	empty := types.NewStruct("empty", nil)
	for i, typ := range []types.Type{
		types.U8, types.U16, types.U32, types.U64, types.I8, types.I16, types.I32, types.I64, types.BE16, types.BE32, types.BE64,
		types.Bool, types.IP4, types.IP6, types.MAC, reason, small, wide, flowKey, &types.Array{Len: 3, Elem: flow},
	} {
		t := BTFType(typ)
		s.Maps = append(s.Maps, Map{Name: fmt.Sprint("m", i), Type: ebpf.Hash, MaxEntries: 1,
			KeySize: uint32(typ.Size()), Key: t, ValueSize: uint32(typ.Size()), Value: t})
		s.Globals = append(s.Globals, Global{Name: fmt.Sprint("v", i), Type: t}, Global{Name: fmt.Sprint("c", i), Const: true, Type: t})
	}
	s.Types = append(s.Types, BTFType(empty))
	coll, err := ebpf.NewCollection(load(t, s, binary.NativeEndian))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer coll.Close()
	for _, m := range s.Maps[6:] {
		info, err := coll.Maps[m.Name].Info()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := info.BTFID(); !ok {
			t.Errorf("%s of %v has no BTF in the kernel", m.Name, m.Key)
		}
	}
}
