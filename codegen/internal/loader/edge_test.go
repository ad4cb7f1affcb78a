package loader

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/tcc-bpf/tcc/codegen/internal/object"
	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime"
)

// The types of the test pipeline.
var (
	reason = &types.Enum{Name: "reason", Base: types.U32, Members: []types.EnumMember{{Name: "blocked"}, {Name: "no_state", Value: 2}}}
	colour = &types.Enum{Name: "colour", Base: types.U8, Members: []types.EnumMember{{Name: "red"}, {Name: "green", Value: 1}, {Name: "rot"}}}
	key    = types.NewStruct("flow_key", []types.Field{
		{Name: "on", Type: types.Bool}, {Name: "src", Type: types.IP4}, {Name: "hw", Type: types.MAC}, {Name: "port", Type: types.BE16}, {Name: "proto", Type: types.U8},
	})
	flow    = types.NewStruct("flow", []types.Field{{Name: "why", Type: reason}, {Name: "packets", Type: types.U64}, {Name: "key", Type: key}})
	refused = types.NewStruct("refused", []types.Field{{Name: "src", Type: types.IP4}, {Name: "why", Type: reason}, {Name: "proto", Type: types.U8}, {Name: "n", Type: types.U64}})
	ping    = types.NewStruct("ping", nil)
)

func words(order binary.ByteOrder, ns ...uint32) (data []byte) {
	for _, n := range ns {
		data, _ = binary.Append(data, order, n)
	}
	return data
}

// edge is a pipeline that has one of everything. Its entry counts, emits an event and calls slot 3 of others, where
// allow is; if the slot is empty it drops.
func edge(order binary.ByteOrder) *object.Spec {
	entry := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		// dropped[limit] += 1
		asm.LoadMapValue(asm.R1, 0, 0).WithReference("limit"),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.StoreMem(asm.R10, -4, asm.R1, asm.Word),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -4),
		asm.LoadMapPtr(asm.R1, 0).WithReference("dropped"),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "event"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		// emit refused{src: 192.0.2.1, why: no_state, proto: 6, n: 7}
		asm.StoreImm(asm.R10, -32, 0, asm.Word).WithSymbol("event"),
		asm.StoreImm(asm.R10, -28, 0, asm.Word),
		asm.LoadMapValue(asm.R1, 0, 0).WithReference("gate"),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.StoreMem(asm.R10, -24, asm.R1, asm.Word),
		asm.StoreImm(asm.R10, -20, 2, asm.Word),
		asm.StoreImm(asm.R10, -16, 0, asm.Word),
		asm.StoreImm(asm.R10, -12, 0, asm.Word),
		asm.StoreImm(asm.R10, -16, 6, asm.Byte),
		asm.Mov.Imm(asm.R1, 7),
		asm.StoreMem(asm.R10, -8, asm.R1, asm.DWord),
		asm.LoadMapPtr(asm.R1, 0).WithReference("tcc_events"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -32),
		asm.Mov.Imm(asm.R3, 32),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRingbufOutput.Call(),
		// total[0] = total[0] is left alone; panic drops at once
		asm.LoadMapValue(asm.R1, 0, 0).WithReference("panic"),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Byte),
		asm.JNE.Imm(asm.R1, 0, "drop"),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.LoadMapPtr(asm.R2, 0).WithReference("others"),
		asm.Mov.Imm(asm.R3, 3),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 1).WithSymbol("drop"),
		asm.Return(),
	}
	verdict := func(code int32) asm.Instructions { return asm.Instructions{asm.Mov.Imm(asm.R0, code), asm.Return()} }
	u64 := func(name string, max uint32) object.Map {
		return object.Map{Name: name, Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: max}
	}
	typed := func(name string, t ebpf.MapType, max uint32, k, v types.Type) object.Map {
		return object.Map{Name: name, Type: t, MaxEntries: max, KeySize: uint32(k.Size()), ValueSize: uint32(v.Size()), Key: object.BTFType(k), Value: object.BTFType(v)}
	}
	banned := typed("banned", ebpf.LPMTrie, 10, types.IP4, types.U32)
	banned.Key, banned.KeySize = object.LPMKey(types.IP4), 8
	return &object.Spec{
		Section:  "xdp",
		License:  "GPL",
		Programs: []object.Program{{Name: "edge", Insns: entry}, {Name: "allow", Insns: verdict(2)}, {Name: "back_1", Insns: verdict(3)}},
		Maps: []object.Map{
			typed("flows", ebpf.LRUHash, 64, key, flow), banned, u64("dropped", 3), u64("total", 1), u64("per_port", 8),
			{Name: "others", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 16, Programs: map[uint32]string{3: "allow", 12: "back_1", 4: "allow"}},
			{Name: "spare", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1},
			{Name: "tcc_events", Type: ebpf.RingBuf, MaxEntries: 4096},
		},
		Globals: []object.Global{
			{Name: "guard", Const: true, Type: object.BTFType(types.Bool), Init: []byte{1}},
			{Name: "limit", Const: true, Type: object.BTFType(types.U32), Init: words(order, 2)},
			{Name: "low", Const: true, Type: object.BTFType(types.I32), Init: words(order, 0xfffffffe)},
			{Name: "gate", Const: true, Type: object.BTFType(types.IP4), Init: []byte{192, 0, 2, 1}},
			{Name: "start", Const: true, Type: object.BTFType(key)},
			{Name: "paint", Const: true, Type: object.BTFType(colour), Init: []byte{1}},
			{Name: "panic", Type: object.BTFType(types.Bool)},
			{Name: "seen", Type: object.BTFType(flow)},
			{Name: "tcc_now", Type: object.BTFType(types.U64)},
		},
		Types: []btf.Type{object.BTFType(refused), object.BTFType(ping), object.BTFType(reason)},
	}
}

// edgeLayout is what the compiler would say of edge.
var edgeLayout = runtime.Layout{
	Name: "edge", Type: "xdp", Default: 1,
	Slots: []runtime.SlotsLayout{
		{Name: "others", Len: 16, Initial: map[uint32]string{3: "allow", 12: "back_1", 4: "allow"}},
		{Name: "spare", Len: 1},
	},
	Counters: []runtime.CounterLayout{
		{Name: "dropped", Len: 3, Enum: "reason", Members: map[string]uint32{"blocked": 0, "no_state": 2}},
		{Name: "total", Len: 1},
		{Name: "per_port", Len: 8},
	},
	Events: []runtime.EventLayout{{Name: "refused", Size: 24}, {Name: "ping"}},
}

func edgeObject(t *testing.T, order binary.ByteOrder) []byte {
	t.Helper()
	data, err := object.Write(edge(order), order)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// edgeInput is the input for edge, read from an object of either byte order.
func edgeInput(t *testing.T, order binary.ByteOrder) Input {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(edgeObject(t, order)))
	if err != nil {
		t.Fatal(err)
	}
	return Input{Package: "main", Ident: "edge", Stem: "edge", Source: "edge.tcc", Hash: "0123", Spec: spec, Layout: edgeLayout}
}

func generate(t *testing.T, in Input) []byte {
	t.Helper()
	source, err := Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	return source
}
