package loader

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"
)

// counters declares a method for each counter.
func (g *generator) counters() {
	if len(g.in.Layout.Counters) == 0 {
		return
	}
	name := g.noun("Counters")
	g.comment("%s reads the counters, summed over all CPUs.", name)
	g.file.Type().Id(name).Struct(jen.Id("pipeline").Op("*").Qual(runtimePath, "Pipeline"))
	methods := make(scope)
	for _, c := range g.in.Layout.Counters {
		method := methods.claim(identifier(c.Name))
		var params []jen.Code
		index := jen.Lit(0)
		switch enum := g.typeNames[c.Enum]; {
		case enum != "":
			params, index = []jen.Code{jen.Id("i").Id(enum)}, jen.Uint32().Parens(jen.Id("i"))
		case c.Len > 1:
			params, index = []jen.Code{jen.Id("i").Uint32()}, jen.Id("i")
		}
		g.comment("%s is the count of %s.", method, c.Name)
		g.file.Func().Params(jen.Id("c").Id(name)).Id(method).Params(params...).Params(jen.Uint64(), jen.Error()).Block(
			jen.Return(jen.Id("c").Dot("pipeline").Dot("Counter").Call(constantOf(g.maps, c.Name)).Dot("Sum").Call(index)),
		)
	}
}

// A table is a table of slots and the names it has in Go.
type table struct {
	name, field, slotsType, stageType string
	stages                            []stage
}

// A stage is one that fits a table.
type stage struct{ program, constant string }

// nameTables hands out the names of the tables and of the stages that the source puts into them.
func (g *generator) nameTables() (tables []table) {
	fields := make(scope)
	for _, s := range g.in.Layout.Slots {
		t := table{name: s.Name, field: fields.claim(identifier(s.Name))}
		t.slotsType, t.stageType = g.top.claim(g.noun(t.field+"Slots")), g.top.claim(g.noun(t.field+"Stage"))
		programs := slices.Sorted(maps.Values(s.Initial))
		for _, p := range slices.Compact(programs) {
			t.stages = append(t.stages, stage{p, g.top.claim(g.noun(t.field + identifier(p)))})
		}
		tables = append(tables, t)
	}
	return tables
}

// slots declares a type for each table of slots, and one for the stages that fit it.
func (g *generator) slots(tables []table) {
	if len(tables) == 0 {
		return
	}
	g.comment("%s are the tables of stages that can be exchanged while packets flow.", g.noun("Slots"))
	g.file.Type().Id(g.noun("Slots")).StructFunc(func(fields *jen.Group) {
		for _, t := range tables {
			fields.Id(t.field).Id(t.slotsType)
		}
	})
	for _, t := range tables {
		g.table(t)
	}
}

func (g *generator) table(t table) {
	g.comment("%s is a stage that fits the table %s.", t.stageType, t.name)
	g.file.Type().Id(t.stageType).String()
	if len(t.stages) > 0 {
		g.file.Const().DefsFunc(func(defs *jen.Group) {
			for _, s := range t.stages {
				defs.Id(s.constant).Id(t.stageType).Op("=").Add(constantOf(g.programs, s.program))
			}
		})
	}
	g.comment("%s is the table %s.", t.slotsType, t.name)
	g.file.Type().Id(t.slotsType).Struct(jen.Id("pipeline").Op("*").Qual(runtimePath, "Pipeline"))

	recv := jen.Id("s").Id(t.slotsType)
	slots := jen.Id("s").Dot("pipeline").Dot("Slots").Call(constantOf(g.maps, t.name))
	g.comment("Set puts a stage into slot i.")
	g.file.Func().Params(recv).Id("Set").Params(jen.Id("i").Uint32(), jen.Id("stage").Id(t.stageType)).Error().Block(
		jen.Return(jen.Add(slots).Dot("SetNamed").Call(jen.Id("i"), jen.String().Parens(jen.Id("stage")))),
	)
	g.comment("SetStage puts a stage into slot i that was compiled apart and opened for this pipeline.")
	g.file.Func().Params(recv).Id("SetStage").Params(jen.Id("i").Uint32(), jen.Id("stage").Op("*").Qual(runtimePath, "Stage")).Error().Block(
		jen.Return(jen.Add(slots).Dot("SetStage").Call(jen.Id("i"), jen.Id("stage"))),
	)
	g.comment("Clear empties slot i.")
	g.file.Func().Params(recv).Id("Clear").Params(jen.Id("i").Uint32()).Error().Block(
		jen.Return(jen.Add(slots).Dot("Clear").Call(jen.Id("i"))),
	)
}

// stages declares the stages that are for slots of another pipeline.
func (g *generator) stages() {
	l := g.in.Layout
	if len(l.Stages) == 0 {
		return
	}
	g.comment("%s are the stages for slots of the pipeline %s.", g.noun("Stages"), l.Host.Name)
	g.file.Type().Id(g.noun("Stages")).StructFunc(func(fields *jen.Group) {
		for _, s := range l.Stages {
			fields.Id(g.stageField(s.Name)).Op("*").Qual(runtimePath, "Stage").Comment("for " + s.Table)
		}
	})
}

// stageField is the field of a stage. The checker has seen to it that no two stages have the same.
func (g *generator) stageField(name string) string { return identifier(name) }

// events declares the reader of typed events.
func (g *generator) events() {
	if len(g.in.Layout.Events) == 0 {
		return
	}
	event, events, marker := g.noun("Event"), g.noun("Events"), "is"+upperFirst(g.noun("Event"))
	cases := make([]jen.Code, 0, len(g.in.Layout.Events)+1)
	g.comment("%s is one of the pipeline's events.", event)
	g.file.Type().Id(event).Interface(jen.Id(marker).Params())
	for _, e := range g.in.Layout.Events {
		typ := g.typeNames[e.Name]
		g.file.Func().Params(jen.Op("*").Id(typ)).Id(marker).Params().Block()
		cases = append(cases, jen.Case(jen.Lit(e.Name)).Block(jen.Id("event").Op("=").New(jen.Id(typ))))
	}
	cases = append(cases, jen.Default().Block(jen.Return(jen.Nil(), jen.Qual("fmt", "Errorf").Call(jen.Lit("unknown event %q"), jen.Id("record").Dot("Name")))))

	g.comment("%s reads the pipeline's events in the order in which they were emitted.", events)
	g.file.Type().Id(events).Struct(jen.Op("*").Qual(runtimePath, "EventReader"))
	g.comment("Events opens the pipeline's events for reading. There should be one reader at a time.")
	g.file.Func().Params(jen.Id("p").Op("*").Id(g.noun("Pipeline"))).Id("Events").Params().Params(jen.Op("*").Id(events), jen.Error()).Block(
		jen.List(jen.Id("r"), jen.Err()).Op(":=").Id("p").Dot("Pipeline").Dot("Events").Call(),
		failIf(jen.Nil(), jen.Err()),
		jen.Return(jen.Op("&").Id(events).Values(jen.Id("r")), jen.Nil()),
	)
	g.comment("Read waits for the next event, a pointer to one of the event types.")
	g.file.Func().Params(jen.Id("r").Op("*").Id(events)).Id("Read").Params().Params(jen.Id(event), jen.Error()).Block(
		jen.List(jen.Id("record"), jen.Err()).Op(":=").Id("r").Dot("EventReader").Dot("Read").Call(),
		failIf(jen.Nil(), jen.Err()),
		jen.Var().Id("event").Id(event),
		jen.Switch(jen.Id("record").Dot("Name")).Block(cases...),
		jen.If(
			jen.List(jen.Id("_"), jen.Err()).Op(":=").Qual("encoding/binary", "Decode").Call(
				jen.Id("record").Dot("Data"), jen.Qual("encoding/binary", "NativeEndian"), jen.Id("event")),
			jen.Err().Op("!=").Nil(),
		).Block(jen.Return(jen.Nil(), jen.Qual("fmt", "Errorf").Call(jen.Lit("event %s: %w"), jen.Id("record").Dot("Name"), jen.Err()))),
		jen.Return(jen.Id("event"), jen.Nil()),
	)
}

// entry is a field of a struct literal, or an element of a map's.
func entry(key, value jen.Code) jen.Code { return jen.Add(key).Op(":").Add(value) }

// literal has the entries of a composite literal on lines of their own, in the order given.
func literal(entries ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, entries...)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
