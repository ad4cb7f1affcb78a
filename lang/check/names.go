package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// An entry is a name in the program's one namespace.
type entry struct {
	obj Object
	at  diag.Span
}

// A refused object stands for a declaration that was made twice: its uses need no message.
type refused struct{ name string }

func (o *refused) ObjectName() string { return o.name }

// A pipelineName keeps other declarations off the name of the entry program.
type pipelineName struct{ name string }

func (o *pipelineName) ObjectName() string { return o.name }

// builtins are the predeclared names that aren't types.
var builtins = map[string]*Builtin{
	"now": {"now"}, "random": {"random"}, "cpu": {"cpu"}, "packet": {"packet"},
	"hash": {"hash"}, "fib": {"fib"}, "payload": {"payload"},
}

// declare enters a top-level name.
func (c *checker) declare(id *syntax.Ident, obj Object) {
	c.Defs[id] = obj
	if c.isHosts(id.Span().File) {
		c.prog.hosts[obj] = true
	}
	if !c.nameable(id) {
		return
	}
	if first, ok := c.top[id.Name]; ok {
		d := c.errorf("E0202", id.Span(), "`%s` is declared twice", id.Name)
		note(d, first.at, "first declared here, as "+describe(first.obj))
		first.obj = &refused{id.Name} // which of the two is meant?
		return
	}
	if h, ok := c.std[id.Name]; ok && isTypeLike(obj) {
		d := c.errorf("E0202", id.Span(), "`%s` is a header of the prelude", id.Name)
		note(d, h.Decl.Name.Span(), "declared here")
		return
	}
	c.top[id.Name] = &entry{obj, id.Span()}
}

// nameable refuses the names that nothing can have.
func (c *checker) nameable(id *syntax.Ident) bool {
	name := id.Name
	_, predeclared := types.Predeclared[name]
	_, builtin := builtins[name]
	switch {
	case predeclared || builtin || bitWidth(name) > 0:
		c.errorf("E0203", id.Span(), "`%s` is a word of the language and cannot be declared", name)
	case strings.HasPrefix(name, "tcc_"):
		c.errorf("E0203", id.Span(), "names starting with `tcc_` are reserved")
	case goName(name) == "" || !unicode.IsLetter(rune(goName(name)[0])):
		c.errorf("E0203", id.Span(), "`%s` does not start with a letter", name)
	case len(name) > maxName:
		c.errorf("E0805", id.Span(), "the name has %d characters, %d at most", len(name), maxName)
	default:
		return true
	}
	return false
}

// isTypeLike tells the objects that are named where a header can be.
func isTypeLike(obj Object) bool {
	switch obj.(type) {
	case *Header, *TypeName:
		return true
	}
	return false
}

// goName is what is left of a name in generated Go, where underscores go and letters change case.
func goName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// A goScope finds names that would be the same in generated Go.
type goScope map[string]goEntry

// A goEntry is a name, and what it is called in messages: a member of an enum is `enum.member`.
type goEntry struct {
	id    *syntax.Ident
	shown string
}

func (c *checker) collide(scope goScope, id *syntax.Ident, shown string) {
	key := goName(strings.ReplaceAll(shown, ".", ""))
	first, ok := scope[key]
	if !ok {
		scope[key] = goEntry{id, shown}
		return
	}
	if shown == first.shown {
		return // declared twice: said elsewhere
	}
	d := c.errorf("E0205", id.Span(), "`%s` and `%s` get the same name in Go", shown, first.shown)
	d.Hint = "names must differ by more than case and underscores"
	note(d, first.id.Span(), fmt.Sprintf("`%s` is declared here", first.shown))
}

// describe tells what an object is, with its article.
func describe(obj Object) string {
	switch o := obj.(type) {
	case *Local:
		switch o.Type.(type) {
		case *types.Header:
			return "a view"
		case *types.MapRef:
			return "a reference"
		}
		return "a local"
	case *Global:
		if o.Config {
			return "a config"
		}
		return "a var"
	case *Map:
		return "a map"
	case *Targets:
		return "a " + string(o.Kind)
	case *Counter:
		return "a counter"
	case *Event:
		return "an event"
	case *Stage:
		return "a stage"
	case *Slots:
		return "a slots table"
	case *Header:
		return "a header"
	case *Fn:
		return "a function"
	case *pipelineName:
		return "the pipeline"
	case *Builtin:
		if o.Name == "packet" || o.Name == "payload" {
			return "the packet"
		}
		return "a function"
	case *TypeName:
		switch o.Type.(type) {
		case *types.Enum:
			return "an enum"
		case *types.Struct, nil:
			return "a struct"
		}
		return "a type"
	}
	return "a name"
}

// find resolves a name that must be of one kind.
func find[T Object](c *checker, id *syntax.Ident, kind string) (obj T, ok bool) {
	got := c.topLevel(id.Name)
	if h, isStd := c.std[id.Name]; isStd {
		if _, fits := got.(T); !fits {
			got = h
		}
	}
	if obj, ok = got.(T); ok {
		c.Uses[id] = obj
		return obj, true
	}
	c.notFound(id, got, kind, func(o Object) bool { _, ok := o.(T); return ok })
	return obj, false
}

// notFound reports a name that isn't declared, or is something else than what is wanted.
func (c *checker) notFound(id *syntax.Ident, got Object, kind string, fits func(Object) bool) {
	switch got.(type) {
	case *refused:
	case nil:
		if c.firstTime("", id.Name) {
			d := c.errorf("E0201", id.Span(), "unknown %s `%s`", kind, id.Name)
			c.suggest(d, id.Name, c.names(fits))
		}
	default:
		d := c.errorf("E0210", id.Span(), "`%s` is %s, not a %s", id.Name, describe(got), kind)
		if e := c.top[id.Name]; e != nil {
			note(d, e.at, "declared here")
		}
	}
}

// topLevel is the program's or the predeclared object of a name, or nil.
func (c *checker) topLevel(name string) Object {
	if e, ok := c.top[name]; ok {
		return e.obj
	}
	if t, ok := types.Predeclared[name]; ok {
		return &TypeName{t}
	}
	if b, ok := builtins[name]; ok {
		return b
	}
	return nil
}

// names lists the known names that fit, for suggestions.
func (c *checker) names(fits func(Object) bool) []string {
	if len(c.diags) > maxAdvice {
		return nil
	}
	var names []string
	for name, e := range c.top {
		if fits(e.obj) {
			names = append(names, name)
		}
	}
	for name, h := range c.std {
		if fits(h) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// declareLocal declares a local of the block.
func (c *checker) declareLocal(id *syntax.Ident, t types.Type) {
	c.enter(&Local{Name: id.Name, Type: t, Decl: id})
}

// A binding is a local in scope, and the one of the same name that it hides: there is one only after an error.
type binding struct{ local, hidden *Local }

// enter brings a local into scope, until the block ends.
func (c *checker) enter(l *Local) {
	id := l.Decl
	c.Defs[id] = l
	hidden := c.locals[id.Name]
	c.locals[id.Name] = l
	c.order = append(c.order, binding{l, hidden})
	if !c.nameable(id) {
		return
	}
	if hidden != nil {
		d := c.errorf("E0202", id.Span(), "a local named `%s` is already in scope", id.Name)
		note(d, hidden.Decl.Span(), "declared here")
		l.Type = types.Invalid
		return
	}
	if e, ok := c.top[id.Name]; ok && isOperand(e.obj) {
		d := c.errorf("E0204", id.Span(), "`%s` is already the name of %s", id.Name, describe(e.obj))
		note(d, e.at, "declared here")
		l.Type = types.Invalid
	}
}

// isOperand tells the top-level objects that an expression can name, and that a local would hide.
func isOperand(obj Object) bool {
	switch o := obj.(type) {
	case *Global, *Map, *Counter:
		return true
	case *TypeName:
		_, enum := o.Type.(*types.Enum)
		return enum
	}
	return false
}

// scoped runs f and then forgets the locals that f declared.
func (c *checker) scoped(f func()) {
	outer := len(c.order)
	f()
	for _, b := range slices.Backward(c.order[outer:]) {
		l := b.local
		delete(c.locals, l.Name)
		if b.hidden != nil {
			c.locals[l.Name] = b.hidden
		}
		if !c.used[l] {
			c.warnUnused(l)
		}
	}
	c.order = c.order[:outer]
}

func (c *checker) warnUnused(l *Local) {
	d := c.warnf("E0214", l.Decl.Span(), "`%s` is never used", l.Name)
	switch l.Type.(type) {
	case *types.Header:
		d.Hint = "`parse` and `peek` need no name"
	case *types.MapRef:
		d.Hint = "`if key in map` needs no name"
	}
}
