package emit

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// TestResults: endings of a subprogram are shared only if they return the same 64 bits in either byte order.
func TestResults(t *testing.T) {
	m := ir.MustParse(`module f tc default 0 license "GPL"
sub s result 8 {
b0(v0 i32.4):
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1: cold
	v2 i64 = const 4294967295
	ret v2
b2:
	v3 i32 = const 2
	br eq v0, v3 ? b3 : b4
b3: cold
	v4 i64 = const -1
	ret v4
b4:
	v5 i32 = const 3
	br eq v0, v5 ? b5 : b6
b5: cold
	v6 i64 = const 4294967295
	ret v6
b6:
	v7 = zext v0
	ret v7
}
`)
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	f, err := Compile(m, m.Subs[0])
	if err != nil {
		t.Fatal(err)
	}
	insns, err := f.Instructions(binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	short, long := 0, 0
	for _, ins := range insns {
		switch {
		case ins.Dst != asm.R0 || ins.Constant != -1 || ins.OpCode.ALUOp() != asm.Mov:
		case ins.OpCode.Class() == asm.ALUClass:
			short++
		default:
			long++
		}
	}
	if short != 1 || long != 1 {
		t.Errorf("%d moves of 32 bits and %d of 64, want one each:\n%v", short, long, insns)
	}
}
