package loader

import (
	"github.com/dave/jennifer/jen"

	"github.com/tcc-bpf/tcc/runtime"
)

// A variant has an object of its own and, but for the last one, functions of its own: one that reads it, and one that tells
// what in its layout is otherwise than in the last one's.

// coarser are the variants before the last, which has the names of a pipeline without variants.
func (g *generator) coarser() []runtime.Variant {
	if len(g.in.Variants) == 0 {
		return nil
	}
	return g.in.Variants[:len(g.in.Variants)-1]
}

// stem is the beginning of the file names of a variant's objects. The last one's name is empty here.
func (g *generator) stem(variant string) string {
	if variant == "" {
		return g.in.Stem
	}
	return g.in.Stem + "_" + variant
}

// loadVariants declares the functions that read the objects of coarser variants.
func (g *generator) loadVariants() {
	for _, v := range g.coarser() {
		name := g.variantLoads[v.Name]
		g.comment("%s returns the embedded CollectionSpec for variant %s of %s.", name, v.Name, g.in.Ident)
		g.loadFunc(name, v.Name)
	}
}

// variants declares the function that lists the variants.
func (g *generator) variants() {
	if len(g.in.Variants) == 0 {
		return
	}
	last := len(g.in.Variants) - 1
	var list, loads []jen.Code
	for i, v := range g.in.Variants {
		load, layout := g.variantLoads[v.Name], g.variantLayout(v.Name)
		if i == last {
			load, layout = g.verb("load", ""), g.variantLayout("")
		}
		fields := []jen.Code{entry(jen.Id("Name"), jen.Lit(v.Name)), entry(jen.Id("Layout"), jen.Id(layout).Call())}
		if v.Since != "" {
			fields = append(fields, entry(jen.Id("Since"), jen.Lit(v.Since)))
		}
		if v.RT {
			fields = append(fields, entry(jen.Id("RT"), jen.True()))
		}
		list, loads = append(list, jen.Values(fields...)), append(loads, jen.Id(load))
	}
	spec := jen.Op("*").Qual(ebpfPath, "CollectionSpec")
	g.comment("%s are the variants of the pipeline, in the order in which they are tried.", g.hidden("Variants"))
	g.file.Func().Id(g.hidden("Variants")).Params().Params(jen.Index().Qual(runtimePath, "Variant"), jen.Error()).Block(
		jen.Id("variants").Op(":=").Index().Qual(runtimePath, "Variant").Add(literal(list...)),
		jen.For(jen.List(jen.Id("i"), jen.Id("load")).Op(":=").Range().Index().Func().Params().Params(spec, jen.Error()).Values(loads...)).Block(
			jen.List(jen.Id("spec"), jen.Err()).Op(":=").Id("load").Call(),
			failIf(jen.Nil(), jen.Err()),
			jen.Id("variants").Index(jen.Id("i")).Dot("Spec").Op("=").Id("spec"),
		),
		jen.Return(jen.Id("variants"), jen.Nil()),
	)
}

// variantLayout is the function that gives a variant's layout.
func (g *generator) variantLayout(variant string) string {
	return g.hidden(upperFirst(variant) + "Layout")
}

// variantLayouts declares the layouts of coarser variants: the last one's, and what is otherwise.
func (g *generator) variantLayouts() {
	for _, v := range g.coarser() {
		l, last := v.Layout, g.in.Layout
		name := g.variantLayout(v.Name)
		g.comment("%s is the layout of variant %s.", name, v.Name)
		g.file.Func().Id(name).Params().Qual(runtimePath, "Layout").BlockFunc(func(body *jen.Group) {
			body.Id("l").Op(":=").Id(g.variantLayout("")).Call()
			body.Id("l").Dot("Targets").Op("=").Add(g.targets(l.Targets))
			for i, s := range l.Slots {
				if s.Depth != last.Slots[i].Depth {
					body.Id("l").Dot("Slots").Index(jen.Lit(i)).Dot("Depth").Op("=").Lit(s.Depth)
				}
			}
			for i, s := range l.Stages {
				if s.TailCalls != last.Stages[i].TailCalls {
					body.Id("l").Dot("Stages").Index(jen.Lit(i)).Dot("TailCalls").Op("=").Lit(s.TailCalls)
				}
			}
			body.Return(jen.Id("l"))
		})
	}
}

// targets is a list of programs as a Go expression.
func (g *generator) targets(names []string) jen.Code {
	if len(names) == 0 {
		return jen.Nil()
	}
	var list []jen.Code
	for _, t := range names {
		list = append(list, constantOf(g.programs, t))
	}
	return jen.Index().String().Add(literal(list...))
}
