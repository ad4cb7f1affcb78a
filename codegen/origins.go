package codegen

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/emit"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// origins finds what instructions and values of the compiler were in the source. Both keep their spans all the way; a
// value that a variable held keeps its name.
type origins struct {
	p       *check.Program
	owners  []*owner
	byName  map[string]*owner
	locals  map[string][]*check.Local       // by name
	texts   map[string]string               // sources by file
	exprs   map[diag.Span]syntax.Expr       // that have a type
	parses  map[diag.Span]*syntax.ParseStmt // by the header's name
	reasons map[diag.Span]string            // why something is forgotten there
}

// An owner is a declaration with code.
type owner struct {
	kind, name string // "stage" or "fn"
	span       diag.Span
}

// Why numbers are forgotten.
const (
	manyRows   = "every row of the table compares it; the verifier would tell all ways through the rows apart"
	manyRounds = "it differs from round to round; the verifier would tell the rounds apart"
	manyPaths  = "it differs from path to path and is compared later; the verifier would tell the paths apart"
)

func newOrigins(p *check.Program) *origins {
	o := &origins{
		p: p, locals: map[string][]*check.Local{}, texts: map[string]string{}, exprs: map[diag.Span]syntax.Expr{},
		reasons: map[diag.Span]string{}, byName: map[string]*owner{},
		parses: map[diag.Span]*syntax.ParseStmt{},
	}
	for _, f := range p.Files {
		o.texts[f.Name] = f.Source
		for _, d := range f.Decls {
			o.declaration(d)
		}
	}
	for id, obj := range p.Defs {
		if l, ok := obj.(*check.Local); ok && l.Decl == id {
			o.locals[l.Name] = append(o.locals[l.Name], l)
		}
	}
	for _, list := range o.locals {
		slices.SortFunc(list, func(a, b *check.Local) int { return before(a.Decl.Span(), b.Decl.Span()) })
	}
	for _, d := range o.owners {
		o.byName[d.name] = d
	}
	for _, s := range p.Stages {
		if o.byName[s.Name] == nil { // an entry that stands in no source
			o.byName[s.Name] = &owner{"stage", s.Name, s.Decl.Name.Span()}
		}
		if s.Circle != nil {
			o.reasons[s.Decl.Name.Span()] = manyRounds
		}
	}
	return o
}

// before orders spans by where they start.
func before(a, b diag.Span) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Start.Offset, b.Start.Offset))
}

// declaration takes note of a declaration with code, and of what is in it.
func (o *origins) declaration(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.StageDecl:
		o.owners = append(o.owners, &owner{"stage", d.Name.Name, d.Span()})
	case *syntax.FnDecl:
		o.owners = append(o.owners, &owner{"fn", d.Name.Name, d.Span()})
	default:
		return
	}
	syntax.Walk(d, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.MatchStmt:
			for _, s := range n.Subjects {
				o.reasons[s.Span()] = manyRows
			}
		case *syntax.ParseStmt:
			o.parses[n.Header.Span()] = n
		case *syntax.ForStmt:
			o.reasons[n.In.Span()] = manyRounds
		}
		if e, ok := n.(syntax.Expr); ok && o.p.Types[e] != nil {
			o.exprs[e.Span()] = e
		}
		return true
	})
}

// owner is the declaration that a place is in; nil if it is in none with code.
func (o *origins) owner(at diag.Span) *owner {
	for _, d := range o.owners {
		if d.span.File == at.File && d.span.Start.Offset <= at.Start.Offset && at.Start.Offset < d.span.End.Offset {
			return d
		}
	}
	return nil
}

// code is what a program has of one stage or fn.
type code struct {
	owner        *owner
	instructions int
	lines        map[int]bool
}

// code divides the instructions of a program and its subprograms by the stages and fns they come from, in source order. The
// program begins in a stage, to which go all tail calls, and what is made anew from what is known elsewhere.
func (o *origins) code(begin string, functions []*emit.Function) []*code {
	all := map[*owner]*code{}
	add := func(stage string, at diag.Span, slots int) {
		d := o.owner(at)
		if d == nil || d.kind == "stage" && d.name != stage && d.name != begin {
			d, at = o.byName[stage], diag.Span{}
		}
		c := all[d]
		if c == nil {
			c = &code{owner: d, lines: map[int]bool{}}
			all[d] = c
		}
		c.instructions += slots
		if at.IsValid() {
			c.lines[at.Start.Line] = true
		}
	}
	for _, f := range functions {
		f.Each(add)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *code) int { return before(a.owner.span, b.owner.span) })
}

// parts are what each program has of the source. Lines are one range if no other line between them has code.
func (o *origins) parts(u *unit) [][]Part {
	var pieces [][]*code
	lines := map[*owner]map[int]bool{} // that have code in some program
	for i, f := range u.code {
		list := o.code(u.plan.Programs[i].Stage, append(u.linked(i), f))
		pieces = append(pieces, list)
		for _, c := range list {
			if lines[c.owner] == nil {
				lines[c.owner] = map[int]bool{}
			}
			maps.Copy(lines[c.owner], c.lines)
		}
	}
	parts := make([][]Part, len(pieces))
	for i, list := range pieces {
		for _, c := range list {
			parts[i] = append(parts[i], Part{
				Kind: c.owner.kind, Name: c.owner.name, File: c.owner.span.File, Instructions: c.instructions,
				Lines: ranges(slices.Sorted(maps.Keys(lines[c.owner])), c.lines),
			})
		}
	}
	return parts
}

// ranges are the runs of lines that are in a set.
func ranges(lines []int, in map[int]bool) [][2]int {
	list := [][2]int{}
	open := false
	for _, n := range lines {
		switch {
		case in[n] && open:
			list[len(list)-1][1] = n
		case in[n]:
			list = append(list, [2]int{n, n})
		}
		open = in[n]
	}
	return list
}

// describe names a value as the source would, and its type. The name, if any, is that of a variable, or of a leaf of it.
func (o *origins) describe(name string, at diag.Span) (text, typ string) {
	if l := o.local(name, at); l != nil {
		return name, leafType(l, strings.TrimPrefix(name, l.Name))
	}
	if name == "cursor" {
		return name, "offset in the packet"
	}
	if e := o.exprs[at]; e != nil {
		typ = typeName(o.p.Types[e])
	}
	if st := o.parses[at]; st != nil {
		return parseText(st), "part of an offset"
	}
	if excerpt := o.excerpt(at); excerpt != "" {
		return excerpt, typ
	}
	return name, typ
}

// local is the variable of a name that is meant at some place: the last one declared before it in the same declaration.
func (o *origins) local(name string, at diag.Span) *check.Local {
	base, _, _ := strings.Cut(name, ".")
	base, _, _ = strings.Cut(base, "[")
	var found *check.Local
	for _, l := range o.locals[base] {
		decl := l.Decl.Span()
		if o.owner(decl) == o.owner(at) && (found == nil || before(decl, at) <= 0) {
			found = l
		}
	}
	return found
}

// leafType is the type of a leaf of a local.
func leafType(l *check.Local, path string) string {
	t := l.Type
	for path != "" {
		switch s := t.(type) {
		case *types.Struct:
			i := slices.IndexFunc(s.Fields, func(f types.Field) bool {
				rest, ok := strings.CutPrefix(path, "."+f.Name)
				return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
			})
			if i < 0 {
				return ""
			}
			t, path = s.Fields[i].Type, path[1+len(s.Fields[i].Name):]
		case *types.Array:
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return ""
			}
			t, path = s.Elem, path[end+1:]
		default:
			return typeName(t)
		}
	}
	return typeName(t)
}

// typeName is a type for reports. A view travels as its offset in the packet.
func typeName(t types.Type) string {
	if h, ok := t.(*types.Header); ok {
		return "view of " + h.Name
	}
	return t.String()
}

// named gives the causes of a plan that there isn't the names that the source has for them.
func named(p *check.Program, err error) error {
	var none *PlanError
	if errors.As(err, &none) && len(none.Causes) > 0 {
		o := newOrigins(p)
		for i := range none.Causes {
			c := &none.Causes[i]
			c.Name, _ = o.describe(c.Name, c.Span)
		}
	}
	return err
}

// parseText is a parse as the source writes it, but for its else.
func parseText(st *syntax.ParseStmt) string {
	text := "parse " + st.Header.Name
	if st.Peek {
		text = "peek " + st.Header.Name
	}
	if st.Name != nil {
		text = st.Name.Name + " := " + text
	}
	return text
}

// mostExcerpt is how many characters of the source are shown for a value without a name.
const mostExcerpt = 40

// excerpt is the source text at a place, on one line.
func (o *origins) excerpt(at diag.Span) string {
	src := o.texts[at.File]
	if !at.IsValid() || at.End.Offset > len(src) || at.Start.Offset >= at.End.Offset {
		return ""
	}
	text := []rune(strings.Join(strings.Fields(src[at.Start.Offset:at.End.Offset]), " "))
	if len(text) > mostExcerpt {
		text = append(text[:mostExcerpt-1], '…')
	}
	return string(text)
}

// forgotten lists what a program makes the verifier forget, once a place.
func (o *origins) forgotten(f *ir.Func) []Forgotten {
	list := []Forgotten{}
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			if v.Op != ir.Forget {
				continue
			}
			name := cmp.Or(v.Name, v.Args[0].Name)
			if name == "" && o.reasons[v.Span] == manyRounds { // all else there is a variable
				name = "cursor"
			}
			name, typ := o.describe(name, v.Span)
			x := Forgotten{name, typ, v.Span.File, v.Span.Start.Line, cmp.Or(o.reasons[v.Span], manyPaths)}
			if !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
	}
	slices.SortFunc(list, func(a, b Forgotten) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name))
	})
	return list
}
