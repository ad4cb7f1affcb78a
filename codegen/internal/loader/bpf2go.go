package loader

import (
	"github.com/dave/jennifer/jen"
)

// bpf2go generates what bpf2go would: types, names, specs and objects.
func (g *generator) bpf2go() error {
	if err := g.types(); err != nil {
		return err
	}
	g.constants()
	g.load()
	g.specs()
	g.objects()
	return nil
}

// constants declares the names of all objects.
func (g *generator) constants() {
	g.comment("Names of all BPF objects in the ELF.\n\nUsed for safe lookups in a Collection or CollectionSpec.")
	g.file.Const().DefsFunc(func(defs *jen.Group) {
		for _, objects := range [][]member{g.maps, g.programs, g.vars} {
			for _, o := range objects {
				defs.Id(o.constant).Op("=").Lit(o.name)
			}
		}
	})
}

// load declares the functions that read the embedded object.
func (g *generator) load() {
	load, loadObjects, objects := g.verb("load", ""), g.verb("load", "Objects"), g.noun("Objects")

	g.comment("%s returns the embedded CollectionSpec for %s.", load, g.in.Ident)
	g.loadFunc(load, "")
	g.loadVariants()
	g.comment(`%s loads %s and converts it into a struct.

The following types are suitable as obj argument:

	*%s
	*%s
	*%s

See ebpf.CollectionSpec.LoadAndAssign documentation for details.`,
		loadObjects, g.in.Ident, objects, g.noun("Programs"), g.noun("Maps"))
	g.file.Func().Id(loadObjects).Params(
		jen.Id("obj").Any(), jen.Id("opts").Op("*").Qual(ebpfPath, "CollectionOptions"),
	).Error().Block(
		jen.List(jen.Id("spec"), jen.Err()).Op(":=").Id(load).Call(),
		failIf(jen.Err()),
		jen.Return(jen.Id("spec").Dot("LoadAndAssign").Call(jen.Id("obj"), jen.Id("opts"))),
	)
}

// loadFunc declares a function that reads the object of a variant.
func (g *generator) loadFunc(name, variant string) {
	g.file.Func().Id(name).Params().Params(jen.Op("*").Qual(ebpfPath, "CollectionSpec"), jen.Error()).Block(
		jen.Id("object").Op(":=").Id(g.bytesName(variant, "bpfel")),
		jen.If(jen.Qual("encoding/binary", "NativeEndian").Dot("Uint16").Call(jen.Index().Byte().Values(jen.Lit(0), jen.Lit(1))).Op("==").Lit(1)).Block(
			jen.Id("object").Op("=").Id(g.bytesName(variant, "bpfeb")),
		),
		jen.Id("reader").Op(":=").Qual("bytes", "NewReader").Call(jen.Id("object")),
		jen.List(jen.Id("spec"), jen.Err()).Op(":=").Qual(ebpfPath, "LoadCollectionSpecFromReader").Call(jen.Id("reader")),
		failIf(jen.Nil(), jen.Qual("fmt", "Errorf").Call(jen.Lit("can't load "+g.what(variant)+": %w"), jen.Err())),
		jen.Return(jen.Id("spec"), jen.Nil()),
	)
}

// what is the pipeline, or a variant of it.
func (g *generator) what(variant string) string {
	if variant == "" {
		return g.in.Ident
	}
	return "variant " + variant + " of " + g.in.Ident
}

// specs declares the structs of what isn't loaded yet.
func (g *generator) specs() {
	g.comment("%s contains maps and programs before they are loaded into the kernel.\n\nIt can be passed ebpf.CollectionSpec.Assign.", g.noun("Specs"))
	g.file.Type().Id(g.noun("Specs")).Struct(jen.Id(g.noun("ProgramSpecs")), jen.Id(g.noun("MapSpecs")), jen.Id(g.noun("VariableSpecs")))
	for _, k := range []struct {
		name, what, of string
		objects        []member
	}{
		{"ProgramSpecs", "programs", "ProgramSpec", g.programs},
		{"MapSpecs", "maps", "MapSpec", g.maps},
		{"VariableSpecs", "global variables", "VariableSpec", g.vars},
	} {
		g.comment("%s contains %s before they are loaded into the kernel.\n\nIt can be passed ebpf.CollectionSpec.Assign.", g.noun(k.name), k.what)
		g.tagged(k.name, k.of, k.objects)
	}
}

// objects declares the structs of what is loaded, and their Close.
func (g *generator) objects() {
	g.loadedComment("Objects", "objects")
	g.file.Type().Id(g.noun("Objects")).Struct(jen.Id(g.noun("Programs")), jen.Id(g.noun("Maps")), jen.Id(g.noun("Variables")))
	g.close("o", "Objects", jen.Op("&").Id("o").Dot(g.noun("Programs")), jen.Op("&").Id("o").Dot(g.noun("Maps")))

	g.loadedComment("Maps", "maps")
	g.tagged("Maps", "Map", g.maps)
	g.close("m", "Maps", fieldsOf("m", g.maps)...)

	g.loadedComment("Variables", "global variables")
	g.tagged("Variables", "Variable", g.vars)

	g.loadedComment("Programs", "programs")
	g.tagged("Programs", "Program", g.programs)
	g.close("p", "Programs", fieldsOf("p", g.programs)...)

	g.file.Line().Func().Id(g.hidden("Close")).Params(jen.Id("closers").Op("...").Qual("io", "Closer")).Error().Block(
		jen.For(jen.List(jen.Id("_"), jen.Id("closer")).Op(":=").Range().Id("closers")).Block(
			jen.If(jen.Err().Op(":=").Id("closer").Dot("Close").Call(), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())),
		),
		jen.Return(jen.Nil()),
	)
}

func (g *generator) loadedComment(name, what string) {
	g.comment("%s contains all %s after they have been loaded into the kernel.\n\nIt can be passed to %s or ebpf.CollectionSpec.LoadAndAssign.",
		g.noun(name), what, g.verb("load", "Objects"))
}

// tagged declares a struct with a field for each object.
func (g *generator) tagged(name, of string, objects []member) {
	g.file.Type().Id(g.noun(name)).StructFunc(func(fields *jen.Group) {
		for _, o := range objects {
			fields.Id(o.field).Op("*").Qual(ebpfPath, of).Tag(map[string]string{"ebpf": o.name})
		}
	})
}

// close declares the Close method of a struct.
func (g *generator) close(recv, name string, parts ...jen.Code) {
	g.file.Func().Params(jen.Id(recv).Op("*").Id(g.noun(name))).Id("Close").Params().Error().Block(
		jen.Return(jen.Id(g.hidden("Close")).Custom(lines, parts...)),
	)
}

// lines are arguments on lines of their own.
var lines = jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}

func fieldsOf(recv string, objects []member) (fields []jen.Code) {
	for _, o := range objects {
		fields = append(fields, jen.Id(recv).Dot(o.field))
	}
	return fields
}
