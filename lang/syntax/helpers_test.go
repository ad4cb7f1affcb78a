package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// mustParse parses source that has no mistakes.
func mustParse(t *testing.T, src string) *File {
	t.Helper()
	file, diags := Parse("test.tcc", src)
	if len(diags) > 0 {
		t.Fatalf("%s\nsource:\n%s", diags.Text(map[string]string{"test.tcc": src}, false), src)
	}
	return file
}

// mustExpr parses an expression.
func mustExpr(t *testing.T, src string) Expr {
	t.Helper()
	return mustParse(t, "stage s { x := "+src+" }").Decls[0].(*StageDecl).Body.Stmts[0].(*LetStmt).Value
}

// mustStmt parses a statement.
func mustStmt(t *testing.T, src string) Stmt {
	t.Helper()
	body := mustParse(t, "stage s { "+src+" }").Decls[0].(*StageDecl).Body
	if len(body.Stmts) != 1 {
		t.Fatalf("%q has %d statements", src, len(body.Stmts))
	}
	return body.Stmts[0]
}

// sexpr shows how an expression is put together.
func sexpr(e Expr) string {
	list := func(es []Expr) string {
		var b strings.Builder
		for _, e := range es {
			b.WriteString(" " + sexpr(e))
		}
		return b.String()
	}
	switch e := e.(type) {
	case nil:
		return "nil"
	case *Ident:
		return e.Name
	case *Literal:
		return e.Text
	case *Unary:
		return fmt.Sprintf("(%s %s)", e.Op, sexpr(e.X))
	case *Binary:
		return fmt.Sprintf("(%s %s %s)", e.Op, sexpr(e.X), sexpr(e.Y))
	case *Range:
		return fmt.Sprintf("(.. %s %s)", sexpr(e.Lo), sexpr(e.Hi))
	case *Wildcard:
		return "_"
	case *Select:
		return fmt.Sprintf("(. %s %s)", sexpr(e.X), e.Sel.Name)
	case *Index:
		return fmt.Sprintf("([] %s %s)", sexpr(e.X), sexpr(e.Index))
	case *Call:
		return fmt.Sprintf("(call %s%s)", e.Fun.Name, list(e.Args))
	case *StructLit:
		s := "(lit " + e.Name.Name
		for _, f := range e.Fields {
			s += fmt.Sprintf(" %s:%s", f.Name.Name, sexpr(f.Value))
		}
		return s + ")"
	case *Paren:
		return fmt.Sprintf("(paren %s)", sexpr(e.X))
	}
	return fmt.Sprintf("%T", e)
}

// sameTree compares trees but for their places.
var sameTree = []cmp.Option{
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".node" }, cmp.Ignore()),
	cmp.Comparer(func(a, b diag.Span) bool { return true }),
}

// text is the source of a node.
func text(f *File, n Node) string {
	span := n.Span()
	return f.Source[span.Start.Offset:span.End.Offset]
}
