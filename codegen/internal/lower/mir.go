// Package lower turns a function of the IR into machine code over virtual registers.
//
// What it decides: which instructions (select.go, call.go, object.go), how values reach block parameters (lower.go)
// and in which order the blocks lie (order.go). What it leaves open: registers and stack offsets (package regalloc),
// numbers that depend on the byte order, and jump offsets (package emit).
package lower

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// Reg is a register: one of the machine's from R0 to R10, or a virtual one from FirstVirtual on.
type Reg int32

// The machine's registers. A call takes R1 to R5, returns R0 and destroys R0 to R5; FP is read-only.
const (
	NoReg Reg = iota
	R0
	R1
	R2
	R3
	R4
	R5
	R6
	R7
	R8
	R9
	FP
	FirstVirtual
)

// IsVirtual reports whether r still waits for the allocator.
func (r Reg) IsVirtual() bool { return r >= FirstVirtual }

// Slot is an object on the stack, an index into Func.Slots; 0 is none.
type Slot int32

// Op is a family of instructions.
type Op uint8

// The families. Operands are named as in the machine: Dst and Src. Where Src is NoReg, the operand is Imm.
const (
	NoOp     Op = iota
	Mov         // Dst = Src
	Add         // Dst += Src, and so on
	Sub         //
	Mul         //
	Div         //
	Mod         //
	SDiv        // of signed numbers
	SMod        //
	And         //
	Or          //
	Xor         //
	Shl         //
	Shr         //
	Sar         //
	Extend      // Dst = Src, its low Size bytes with their sign repeated above
	Wire        // Dst = the low Size bytes of Dst, between host and wire order
	Pick        // Dst >>= so much that its lowest Size bytes are those at Off of an Order-byte number in memory
	LoadImm     // Dst = Imm, 64 bits
	LoadMap     // Dst = the map Sym
	LoadVar     // Dst = address of the global Sym
	LoadFunc    // Dst = address of subprogram Sym, the body of a loop
	SlotAddr    // Dst = address of Slot, for the next call of the block
	Load        // Dst = Size bytes at Src+Off; with a Slot, Off counts from its start and Src is FP
	Store       // Size bytes at Dst+Off = Src; with a Slot, Off counts from its start and Dst is FP
	XAdd        // Size bytes at Dst+Off += Src, atomically
	Spill       // Slot = Src, 64 bits
	Reload      // Dst = Slot
	Call        // R0 = helper Imm(R1 … R of Args), or subprogram Sym
	Jmp         // to the block's Jump if Dst Cond Src
	Exit        // return R0
	opCount
)

var opNames = [opCount]string{
	NoOp: "nop", Mov: "mov", Add: "add", Sub: "sub", Mul: "mul", Div: "div", Mod: "mod", SDiv: "sdiv", SMod: "smod", And: "and", Or: "or", Xor: "xor",
	Shl: "shl", Shr: "shr", Sar: "sar", Extend: "extend", Wire: "wire", Pick: "pick", LoadImm: "imm64", LoadMap: "map", LoadVar: "var", LoadFunc: "func", SlotAddr: "addr",
	Load: "load", Store: "store", XAdd: "xadd", Spill: "spill", Reload: "reload", Call: "call", Jmp: "if", Exit: "exit",
}

func (o Op) String() string { return opNames[o] }

// Inst is one instruction.
type Inst struct {
	// ID numbers the instructions of a function from 1. What the allocator adds has none, or the negative ID of the
	// instruction it repeats.
	ID    int32
	Op    Op
	W32   bool    // Mov, ALU, Jmp: on the lower half; a result is zero-extended
	Size  uint8   // Load, Store, XAdd, Extend, Wire, Pick: bytes
	Order uint8   // Imm is a number in wire order of so many bytes; 0: in host order
	Args  uint8   // Call: number of arguments
	Cond  ir.Cond // Jmp
	Begin bool    // Store: the slot's content before it is dead; SlotAddr: the call fills the slot
	Again bool    // may be repeated later with the same result, as long as what it reads is there
	Dst   Reg
	Src   Reg
	Slot  Slot
	Off   int32
	Imm   int64
	Sym   string
	Span  diag.Span
}

// Reads returns the registers that i reads, except the arguments of a Call and the R0 of an Exit.
func (i *Inst) Reads() (a, b Reg) {
	a, b = NoReg, NoReg
	switch i.Op {
	case Mov, Extend, Load, Spill:
		a = i.Src
	case Wire, Pick:
		a = i.Dst
	case Store, XAdd, Jmp, Add, Sub, Mul, Div, Mod, SDiv, SMod, And, Or, Xor, Shl, Shr, Sar:
		a, b = i.Dst, i.Src
	}
	return a, b
}

// Writes returns the register that i writes, or NoReg. A Call writes R0 to R5.
func (i *Inst) Writes() Reg {
	switch i.Op {
	case Store, XAdd, Spill, Call, Jmp, Exit, NoOp:
		return NoReg
	}
	return i.Dst
}

// IsCopy reports whether i makes Dst the same 64 bits as Src.
func (i *Inst) IsCopy() bool { return i.Op == Mov && !i.W32 && i.Src != NoReg }

// Block is a basic block.
type Block struct {
	ID    int
	Insts []Inst
	Jump  *Block // where the last instruction, a Jmp, goes; nil if it is none
	Fall  *Block // where control goes otherwise; nil after Exit
	Cold  bool
	Stage string // that it came from
}

// Func is a program or subprogram. Blocks lie in their final order, the entry first.
type Func struct {
	Name   string
	Args   int // that it is given, in R1 and so on
	Blocks []*Block
	Nested bool  // it calls subprograms, or is one
	Slots  []int // bytes of each stack object, multiples of 8; Slots[0] is none
	Regs   Reg   // all registers are below
	Insts  int32 // all IDs are at most this

	blocks int
}

// NewReg makes a virtual register.
func (f *Func) NewReg() Reg {
	f.Regs++
	return f.Regs - 1
}

// NewSlot makes a stack object of at least size bytes.
func (f *Func) NewSlot(size int) Slot {
	f.Slots = append(f.Slots, (size+7)&^7)
	return Slot(len(f.Slots) - 1)
}

// NewBlock makes a block that lies nowhere yet.
func (f *Func) NewBlock(cold bool) *Block {
	f.blocks++
	return &Block{ID: f.blocks - 1, Cold: cold}
}
