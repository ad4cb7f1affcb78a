package object

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// An extInfo is .BTF.ext in the making: the functions and lines of each section of code.
type extInfo struct{ sections []*extSection }

// An extSection is what it has of one section.
type extSection struct {
	of    *section
	name  uint32 // of the section, among the strings
	funcs []funcInfo
	lines []lineInfo
}

// section adds a section.
func (e *extInfo) section(of *section) *extSection {
	s := &extSection{of: of}
	e.sections = append(e.sections, s)
	return s
}

// The records of .BTF.ext. Offsets of instructions count bytes from the start of the section.
type (
	funcInfo struct {
		Insn uint32
		Type btf.TypeID
	}
	lineInfo struct {
		Insn    uint32
		File    uint32 // strings
		Text    uint32
		LineCol uint32 // line << 10 | column
	}
)

// The widths of LineCol's parts.
const (
	columnBits = 10
	maxColumn  = 1<<columnBits - 1
	maxLine    = 1<<(32-columnBits) - 1
)

// addLine records that the instructions from off on come from a source line.
func (e *extSection) addLine(types *typeTable, off int, span diag.Span, text string) {
	e.lines = append(e.lines, lineInfo{
		Insn: uint32(off), File: types.text.add(span.File), Text: types.text.add(text),
		LineCol: uint32(min(span.Start.Line, maxLine))<<columnBits | uint32(min(span.Start.Col, maxColumn)),
	})
}

// write makes .BTF, which has the strings that the records refer to, and then .BTF.ext.
func (e *extInfo) write(f *file, types *typeTable) error {
	for _, s := range e.sections {
		s.name = types.text.add(s.of.name)
	}
	data, err := types.encode(f.order)
	if err != nil {
		return err
	}
	f.section(".BTF", 0, 4).data = data
	f.section(".BTF.ext", 0, 4).data = e.encode(types.base, f.order)
	return nil
}

// encode makes the contents of .BTF.ext: a header, then for functions and for lines the size of a record and a group of
// records for each section. The header has room for a third kind (CO-RE relocations), which stays empty. Strings count
// from base.
func (e *extInfo) encode(base uint32, order binary.ByteOrder) []byte {
	funcs, lines := encode(nil, order, uint32(binary.Size(funcInfo{}))), encode(nil, order, uint32(binary.Size(lineInfo{})))
	for _, s := range e.sections {
		for i := range s.lines {
			s.lines[i].File += base
			s.lines[i].Text += base
		}
		funcs = group(funcs, order, s.name+base, s.funcs)
		lines = group(lines, order, s.name+base, s.lines)
	}
	header := struct {
		Magic                                                  uint16
		Version, Flags                                         uint8
		Len                                                    uint32
		FuncOff, FuncLen, LineOff, LineLen, RelocOff, RelocLen uint32
	}{
		Magic: 0xeb9f, Version: 1, Len: 32,
		FuncLen: uint32(len(funcs)),
		LineOff: uint32(len(funcs)), LineLen: uint32(len(lines)),
		RelocOff: uint32(len(funcs) + len(lines)),
	}
	return append(append(encode(nil, order, header), funcs...), lines...)
}

// group appends the records of one kind that a section has.
func group[R funcInfo | lineInfo](data []byte, order binary.ByteOrder, section uint32, records []R) []byte {
	if len(records) == 0 {
		return data
	}
	data = encode(data, order, [2]uint32{section, uint32(len(records))})
	return encode(data, order, records)
}

// spanOf is the source of an instruction.
func spanOf(ins *asm.Instruction) diag.Span {
	span, _ := ins.Source().(diag.Span)
	return span
}
