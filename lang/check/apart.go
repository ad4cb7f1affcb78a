package check

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// `stage NAME(params) for TABLE` is a stage for a slots table of another pipeline, the host. It is compiled apart, with the
// pipeline of whose root file it is part, and put into the running host.
//
// The root file imports the host's root file. So all that the host declares is known here, and is declared once more: types
// are the same, code is copied, and state is shared when the object is loaded, by name. What can't be shared is refused: the
// host's slots tables, through which a packet could go in circles, and its vars, which lie side by side in one map.

// hostOf finds the host among the files that the root file imports: the one that has a pipeline. It gives the host's files,
// its root first; nil if there is no stage for a slot, or no host.
func (s *sources) hostOf() []*syntax.File {
	if !slices.ContainsFunc(s.files[0].Decls, func(d syntax.Decl) bool { st, ok := d.(*syntax.StageDecl); return ok && st.For != nil }) {
		return nil
	}
	for _, f := range s.files[1:] {
		if slices.ContainsFunc(f.Decls, func(d syntax.Decl) bool { return rootLine(d) == "pipeline" }) {
			return s.closure(f, nil)
		}
	}
	return nil
}

// closure adds a file and all that it imports.
func (s *sources) closure(file *syntax.File, files []*syntax.File) []*syntax.File {
	if slices.Contains(files, file) {
		return files
	}
	files = append(files, file)
	for _, to := range s.from[file] {
		files = s.closure(to, files)
	}
	return files
}

// checkFor checks that a stage fits the host's table that it is for.
func (c *checker) checkFor(s *Stage) {
	id := s.Decl.For
	table, ok := find[*Slots](c, id, "slots table")
	switch {
	case !ok:
		if c.prog.Host == nil && c.lastIs("E0201") {
			c.diags[len(c.diags)-1].Hint = "import the file of the pipeline that has the table"
		}
		return
	case !c.prog.hosts[table]:
		d := c.errorf("E0440", id.Span(), "`%s` is a table of this pipeline; `for` is for those of another one", table.Name)
		d.Hint = "name the stage where the table is declared: `index => " + s.Name + "`"
		note(d, declName(table).Span(), "declared here")
		return
	}
	if !c.takes(s, table) {
		d := c.errorf("E0412", s.Decl.Name.Span(), "stage `%s` does not take the parameters of `%s`", s.Name, table.Name)
		d.Hint = "a stage in a slot takes the same types in the same order"
		note(d, declName(table).Span(), "the table is declared here")
		return
	}
	s.For = table
}

// sameType requires the host's type of pipeline, with `frags` or without, or else the kernel would take no stage of this
// one.
func (c *checker) sameType() {
	host, d := c.prog.Host, c.heads["pipeline"].(*syntax.PipelineDecl)
	switch {
	case host.Type != c.prog.Type:
		c.errorf("E0440", d.Type.Span(), "stages for slots of `%s` are in a pipeline of its type, %s", host.Name, host.Type.Name)
	case host.Frags && !d.Frags:
		c.errorf("E0440", d.Type.Span(), "stages for slots of `%s` are in a pipeline with `frags`, as it has them", host.Name).Hint =
			"write `pipeline " + d.Name.Name + " " + d.Type.Name + " frags`"
	case d.Frags && !host.Frags:
		c.errorf("E0440", fragsSpan(d), "stages for slots of `%s` are in a pipeline without `frags`, as it has none", host.Name)
	}
}

// takes reports whether a stage has the parameters of a table.
func (c *checker) takes(st *Stage, s *Slots) bool {
	return slices.EqualFunc(st.Params, s.Params, func(a, b *Local) bool {
		return types.Identical(a.Type, b.Type) || a.Type == types.Invalid || b.Type == types.Invalid
	})
}

// addEntry puts an entry first if the root file's first stage is for a slot of the host.
func (c *checker) addEntry() {
	if stages := c.prog.Stages; len(stages) == 0 || stages[0].Decl.For == nil || !c.isRoot(stages[0].Decl) {
		return
	}
	c.prog.Stages = slices.Insert(c.prog.Stages, 0, c.idleEntry())
	for i, s := range c.prog.Stages {
		s.Index = i
	}
}

// idleEntry is a stage that is nothing but the default: no packet comes that way but in tests.
func (c *checker) idleEntry() *Stage {
	decl := &syntax.StageDecl{Name: c.heads["pipeline"].(*syntax.PipelineDecl).Name, Body: &syntax.Block{}}
	if d, ok := c.heads["default"].(*syntax.DefaultDecl); ok {
		decl.Body.Stmts = []syntax.Stmt{d.Verdict}
	}
	return &Stage{Name: decl.Name.Name, Decl: decl}
}

// checkApart refuses what stages of this pipeline, and all that they go to and call, can't share with the host.
func (c *checker) checkApart() {
	if c.prog.Host == nil {
		return
	}
	seen := map[Object]bool{}
	var visit func(o Object)
	visit = func(o Object) {
		if seen[o] {
			return
		}
		seen[o] = true
		c.refuseVars(o)
		for _, j := range c.jumps[o] {
			if table, ok := j.to.(*Slots); ok && c.prog.hosts[table] {
				d := c.errorf("E0440", j.at, "a stage compiled apart cannot go through `%s`, a table of the pipeline that it is for", table.Name)
				d.Hint = "the table may hold that very stage, and nobody could count the rounds"
				c.noteApart(d)
				continue
			}
			visit(j.to)
		}
		for _, e := range c.calls[o] {
			visit(c.Uses[e.Fun])
		}
	}
	for _, s := range c.prog.Stages {
		if !c.prog.hosts[s] {
			visit(s)
		}
	}
}

// refuseVars reports where a stage or fn uses a var of the host, the first time.
func (c *checker) refuseVars(o Object) {
	var body *syntax.Block
	switch o := o.(type) {
	case *Stage:
		body = o.Decl.Body
	case *Fn:
		body = o.Decl.Body
	default:
		return
	}
	syntax.Walk(body, func(n syntax.Node) bool {
		id, ok := n.(*syntax.Ident)
		if !ok {
			return true
		}
		if g, ok := c.Uses[id].(*Global); ok && !g.Config && c.prog.hosts[g] && c.firstTime("host", g.Name) {
			d := c.errorf("E0440", id.Span(), "a stage compiled apart cannot use `%s`, a var of the pipeline that it is for", g.Name)
			d.Hint = "maps, counters, events and config are shared; a var is not, but an `array` map of one entry would be"
			c.noteApart(d)
		}
		return true
	})
}

// noteApart says, of a mistake in a file of the host, what leads there.
func (c *checker) noteApart(d *diag.Diagnostic) {
	if d.Span.File == c.files[0].Name {
		return
	}
	for _, s := range c.prog.Stages {
		if s.For != nil {
			note(d, s.Decl.Name.Span(), "this file has stages that are compiled apart")
			return
		}
	}
}

// isHosts reports whether a file is one of the host's.
func (c *checker) isHosts(file string) bool {
	return slices.ContainsFunc(c.hostFiles, func(f *syntax.File) bool { return f.Name == file })
}

// OfHost reports whether a file of the host declares an object.
func (p *Program) OfHost(o Object) bool { return p.hosts[o] }

// HostNames are the names of the maps, counters and variables that the host's files declare.
func (p *Program) HostNames() []string {
	var names []string
	for o := range p.hosts {
		switch o := o.(type) {
		case *Map, *Counter, *Targets, *Global:
			names = append(names, o.ObjectName())
		}
	}
	slices.Sort(names)
	return names
}

// OwnEvents are the events but for those of the host, by ID.
func (p *Program) OwnEvents() []*Event {
	return slices.DeleteFunc(slices.Clone(p.Events), func(e *Event) bool { return p.hosts[e] })
}
