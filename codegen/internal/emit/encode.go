package emit

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cilium/ebpf/asm"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// Instructions are the program in a byte order. Maps and globals are references by name, jumps have their offsets, and
// the source of an instruction is its diag.Span.
func (f *Function) Instructions(order binary.ByteOrder) (asm.Instructions, error) {
	e := &encoder{order: order, start: map[*lower.Block]int{}}
	at := 0
	for n, b := range f.Code.Blocks {
		e.start[b] = at
		at += size(f.Code, n, b)
	}
	for n, b := range f.Code.Blocks {
		for k := range b.Insts {
			if err := e.inst(b, &b.Insts[k]); err != nil {
				return nil, f.errorAt(b.Insts[k].Span, err)
			}
		}
		if leaps(f.Code, n) {
			if err := e.leap(b); err != nil {
				return nil, f.errorAt(diag.Span{}, err)
			}
		}
	}
	e.out[0] = e.out[0].WithSymbol(f.Name)
	return e.out, nil
}

func (f *Function) errorAt(at diag.Span, err error) error {
	if at.IsValid() {
		err = fmt.Errorf("%s: %w", at, err)
	}
	return fmt.Errorf("%s: %w", f.Name, err)
}

// size is the length of block n, in units of 8 bytes.
func size(f *lower.Func, n int, b *lower.Block) int {
	total := 0
	for k := range b.Insts {
		total += slots(&b.Insts[k])
	}
	if leaps(f, n) {
		total++
	}
	return total
}

// leaps reports whether block n must end in a jump to where control goes on.
func leaps(f *lower.Func, n int) bool {
	b := f.Blocks[n]
	return b.Fall != nil && (n+1 == len(f.Blocks) || f.Blocks[n+1] != b.Fall)
}

// slots is how many places of 8 bytes an instruction takes.
func slots(i *lower.Inst) int {
	switch i.Op {
	case lower.LoadImm, lower.LoadMap, lower.LoadVar, lower.LoadFunc, lower.SlotAddr:
		return 2
	}
	return 1
}

type encoder struct {
	order binary.ByteOrder
	start map[*lower.Block]int
	slot  int // of the next instruction
	out   asm.Instructions
}

func (e *encoder) emit(i *lower.Inst, ins asm.Instruction) {
	if i.Span.IsValid() {
		ins = ins.WithSource(i.Span)
	}
	e.out = append(e.out, ins)
	e.slot += int(ins.Width())
}

// leap jumps to where b goes on.
func (e *encoder) leap(b *lower.Block) error {
	off, err := e.distance(b.Fall)
	if err != nil {
		return err
	}
	var last lower.Inst
	if n := len(b.Insts); n > 0 {
		last = b.Insts[n-1]
	}
	ins := asm.Ja.Label("")
	ins.Offset = off
	e.emit(&last, ins.WithReference(""))
	return nil
}

// distance is the offset of a jump that is the next instruction.
func (e *encoder) distance(to *lower.Block) (int16, error) {
	off := e.start[to] - e.slot - 1
	if off < math.MinInt16 || off > math.MaxInt16 {
		return 0, fmt.Errorf("a jump over %d instructions is too far for the kernel's 16 bits", off)
	}
	return int16(off), nil
}

func reg(r lower.Reg) asm.Register { return asm.Register(r - lower.R0) }

var sizes = [...]asm.Size{1: asm.Byte, 2: asm.Half, 4: asm.Word, 8: asm.DWord}

var alu = map[lower.Op]asm.ALUOp{
	lower.Mov: asm.Mov, lower.Add: asm.Add, lower.Sub: asm.Sub, lower.Mul: asm.Mul, lower.Div: asm.Div, lower.Mod: asm.Mod,
	lower.SDiv: asm.SDiv, lower.SMod: asm.SMod,
	lower.And: asm.And, lower.Or: asm.Or, lower.Xor: asm.Xor, lower.Shl: asm.LSh, lower.Shr: asm.RSh, lower.Sar: asm.ArSh,
}

var jumps = map[ir.Cond]asm.JumpOp{
	ir.Eq: asm.JEq, ir.Ne: asm.JNE, ir.ULt: asm.JLT, ir.ULe: asm.JLE, ir.UGt: asm.JGT, ir.UGe: asm.JGE,
	ir.SLt: asm.JSLT, ir.SLe: asm.JSLE, ir.SGt: asm.JSGT, ir.SGe: asm.JSGE, ir.Set: asm.JSet,
}

// inst encodes one instruction.
func (e *encoder) inst(b *lower.Block, i *lower.Inst) error {
	dst, src := reg(i.Dst), reg(i.Src)
	switch i.Op {
	case lower.Extend:
		e.emit(i, e.extend(i))
	case lower.Wire:
		e.emit(i, asm.HostTo(asm.BE, dst, sizes[i.Size]))
	case lower.Pick:
		e.emit(i, asm.RSh.Imm(dst, e.pick(i)))
	case lower.LoadImm:
		e.emit(i, asm.LoadImm(dst, e.number(i), asm.DWord))
	case lower.LoadMap:
		e.emit(i, asm.LoadMapPtr(dst, 0).WithReference(i.Sym))
	case lower.LoadVar:
		e.emit(i, asm.LoadMapValue(dst, 0, 0).WithReference(i.Sym))
	case lower.LoadFunc:
		ins := asm.LoadImm(dst, -1, asm.DWord)
		ins.Src = asm.PseudoFunc
		e.emit(i, ins.WithReference(i.Sym))
	case lower.SlotAddr:
		e.emit(i, asm.Mov.Reg(dst, asm.RFP))
		e.emit(i, asm.Add.Imm(dst, i.Off))
	case lower.Load:
		e.emit(i, asm.LoadMem(dst, src, int16(i.Off), sizes[i.Size]))
	case lower.Reload:
		e.emit(i, asm.LoadMem(dst, asm.RFP, int16(i.Off), asm.DWord))
	case lower.Spill:
		e.emit(i, asm.StoreMem(asm.RFP, int16(i.Off), src, asm.DWord))
	case lower.Store:
		e.emit(i, e.store(i))
	case lower.XAdd:
		e.emit(i, asm.AddAtomic.Mem(dst, src, sizes[i.Size], int16(i.Off)))
	case lower.Call:
		if i.Sym != "" {
			e.emit(i, asm.Call.Label(i.Sym))
		} else {
			e.emit(i, asm.BuiltinFunc(i.Imm).Call())
		}
	case lower.Exit:
		e.emit(i, asm.Return())
	case lower.Jmp:
		off, err := e.distance(b.Jump)
		if err != nil {
			return err
		}
		e.emit(i, e.jump(i, off))
	default:
		e.emit(i, e.arithmetic(i))
	}
	return nil
}

func (e *encoder) arithmetic(i *lower.Inst) asm.Instruction {
	op, dst, src := alu[i.Op], reg(i.Dst), reg(i.Src)
	switch {
	case i.Src == lower.NoReg && i.W32:
		return op.Imm32(dst, int32(e.number(i)))
	case i.Src == lower.NoReg:
		return op.Imm(dst, int32(e.number(i)))
	case i.W32:
		return op.Reg32(dst, src)
	}
	return op.Reg(dst, src)
}

// extensions are the moves that repeat a sign, by the bytes that are moved.
var extensions = map[uint8]asm.ALUOp{1: asm.MovSX8, 2: asm.MovSX16, 4: asm.MovSX32}

func (e *encoder) extend(i *lower.Inst) asm.Instruction {
	if i.W32 {
		return extensions[i.Size].Reg32(reg(i.Dst), reg(i.Src))
	}
	return extensions[i.Size].Reg(reg(i.Dst), reg(i.Src))
}

// store is a store of a register, or of a number. asm.StoreImm knows no stores of a number to 8 bytes.
func (e *encoder) store(i *lower.Inst) asm.Instruction {
	if i.Src != lower.NoReg {
		return asm.StoreMem(reg(i.Dst), int16(i.Off), reg(i.Src), sizes[i.Size])
	}
	return asm.Instruction{
		OpCode:   asm.OpCode(asm.StClass).SetMode(asm.MemMode).SetSize(sizes[i.Size]),
		Dst:      reg(i.Dst),
		Offset:   int16(i.Off),
		Constant: int64(int32(e.number(i))),
	}
}

func (e *encoder) jump(i *lower.Inst, off int16) asm.Instruction {
	op, dst := jumps[i.Cond], reg(i.Dst)
	var ins asm.Instruction
	switch {
	case i.Src == lower.NoReg && i.W32:
		ins = op.Imm32(dst, int32(e.number(i)), "")
	case i.Src == lower.NoReg:
		ins = op.Imm(dst, int32(e.number(i)), "")
	case i.W32:
		ins = op.Reg32(dst, reg(i.Src), "")
	default:
		ins = op.Reg(dst, reg(i.Src), "")
	}
	ins.Offset = off
	return ins.WithReference("")
}

// number is the immediate as this byte order has it: one in wire order is what the machine reads where Imm lies
// big-endian.
func (e *encoder) number(i *lower.Inst) int64 {
	if i.Order == 0 || e.order == binary.ByteOrder(binary.BigEndian) {
		return i.Imm
	}
	n := int64(ir.Swap(int(i.Order), uint64(i.Imm)))
	if i.Order == 4 {
		n = int64(int32(n))
	}
	return n
}

// pick is the shift that brings bytes of a number in memory order down.
func (e *encoder) pick(i *lower.Inst) int32 {
	if e.order == binary.ByteOrder(binary.BigEndian) {
		return 8 * (int32(i.Order) - i.Off - int32(i.Size))
	}
	return 8 * i.Off
}
