package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// initial lists the stages of a table by index.
func initial(table *check.Slots) []*check.Stage {
	var list []*check.Stage
	for i := range table.Len {
		if s := table.Initial[i]; s != nil && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// viewsRead is the views of which some field is read or written, or that a rewrite names. The others are only passed on.
func viewsRead(p *check.Program) map[*check.Local]bool {
	read := map[*check.Local]bool{}
	for sel, ref := range p.Fields {
		if ref.Header == nil {
			continue
		}
		if id, ok := check.Unparen(sel.X).(*syntax.Ident); ok {
			if l, ok := p.Uses[id].(*check.Local); ok {
				read[l] = true
			}
		}
	}
	mark := func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Call:
			markPassed(p, n, read)
		case *syntax.RewriteStmt:
			for _, v := range p.Rewrites[n].Views {
				read[v.Local] = true
			}
		case *syntax.PushStmt:
			markMeasured(p, n.After, read)
		case *syntax.PopStmt:
			markMeasured(p, n.View, read)
		}
		return true
	}
	for _, s := range p.Stages {
		syntax.Walk(s.Decl.Body, mark)
	}
	for _, f := range p.Fns {
		syntax.Walk(f.Decl.Body, mark)
	}
	return read
}

// markPassed marks the views that are passed to a fn, which may read them.
func markPassed(p *check.Program, e *syntax.Call, read map[*check.Local]bool) {
	if _, ok := p.Uses[e.Fun].(*check.Fn); !ok {
		return
	}
	for _, a := range e.Args {
		if id, ok := check.Unparen(a).(*syntax.Ident); ok {
			if l, ok := p.Uses[id].(*check.Local); ok && isView(l) {
				read[l] = true
			}
		}
	}
}

// markMeasured marks a view whose length is computed from its fields.
func markMeasured(p *check.Program, id *syntax.Ident, read map[*check.Local]bool) {
	if id == nil {
		return
	}
	if l, ok := p.Uses[id].(*check.Local); ok && l.Type.(*types.Header).HasLen {
		read[l] = true
	}
}

func isView(l *check.Local) bool {
	_, ok := l.Type.(*types.Header)
	return ok
}
