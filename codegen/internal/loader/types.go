package loader

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/cilium/ebpf/btf"
	"github.com/dave/jennifer/jen"
)

// A namedType is a struct or enum that gets a Go type.
type namedType struct {
	name string // in Go
	typ  btf.Type
}

// nameTypes finds the structs and enums of the pipeline: all that keys, values, variables and events are made of, and
// all enums.
func (g *generator) nameTypes() error {
	found := make(map[string]btf.Type)
	for _, name := range userMaps(g.in.Spec) {
		m := g.in.Spec.Maps[name]
		collect(found, m.Key)
		collect(found, m.Value)
	}
	for _, v := range g.in.Spec.Variables {
		collect(found, v.Type.Type)
	}
	for _, e := range g.in.Layout.Events {
		var t *btf.Struct
		if err := g.in.Spec.Types.TypeByName(e.Name, &t); err != nil {
			return fmt.Errorf("event %s: %w", e.Name, err)
		}
		collect(found, t)
	}
	for t, err := range g.in.Spec.Types.All() {
		if err != nil {
			return err
		}
		if e, ok := t.(*btf.Enum); ok {
			collect(found, e)
		}
	}
	g.typeNames = make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		g.typeNames[name] = g.top.claim(g.noun(identifier(name)))
		g.namedTypes = append(g.namedTypes, namedType{g.typeNames[name], found[name]})
	}
	slices.SortFunc(g.namedTypes, func(a, b namedType) int { return cmp.Compare(a.name, b.name) })
	return nil
}

// collect finds the named structs and enums that a type is made of.
func collect(found map[string]btf.Type, t btf.Type) {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Enum:
		found[t.Name] = t
	case *btf.Array:
		collect(found, t.Type)
	case *btf.Struct:
		found[t.Name] = t
		for _, m := range t.Members {
			collect(found, m.Type)
		}
	}
}

// types declares the structs and enums.
func (g *generator) types() error {
	for _, n := range g.namedTypes {
		switch t := n.typ.(type) {
		case *btf.Enum:
			g.enum(n.name, t)
		case *btf.Struct:
			fields, err := g.fields(t)
			if err != nil {
				return fmt.Errorf("type %s: %w", t.Name, err)
			}
			g.file.Line().Type().Id(n.name).Struct(fields...)
		}
	}
	return nil
}

// enum declares an enum, its members as constants, and their names.
func (g *generator) enum(name string, t *btf.Enum) {
	g.file.Line().Type().Id(name).Add(integer(t.Size, t.Signed))
	var constants, cases []jen.Code
	seen := make(map[uint64]bool)
	for _, v := range t.Values {
		id := g.top.claim(name + identifier(v.Name))
		constants = append(constants, jen.Id(id).Id(name).Op("=").Op(number(v.Value, t.Signed)))
		if !seen[v.Value] {
			cases = append(cases, jen.Case(jen.Id(id)).Block(jen.Return(jen.Lit(v.Name))))
		}
		seen[v.Value] = true
	}
	if len(constants) > 0 {
		g.file.Const().Defs(constants...)
	}
	g.comment("String is the member's name in the source.")
	g.file.Func().Params(jen.Id("e").Id(name)).Id("String").Params().String().Block(
		jen.Switch(jen.Id("e")).Block(cases...),
		jen.Return(jen.Qual("fmt", "Sprintf").Call(jen.Lit(t.Name+"(%d)"), jen.Id("e"))),
	)
}

// fields are those of a struct, with its padding, which is always zero.
func (g *generator) fields(t *btf.Struct) ([]jen.Code, error) {
	fields := []jen.Code{jen.Id("_").Qual("structs", "HostLayout")}
	end := uint32(0)
	pad := func(to uint32) {
		if to > end {
			fields = append(fields, jen.Id("_").Index(jen.Lit(int(to-end))).Byte())
		}
	}
	names := make(scope)
	for _, m := range t.Members {
		typ, err := g.goType(m.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", m.Name, err)
		}
		size, err := btf.Sizeof(m.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", m.Name, err)
		}
		pad(m.Offset.Bytes())
		fields = append(fields, jen.Id(names.claim(identifier(m.Name))).Add(typ))
		end = m.Offset.Bytes() + uint32(size)
	}
	pad(t.Size)
	return fields, nil
}

// goType is the Go type of the same layout.
func (g *generator) goType(t btf.Type) (*jen.Statement, error) {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Int:
		if t.Encoding == btf.Bool {
			return jen.Bool(), nil
		}
		return integer(t.Size, t.Encoding == btf.Signed), nil
	case *btf.Enum, *btf.Struct:
		return jen.Id(g.typeNames[t.TypeName()]), nil
	case *btf.Array:
		elem, err := g.goType(t.Type)
		return jen.Index(jen.Lit(int(t.Nelems))).Add(elem), err
	default:
		return nil, fmt.Errorf("no Go type is like %s", t)
	}
}

// integer is the Go type of an integer of a size in bytes.
func integer(size uint32, signed bool) *jen.Statement {
	name := fmt.Sprint("uint", size*8)
	if signed {
		name = name[1:]
	}
	return jen.Id(name)
}

// number prints a constant.
func number(v uint64, signed bool) string {
	if signed {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatUint(v, 10)
}
