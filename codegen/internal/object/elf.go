package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
)

// Short names for the parts of ELF that an object is made of.
const (
	alloc      = elf.SHF_ALLOC
	executable = elf.SHF_EXECINSTR
	writable   = elf.SHF_WRITE

	function = elf.STT_FUNC
	variable = elf.STT_OBJECT

	rel64    = 1  // R_BPF_64_64: the address in an ld_imm64
	relABS64 = 2  // R_BPF_64_ABS64: the address in eight bytes of data
	rel32    = 10 // R_BPF_64_32: the distance in a call
)

// A file is an ELF file in the making.
type file struct {
	order    binary.ByteOrder
	sections []*section
	symbols  []*symbol          // with a name, in the order of their definition
	names    map[string]*symbol // the same, by name
	locals   int                // symbols that aren't global, the null symbol among them
}

// A section is a section with contents, and the relocations that apply to it.
type section struct {
	name   string
	flags  elf.SectionFlag
	align  int
	data   []byte
	relocs []reloc
	self   *symbol // the section's own symbol, for relocations into its middle
}

// A symbol names a place in a section.
type symbol struct {
	name    string
	section *section
	value   int // bytes from the start of the section
	size    int
	typ     elf.SymType
	local   bool
}

// A reloc tells loaders to put the address of a symbol at an offset of a section.
type reloc struct {
	offset int
	typ    uint32
	sym    *symbol
}

// section adds an empty section.
func (f *file) section(name string, flags elf.SectionFlag, align int) *section {
	s := &section{name: name, flags: flags, align: align}
	s.self = &symbol{section: s, typ: elf.STT_SECTION}
	f.sections = append(f.sections, s)
	return s
}

// define adds a symbol with a name; its place is filled in later.
func (f *file) define(name string, s *section, typ elf.SymType) *symbol {
	sym := &symbol{name: name, section: s, typ: typ}
	f.symbols = append(f.symbols, sym)
	f.names[name] = sym
	return sym
}

// put appends data at the section's next multiple of align and returns where it went.
func (s *section) put(data []byte, align int) int {
	s.data = append(s.data, make([]byte, -len(s.data)&(align-1))...)
	s.align = max(s.align, align)
	off := len(s.data)
	s.data = append(s.data, data...)
	return off
}

// A stringTable is a run of zero-terminated strings, each there once. The first is empty.
type stringTable struct {
	bytes.Buffer
	offsets map[string]uint32
}

// add adds a string, with zeros in it made blanks, and returns its place.
func (t *stringTable) add(s string) uint32 {
	s = strings.ReplaceAll(s, "\x00", " ")
	if t.offsets == nil {
		t.offsets = map[string]uint32{"": 0}
		t.WriteByte(0)
	}
	off, ok := t.offsets[s]
	if !ok {
		off = uint32(t.Len())
		t.offsets[s] = off
		t.WriteString(s)
		t.WriteByte(0)
	}
	return off
}

// encode lays the file out: header, contents, section headers. Relocations, symbols and names are sections too, after
// the others.
func (f *file) encode() []byte {
	var strs stringTable
	index := make(map[*section]int)
	for i, s := range f.sections {
		index[s] = i + 1
	}
	symbols, number := f.encodeSymbols(&strs, index)
	symtab := len(f.sections) + f.relocated() + 1
	strtab := symtab + 1

	headers := []elf.Section64{{}}
	body := make([]byte, binary.Size(elf.Header64{}))
	add := func(name string, h elf.Section64, data []byte) {
		body = append(body, make([]byte, -len(body)&int(h.Addralign-1))...)
		h.Name, h.Off, h.Size = strs.add(name), uint64(len(body)), uint64(len(data))
		headers = append(headers, h)
		body = append(body, data...)
	}
	for _, s := range f.sections {
		add(s.name, elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(s.flags), Addralign: uint64(s.align)}, s.data)
	}
	for _, s := range f.sections {
		if len(s.relocs) > 0 {
			add(".rel"+s.name, elf.Section64{Type: uint32(elf.SHT_REL), Flags: uint64(elf.SHF_INFO_LINK),
				Link: uint32(symtab), Info: uint32(index[s]), Addralign: 8, Entsize: 16}, f.encodeRelocs(s, number))
		}
	}
	add(".symtab", elf.Section64{Type: uint32(elf.SHT_SYMTAB), Link: uint32(strtab), Info: uint32(f.locals),
		Addralign: 8, Entsize: elf.Sym64Size}, symbols)
	strs.add(".strtab") // before its contents are taken
	add(".strtab", elf.Section64{Type: uint32(elf.SHT_STRTAB), Addralign: 1}, strs.Bytes())

	body = append(body, make([]byte, -len(body)&7)...)
	copy(body, encode(nil, f.order, f.header(len(body), len(headers))))
	return encode(body, f.order, headers)
}

// header is the ELF header of a file with n section headers at an offset; the last one is that of the names.
func (f *file) header(off, n int) elf.Header64 {
	data := elf.ELFDATA2LSB
	if big(f.order) {
		data = elf.ELFDATA2MSB
	}
	h := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: uint32(elf.EV_CURRENT),
		Shoff: uint64(off), Ehsize: 64, Shentsize: 64, Shnum: uint16(n), Shstrndx: uint16(n - 1),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(data)
	h.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	return h
}

// relocated counts the sections with relocations.
func (f *file) relocated() (n int) {
	for _, s := range f.sections {
		if len(s.relocs) > 0 {
			n++
		}
	}
	return n
}

// encodeSymbols makes the symbol table, and numbers its symbols: after the null symbol come those of the sections and
// other local ones, then the global ones.
func (f *file) encodeSymbols(strs *stringTable, index map[*section]int) ([]byte, map[*symbol]int) {
	number := make(map[*symbol]int)
	table := encode(nil, f.order, elf.Sym64{})
	put := func(sym *symbol, bind elf.SymBind) {
		number[sym] = len(number) + 1
		table = encode(table, f.order, elf.Sym64{
			Name: strs.add(sym.name), Info: elf.ST_INFO(bind, sym.typ), Shndx: uint16(index[sym.section]),
			Value: uint64(sym.value), Size: uint64(sym.size),
		})
	}
	for _, s := range f.sections {
		put(s.self, elf.STB_LOCAL)
	}
	for _, sym := range f.symbols {
		if sym.local {
			put(sym, elf.STB_LOCAL)
		}
	}
	f.locals = len(number) + 1
	for _, sym := range f.symbols {
		if !sym.local {
			put(sym, elf.STB_GLOBAL)
		}
	}
	return table, number
}

// encodeRelocs makes the relocation section of s.
func (f *file) encodeRelocs(s *section, number map[*symbol]int) (data []byte) {
	for _, r := range s.relocs {
		data = encode(data, f.order, elf.Rel64{Off: uint64(r.offset), Info: elf.R_INFO(uint32(number[r.sym]), r.typ)})
	}
	return data
}

// big tells a big-endian order from a little-endian one.
func big(order binary.ByteOrder) bool { return order.Uint16([]byte{0, 1}) == 1 }

// encode appends a value of fixed size.
func encode(buf []byte, order binary.ByteOrder, v any) []byte {
	buf, err := binary.Append(buf, order, v)
	if err != nil {
		panic(err) // v isn't of fixed size: a mistake in this package
	}
	return buf
}
