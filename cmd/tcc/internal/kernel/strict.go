package kernel

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// testRegInvariants is BPF_F_TEST_REG_INVARIANTS of linux/bpf.h, since Linux 6.8. What the verifier knows of a register it
// knows in several forms. If they contradict each other, it forgets what it knew and logs a warning, once until the next
// boot; with this flag it refuses the program.
const testRegInvariants = 1 << 7

// CanBeStrict reports whether the kernel knows what a strict engine asks for.
func CanBeStrict() bool {
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "GPL", Flags: testRegInvariants,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err == nil {
		p.Close()
	}
	return err == nil
}
