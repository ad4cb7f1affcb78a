package check

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A place is where a type is written; each takes other types.
type place int

const (
	globalPlace place = iota // config, var
	fieldPlace               // a field of a struct or event, the value of a map
	keyPlace                 // the key of a map
	paramPlace               // a parameter of a stage, slots table or fn
	resultPlace              // the result of a fn
)

// typeExpr resolves a type where it is written, or gives Invalid.
func (c *checker) typeExpr(te syntax.TypeExpr, p place) types.Type {
	named, ok := te.(*syntax.NamedType)
	if !ok {
		return c.arrayType(te.(*syntax.ArrayType), p)
	}
	t := c.namedType(named)
	if misplaced := c.misplaced(t, p, named); misplaced {
		return types.Invalid
	}
	return t
}

// namedType resolves the name of a type.
func (c *checker) namedType(n *syntax.NamedType) types.Type {
	if t, ok := types.Predeclared[n.Name]; ok {
		return t
	}
	e := c.top[n.Name]
	if e != nil {
		switch o := e.obj.(type) {
		case *Header:
			return o.Type
		case *TypeName:
			if t, ok := o.Type.(*types.Enum); ok {
				c.resolveEnum(t)
				return t
			}
			return c.resolveStruct(o)
		}
	}
	if h, ok := c.std[n.Name]; ok {
		return h.Type
	}
	c.noType(n, e)
	return types.Invalid
}

func (c *checker) noType(n *syntax.NamedType, e *entry) {
	if e != nil {
		if _, ok := e.obj.(*refused); ok {
			return
		}
	}
	switch {
	case bitWidth(n.Name) > 0:
		c.errorf("E0312", n.Span(), "`%s` is only for fields of headers", n.Name).Hint =
			"the smallest type that holds it is `" + types.Unsigned(bitWidth(n.Name)).String() + "`"
	case e == nil:
		if c.firstTime("", n.Name) {
			d := c.errorf("E0201", n.Span(), "unknown type `%s`", n.Name)
			c.suggest(d, n.Name, c.typeNames())
			d.Hint = cmp.Or(typeHint(n.Name), d.Hint)
		}
	default:
		d := c.errorf("E0210", n.Span(), "`%s` is %s, not a type", n.Name, describe(e.obj))
		note(d, e.at, "declared here")
	}
}

func (c *checker) typeNames() []string {
	names := c.names(isTypeLike)
	for name := range types.Predeclared {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// misplaced reports a type that can't be where it is.
func (c *checker) misplaced(t types.Type, p place, n *syntax.NamedType) bool {
	switch t := t.(type) {
	case *types.Header:
		if p == paramPlace {
			return false
		}
		d := c.errorf("E0503", n.Span(), "a view of `%s` cannot be stored", t.Name)
		d.Hint = "views are passed as parameters only"
		return true
	case *types.BE:
		if p == fieldPlace || p == keyPlace {
			return false
		}
		d := c.errorf("E0312", n.Span(), "`%s` is only for fields, and keys and values of maps", t)
		d.Hint = "use `" + types.ValueOf(t).String() + "`"
		return true
	}
	return t == types.Invalid
}

// bitWidth is the n of a type `un` with n from 1 to 64, or 0.
func bitWidth(name string) int {
	digits, ok := strings.CutPrefix(name, "u")
	if !ok || strings.HasPrefix(digits, "0") || len(digits) > 2 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 8)
	if err != nil || n > 64 {
		return 0
	}
	return int(n)
}

// LeavesOf lists the scalars in which a parameter of type t is passed: a view is its offset in the packet.
func LeavesOf(t types.Type) []types.Leaf {
	if _, view := t.(*types.Header); view {
		return []types.Leaf{{Size: 2}}
	}
	return types.Leaves(t)
}

// numLeavesOf is how many there are of them.
func numLeavesOf(t types.Type) int {
	if _, view := t.(*types.Header); view {
		return 1
	}
	return types.NumLeaves(t)
}

// typeString names a type in a message.
func typeString(t types.Type) string {
	switch t := t.(type) {
	case *types.Header:
		return "a view of `" + t.Name + "`"
	case *types.Struct:
		return "struct `" + t.Name + "`"
	case *types.Enum:
		return "enum `" + t.Name + "`"
	}
	if t == types.Untyped {
		return "an integer"
	}
	return "`" + t.String() + "`"
}

// entryAt is where a top-level name is declared.
func (c *checker) entryAt(name string) diag.Span {
	if e, ok := c.top[name]; ok {
		return e.at
	}
	return diag.Span{}
}

// withArticle is an integer type with its article: "an `i8`", "a `u8`".
func withArticle(t *types.Int) string {
	if t.Signed {
		return "an `" + t.String() + "`"
	}
	return "a `" + t.String() + "`"
}
