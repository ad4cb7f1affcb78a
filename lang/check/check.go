package check

import (
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/std"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Source parses and checks a file that imports nothing.
func Source(name, src string) (*Program, diag.List) { return Load(name, src, nil) }

// Load parses and checks a root file and all that it imports, with the prelude around them. The program is nil if the
// list has an error; the list may hold warnings besides. The ASTs stay as they are.
func Load(name, src string, read Reader) (*Program, diag.List) {
	files := readSources(name, src, read)
	if files.diags.HasErrors() {
		files.diags.Sort()
		return nil, files.diags
	}
	hostFiles := files.hostOf()
	if hostFiles == nil {
		return check(files.files, nil, nil)
	}
	host, diags := check(hostFiles, nil, nil)
	if host == nil {
		return nil, diags
	}
	return check(files.files, host, hostFiles)
}

// check checks the files of a program, the root first, and the host with its files among them, if there is one.
func check(files []*syntax.File, host *Program, hostFiles []*syntax.File) (*Program, diag.List) {
	prelude, diags := prelude()
	if diags.HasErrors() {
		return nil, diags
	}
	c := newChecker(files, prelude)
	c.prog.Host, c.hostFiles = host, hostFiles
	c.declarePrelude(prelude)
	c.declareFiles()
	c.resolveDecls()
	c.checkFns()
	c.checkStages()
	c.checkInlined()
	c.checkCalled()
	c.checkLong()
	c.checkAmount()
	c.checkTests()
	return c.finish()
}

// prelude is the parsed prelude, shared by all checks: none of them writes to it.
var prelude = sync.OnceValues(func() (*syntax.File, diag.List) {
	return syntax.Parse(std.Name, std.Source())
})

// A checker goes over one program. An expression that is wrong gets the type Invalid, which every rule accepts in
// silence, so that one mistake makes one message.
type checker struct {
	Info
	files   []*syntax.File // the root first
	decls   []syntax.Decl  // of all files but for what stands in the root alone
	prelude *syntax.File
	// The files of the host, if there is one.
	hostFiles []*syntax.File
	prog      *Program
	diags     diag.List

	top     map[string]*entry  // the program's one namespace
	std     map[string]*Header // the prelude's headers, in an outer one
	enums   map[*types.Enum]*enumDecl
	structs map[*TypeName]*structDecl
	globals map[*Global]syntax.TypeExpr // the types of those that are not resolved yet
	ints    map[syntax.Expr]*big.Int    // untyped constants, until their context gives them a type
	heads   map[string]syntax.Decl      // the pipeline, default and license lines

	lengthOf   *types.Header   // the header whose length expression is being checked
	stage      *Stage          // the stage that is being checked
	fn         *Fn             // the fn that is being checked
	unknown    map[string]bool // names and fields that were reported, to say it once
	doubt      bool            // a mistake in the stage leaves open where its paths lead
	locals     map[string]*Local
	order      []binding // the locals in scope, innermost last
	used       map[*Local]bool
	ended      map[syntax.Stmt]bool      // whether control never goes on behind a statement
	statements int                       // of the pipeline, written out
	loops      int                       // around the statement that is being checked
	jumps      map[Object][]jump         // the stage graph
	calls      map[Object][]*syntax.Call // of fns, by the stage or fn that makes them
	edges      map[edge]bool
	circled    map[Object]bool // in a circle that was reported

	rewriting *rewriting // nil outside of rewrites
}

func newChecker(files []*syntax.File, prelude *syntax.File) *checker {
	c := &checker{
		files:   files,
		prelude: prelude,
		Info: Info{
			Types:   map[syntax.Expr]types.Type{},
			Consts:  map[syntax.Expr]*Const{},
			Uses:    map[*syntax.Ident]Object{},
			Defs:    map[*syntax.Ident]Object{},
			Verdict: map[*syntax.VerdictStmt]*Verdict{},

			Redirects: map[*syntax.VerdictStmt]*Redirect{},
			Fields:    map[*syntax.Select]*FieldRef{},
			Payload:   map[*syntax.Index]types.Type{},
			Rounds:    map[*syntax.ForStmt]int{},
			Backs:     map[*syntax.GotoStmt]*Back{},
			Rewrites:  map[*syntax.RewriteStmt]*Rewrite{},
		},
		top:     map[string]*entry{},
		std:     map[string]*Header{},
		enums:   map[*types.Enum]*enumDecl{},
		structs: map[*TypeName]*structDecl{},
		globals: map[*Global]syntax.TypeExpr{},
		ints:    map[syntax.Expr]*big.Int{},
		heads:   map[string]syntax.Decl{},
		locals:  map[string]*Local{},
		used:    map[*Local]bool{},
		unknown: map[string]bool{},
		ended:   map[syntax.Stmt]bool{},
		jumps:   map[Object][]jump{},
		calls:   map[Object][]*syntax.Call{},
		edges:   map[edge]bool{},
		circled: map[Object]bool{},
	}
	c.prog = &Program{Files: append(slices.Clone(files), prelude), License: "GPL", hosts: map[Object]bool{}}
	return c
}

// finish hands out the program, or the errors. Warnings next to errors would be guesses: what is wrong uses nothing.
func (c *checker) finish() (*Program, diag.List) {
	c.diags = slices.DeleteFunc(c.diags, func(d *diag.Diagnostic) bool {
		return d.Severity != diag.Error && c.isHosts(d.Span.File) // the host was checked by itself
	})
	failed := c.diags.HasErrors()
	if failed {
		c.diags = slices.DeleteFunc(c.diags, func(d *diag.Diagnostic) bool { return d.Severity != diag.Error })
	}
	c.diags.Sort()
	if failed {
		return nil, c.diags
	}
	c.prog.Info = c.Info
	c.prog.jumps, c.prog.calls = c.jumps, c.calls
	return c.prog, c.diags
}

// errorf reports a mistake; the caller may add a hint and notes to what it returns.
func (c *checker) errorf(code string, at diag.Span, format string, args ...any) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)}
	c.diags = append(c.diags, d)
	return d
}

// warnf reports what is likely, but not certainly, a mistake.
func (c *checker) warnf(code string, at diag.Span, format string, args ...any) *diag.Diagnostic {
	d := c.errorf(code, at, format, args...)
	d.Severity = diag.Warning
	return d
}

// firstTime reports whether a name that isn't there comes up for the first time. Where is what it was looked for in.
func (c *checker) firstTime(where, name string) bool {
	key := where + "." + name
	first := !c.unknown[key]
	c.unknown[key] = true
	return first
}

// noField reports a field or member that what has not, once.
func (c *checker) noField(id *syntax.Ident, what, name string, has []string) {
	if c.firstTime(what+name, id.Name) {
		d := c.errorf("E0213", id.Span(), "%s `%s` has no %s `%s`", what, name, fieldWord(what), id.Name)
		c.suggest(d, id.Name, has)
		if d.Hint == "" && len(has) > 0 {
			d.Hint = fieldHint(id.Name, has)
		}
	}
}

func fieldWord(what string) string {
	if what == "enum" {
		return "member"
	}
	return "field"
}

// lastIs reports whether the last diagnostic has one of some codes.
func (c *checker) lastIs(codes ...string) bool {
	n := len(c.diags)
	return n > 0 && slices.Contains(codes, c.diags[n-1].Code)
}

// note adds "declared here", or the like, where the place is known.
func note(d *diag.Diagnostic, at diag.Span, message string) {
	if at.IsValid() {
		d.Notes = append(d.Notes, diag.Note{Span: at, Message: message})
	}
}

// suggest adds "did you mean" if a candidate is near.
func (c *checker) suggest(d *diag.Diagnostic, name string, candidates []string) {
	if len(c.diags) > maxAdvice {
		return
	}
	if near := diag.Nearest(name, candidates); near != "" {
		d.Hint = fmt.Sprintf("did you mean `%s`?", near)
	}
}
