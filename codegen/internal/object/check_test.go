package object

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Each case breaks the good spec in one way.
func TestMalformed(t *testing.T) {
	ret := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	long := func(n int) asm.Instructions {
		insns := asm.Instructions{asm.JEq.Imm(asm.R1, 0, "end")}
		for range n {
			insns = append(insns, asm.Mov.Imm(asm.R0, 0))
		}
		return append(insns, asm.Return().WithSymbol("end"))
	}
	first := func(ins asm.Instruction) func(*Spec) {
		return func(s *Spec) { s.Programs[0].Insns = append(asm.Instructions{ins}, ret...) }
	}
	addMap := func(m Map) func(*Spec) { return func(s *Spec) { m.Name = "extra"; s.Maps = append(s.Maps, m) } }
	addGlobal := func(g Global) func(*Spec) {
		return func(s *Spec) { g.Name = "extra"; s.Globals = append(s.Globals, g) }
	}
	u32 := BTFType(types.U32)

	for _, c := range []struct {
		want  string
		spoil func(*Spec)
	}{
		{`section "lsm": no section of programs`, func(s *Spec) { s.Section = "lsm" }},
		{"license: contains a zero byte", func(s *Spec) { s.License = "G\x00PL" }},
		{"an object needs a program", func(s *Spec) { s.Programs = nil }},
		{`program "a b": not a valid name`, func(s *Spec) { s.Programs[1].Name = "a b" }},
		{"map next: the name is taken", func(s *Spec) { s.Maps[0].Name = "next" }},
		{"variable hits: the name is taken", func(s *Spec) { s.Globals[0].Name = "hits" }},
		{`variable "": not a valid name`, func(s *Spec) { s.Globals[0].Name = "" }},
		{"type 0: has no name", func(s *Spec) { s.Types[0] = nil }},
		{"type 0: has no name", func(s *Spec) { s.Types[0] = &btf.Struct{} }},

		{"program next: has no instructions", func(s *Spec) { s.Programs[1].Insns = nil }},
		{"program edge: runs off its end", func(s *Spec) { s.Programs[0].Insns = s.Programs[0].Insns[:5] }},
		{"only helpers and subprograms can be called", first(asm.Call.Label("next"))},
		{"there is no such body of a loop", first(asm.Instruction{OpCode: asm.LoadImmOp(asm.DWord), Src: asm.PseudoFunc, Constant: -1}.WithReference("next"))},
		{"can't be in an object", first(asm.Instruction{OpCode: asm.LoadImmOp(asm.DWord), Src: asm.Register(5), Constant: -1})},
		{`nothing is called "flow"`, first(asm.LoadMapPtr(asm.R1, 0).WithReference("flow"))},
		{`nothing is called ""`, first(asm.LoadMapPtr(asm.R1, 3))},
		{"guard is something else", first(asm.LoadMapPtr(asm.R1, 0).WithReference("guard"))},
		{"flows is something else", first(asm.LoadMapValue(asm.R1, 0, 0).WithReference("flows"))},
		{"next is something else", first(asm.LoadMapPtr(asm.R1, 0).WithReference("next"))},
		{"seen has no byte 16", first(asm.LoadMapValue(asm.R1, 0, 16).WithReference("seen"))},
		{"nothing is labelled away", first(asm.Ja.Label("away"))},
		{"the label x is there twice", func(s *Spec) {
			s.Programs[0].Insns = asm.Instructions{ret[0].WithSymbol("x"), ret[1].WithSymbol("x")}
		}},
		{"the jump goes to slot 4, where no instruction starts", first(asm.Instruction{OpCode: asm.Ja.Op(asm.ImmSource), Offset: 3})},
		{"the jump goes to slot -1", first(asm.Instruction{OpCode: asm.Ja.Op(asm.ImmSource), Offset: -2})},
		{"the jump goes to slot 2, where no instruction starts", func(s *Spec) {
			s.Programs[0].Insns = append(asm.Instructions{{OpCode: asm.Ja.Op(asm.ImmSource), Offset: 1}, asm.LoadImm(asm.R1, 1, asm.DWord)}, ret...)
		}},
		{"the jump is 40000 slots long", func(s *Spec) { s.Programs[0].Insns = long(40000) }},
		{"the jump is 32768 slots long", func(s *Spec) { s.Programs[0].Insns = long(32768) }},
		{"not an instruction of the base set", first(asm.LongJump("x"))},
		{"not an instruction of the base set", first(asm.SDiv.Imm(asm.R1, 2))},
		{"not an instruction of the base set", first(asm.Instruction{OpCode: asm.InvalidOpCode})},
		{"no such register", first(asm.Mov.Reg(asm.R1, 11))},
		{"the constant 2147483648 does not fit in 32 bits", first(asm.Instruction{OpCode: asm.Mov.Op(asm.ImmSource), Constant: 1 << 31})},

		{"map extra: has no entries", addMap(Map{Type: ebpf.Hash, KeySize: 4, ValueSize: 4})},
		{"map extra: needs the sizes of its keys and values", addMap(Map{Type: ebpf.Hash, MaxEntries: 1, KeySize: 4})},
		{"map extra: a key is 8 bytes long, but its type 4", addMap(Map{Type: ebpf.Hash, MaxEntries: 1, KeySize: 8, ValueSize: 4, Key: u32})},
		{"map extra: a value is 8 bytes long, but its type 4", addMap(Map{Type: ebpf.Hash, MaxEntries: 1, KeySize: 4, ValueSize: 8, Value: u32})},
		{"map extra: a ring buffer has no keys", addMap(Map{Type: ebpf.RingBuf, MaxEntries: 4096, Value: u32})},
		{"map extra: the key of an array is an integer", addMap(Map{Type: ebpf.Array, MaxEntries: 1, KeySize: 4, ValueSize: 4, Key: BTFType(reason), Value: u32})},
		{"map extra: only a prog array holds programs", addMap(Map{Type: ebpf.Array, MaxEntries: 1, KeySize: 4, ValueSize: 4, Programs: map[uint32]string{0: "next"}})},
		{"map extra: a prog array has untyped", addMap(Map{Type: ebpf.ProgramArray, MaxEntries: 1, KeySize: 4, ValueSize: 4, Key: u32})},
		{"map extra: program next is in slot 1 of 1", addMap(Map{Type: ebpf.ProgramArray, MaxEntries: 1, KeySize: 4, ValueSize: 4, Programs: map[uint32]string{1: "next"}})},
		{"map extra: slot 0: no program gone", addMap(Map{Type: ebpf.ProgramArray, MaxEntries: 1, KeySize: 4, ValueSize: 4, Programs: map[uint32]string{0: "gone"}})},
		{"map extra: slot 0: no program flows", addMap(Map{Type: ebpf.ProgramArray, MaxEntries: 1, KeySize: 4, ValueSize: 4, Programs: map[uint32]string{0: "flows"}})},

		{"variable extra: has no type", addGlobal(Global{})},
		{"variable extra: has no size", addGlobal(Global{Type: BTFType(types.Untyped)})},
		{"variable extra: is 4 bytes long, but starts as 3", addGlobal(Global{Type: u32, Init: make([]byte, 3)})},
	} {
		for _, order := range orders {
			s := edge(order)
			c.spoil(s)
			_, err := Write(s, order)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
	}
}

// The longest jump that an offset can say is fine.
func TestLongestJump(t *testing.T) {
	insns := asm.Instructions{asm.JEq.Imm(asm.R1, 0, "end"), asm.Mov.Imm(asm.R0, 0)}
	for range 32766 {
		insns = append(insns, asm.Mov.Imm(asm.R0, 0))
	}
	s := &Spec{Section: "tc", Programs: []Program{{"f", append(insns, asm.Return().WithSymbol("end"))}}}
	got := load(t, s, binary.LittleEndian).Programs["f"].Instructions[0]
	if got.Offset != 32767 {
		t.Errorf("the jump is %d slots long", got.Offset)
	}
}
