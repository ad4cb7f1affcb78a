package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// An assembler encodes the programs into their section. It does so itself, and not by Instructions.Marshal, because
// that changes its input, lets far jumps wrap around, and knows Linux's helpers only on Linux.
type assembler struct {
	file  *file
	text  *section
	types *typeTable
	lines map[string][]string // of each source file
	ext   *extSection         // of text
	funcs []address

	signed bool // see Spec
}

// subSection is where loaders look for what programs call.
const subSection = ".text"

// writePrograms encodes all programs and subprograms.
func writePrograms(f *file, text, subs *section, types *typeTable, s *Spec) (*extInfo, error) {
	a := &assembler{file: f, types: types, lines: make(map[string][]string), signed: s.Signed}
	for name, source := range s.Sources {
		a.lines[name] = strings.Split(source, "\n")
	}
	ext := &extInfo{}
	a.text, a.ext = text, ext.section(text)
	for i := range s.Programs {
		p := &s.Programs[i]
		if err := a.program(p.Name, programType(contexts[s.Section]), btf.GlobalFunc, p.Insns); err != nil {
			return nil, fmt.Errorf("program %s: %w", p.Name, err)
		}
	}
	if subs != nil {
		a.text, a.ext = subs, ext.section(subs)
	}
	for i := range s.Subs {
		p := &s.Subs[i]
		linkage := btf.GlobalFunc
		if p.Loop {
			linkage = btf.StaticFunc
		}
		if err := a.program(p.Name, p.typ(contexts[s.Section]), linkage, p.Insns); err != nil {
			return nil, fmt.Errorf("subprogram %s: %w", p.Name, err)
		}
	}
	a.placeFunctions()
	return ext, nil
}

// program encodes one program or subprogram, and fills in its symbol.
func (a *assembler) program(name string, typ *btf.FuncProto, linkage btf.FuncLinkage, insns asm.Instructions) error {
	shape, err := newShape(insns)
	if err != nil {
		return err
	}
	sym := a.file.names[name]
	sym.value, sym.size = len(a.text.data), shape.slots*asm.InstructionSize

	id, err := a.types.add(&btf.Func{Name: name, Type: typ, Linkage: linkage})
	if err != nil {
		return err
	}
	a.ext.funcs = append(a.ext.funcs, funcInfo{uint32(sym.value), id})

	line := shape.first
	a.line(line)
	iter := insns.Iterate()
	for iter.Next() {
		if span := spanOf(iter.Ins); span.IsValid() && !sameLine(span, line) {
			line = span
			a.line(line)
		}
		if err := a.instruction(*iter.Ins, int(iter.Offset), shape); err != nil {
			return fmt.Errorf("instruction %d (%v): %w", iter.Index, *iter.Ins, err)
		}
	}
	return nil
}

// line records that what follows comes from a place in the source.
func (a *assembler) line(span diag.Span) {
	if !span.IsValid() {
		return
	}
	text := ""
	if lines := a.lines[span.File]; span.Start.Line <= len(lines) {
		text = strings.TrimSuffix(lines[span.Start.Line-1], "\r")
	}
	a.ext.addLine(a.types, len(a.text.data), span, text)
}

func sameLine(a, b diag.Span) bool {
	return a.File == b.File && a.Start.Line == b.Start.Line && a.Start.Col == b.Start.Col
}

// instruction encodes one instruction that stands at a slot of its program.
func (a *assembler) instruction(ins asm.Instruction, slot int, shape *shape) error {
	var err error
	switch class := ins.OpCode.Class(); {
	case ins.IsLoadFromMap():
		ins, err = a.reference(ins)
	case ins.IsLoadOfFunctionPointer():
		ins, err = a.function(ins)
	case ins.OpCode.IsDWordLoad():
		if ins.Src != 0 {
			err = errors.New("can't be in an object")
		}
	case class.IsALU() && a.signed:
		ins = signedVariant(ins)
	case class.IsJump() && ins.OpCode.JumpOp() == asm.Call:
		if ins.Src != 0 || ins.Reference() != "" {
			ins, err = a.call(ins)
		}
	case class.IsJump() && ins.OpCode.JumpOp() != asm.Exit:
		ins.Offset, err = shape.jump(ins, slot)
	}
	if err != nil {
		return err
	}
	a.text.data, err = appendInstruction(a.text.data, ins, a.file.order)
	return err
}

// call makes a call of a subprogram relocatable.
func (a *assembler) call(ins asm.Instruction) (asm.Instruction, error) {
	sym := a.file.names[ins.Reference()]
	if sym == nil || sym.section.name != subSection || ins.Src != asm.PseudoCall {
		return ins, errors.New("only helpers and subprograms can be called")
	}
	ins.Constant = -1 // counts from the symbol
	a.text.relocs = append(a.text.relocs, reloc{len(a.text.data), rel32, sym})
	return ins, nil
}

// function makes a load of the address of a subprogram relocatable. It counts from the start of the section, as for all
// static functions.
func (a *assembler) function(ins asm.Instruction) (asm.Instruction, error) {
	sym := a.file.names[ins.Reference()]
	if sym == nil || !sym.local || sym.section.name != subSection {
		return ins, errors.New("there is no such body of a loop")
	}
	a.funcs = append(a.funcs, address{a.text, len(a.text.data), sym})
	a.text.relocs = append(a.text.relocs, reloc{len(a.text.data), rel64, sym.section.self})
	ins.Src, ins.Constant = 0, 0
	return ins, nil
}

// placeFunctions fills in where subprograms are, once that is known.
func (a *assembler) placeFunctions() {
	for _, l := range a.funcs {
		a.file.order.PutUint32(l.section.data[l.offset+immediate:], uint32(l.of.value))
	}
}

// An address is an instruction at an offset of a section that loads the address of a subprogram.
type address struct {
	section *section
	offset  int
	of      *symbol
}

// immediate is where an instruction has its constant, in bytes.
const immediate = 4

// signedVariants are the operations of the fourth instruction set by what they are variants of, and the offset that tells.
var signedVariants = map[asm.ALUOp]struct {
	of     asm.ALUOp
	offset int16
}{
	asm.SDiv: {asm.Div, 1}, asm.SMod: {asm.Mod, 1},
	asm.MovSX8: {asm.Mov, 8}, asm.MovSX16: {asm.Mov, 16}, asm.MovSX32: {asm.Mov, 32},
}

// signedVariant is how an operation of signed numbers is encoded; others are left as they are.
func signedVariant(ins asm.Instruction) asm.Instruction {
	if v, ok := signedVariants[ins.OpCode.ALUOp()]; ok {
		ins.OpCode, ins.Offset = ins.OpCode.SetALUOp(v.of), v.offset
	}
	return ins
}

// reference makes a load from a map or variable relocatable. The relocation is against the name if it can be. A place
// inside a variable is one relative to its section: not every loader adds to the address of a symbol.
func (a *assembler) reference(ins asm.Instruction) (asm.Instruction, error) {
	sym := a.file.names[ins.Reference()]
	if sym == nil {
		return ins, fmt.Errorf("nothing is called %q", ins.Reference())
	}
	off := int(ins.Constant >> 32)
	isMap := sym.section.name == ".maps"
	switch {
	case sym.typ != variable || isMap != (ins.Src == asm.PseudoMapFD):
		return ins, fmt.Errorf("%s is something else", sym.name)
	case isMap && off != 0, !isMap && (off < 0 || off >= sym.size):
		return ins, fmt.Errorf("%s has no byte %d", sym.name, off)
	}
	ins.Src, ins.Constant = 0, 0
	if off > 0 {
		ins.Constant = int64(sym.value + off)
		sym = sym.section.self
	}
	a.text.relocs = append(a.text.relocs, reloc{len(a.text.data), rel64, sym})
	return ins, nil
}

// appendInstruction encodes an instruction whose references are resolved.
//
//	opcode:8 registers:8 offset:16 immediate:32
//
// A load of 64 bits takes a second slot, with the upper half of the constant as its immediate.
func appendInstruction(buf []byte, ins asm.Instruction, order binary.ByteOrder) ([]byte, error) {
	wide := ins.OpCode.IsDWordLoad()
	switch {
	case ins.OpCode > math.MaxUint8:
		return nil, errors.New("not an instruction of the base set")
	case ins.Dst > asm.R10 || ins.Src > asm.R10:
		return nil, errors.New("no such register")
	case !wide && int64(int32(ins.Constant)) != ins.Constant:
		return nil, fmt.Errorf("the constant %d does not fit in 32 bits", ins.Constant)
	}
	regs := byte(ins.Src<<4 | ins.Dst)
	if big(order) {
		regs = byte(ins.Dst<<4 | ins.Src)
	}
	put := func(op, regs byte, off int16, imm uint32) {
		var slot [asm.InstructionSize]byte
		slot[0], slot[1] = op, regs
		order.PutUint16(slot[2:], uint16(off))
		order.PutUint32(slot[4:], imm)
		buf = append(buf, slot[:]...)
	}
	put(byte(ins.OpCode), regs, ins.Offset, uint32(ins.Constant))
	if wide {
		put(0, 0, 0, uint32(ins.Constant>>32))
	}
	return buf, nil
}

// A shape is what must be known of a program before its instructions can be encoded.
type shape struct {
	slots  int            // length in slots of 8 bytes
	starts []bool         // whether an instruction starts at a slot
	labels map[string]int // slots of symbols
	first  diag.Span      // the first source position
}

func newShape(insns asm.Instructions) (*shape, error) {
	if len(insns) == 0 {
		return nil, errors.New("has no instructions")
	}
	s := &shape{labels: make(map[string]int)}
	for i := range insns {
		ins := &insns[i]
		s.starts = append(s.starts, true)
		if ins.Width() > 1 {
			s.starts = append(s.starts, false)
		}
		if name := ins.Symbol(); name != "" {
			if _, taken := s.labels[name]; taken {
				return nil, fmt.Errorf("the label %s is there twice", name)
			}
			s.labels[name] = s.slots
		}
		if !s.first.IsValid() {
			s.first = spanOf(ins)
		}
		s.slots += int(ins.Width())
	}
	switch last := insns[len(insns)-1].OpCode; {
	case last.Class().IsJump() && (last.JumpOp() == asm.Exit || last.JumpOp() == asm.Ja):
		return s, nil
	default:
		return nil, errors.New("runs off its end")
	}
}

// jump is the offset of a jump that stands at a slot: the target's distance from the next slot.
func (s *shape) jump(ins asm.Instruction, slot int) (int16, error) {
	if op := ins.OpCode.JumpOp(); op > asm.JSLE || op == asm.Ja && ins.OpCode.Class() == asm.Jump32Class {
		return 0, errors.New("not an instruction of the base set")
	}
	target := slot + 1 + int(ins.Offset)
	if label := ins.Reference(); label != "" {
		var ok bool
		if target, ok = s.labels[label]; !ok {
			return 0, fmt.Errorf("nothing is labelled %s", label)
		}
	}
	off := target - slot - 1
	switch {
	case int(int16(off)) != off:
		return 0, fmt.Errorf("the jump is %d slots long, farther than an offset can say", off)
	case target < 0 || target >= s.slots || !s.starts[target]:
		return 0, fmt.Errorf("the jump goes to slot %d, where no instruction starts", target)
	}
	return int16(off), nil
}
