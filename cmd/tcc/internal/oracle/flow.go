package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Verdicts and gotos in the middle of a block, mostly behind a condition.
var flowStmts = []production{
	{weight: 1, can: outsideOfRewrites, write: func(g *gen, _ int) bool { g.exit(); return true }},
	{weight: 3, can: outsideOfRewrites, write: (*gen).exitIf},
}

// plainVerdict is a verdict without arguments.
func (g *gen) plainVerdict() *check.Verdict {
	for {
		if v := pick(g.Rand, g.typ.Verdicts); v.Args == 0 {
			return v
		}
	}
}

// verdict is a verdict of the pipeline's type.
func (g *gen) verdict() string {
	v := pick(g.Rand, g.typ.Verdicts)
	switch {
	case v.Args == 0:
		return v.Name
	case v.Name == "redirect" && g.chance(1, 2):
		return g.redirect()
	case g.chance(1, 3):
		return fmt.Sprintf("%s(%d)", v.Name, g.IntN(100))
	}
	return fmt.Sprintf("%s(%s)", v.Name, g.number(32, 1+g.IntN(2)).text)
}

// redirect is a `redirect` to an entry of a map on xdp, and to what an interface receives on tc.
func (g *gen) redirect() string {
	if g.typ.Name == "tc" {
		return fmt.Sprintf("redirect(%s, ingress)", g.number(32, 1).text)
	}
	m := pick(g.Rand, g.targetMaps)
	return fmt.Sprintf("redirect(%s[%s])", m.name, g.index(m.max))
}

// exitIf is `if … { goto … }`.
func (g *gen) exitIf(int) bool {
	g.line("if %s {", g.cond(2))
	g.indent++
	outer := len(g.scope)
	g.exit()
	g.scope = g.scope[:outer]
	g.indent--
	g.line("}")
	return false
}

// A target is where a goto goes.
type target struct {
	name   string // with the index, if it has one
	params []param
	table  bool
	guest  bool // the table holds a guest
	max    int  // of a goto back; else 0
}

// mostCopies is how often stages may be written out because of gotos back.
const mostCopies = 4

// targets are the stages and tables that this stage can go to.
func (g *gen) targets() (ts []target) {
	for _, s := range g.stages[g.stage.rank+1:] {
		if g.reaches(s) {
			ts = append(ts, target{name: s.name, params: s.params})
		}
	}
	for _, t := range g.tables {
		if t.rank > g.stage.rank && t.side == g.side {
			ts = append(ts, target{name: t.name, params: t.params, table: true, guest: t.name == guestTable})
			if t.len > 0 {
				ts[len(ts)-1].name += "[" + g.index(t.len) + "]"
			}
		}
	}
	return append(ts, g.back()...)
}

// back is a way back, if there may be one. Circles must not go through tables.
func (g *gen) back() []target {
	if g.hasTables() || g.chance(1, 2) {
		return nil
	}
	max := 1 + g.IntN(3)
	if g.small && g.copies == 1 && g.chance(1, 4) {
		max = mostCopies - 1
	}
	if g.copies*(max+1) > mostCopies || !g.small && g.copies > 1 {
		return nil
	}
	to := g.stages[g.IntN(g.stage.rank+1)]
	if to.side != g.side {
		return nil
	}
	return []target{{name: to.name, params: to.params, max: max}}
}

// exit writes a verdict or a goto as a statement. The views that a goto passes are parsed in front of it, if need be.
func (g *gen) exit() {
	if g.named != nil {
		return // a rewrite has no way out but its end
	}
	if g.fn != nil {
		g.returnValue()
		return
	}
	ts := g.targets()
	if len(ts) == 0 || g.chance(1, 5) {
		g.line("%s", g.verdict())
		return
	}
	t := pick(g.Rand, ts)
	if g.chance(1, 2) {
		t = ts[0] // the next stage, so that most are reached
	}
	if i := slices.IndexFunc(ts, func(t target) bool { return t.guest }); i >= 0 && g.chance(2, 3) {
		t = ts[i]
	}
	for _, p := range t.params {
		if h, view := p.typ.(*types.Header); view && (g.view(h) == "" || g.chance(1, 8)) {
			g.parseNamed(h)
		}
	}
	g.line("%s", g.gotoText(t, 2))
}

// exitText is a verdict or a goto that needs no statement in front of it.
func (g *gen) exitText(depth int) string {
	var can []target
	for _, t := range g.targets() {
		if g.hasViews(t.params) {
			can = append(can, t)
		}
	}
	if depth <= 0 || len(can) == 0 || g.chance(1, 2) {
		return g.verdict()
	}
	return g.gotoText(pick(g.Rand, can), depth)
}

func (g *gen) hasViews(params []param) bool {
	for _, p := range params {
		if h, view := p.typ.(*types.Header); view && g.view(h) == "" {
			return false
		}
	}
	return true
}

// gotoText is a goto whose views are all in scope.
func (g *gen) gotoText(t target, depth int) string {
	var args []string
	for _, p := range t.params {
		args = append(args, g.argument(p))
	}
	text := "goto " + t.name
	if len(args) > 0 {
		text += "(" + commas(args) + ")"
	}
	if t.max > 0 {
		text += fmt.Sprintf(" max %d", t.max)
		g.copies *= t.max + 1
	}
	if (t.table || t.max > 0 || strings.Contains(text, "payload")) && g.chance(2, 3) {
		text += fmt.Sprintf(" else %s", g.exitText(depth-1))
	}
	return text
}

// argument is what is passed for a parameter: often a local, so that gotos shuffle them.
func (g *gen) argument(p param) string {
	if h, view := p.typ.(*types.Header); view {
		return g.view(h)
	}
	if g.chance(1, 2) {
		if l, ok := g.placeOf(func(l place) bool { return l.kind == localPlace && l.typ == p.typ }); ok {
			return l.text
		}
	}
	return g.value(p.typ, 1)
}
