package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Coverage counts the constructs in statements that packets came to, one a statement, by name: "u32 +",
// "lru_hash delete", "read u13".
type Coverage map[string]int

// Add adds the counts of another coverage.
func (c Coverage) Add(d Coverage) {
	for name, n := range d {
		c[name] += n
	}
}

// without lists those of some names that were never counted.
func (c Coverage) without(names []string) (never []string) {
	for _, name := range names {
		if c[name] == 0 {
			never = append(never, name)
		}
	}
	return never
}

// cover counts what stands in the executed statements of a program.
func cover(p *check.Program, executed map[syntax.Stmt]bool) Coverage {
	v := &coverer{p: p, executed: executed, counts: Coverage{}}
	for s := range executed {
		v.stmt(s)
		v.nesting(s)
		syntax.Walk(s, func(n syntax.Node) bool {
			if inner, ok := n.(syntax.Stmt); ok {
				return inner == s // those inside count if packets come to them
			}
			if e, ok := n.(syntax.Expr); ok {
				v.expr(e)
			}
			return true
		})
	}
	for _, s := range p.Stages {
		for _, l := range s.Params {
			v.add("parameter %s", typeName(l.Type))
		}
	}
	v.add("pipeline %s", p.Type.Name)
	if p.Frags {
		v.add("pipeline %s frags", p.Type.Name)
	}
	return v.counts
}

type coverer struct {
	p        *check.Program
	executed map[syntax.Stmt]bool
	counts   Coverage
}

func (v *coverer) add(format string, args ...any) { v.counts[fmt.Sprintf(format, args...)]++ }

// typeName is a type's name, or what sort of type it is if the program named it.
func typeName(t types.Type) string {
	switch t.(type) {
	case *types.Enum:
		return "enum"
	case *types.Struct:
		return "struct"
	case *types.Header:
		return "view"
	case *types.Array:
		return "array"
	case nil:
		return "nothing"
	}
	return t.String()
}

func (v *coverer) stmt(s syntax.Stmt) {
	name := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", s), "*syntax."), "Stmt")
	switch s := s.(type) {
	case *syntax.AssignStmt:
		v.assign(s)
		return
	case *syntax.IfStmt:
		if call, ok := s.Cond.(*syntax.Call); ok && s.Bind != nil {
			name = "fib " + typeName(v.p.Types[call.Args[0]])
			if slices.ContainsFunc(s.Then.Stmts, func(inner syntax.Stmt) bool { return v.executed[inner] }) {
				v.add("%s found", name)
			}
		} else if s.Bind != nil {
			v.onMap(s.Cond, "lookup")
			return
		}
		if s.Else != nil {
			name += " else"
		}
	case *syntax.ParseStmt:
		name = map[bool]string{true: "peek", false: "parse"}[s.Peek]
		if h, ok := v.p.Uses[s.Header].(*check.Header); ok && h.Decl.Length != nil {
			name += " with length"
		}
		v.failed(name, s.Else)
		name += elseName(s.Else)
	case *syntax.SkipStmt:
		name = map[bool]string{true: "need", false: "skip"}[s.Need]
		v.failed(name, s.Else)
		name += elseName(s.Else)
	case *syntax.PushStmt:
		name += map[bool]string{true: " in front", false: " after"}[s.After == nil]
		v.failed(strings.ToLower(name), s.Else)
		name += elseName(s.Else)
	case *syntax.PopStmt:
		if l, ok := v.p.Uses[s.View].(*check.Local); ok && l.Type.(*types.Header).HasLen {
			name += " with length"
		}
		v.failed(strings.ToLower(name), s.Else)
		name += elseName(s.Else)
	case *syntax.LetStmt:
		name += elseName(s.Else)
	case *syntax.MatchStmt:
		v.match(s)
		return
	case *syntax.RewriteStmt:
		for _, view := range v.p.Rewrites[s].Views {
			v.add("rewrite of %s", view.Header.Name)
		}
	case *syntax.GotoStmt:
		if table, ok := v.p.Uses[s.Target].(*check.Slots); ok {
			name = map[bool]string{true: "goto slot", false: "goto slots"}[table.Single]
		}
		if v.p.Backs[s] != nil {
			name = "goto back"
		}
		v.failed(name, s.Else)
		name += elseName(s.Else)
	case *syntax.DeleteStmt:
		v.onMap(s.Entry, "delete")
		return
	case *syntax.VerdictStmt:
		name = v.p.Type.Name + " " + s.Name
		if to := v.p.Redirects[s]; to != nil && to.Targets != nil {
			name += " " + string(to.Targets.Kind)
		} else if to != nil && to.Ingress {
			name += " ingress"
		}
	}
	v.add("%s", strings.ToLower(name))
}

// failed counts what went its else.
func (v *coverer) failed(what string, e *syntax.Else) {
	if e != nil && v.executed[e.Body] {
		v.add("%s failed", what)
	}
}

// nesting counts loops in loops, and statements that have others inside them, five deep.
func (v *coverer) nesting(s syntax.Stmt) {
	_, outer := s.(*syntax.ForStmt)
	if deepest(s) >= 5 {
		v.add("five blocks deep")
	}
	syntax.Walk(s, func(n syntax.Node) bool {
		if inner, ok := n.(*syntax.ForStmt); outer && ok && inner != s && v.executed[inner] {
			v.add("for in for")
		}
		return true
	})
}

// deepest is how many blocks stand inside one another below a node, at most.
func deepest(n syntax.Node) (most int) {
	syntax.Walk(n, func(inner syntax.Node) bool {
		if inner == n {
			return true
		}
		b, ok := inner.(*syntax.Block)
		if ok {
			most = max(most, 1+deepest(b))
		}
		return !ok
	})
	return most
}

func elseName(e *syntax.Else) string {
	switch {
	case e == nil:
		return ""
	case isGoto(e.Body):
		return " else goto"
	}
	return " else"
}

func isGoto(s syntax.Stmt) bool { _, ok := s.(*syntax.GotoStmt); return ok }

// onMap counts what is done to an entry.
func (v *coverer) onMap(e syntax.Expr, what string) {
	if index, ok := check.Unparen(e).(*syntax.Index); ok {
		e = index.X
	}
	if id, ok := check.Unparen(e).(*syntax.Ident); ok {
		if m, ok := v.p.Uses[id].(*check.Map); ok {
			v.add("%s %s", m.Kind, what)
		}
	}
}

func (v *coverer) assign(s *syntax.AssignStmt) {
	place := "local"
	switch x := s.LHS.(type) {
	case *syntax.Index:
		if id, ok := x.X.(*syntax.Ident); ok {
			switch o := v.p.Uses[id].(type) {
			case *check.Map:
				v.onMap(x, "update"+elseName(s.Else))
				v.failed(string(o.Kind)+" update", s.Else)
				return
			case *check.Counter:
				v.add("counter of %s", map[bool]string{true: "enum", false: "numbers"}[o.Enum != nil])
				return
			}
		}
	case *syntax.Select:
		if ref := v.p.Fields[x]; ref.Header != nil {
			v.add("write %s", fieldName(ref.Header))
			place = "field"
		} else if ref.Packet != nil {
			v.add("write packet.%s", ref.Packet.Name)
			place = "context"
		}
	}
	for e := s.LHS.(syntax.Expr); place == "local"; {
		if sel, ok := e.(*syntax.Select); ok {
			e = sel.X
			continue
		}
		if index, ok := e.(*syntax.Index); ok {
			e = index.X
			continue
		}
		id, ok := e.(*syntax.Ident)
		if !ok {
			break
		}
		switch o := v.p.Uses[id].(type) {
		case *check.Global:
			place = "var"
		case *check.Counter:
			place = "counter"
		case *check.Builtin:
			place = "payload"
		case *check.Local:
			if _, ok := o.Type.(*types.MapRef); ok {
				place = "reference"
			}
		}
		break
	}
	name := fmt.Sprintf("%s %s %s", place, s.Op, typeName(v.p.Types[s.LHS]))
	if place == "payload" {
		name += elseName(s.Else)
	}
	v.add("%s", name)
}

func fieldName(f *types.HeaderField) string {
	if types.IsAddress(f.Type) {
		return f.Type.String()
	}
	if f.BitOffset%8 == 0 && f.Bits%8 == 0 {
		return fmt.Sprintf("u%d", f.Bits)
	}
	return fmt.Sprintf("u%d in %d bytes", f.Bits, (f.BitOffset%8+f.Bits+7)/8)
}

func (v *coverer) match(s *syntax.MatchStmt) {
	name := "match"
	switch {
	case len(s.Subjects) > 1 && len(s.Rows) > 8:
		name = "match large table"
	case len(s.Subjects) > 1:
		name = "match table"
	case len(s.Rows) > 8:
		name = "match many rows"
	}
	v.add("%s", name)
	for i, x := range s.Subjects {
		v.add("match %s", typeName(v.p.Types[x]))
		for _, row := range s.Rows {
			for _, alt := range row.Patterns[i].Alts {
				v.pattern(alt)
			}
		}
	}
}

func (v *coverer) pattern(alt syntax.Expr) {
	switch k := v.p.Consts[alt]; alt.(type) {
	case *syntax.Wildcard:
	case *syntax.Range:
		v.add("pattern range")
	default:
		if k != nil && k.IsPrefix {
			v.add("pattern prefix")
		} else {
			v.add("pattern value")
		}
	}
}

func (v *coverer) expr(e syntax.Expr) {
	if v.p.Consts[e] != nil {
		v.add("constant")
		return
	}
	switch e := e.(type) {
	case *syntax.Binary:
		t := v.p.Types[e.X]
		if a, ok := t.(*types.Int); ok {
			if b, ok := v.p.Types[e.Y].(*types.Int); ok && b.Bits > a.Bits && e.Op != "<<" && e.Op != ">>" {
				t = b
			}
		}
		if e.Op == "in" {
			v.onMap(e.Y, "in")
		}
		v.add("%s %s", typeName(t), e.Op)
	case *syntax.Unary:
		v.add("%s prefix %s", typeName(v.p.Types[e]), e.Op)
	case *syntax.Call:
		if f, ok := v.p.Uses[e.Fun].(*check.Fn); ok {
			v.fnCall(f)
		}
		if len(e.Args) == 1 {
			v.add("%s of %s", e.Fun.Name, typeName(v.p.Types[e.Args[0]]))
		} else {
			v.add("%s()", e.Fun.Name)
		}
	case *syntax.Select:
		if ref := v.p.Fields[e]; ref != nil && ref.Header != nil {
			v.add("read %s", fieldName(ref.Header))
		} else if ref != nil && ref.Packet != nil {
			v.add("read packet.%s", ref.Packet.Name)
		}
	case *syntax.Index:
		if t := v.p.Payload[e]; t != nil {
			v.add("payload %v", t)
		} else if _, array := v.p.Types[e.X].(*types.Array); array && v.p.Consts[e.Index] == nil {
			v.add("element by a computed index")
		}
	case *syntax.StructLit:
		v.add("struct literal")
	}
}

// fnCall counts a call by what passes over it, if the fn is marked as a subprogram.
func (v *coverer) fnCall(f *check.Fn) {
	if !f.Call {
		return
	}
	result := "nothing"
	if f.Result != nil {
		result = typeName(f.Result.Type)
	}
	v.add("call for %s", result)
	for _, p := range f.Params {
		v.add("call with %s", typeName(p.Type))
	}
	c := v.p.Calling(f, v.p.Type)
	for what, so := range map[string]bool{"the packet": c.Packet, "the cursor": c.Cursor, "failure": c.Fails} {
		if so {
			v.add("call with %s", what)
		}
	}
}
