package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Functions and their calls. A fn calls those before it only. One that changes maps is called in statements of its own,
// where no reference to an entry is being used.
var fnStmts = []production{
	{weight: 4, can: func(g *gen) bool { return len(g.called()) > 0 }, write: (*gen).callStmt},
}

// A fn is a function that is declared.
type fn struct {
	name    string
	params  []param
	result  types.Type // nil: none
	changes []*mapDecl
	payload bool // it looks at the payload, or calls one that does
}

func inStage(g *gen) bool { return g.fn == nil && g.named == nil }

// writeFns declares functions.
func (g *gen) writeFns() {
	if g.guests {
		g.side = sharedSide
		defer func() { g.side = hostSide }()
	}
	for i := range g.IntN(4) {
		f := &fn{name: fmt.Sprintf("fn%d", i)}
		for j := range g.IntN(4) {
			f.params = append(f.params, param{fmt.Sprintf("p%d", j), g.paramType()})
		}
		result := ""
		if g.chance(4, 5) {
			f.result = g.scalar()
			if g.chance(1, 8) {
				f.result = g.array()
			} else if small := g.smallStructs(24); len(small) > 0 && g.chance(1, 6) {
				f.result = pick(g.Rand, small)
			}
			result = " " + f.result.String()
		}
		params := paramList(f.params)
		if params == "" {
			params = "()"
		}
		g.line("fn %s%s%s {", f.name, params, result)
		start := g.text.Len()
		g.writeBody(f)
		f.payload = g.namesPayload(g.text.String()[start:])
		g.line("}")
		g.fns = append(g.fns, f)
	}
}

// writeBody writes a few statements, which don't count for the size of the program.
func (g *gen) writeBody(f *fn) {
	size := g.size
	g.fn, g.scope, g.names, g.mods, g.size = f, nil, 0, map[*mapDecl]int{}, 1+g.IntN(8)
	for _, p := range f.params {
		g.scope = append(g.scope, &local{name: p.name, typ: p.typ})
	}
	g.block(2, true)
	for m := range g.mods {
		f.changes = append(f.changes, m)
	}
	g.fn, g.scope, g.size = nil, nil, size
}

// returnValue is `return`, with a value if the fn has one.
func (g *gen) returnValue() {
	if g.fn.result == nil {
		g.line("return")
		return
	}
	g.line("return %s", g.value(g.fn.result, 2))
}

// callable are the functions whose views are in scope.
func (g *gen) callable() (fs []*fn) {
	for _, f := range g.fns {
		if g.hasViews(f.params) && (g.named == nil || !takesViews(f.params) && !f.payload) {
			fs = append(fs, f)
		}
	}
	return fs
}

// namesPayload reports whether the body of a fn looks at the payload, itself or by a fn that it calls.
func (g *gen) namesPayload(body string) bool {
	return strings.Contains(body, "payload") || slices.ContainsFunc(g.fns, func(f *fn) bool {
		return f.payload && strings.Contains(body, f.name+"(")
	})
}

func takesViews(params []param) bool {
	return slices.ContainsFunc(params, func(p param) bool { _, view := p.typ.(*types.Header); return view })
}

// quiet is a callable function that changes no maps, with a result that fits; nil if there is none.
func (g *gen) quiet(fits func(types.Type) bool) *fn {
	fs := slices.DeleteFunc(g.callable(), func(f *fn) bool { return len(f.changes) > 0 || f.result == nil || !fits(f.result) })
	if len(fs) == 0 {
		return nil
	}
	return pick(g.Rand, fs)
}

// call is a call with simple arguments.
func (g *gen) call(f *fn) string {
	var args []string
	for _, p := range f.params {
		if h, view := p.typ.(*types.Header); view {
			args = append(args, g.view(h))
		} else if l, ok := g.placeFor(p.typ); ok && g.chance(2, 3) {
			args = append(args, l.text)
		} else {
			args = append(args, g.constantOf(p.typ))
		}
	}
	return f.name + "(" + commas(args) + ")"
}

// constantOf is a constant, or a struct of constants.
func (g *gen) constantOf(t types.Type) string {
	if s, ok := t.(*types.Struct); ok {
		return s.Name + "{}"
	}
	return g.constant(types.ValueOf(t))
}

// called are the functions that a statement can call: those that are callable, and in a stage, where views can be parsed in
// front of the call, all.
func (g *gen) called() []*fn {
	if inStage(g) {
		return g.fns
	}
	return g.callable()
}

// callStmt is a call by itself, or one whose value gets a name.
func (g *gen) callStmt(int) bool {
	f := pick(g.Rand, g.called())
	for _, p := range f.params {
		if h, view := p.typ.(*types.Header); view && g.view(h) == "" {
			g.parseNamed(h)
		}
	}
	text := g.call(f)
	for _, m := range f.changes {
		g.changed(m)
		g.mods[m]++
	}
	if f.result != nil && g.chance(3, 4) {
		g.line("%s := %s", g.bind(f.result).name, text)
	} else {
		g.line("%s", text)
	}
	return false
}

// markCalls marks some of the functions that can be subprograms. Which these are, the checker knows best.
func markCalls(r *rand.Rand, src string) string {
	p, _ := check.Source(fileName, src)
	if p == nil {
		return src // what is wrong, the checker says when it is asked next
	}
	var marks []edit
	for _, f := range p.Fns {
		if p.Calling(f, p.Type).No == nil && r.IntN(2) == 0 {
			from, _ := at(f.Decl.Body)
			marks = append(marks, edit{from, from, "call "})
		}
	}
	return apply(src, marks)
}
