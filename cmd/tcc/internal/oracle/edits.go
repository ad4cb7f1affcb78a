package oracle

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/lang/syntax"
)

// An editor lists ways to make a program smaller. Whether the result is still a program is for the checker to say.
type editor struct {
	src   string
	file  *syntax.File
	edits [][]edit // each is one step; its pieces don't overlap
}

// sorted are the edits, those that leave out most first.
func (e *editor) sorted() [][]edit {
	gain := func(edits []edit) (n int) {
		for _, x := range edits {
			n += x.to - x.from - len(x.text)
		}
		return n
	}
	slices.SortStableFunc(e.edits, func(a, b []edit) int { return cmp.Compare(gain(b), gain(a)) })
	return slices.DeleteFunc(e.edits, func(x []edit) bool { return gain(x) <= 0 })
}

func at(n syntax.Node) (from, to int) {
	s := n.Span()
	return s.Start.Offset, s.End.Offset
}

func (e *editor) text(n syntax.Node) string {
	from, to := at(n)
	return e.src[from:to]
}

// replace adds the step of writing something else for n.
func (e *editor) replace(n syntax.Node, text string) {
	from, to := at(n)
	e.edits = append(e.edits, []edit{{from, to, text}})
}

// inner is the text between the braces of a block.
func (e *editor) inner(b *syntax.Block) string {
	from, to := at(b)
	return e.src[from+1 : to-1]
}

// separated is a list with something between its elements, a comma say: an element goes with one of them.
func separated[N syntax.Node](e *editor, list []N) {
	for i := range list {
		e.edits = append(e.edits, []edit{without(list, i)})
	}
}

// without is the edit that takes element i out of a list.
func without[N syntax.Node](list []N, i int) edit {
	from, to := at(list[i])
	switch {
	case i > 0:
		_, from = at(list[i-1])
	case len(list) > 1:
		to, _ = at(list[1])
	}
	return edit{from: from, to: to}
}

// runs is a list without separators: pieces of any size go, together with semicolons.
func runs[N syntax.Node](e *editor, list []N) {
	for size := len(list); size > 0; size /= 2 {
		for i := 0; i+size <= len(list); i += size {
			from, _ := at(list[i])
			_, to := at(list[i+size-1])
			for to < len(e.src) && e.src[to] == ';' {
				to++
			}
			e.edits = append(e.edits, []edit{{from: from, to: to}})
		}
	}
}

func (e *editor) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.File:
		runs(e, n.Decls)
	case syntax.Decl:
		e.decl(n)
	case syntax.Stmt:
		e.stmt(n)
	case syntax.Expr:
		e.expr(n)
	case *syntax.MatchRow:
		if b, ok := n.Body.(*syntax.Block); ok {
			e.replace(b, e.defaultVerdict())
		}
	case *syntax.Pattern:
		separated(e, n.Alts)
		e.replace(n, "_")
	case *syntax.Else:
		e.replace(n, "")
	}
	return true
}

// defaultVerdict is the pipeline's.
func (e *editor) defaultVerdict() string {
	for _, d := range e.file.Decls {
		if d, ok := d.(*syntax.DefaultDecl); ok {
			return e.text(d.Verdict)
		}
	}
	return "pass"
}

func (e *editor) decl(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.StageDecl:
		e.replace(d.Body, "{ "+e.defaultVerdict()+" }")
		for i := range d.Params {
			e.dropParam(d.Name.Name, d.Params, i)
		}
	case *syntax.FnDecl:
		if d.Call {
			from, to := at(d.CallMark())
			e.edits = append(e.edits, []edit{{from: from, to: to}})
		}
	case *syntax.StructDecl:
		runs(e, d.Fields)
	case *syntax.EventDecl:
		runs(e, d.Fields)
	case *syntax.HeaderDecl:
		runs(e, d.Fields)
		if d.Length != nil {
			_, from := at(d)
			to := from
			from -= len(e.text(d.Length)) + len(" length ")
			e.edits = append(e.edits, []edit{{from: from, to: to}})
		}
	case *syntax.EnumDecl:
		separated(e, d.Members)
	case *syntax.SlotsDecl:
		runs(e, d.Entries)
		for i := range d.Params {
			e.dropParam(d.Name.Name, d.Params, i)
		}
	case *syntax.SlotDecl:
		for i := range d.Params {
			e.dropParam(d.Name.Name, d.Params, i)
		}
	}
}

// dropParam takes a parameter from a stage and an argument from all gotos to it. Stages in slots and their tables need
// the same parameters: they lose theirs together.
func (e *editor) dropParam(name string, params []*syntax.Field, i int) {
	var step []edit
	together := map[string]bool{name: true}
	for _, d := range e.file.Decls {
		switch d := d.(type) {
		case *syntax.SlotsDecl:
			for _, s := range d.Entries {
				if s.Stage.Name == name || d.Name.Name == name {
					together[s.Stage.Name], together[d.Name.Name] = true, true
				}
			}
		case *syntax.SlotDecl:
			if d.Stage != nil && (d.Stage.Name == name || d.Name.Name == name) {
				together[d.Stage.Name], together[d.Name.Name] = true, true
			}
		}
	}
	drop := func(id *syntax.Ident, list []*syntax.Field) {
		if !together[id.Name] || len(list) != len(params) {
			return
		}
		one := without(list, i)
		if len(list) == 1 {
			one.from--
			one.to++ // the parentheses
		}
		step = append(step, one)
	}
	syntax.Walk(e.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.StageDecl:
			drop(n.Name, n.Params)
		case *syntax.SlotsDecl:
			drop(n.Name, n.Params)
		case *syntax.SlotDecl:
			drop(n.Name, n.Params)
		case *syntax.GotoStmt:
			if together[n.Target.Name] && len(n.Args) == len(params) {
				step = append(step, without(n.Args, i))
			}
		}
		return true
	})
	slices.SortFunc(step, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	for j := 1; j < len(step); j++ {
		if step[j].from < step[j-1].to {
			return // a goto in a goto's else
		}
	}
	e.edits = append(e.edits, step)
}

func (e *editor) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.Block:
		runs(e, s.Stmts)
	case *syntax.IfStmt:
		e.replace(s, e.inner(s.Then))
		switch other := s.Else.(type) {
		case *syntax.Block:
			e.replace(s, e.inner(other))
		case *syntax.IfStmt:
			e.replace(s, e.text(other))
		}
		if s.Else != nil {
			_, from := at(s.Then)
			_, to := at(s.Else)
			e.edits = append(e.edits, []edit{{from: from, to: to}})
		}
	case *syntax.MatchStmt:
		runs(e, s.Rows)
		for _, r := range s.Rows {
			if b, ok := r.Body.(*syntax.Block); ok {
				e.replace(s, e.inner(b))
			} else {
				e.replace(s, e.text(r.Body))
			}
		}
		e.dropSubjects(s)
	case *syntax.RewriteStmt:
		separated(e, s.Views)
		e.replace(s, e.inner(s.Body))
	case *syntax.GotoStmt:
		e.replace(s, e.defaultVerdict())
	case *syntax.PushStmt:
		separated(e, s.Header.Fields)
	}
}

// dropSubjects takes a column out of a table.
func (e *editor) dropSubjects(s *syntax.MatchStmt) {
	for i := range s.Subjects {
		if len(s.Subjects) == 1 {
			return
		}
		step := []edit{without(s.Subjects, i)}
		for _, r := range s.Rows {
			if len(r.Patterns) == len(s.Subjects) {
				step = append(step, without(r.Patterns, i))
			}
		}
		e.edits = append(e.edits, step)
	}
}

func (e *editor) expr(x syntax.Expr) {
	switch x := x.(type) {
	case *syntax.Ident, *syntax.Wildcard, *syntax.Range:
		return
	case *syntax.Literal:
		if x.Kind == syntax.IntLit && len(x.Text) > 1 {
			e.replace(x, "1")
		}
		return
	case *syntax.Binary:
		e.replace(x, e.text(x.X))
		e.replace(x, e.text(x.Y))
	case *syntax.Unary:
		e.replace(x, e.text(x.X))
	case *syntax.Paren:
		e.replace(x, e.text(x.X))
	case *syntax.Call:
		for _, arg := range x.Args {
			e.replace(x, e.text(arg))
		}
	case *syntax.StructLit:
		separated(e, x.Fields)
		for _, f := range x.Fields {
			e.replace(x, e.text(f.Value))
		}
	}
	for _, simple := range []string{"0", "1", "true", "false"} {
		e.replace(x, simple)
	}
}
