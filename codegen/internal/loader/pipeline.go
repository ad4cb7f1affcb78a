package loader

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// pipeline generates the typed pipeline.
func (g *generator) pipeline() error {
	config, vars := g.userVariables()
	if err := g.config(config); err != nil {
		return err
	}
	tables := g.nameTables()
	g.pipelineType(vars, tables)
	g.open(config, vars, tables)
	if err := g.variables(vars); err != nil {
		return err
	}
	g.counters()
	g.slots(tables)
	g.stages()
	g.events()
	g.layout()
	g.variantLayouts()
	return nil
}

// userVariables are the variables of the source: config and var.
func (g *generator) userVariables() (config, vars []member) {
	for _, o := range g.vars {
		switch {
		case strings.HasPrefix(o.name, "tcc_"): // the compiler's own
		case g.ofHost(o.name):
		case g.in.Spec.Variables[o.name].Constant():
			config = append(config, o)
		default:
			vars = append(vars, o)
		}
	}
	return config, vars
}

// ofHost reports whether a map or variable is the host's, from which it comes when the pipeline is opened.
func (g *generator) ofHost(name string) bool {
	h := g.in.Layout.Host
	return h != nil && h.Shared[name] != ""
}

// pipelineType declares the pipeline as one object.
func (g *generator) pipelineType(vars []member, tables []table) {
	name := g.in.Layout.Name
	g.comment("%s is the %s pipeline %s, loaded into the kernel. Close frees it.", g.noun("Pipeline"), g.in.Layout.Type, name)
	g.file.Type().Id(g.noun("Pipeline")).StructFunc(func(fields *jen.Group) {
		fields.Op("*").Qual(runtimePath, "Pipeline")
		closed := "closed with the pipeline"
		if len(g.in.Variants) > 0 {
			closed += "; those of the compiler that only another variant has are nil"
		}
		fields.Id("Maps").Id(g.noun("Maps")).Comment(closed)
		if len(vars) > 0 {
			fields.Id("Vars").Id(g.noun("Vars"))
		}
		if len(g.in.Layout.Counters) > 0 {
			fields.Id("Counters").Id(g.noun("Counters"))
		}
		if len(tables) > 0 {
			fields.Id("Slots").Id(g.noun("Slots"))
		}
		if len(g.in.Layout.Stages) > 0 {
			fields.Id("Stages").Id(g.noun("Stages"))
		}
	})
}

// open declares the function that loads the pipeline.
func (g *generator) open(config, vars []member, tables []table) {
	open := g.verb("open", "")
	opts := jen.Id("opts").Op("*").Qual(runtimePath, "Options")
	params := []jen.Code{opts}
	doc := "%s loads the pipeline and fills its prog arrays. Nothing is attached yet."
	if len(config) > 0 {
		params = []jen.Code{jen.Id("config").Op("*").Id(g.noun("Config")), opts}
		doc += "\nWithout a config it takes the values of the source."
	}
	fn := "Open"
	var args []jen.Code
	if len(g.in.Variants) > 0 {
		fn = "OpenVariants"
		doc += "\nOf the variants it takes the first that the kernel accepts. Variant tells which that was, Refused why not those before it."
	}
	if host := g.in.Layout.Host; host != nil {
		params = append([]jen.Code{jen.Id("host").Op("*").Qual(runtimePath, "Pipeline")}, params...)
		doc += "\nThe host is the loaded pipeline " + host.Name + ", for whose slots it has stages."
		fn += "For"
		args = []jen.Code{jen.Id("host")}
	}
	g.comment(doc, open)
	g.file.Func().Id(open).Params(params...).Params(jen.Op("*").Id(g.noun("Pipeline")), jen.Error()).BlockFunc(func(body *jen.Group) {
		if len(g.in.Variants) > 0 {
			body.List(jen.Id("variants"), jen.Err()).Op(":=").Id(g.hidden("Variants")).Call()
			body.Add(failIf(jen.Nil(), jen.Err()))
			if len(config) > 0 {
				body.If(jen.Id("config").Op("!=").Nil()).Block(
					jen.For(jen.List(jen.Id("_"), jen.Id("v")).Op(":=").Range().Id("variants")).Block(applyTo(jen.Id("v").Dot("Spec"))),
				)
			}
			args = append(args, jen.Id("variants"), jen.Id("opts"))
		} else {
			body.List(jen.Id("spec"), jen.Err()).Op(":=").Id(g.verb("load", "")).Call()
			body.Add(failIf(jen.Nil(), jen.Err()))
			if len(config) > 0 {
				body.If(jen.Id("config").Op("!=").Nil()).Block(applyTo(jen.Id("spec")))
			}
			args = append(args, jen.Id("spec"), jen.Id(g.hidden("Layout")).Call(), jen.Id("opts"))
		}
		body.List(jen.Id("p"), jen.Err()).Op(":=").Qual(runtimePath, fn).Call(args...)
		body.Add(failIf(jen.Nil(), jen.Err()))
		body.Return(jen.Op("&").Id(g.noun("Pipeline")).Add(literal(g.members(vars, tables)...)), jen.Nil())
	})
	g.variants()
}

// applyTo puts the config into a spec.
func applyTo(spec jen.Code) jen.Code {
	return jen.If(jen.Err().Op(":=").Id("config").Dot("apply").Call(spec), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
}

// members are the fields of an opened pipeline.
func (g *generator) members(vars []member, tables []table) []jen.Code {
	var ms []jen.Code
	for _, o := range g.maps {
		ms = append(ms, entry(jen.Id(o.field), jen.Id("p").Dot("Map").Call(jen.Id(o.constant))))
	}
	fields := []jen.Code{
		entry(jen.Id("Pipeline"), jen.Id("p")),
		entry(jen.Id("Maps"), jen.Id(g.noun("Maps")).Add(literal(ms...))),
	}
	if len(vars) > 0 {
		fields = append(fields, entry(jen.Id("Vars"), jen.Id(g.noun("Vars")).Values(jen.Id("p"))))
	}
	if len(g.in.Layout.Counters) > 0 {
		fields = append(fields, entry(jen.Id("Counters"), jen.Id(g.noun("Counters")).Values(jen.Id("p"))))
	}
	if len(tables) > 0 {
		var ts []jen.Code
		for _, t := range tables {
			ts = append(ts, entry(jen.Id(t.field), jen.Id(t.slotsType).Values(jen.Id("p"))))
		}
		fields = append(fields, entry(jen.Id("Slots"), jen.Id(g.noun("Slots")).Add(literal(ts...))))
	}
	if stages := g.in.Layout.Stages; len(stages) > 0 {
		var ss []jen.Code
		for _, s := range stages {
			ss = append(ss, entry(jen.Id(g.stageField(s.Name)), jen.Id("p").Dot("Stage").Call(jen.Lit(s.Name))))
		}
		fields = append(fields, entry(jen.Id("Stages"), jen.Id(g.noun("Stages")).Add(literal(ss...))))
	}
	return fields
}

// layout declares the function that gives runtime the pipeline's layout.
func (g *generator) layout() {
	l := g.in.Layout
	in := func(name string) *jen.Statement { return jen.Qual(runtimePath, name) }
	fields := []jen.Code{
		entry(jen.Id("Name"), jen.Lit(l.Name)),
		entry(jen.Id("Type"), jen.Lit(l.Type)),
		entry(jen.Id("Default"), jen.Lit(int(l.Default))),
	}
	if l.Frags {
		fields = append(fields, entry(jen.Id("Frags"), jen.True()))
	}
	list := func(field string, elem *jen.Statement, items []jen.Code) {
		if len(items) > 0 {
			fields = append(fields, entry(jen.Id(field), jen.Index().Add(elem).Add(literal(items...))))
		}
	}
	var slots, stages, counters, events []jen.Code
	for _, s := range l.Slots {
		slot := []jen.Code{entry(jen.Id("Name"), constantOf(g.maps, s.Name)), entry(jen.Id("Len"), jen.Lit(int(s.Len)))}
		if len(s.Initial) > 0 {
			var initial []jen.Code
			for _, i := range sortedKeys(s.Initial) {
				initial = append(initial, entry(jen.Lit(int(i)), constantOf(g.programs, s.Initial[i])))
			}
			slot = append(slot, entry(jen.Id("Initial"), jen.Map(jen.Uint32()).String().Add(literal(initial...))))
		}
		slot = append(slot, entry(jen.Id("Convention"), jen.Lit(s.Convention)), entry(jen.Id("Depth"), jen.Lit(s.Depth)))
		slots = append(slots, literal(slot...))
	}
	for _, c := range l.Counters {
		counter := []jen.Code{entry(jen.Id("Name"), constantOf(g.maps, c.Name)), entry(jen.Id("Len"), jen.Lit(int(c.Len)))}
		if c.Enum != "" {
			counter = append(counter, entry(jen.Id("Enum"), jen.Lit(c.Enum)))
		}
		if len(c.Members) > 0 {
			var members []jen.Code
			for _, m := range sortedKeys(c.Members) {
				members = append(members, entry(jen.Lit(m), jen.Lit(int(c.Members[m]))))
			}
			counter = append(counter, entry(jen.Id("Members"), jen.Map(jen.String()).Uint32().Add(literal(members...))))
		}
		counters = append(counters, literal(counter...))
	}
	for _, e := range l.Events {
		events = append(events, jen.Values(entry(jen.Id("Name"), jen.Lit(e.Name)), entry(jen.Id("Size"), jen.Lit(e.Size))))
	}
	if len(l.Targets) > 0 {
		fields = append(fields, entry(jen.Id("Targets"), g.targets(l.Targets)))
	}
	list("Slots", in("SlotsLayout"), slots)
	if len(l.Shared) > 0 {
		fields = append(fields, entry(jen.Id("Shared"), fingerprints(l.Shared)))
	}
	if h := l.Host; h != nil {
		host := []jen.Code{entry(jen.Id("Name"), jen.Lit(h.Name)), entry(jen.Id("Shared"), fingerprints(h.Shared)), entry(jen.Id("State"), jen.Lit(h.State))}
		fields = append(fields, entry(jen.Id("Host"), jen.Op("&").Add(in("HostLayout")).Add(literal(host...))))
	}
	for _, s := range l.Stages {
		stages = append(stages, literal(
			entry(jen.Id("Name"), jen.Lit(s.Name)), entry(jen.Id("Program"), constantOf(g.programs, s.Program)),
			entry(jen.Id("Table"), jen.Lit(s.Table)), entry(jen.Id("Convention"), jen.Lit(s.Convention)),
			entry(jen.Id("TailCalls"), jen.Lit(s.TailCalls)),
		))
	}
	list("Stages", in("StageLayout"), stages)
	list("Counters", in("CounterLayout"), counters)
	list("Events", in("EventLayout"), events)

	g.comment("%s is what runtime must know of the pipeline beside its objects.", g.hidden("Layout"))
	g.file.Func().Id(g.hidden("Layout")).Params().Add(in("Layout")).Block(jen.Return(in("Layout").Add(literal(fields...))))
}

// fingerprints is a map from names to fingerprints.
func fingerprints(m map[string]string) jen.Code {
	var entries []jen.Code
	for _, name := range sortedKeys(m) {
		entries = append(entries, entry(jen.Lit(name), jen.Lit(m[name])))
	}
	return jen.Map(jen.String()).String().Add(literal(entries...))
}
