package object

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// orders are the byte orders that every test of the format runs in.
var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

const source = "pipeline edge xdp\n" +
	"default pass\n" +
	"stage edge {\n" +
	"\tseen += 1\n" +
	"\tgoto next\n" +
	"}\n" +
	"stage next { flows[7] = 9  emit hit{} }\n"

// at is a place in the source.
func at(line, col int) diag.Span {
	return diag.Span{File: "edge.tcc", Start: diag.Pos{Line: line, Col: col}, End: diag.Pos{Line: line, Col: col + 1}}
}

// The types of the test pipeline: every kind of field, with padding inside and at the end.
var (
	reason  = &types.Enum{Name: "reason", Base: types.U32, Members: []types.EnumMember{{Name: "blocked"}, {Name: "no_state", Value: 2}}}
	flowKey = types.NewStruct("flow_key", []types.Field{
		{Name: "on", Type: types.Bool}, {Name: "src", Type: types.IP4}, {Name: "hw", Type: types.MAC}, {Name: "port", Type: types.BE16}, {Name: "proto", Type: types.U8},
	})
	flow = types.NewStruct("flow", []types.Field{{Name: "why", Type: reason}, {Name: "packets", Type: types.U64}})
	hit  = types.NewStruct("hit", []types.Field{{Name: "from", Type: types.IP6}, {Name: "delta", Type: types.I16}})
)

// edge is a pipeline of two programs, written by hand, that uses one of everything.
func edge(order binary.ByteOrder) *Spec {
	one := make([]byte, 4)
	order.PutUint32(one, 7)
	return &Spec{
		Section:  "xdp",
		License:  "GPL",
		Sources:  map[string]string{"edge.tcc": source},
		Programs: []Program{{"edge", entry()}, {"next", next()}},
		Maps: []Map{
			{Name: "flows", Type: ebpf.LRUHash, KeySize: 20, ValueSize: 16, MaxEntries: 64, Key: BTFType(flowKey), Value: BTFType(flow)},
			{Name: "banned", Type: ebpf.LPMTrie, KeySize: 8, ValueSize: 4, MaxEntries: 10, Key: LPMKey(types.IP4), Value: BTFType(types.U32)},
			{Name: "hits", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 3, Key: BTFType(types.U32), Value: BTFType(types.U64)},
			{Name: "tcc_stages", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 4, Programs: map[uint32]string{2: "next", 0: "edge"}},
			{Name: "tcc_events", Type: ebpf.RingBuf, MaxEntries: 4096},
			{Name: "tcc_state", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 40, MaxEntries: 1},
		},
		Globals: []Global{
			{Name: "guard", Const: true, Type: BTFType(types.Bool), Init: []byte{1}},
			{Name: "limit", Const: true, Type: BTFType(types.U32), Init: one},
			{Name: "gate", Const: true, Type: BTFType(types.IP4), Init: []byte{192, 0, 2, 1}},
			{Name: "panic", Type: BTFType(types.Bool)},
			{Name: "seen", Type: BTFType(flow)},
		},
		Types: []btf.Type{BTFType(hit)},
	}
}

// entry adds limit to seen.packets if guard is set, then calls slot 2; if that is empty, it passes.
func entry() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMapValue(asm.R1, 0, 0).WithReference("guard").WithSource(at(4, 2)),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Byte).WithSource(at(4, 2)),
		asm.JEq.Imm(asm.R1, 0, "call"),
		asm.LoadMapValue(asm.R2, 0, 0).WithReference("limit"),
		asm.LoadMem(asm.R2, asm.R2, 0, asm.Word),
		asm.LoadMapValue(asm.R1, 0, 8).WithReference("seen").WithSource(at(4, 7)),
		asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("call").WithSource(at(5, 2)),
		asm.LoadMapPtr(asm.R2, 0).WithReference("tcc_stages"),
		asm.Mov.Imm(asm.R3, 2),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 2).WithSource(at(2, 1)),
		asm.Return(),
	}
}

// next counts, looks 10.0.0.1 up in banned, and drops if it is there.
func next() asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.R10, -4, 1, asm.Word).WithSource(at(7, 14)),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -4),
		asm.LoadMapPtr(asm.R1, 0).WithReference("hits"),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "lookup"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		asm.LoadMapValue(asm.R1, 0, 0).WithReference("gate").WithSymbol("lookup"),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.StoreMem(asm.R10, -4, asm.R1, asm.Word),
		asm.StoreImm(asm.R10, -8, 32, asm.Word),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -8),
		asm.LoadMapPtr(asm.R1, 0).WithReference("banned"),
		asm.FnMapLookupElem.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		asm.LoadMapPtr(asm.R1, 0).WithReference("tcc_events").WithSource(at(7, 28)),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -8),
		asm.Mov.Imm(asm.R3, 8),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRingbufOutput.Call(),
		asm.Mov.Imm(asm.R0, 2),
		asm.Instruction{OpCode: asm.JEq.Op(asm.ImmSource), Dst: asm.R6, Offset: 1},
		asm.Mov.Imm(asm.R0, 1),
		asm.Return(),
	}
}

func write(t *testing.T, order binary.ByteOrder) []byte {
	t.Helper()
	data, err := Write(edge(order), order)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// load writes a spec and reads it back.
func load(t *testing.T, s *Spec, order binary.ByteOrder) *ebpf.CollectionSpec {
	t.Helper()
	data, err := Write(s, order)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func read(t *testing.T, order binary.ByteOrder) *ebpf.CollectionSpec {
	t.Helper()
	return load(t, edge(order), order)
}

func TestDeterministic(t *testing.T) {
	for _, order := range orders {
		first := write(t, order)
		for range 10 {
			if !bytes.Equal(first, write(t, order)) {
				t.Fatalf("%v: another run gave other bytes", order)
			}
		}
	}
}

// The input belongs to the caller.
func TestInputUnchanged(t *testing.T) {
	s := edge(binary.LittleEndian)
	before := s.Programs[0].Insns.String() + s.Programs[1].Insns.String()
	for _, order := range orders {
		if _, err := Write(s, order); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, s.Programs[0].Insns.String()+s.Programs[1].Insns.String()); diff != "" {
		t.Error(diff)
	}
}

func TestReadMaps(t *testing.T) {
	type row struct {
		Type                   ebpf.MapType
		Key, Value, Max, Flags uint32
		KeyName, ValueName     string
		Contents               []ebpf.MapKV
	}
	want := map[string]row{
		"flows":      {ebpf.LRUHash, 20, 16, 64, 0, "flow_key", "flow", nil},
		"banned":     {ebpf.LPMTrie, 8, 4, 10, 1, "tcc_prefix_ip4", "unsigned int", nil},
		"hits":       {ebpf.PerCPUArray, 4, 8, 3, 0, "unsigned int", "unsigned long long", nil},
		"tcc_stages": {ebpf.ProgramArray, 4, 4, 4, 0, "", "", []ebpf.MapKV{{Key: uint32(0), Value: "edge"}, {Key: uint32(2), Value: "next"}}},
		"tcc_events": {ebpf.RingBuf, 0, 0, 4096, 0, "", "", nil},
		"tcc_state":  {ebpf.PerCPUArray, 4, 40, 1, 0, "", "", nil},
	}
	for _, order := range orders {
		got := make(map[string]row)
		for name, m := range read(t, order).Maps {
			if name[0] == '.' {
				continue
			}
			r := row{m.Type, m.KeySize, m.ValueSize, m.MaxEntries, m.Flags, "", "", m.Contents}
			if m.Key != nil {
				r.KeyName, r.ValueName = m.Key.TypeName(), m.Value.TypeName()
			}
			got[name] = r
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

func TestReadVariables(t *testing.T) {
	type row struct {
		Section  string
		Offset   uint32
		Constant bool
		Value    string
		Type     string
	}
	for _, order := range orders {
		limit := "\x07\x00\x00\x00"
		if big(order) {
			limit = "\x00\x00\x00\x07"
		}
		want := map[string]row{
			"guard": {".rodata", 0, true, "\x01", "_Bool"},
			"limit": {".rodata", 4, true, limit, "unsigned int"},
			"gate":  {".rodata", 8, true, "\xc0\x00\x02\x01", "ip4"},
			"panic": {".data", 0, false, "\x00", "_Bool"},
			"seen":  {".data", 8, false, string(make([]byte, 16)), "flow"},
		}
		got := make(map[string]row)
		for name, v := range read(t, order).Variables {
			got[name] = row{v.SectionName, v.Offset, v.Constant(), string(v.Value), v.Type.Type.TypeName()}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

func TestReadPrograms(t *testing.T) {
	for _, order := range orders {
		spec := read(t, order)
		if len(spec.Programs) != 2 {
			t.Fatalf("%v: programs %v", order, spec.Programs)
		}
		for _, p := range edge(order).Programs {
			got := spec.Programs[p.Name]
			if got.Type != ebpf.XDP || got.License != "GPL" || got.SectionName != "xdp" || got.AttachType != ebpf.AttachXDP {
				t.Errorf("%v: %s: %v %q %s %v", order, p.Name, got.Type, got.License, got.SectionName, got.AttachType)
			}
			fn := btf.FuncMetadata(&got.Instructions[0])
			if fn == nil || fn.Name != p.Name || fn.Linkage != btf.GlobalFunc {
				t.Errorf("%v: %s: function %v", order, p.Name, fn)
			}
			if len(got.Instructions) != len(p.Insns) {
				t.Errorf("%v: %s: %d instructions, want %d", order, p.Name, len(got.Instructions), len(p.Insns))
			}
		}
		seen := spec.Programs["edge"].Instructions[6]
		if seen.Reference() != ".data" || seen.Constant>>32 != 16 {
			t.Errorf("%v: seen.packets is loaded as %v", order, seen)
		}
	}
}

// Every change of place is a line, and the first instruction of a program always has one.
func TestReadLines(t *testing.T) {
	type row struct {
		Insn      int
		File      string
		Line, Col uint32
		Text      string
	}
	want := []row{
		{0, "edge.tcc", 4, 2, "\tseen += 1"},
		{6, "edge.tcc", 4, 7, "\tseen += 1"},
		{8, "edge.tcc", 5, 2, "\tgoto next"},
		{12, "edge.tcc", 2, 1, "default pass"},
	}
	for _, order := range orders {
		var got []row
		for i, ins := range read(t, order).Programs["edge"].Instructions {
			if l, ok := ins.Source().(*btf.Line); ok {
				got = append(got, row{i, l.FileName(), l.LineNumber(), l.LineColumn(), l.Line()})
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

// No text of a source file can break the string table.
func TestOddSource(t *testing.T) {
	for _, text := range []string{"", "\x00", "a\x00b\r\n", "\xff\xfe", strings.Repeat("x", 1<<16)} {
		span := diag.Span{File: "a\x00b.tcc", Start: diag.Pos{Line: 1, Col: 5000}}
		insns := asm.Instructions{asm.Mov.Imm(asm.R0, 0).WithSource(span), asm.Return().WithSource(at(1<<30, 1))}
		s := &Spec{Section: "tc", Sources: map[string]string{span.File: text}, Programs: []Program{{"f", insns}}}
		line, ok := load(t, s, binary.LittleEndian).Programs["f"].Instructions[0].Source().(*btf.Line)
		want, _, _ := strings.Cut(strings.ReplaceAll(text, "\x00", " "), "\r")
		if !ok || line.FileName() != "a b.tcc" || line.Line() != want || line.LineColumn() != maxColumn {
			t.Errorf("%.10q: %v", text, line)
		}
	}
}

// Without any source positions the object is still whole.
func TestNoSource(t *testing.T) {
	for _, order := range orders {
		insns := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
		spec := load(t, &Spec{Section: "tc", Programs: []Program{{"f", insns}}}, order)
		if p := spec.Programs["f"]; p == nil || p.Type != ebpf.SchedCLS || p.AttachType != ebpf.AttachNone {
			t.Errorf("%v: %v", order, p)
		}
	}
}
