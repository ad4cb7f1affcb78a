package object

import (
	"fmt"

	"github.com/cilium/ebpf/btf"
)

// writeData lays the variables out in .rodata and .data, in their order and aligned as in C.
func writeData(f *file, types *typeTable, globals []Global) error {
	var constant, mutable []Global
	for _, g := range globals {
		if g.Const {
			constant = append(constant, g)
		} else {
			mutable = append(mutable, g)
		}
	}
	if len(constant) > 0 {
		if err := writeVariables(f, types, f.section(".rodata", alloc, 1), constant); err != nil {
			return err
		}
	}
	if len(mutable) > 0 {
		return writeVariables(f, types, f.section(".data", alloc|writable, 1), mutable)
	}
	return nil
}

// writeVariables fills a section with variables.
func writeVariables(f *file, types *typeTable, sec *section, globals []Global) error {
	vars := make([]btf.VarSecinfo, 0, len(globals))
	for _, g := range globals {
		size, err := btf.Sizeof(g.Type)
		if err != nil {
			return fmt.Errorf("variable %s: %w", g.Name, err)
		}
		init := g.Init
		if init == nil {
			init = make([]byte, size)
		}
		sym := f.define(g.Name, sec, variable)
		sym.value, sym.size = sec.put(init, alignment(size)), size
		vars = append(vars, variableInfo(sym, btf.Copy(g.Type)))
	}
	return types.addSection(sec, vars)
}

// alignment of a variable: the largest power of two, up to 8, that divides its size. A C type's alignment divides its
// size too, so this is never less.
func alignment(size int) int { return min(size&-size, 8) }

// variableInfo describes a variable at its place in its section.
func variableInfo(sym *symbol, t btf.Type) btf.VarSecinfo {
	return btf.VarSecinfo{
		Type:   &btf.Var{Name: sym.name, Type: t, Linkage: btf.GlobalVar},
		Offset: uint32(sym.value),
		Size:   uint32(sym.size),
	}
}
