package loader

import (
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cilium/ebpf"
	"github.com/dave/jennifer/jen"
)

// A generator declares one thing after another in a file. Names that depend on the pipeline are handed out first, in a
// fixed order, so that any part can refer to any other.
type generator struct {
	in   Input
	file *jen.File
	top  scope

	maps, programs, vars []member
	typeNames            map[string]string // Go names of types, by their names in BTF
	namedTypes           []namedType       // sorted by their Go names
	variantLoads         map[string]string // functions that read the objects of coarser variants, by their names
}

// A member is a map, program or variable of the collection.
type member struct {
	name     string // in the object file
	field    string // of Go structs
	constant string // the Go constant that holds the name
}

func newGenerator(in Input) (*generator, error) {
	g := &generator{in: in, file: jen.NewFile(in.Package), top: make(scope), variantLoads: map[string]string{}}
	for _, n := range []string{
		"Specs", "ProgramSpecs", "MapSpecs", "VariableSpecs", "Objects", "Programs", "Maps", "Variables",
		"Pipeline", "Config", "Vars", "Counters", "Slots", "Stages", "Event", "Events",
	} {
		g.top.claim(g.noun(n))
	}
	for _, fn := range []string{g.verb("load", ""), g.verb("load", "Objects"), g.verb("open", ""), g.verb("default", "Config")} {
		g.top.claim(fn) // a pipeline named like a verb may have a type of that name
	}
	for _, v := range g.coarser() {
		g.variantLoads[v.Name] = g.top.claim(g.verb("load", upperFirst(v.Name)))
	}
	if err := g.nameTypes(); err != nil {
		return nil, err
	}
	g.maps = g.name("Map", userMaps(in.Spec))
	g.programs = g.name("Prog", slices.Sorted(maps.Keys(in.Spec.Programs)))
	g.vars = g.name("Var", slices.Sorted(maps.Keys(in.Spec.Variables)))
	return g, nil
}

// noun is the name of a type: edgeObjects.
func (g *generator) noun(what string) string { return g.in.Ident + what }

// verb is the name of a function, exported if the pipeline is: loadEdgeObjects, LoadEdgeObjects.
func (g *generator) verb(verb, what string) string {
	if token.IsExported(g.in.Ident) {
		verb = upperFirst(verb)
	}
	return verb + upperFirst(g.in.Ident) + what
}

// hidden is the name of a thing that nobody should use: _EdgeClose.
func (g *generator) hidden(what string) string { return "_" + upperFirst(g.in.Ident) + what }

// userMaps are the maps but for those that hold variables.
func userMaps(spec *ebpf.CollectionSpec) []string {
	names := slices.Sorted(maps.Keys(spec.Maps))
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, ".") })
}

// name gives objects of one kind their names in Go.
func (g *generator) name(kind string, names []string) []member {
	fields := scope{"Close": true} // a method of the structs
	var objects []member
	for _, name := range names {
		o := member{name: name, field: fields.claim(identifier(name))}
		o.constant = g.top.claim(g.noun(kind + o.field))
		objects = append(objects, o)
	}
	return objects
}

// constantOf is the Go constant that holds a name.
func constantOf(objects []member, name string) jen.Code {
	for _, o := range objects {
		if o.name == name {
			return jen.Id(o.constant)
		}
	}
	return jen.Lit(name)
}

// A scope is a set of names that are taken.
type scope map[string]bool

// claim takes a name, with underscores after it if others have it already.
func (s scope) claim(name string) string {
	for s[name] {
		name += "_"
	}
	s[name] = true
	return name
}

// identifier is the exported Go name that bpf2go makes of a C name: underscores go, but for those after a capital, and
// what follows becomes a capital.
func identifier(name string) string {
	var b strings.Builder
	prev := rune(-1) // the last rune kept; -1 at the start and after a dropped underscore
	for _, r := range name {
		switch {
		case unicode.IsLetter(r):
			if prev == -1 {
				r = unicode.ToUpper(r)
			}
		case r == '_':
			if prev == -1 || unicode.IsDigit(prev) || unicode.IsLower(prev) {
				prev = -1
				continue
			}
		case !unicode.IsDigit(r):
			continue
		}
		b.WriteRune(r)
		prev = r
	}
	if id := b.String(); token.IsIdentifier(id) {
		return id
	}
	return "X" + b.String() // nothing is left, or a digit is first
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
