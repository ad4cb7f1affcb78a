package loader

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf/btf"
	"github.com/dave/jennifer/jen"
)

// config declares the struct of the values that are fixed at load time, with its defaults, and how it gets into a spec.
func (g *generator) config(config []member) error {
	if len(config) == 0 {
		return nil
	}
	name, spec := g.noun("Config"), jen.Id("spec").Op("*").Qual(ebpfPath, "CollectionSpec")
	var fields, defaults []jen.Code
	apply := make([]jen.Code, 0, len(config)+1)
	for _, o := range config {
		v := g.in.Spec.Variables[o.name]
		typ, err := g.goType(v.Type.Type)
		if err != nil {
			return fmt.Errorf("config %s: %w", o.name, err)
		}
		fields = append(fields, jen.Id(o.field).Add(typ))
		value, err := g.value(v.Type.Type, v.Value)
		if err != nil {
			return fmt.Errorf("config %s: %w", o.name, err)
		}
		defaults = append(defaults, entry(jen.Id(o.field), value))
		apply = append(apply, jen.If(
			jen.Err().Op(":=").Id("spec").Dot("Variables").Index(jen.Id(o.constant)).Dot("Set").Call(jen.Id("c").Dot(o.field)),
			jen.Err().Op("!=").Nil(),
		).Block(jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("config "+o.name+": %w"), jen.Err()))))
	}
	g.comment("%s has the config of the pipeline, which can't change once it is loaded.", name)
	g.file.Type().Id(name).Struct(fields...)
	g.comment("%s has the values of the source.", g.verb("default", "Config"))
	g.file.Func().Id(g.verb("default", "Config")).Params().Op("*").Id(name).Block(
		jen.Return(jen.Op("&").Id(name).Add(literal(defaults...))),
	)
	g.file.Line().Func().Params(jen.Id("c").Op("*").Id(name)).Id("apply").Params(spec).Error().Block(
		append(apply, jen.Return(jen.Nil()))...,
	)
	return nil
}

// value is a variable's value as a Go expression.
func (g *generator) value(t btf.Type, data []byte) (jen.Code, error) {
	size, err := btf.Sizeof(t)
	if err != nil || size > len(data) {
		return nil, fmt.Errorf("a value of %d bytes as %s: %w", len(data), t, err)
	}
	order := g.in.Spec.ByteOrder
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Int:
		if t.Encoding == btf.Bool {
			return jen.Lit(data[0] != 0), nil
		}
		return jen.Op(number(uintOf(order, data[:size], t.Encoding == btf.Signed), t.Encoding == btf.Signed)), nil
	case *btf.Enum:
		return jen.Op(number(uintOf(order, data[:size], t.Signed), t.Signed)), nil
	case *btf.Array:
		typ, err := g.goType(t)
		if err != nil {
			return nil, err
		}
		elems := make([]jen.Code, t.Nelems)
		for i := range elems {
			if elems[i], err = g.value(t.Type, data[i*size/int(t.Nelems):]); err != nil {
				return nil, err
			}
		}
		return typ.Values(elems...), nil
	case *btf.Struct:
		names := make(scope)
		var fields []jen.Code
		for _, m := range t.Members {
			v, err := g.value(m.Type, data[m.Offset.Bytes():])
			if err != nil {
				return nil, err
			}
			fields = append(fields, entry(jen.Id(names.claim(identifier(m.Name))), v))
		}
		return jen.Id(g.typeNames[t.Name]).Values(fields...), nil
	default:
		return nil, fmt.Errorf("no Go value is like %s", t)
	}
}

// uintOf reads an integer, sign-extended if it has a sign.
func uintOf(order binary.ByteOrder, data []byte, signed bool) uint64 {
	var wide [8]byte
	var n uint64
	if big := order.Uint16([]byte{0, 1}) == 1; big {
		copy(wide[8-len(data):], data)
		n = binary.BigEndian.Uint64(wide[:])
	} else {
		copy(wide[:], data)
		n = binary.LittleEndian.Uint64(wide[:])
	}
	if unused := 64 - 8*len(data); signed {
		n = uint64(int64(n<<unused) >> unused)
	}
	return n
}

// variables declares the accessors of the variables that can change while the pipeline runs.
func (g *generator) variables(vars []member) error {
	if len(vars) == 0 {
		return nil
	}
	name := g.noun("Vars")
	g.comment("%s reads and writes the variables that the pipeline shares with Go.", name)
	g.file.Type().Id(name).Struct(jen.Id("pipeline").Op("*").Qual(runtimePath, "Pipeline"))
	methods := make(scope)
	for _, o := range vars {
		methods.claim(o.field)
	}
	for _, o := range vars {
		typ, err := g.goType(g.in.Spec.Variables[o.name].Type.Type)
		if err != nil {
			return fmt.Errorf("variable %s: %w", o.name, err)
		}
		set := methods.claim("Set" + o.field)
		variable := jen.Id("v").Dot("pipeline").Dot("Variable").Call(jen.Id(o.constant))
		g.comment("%s is the value of %s.", o.field, o.name)
		g.file.Func().Params(jen.Id("v").Id(name)).Id(o.field).Params().Params(jen.Id("value").Add(typ), jen.Err().Error()).Block(
			jen.Err().Op("=").Add(variable).Dot("Get").Call(jen.Op("&").Id("value")),
			jen.Return(jen.Id("value"), jen.Err()),
		)
		g.comment("%s changes the value of %s.", set, o.name)
		g.file.Func().Params(jen.Id("v").Id(name)).Id(set).Params(jen.Id("value").Add(typ)).Error().Block(
			jen.Return(jen.Add(variable).Dot("Set").Call(jen.Id("value"))),
		)
	}
	return nil
}
