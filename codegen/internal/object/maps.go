package object

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// pointerSize is what a field of a map definition takes.
const pointerSize = 8

// noPrealloc is BPF_F_NO_PREALLOC.
const noPrealloc = 1

// writeMaps defines the maps. A definition holds no bytes but zeros: the types of its fields say it all. Only `values`,
// at the end, has a pointer for each slot of a prog array up to the last one filled, and relocations fill them in.
func writeMaps(f *file, types *typeTable, ms []Map) error {
	if len(ms) == 0 {
		return nil
	}
	sec := f.section(".maps", alloc|writable, pointerSize)
	vars := make([]btf.VarSecinfo, 0, len(ms))
	for _, m := range ms {
		def := definition(&m)
		slots := slices.Sorted(maps.Keys(m.Programs))
		size := int(def.Size)
		if len(slots) > 0 {
			size += (int(slots[len(slots)-1]) + 1) * pointerSize
		}
		sym := f.define(m.Name, sec, variable)
		sym.value, sym.size = sec.put(make([]byte, size), pointerSize), size
		for _, i := range slots {
			target := f.names[m.Programs[i]]
			if target == nil || target.typ != function {
				return fmt.Errorf("map %s: slot %d: no program %s", m.Name, i, m.Programs[i])
			}
			sec.relocs = append(sec.relocs, reloc{sym.value + int(def.Size) + int(i)*pointerSize, relABS64, target})
		}
		vars = append(vars, variableInfo(sym, def))
	}
	return types.addSection(sec, vars)
}

// definition is the struct that describes a map. A number n is written as the type int (*)[n].
func definition(m *Map) *btf.Struct {
	def := new(btf.Struct)
	field := func(name string, t btf.Type) {
		def.Members = append(def.Members, btf.Member{Name: name, Type: t, Offset: btf.Bits(def.Size * 8)})
		def.Size += pointerSize
	}
	number := func(name string, n uint32) {
		if n != 0 {
			field(name, &btf.Pointer{Target: &btf.Array{Index: unsigned(4), Type: cInt(), Nelems: n}})
		}
	}
	typed := func(name string, t btf.Type, size uint32) {
		if t == nil {
			number(name+"_size", size)
		} else {
			field(name, &btf.Pointer{Target: btf.Copy(t)})
		}
	}
	flags := m.Flags
	if m.Type == ebpf.LPMTrie {
		flags |= noPrealloc
	}
	number("type", uint32(m.Type))
	number("max_entries", m.MaxEntries)
	number("map_flags", flags)
	typed("key", m.Key, m.KeySize)
	typed("value", m.Value, m.ValueSize)
	if m.Type == ebpf.ProgramArray {
		program := &btf.Pointer{Target: &btf.FuncProto{Return: cInt()}}
		def.Members = append(def.Members, btf.Member{
			Name: "values", Type: &btf.Array{Index: unsigned(4), Type: program}, Offset: btf.Bits(def.Size * 8),
		})
	}
	return def
}
