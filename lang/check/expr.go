package check

import (
	"cmp"
	"fmt"
	"math/big"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// expr types an expression and records its type: Untyped for an integer constant whose type its context will give,
// Invalid after an error.
func (c *checker) expr(e syntax.Expr) types.Type {
	t := c.exprKind(e)
	c.Types[e] = t
	return t
}

func (c *checker) exprKind(e syntax.Expr) types.Type {
	switch e := e.(type) {
	case *syntax.Ident:
		return c.ident(e)
	case *syntax.Literal:
		return c.literal(e)
	case *syntax.Paren:
		return c.paren(e)
	case *syntax.Unary:
		return c.unary(e)
	case *syntax.Binary:
		return c.binary(e)
	case *syntax.Select:
		return c.selector(e)
	case *syntax.Index:
		return c.indexValue(e)
	case *syntax.Call:
		return c.call(e)
	case *syntax.StructLit:
		return c.structLit(e)
	case *syntax.ArrayLit:
		return c.arrayLit(e)
	}
	c.errorf("E0308", e.Span(), "a pattern is not a value")
	return types.Invalid
}

func (c *checker) paren(e *syntax.Paren) types.Type {
	t := c.expr(e.X)
	if k, ok := c.Consts[e.X]; ok {
		c.Consts[e] = k
	}
	if v, ok := c.ints[e.X]; ok {
		c.ints[e] = v
	}
	return t
}

// ident is a name that stands for a value.
func (c *checker) ident(id *syntax.Ident) types.Type {
	if c.lengthOf != nil {
		return c.lengthField(id)
	}
	if l, ok := c.locals[id.Name]; ok {
		c.Uses[id] = l
		c.used[l] = true
		return types.ValueOf(l.Type)
	}
	switch o := c.topLevel(id.Name).(type) {
	case *Global:
		c.Uses[id] = o
		return c.globalType(o)
	case *refused:
	case nil:
		c.unknownName(id)
	default:
		c.notValue(id, o)
	}
	return types.Invalid
}

// unknownName reports a name, once a stage; outside of stages, if none has it.
func (c *checker) unknownName(id *syntax.Ident) {
	firstOfAll := c.firstTime("", id.Name)
	if c.stage == nil && !firstOfAll || c.stage != nil && !c.firstTime(c.stage.Name, id.Name) {
		return
	}
	d := c.errorf("E0201", id.Span(), "unknown name `%s`", id.Name)
	c.suggest(d, id.Name, c.valueNames())
	d.Hint = cmp.Or(c.nameHint(id.Name), d.Hint)
}

// valueNames are the names that an expression can start with.
func (c *checker) valueNames() []string {
	names := c.names(isOperand)
	for _, b := range c.order {
		names = append(names, b.local.Name)
	}
	return append(names, "packet", "payload")
}

// notValue reports a name that has no value by itself.
func (c *checker) notValue(id *syntax.Ident, o Object) {
	switch id.Name {
	case "payload":
		c.notIndexed(id)
		return
	}
	d := c.errorf("E0308", id.Span(), "`%s` is %s, not a value", id.Name, describe(o))
	switch o := o.(type) {
	case *Map:
		d.Hint = fmt.Sprintf("read an entry with `if v := %s[…] { … }`", o.Name)
	case *Targets:
		d.Hint = fmt.Sprintf("packets are sent there by `redirect(%s[…])`", o.Name)
	case *Counter:
		d.Hint = "a stage can add to a counter, not read it"
	case *Fn:
		d.Hint = fmt.Sprintf("call it: `%s(…)`", o.Name)
	case *Builtin:
		switch o.Name {
		case "packet":
			d.Hint = "its fields are values, like `packet.len`"
		case "fib":
			d.Hint = "look a route up with `if hop := fib(src, dst) { … } else { … }`"
		default:
			d.Hint = fmt.Sprintf("call it: `%s()`", o.Name)
		}
	}
	note(d, c.entryAt(id.Name), "declared here")
}

// selector is `x.name`: a field of a view, struct or reference, of the packet, or a member of an enum.
func (c *checker) selector(e *syntax.Select) types.Type {
	if id, ok := e.X.(*syntax.Ident); ok && c.locals[id.Name] == nil && c.lengthOf == nil {
		switch o := c.topLevel(id.Name).(type) {
		case *Builtin:
			if o.Name == "packet" {
				c.Uses[id] = o
				return c.packetField(e)
			}
		case *TypeName:
			if t, ok := o.Type.(*types.Enum); ok {
				c.Uses[id] = o
				return c.member(e, t)
			}
		}
	}
	return c.field(e, c.expr(e.X))
}

// field is `x.name`, with x a view or struct of type t.
func (c *checker) field(e *syntax.Select, t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Header:
		if f := t.Field(e.Sel.Name); f != nil {
			c.Fields[e] = &FieldRef{Header: f}
			return f.Type
		}
		c.noField(e.Sel, "header", t.Name, headerFieldNames(t))
	case *types.Struct:
		if f := t.Field(e.Sel.Name); f != nil {
			c.Fields[e] = &FieldRef{Struct: f}
			return types.ValueOf(f.Type)
		}
		c.noField(e.Sel, "struct", t.Name, structFieldNames(t))
	default:
		c.settle(e.X, types.U64)
		if t != types.Invalid {
			c.errorf("E0213", e.Sel.Span(), "%s has no fields", typeString(t))
		}
	}
	return types.Invalid
}

// member is `enum.member`.
func (c *checker) member(e *syntax.Select, t *types.Enum) types.Type {
	c.resolveEnum(t)
	i, ok := c.enums[t].byName[e.Sel.Name]
	if !ok || i >= len(t.Members) {
		c.noField(e.Sel, "enum", t.Name, memberNames(t))
		return types.Invalid
	}
	m := t.Members[i]
	c.Fields[e] = &FieldRef{Member: &m}
	return c.setConst(e, &Const{Type: t, Int: m.Value})
}

// packetField is `packet.name`.
func (c *checker) packetField(e *syntax.Select) types.Type {
	if c.prog.Type == nil {
		return types.Invalid
	}
	f := c.prog.Type.PacketField(e.Sel.Name)
	if f == nil {
		d := c.errorf("E0504", e.Sel.Span(), "%s pipelines have no `packet.%s`", c.prog.Type.Name, e.Sel.Name)
		d.Hint = fmt.Sprintf("`packet` has %s", quoted(c.prog.Type.packetNames()))
		return types.Invalid
	}
	c.Fields[e] = &FieldRef{Packet: f}
	return f.Type
}

// indexValue is `x[i]` where a value is wanted: an element of an array, or bytes of the payload.
func (c *checker) indexValue(e *syntax.Index) types.Type {
	if t, ok := c.payload(e); ok {
		return t
	}
	if id, ok := e.X.(*syntax.Ident); ok && c.locals[id.Name] == nil {
		switch o := c.topLevel(id.Name).(type) {
		case *Map:
			c.errorf("E0602", e.Span(), "it is not known whether the map has this entry").Hint =
				fmt.Sprintf("read it with `if v := %s[…] { … }`", o.Name)
			return types.Invalid
		case *Counter:
			c.errorf("E0605", e.Span(), "a stage can add to a counter, not read it")
			return types.Invalid
		}
	}
	return c.element(e, c.expr(e.X))
}

// call is a builtin or a conversion.
func (c *checker) call(e *syntax.Call) types.Type {
	switch o := c.topLevel(e.Fun.Name).(type) {
	case *Builtin:
		c.Uses[e.Fun] = o
		return c.builtin(e, o.Name)
	case *TypeName:
		c.Uses[e.Fun] = o
		return c.conversion(e, o.Type)
	case *Fn:
		return c.fnValue(e, o)
	case *refused:
	case nil:
		d := c.errorf("E0201", e.Fun.Span(), "unknown function `%s`", e.Fun.Name)
		c.suggest(d, e.Fun.Name, append(c.names(isFn), "now", "random", "cpu", "u8", "u16", "u32", "u64", "ip4"))
		d.Hint = cmp.Or(foreignNames[e.Fun.Name], d.Hint)
	default:
		c.errorf("E0210", e.Fun.Span(), "`%s` is %s, not a function", e.Fun.Name, describe(o))
	}
	return types.Invalid
}

// hash is `hash(a, b, …)`, of integers, bools, enums and addresses.
func (c *checker) hash(e *syntax.Call) types.Type {
	sound := true
	for _, a := range e.Args {
		sound = c.operand(a) != types.Invalid && sound
	}
	switch {
	case c.lengthOf != nil:
		c.errorf("E0506", e.Span(), "a length is computed from the header's fields alone")
	case len(e.Args) == 0:
		c.errorf("E0311", e.Span(), "`hash` takes one argument at least")
	case sound:
		return types.U32
	}
	return types.Invalid
}

func (c *checker) builtin(e *syntax.Call, name string) types.Type {
	switch name {
	case "hash":
		return c.hash(e)
	case "fib":
		c.fibOutOfPlace(e)
		return types.Invalid
	}
	results := map[string]types.Type{"now": types.U64, "random": types.U32, "cpu": types.U32}
	t, ok := results[name]
	switch {
	case !ok && name == "packet":
		c.errorf("E0210", e.Fun.Span(), "`packet` is not a function")
		return types.Invalid
	case !ok:
		c.notValue(e.Fun, builtins[name])
		return types.Invalid
	case c.lengthOf != nil:
		c.errorf("E0506", e.Span(), "a length is computed from the header's fields alone")
		return types.Invalid
	case len(e.Args) > 0:
		c.errorf("E0311", e.Args[0].Span(), "`%s` takes no arguments", name)
	}
	return t
}

// conversion is `u8(x)`, `i8(x)` and the like, or `ip4(x)`.
func (c *checker) conversion(e *syntax.Call, to types.Type) types.Type {
	if len(e.Args) != 1 {
		c.errorf("E0311", e.Span(), "a conversion takes one argument, not %d", len(e.Args))
		return types.Invalid
	}
	x := e.Args[0]
	switch {
	case to == types.IP4:
		if !c.use(x, types.U32) {
			return types.Invalid
		}
	case intOf(to) != nil:
		if !c.toInt(x, to) {
			return types.Invalid
		}
	default:
		c.errorf("E0306", e.Fun.Span(), "there is no conversion to `%s`", e.Fun.Name)
		return types.Invalid
	}
	if k := c.Consts[x]; k != nil {
		c.Consts[e] = convertConst(k, to)
	}
	return to
}

// toInt checks the argument of a conversion to an integer.
func (c *checker) toInt(x syntax.Expr, to types.Type) bool {
	have := c.expr(x)
	_, enum := have.(*types.Enum)
	switch {
	case have == types.Invalid:
		return false
	case have == types.Untyped:
		return c.settle(x, to)
	case c.isPrefix(x):
		return c.assignable(x, have, to)
	case intOf(have) != nil, enum, have == types.Bool, have == types.IP4 && to == types.U32:
		return true
	case have == types.IP4:
		c.errorf("E0306", x.Span(), "`ip4` converts to `u32` only")
		return false
	}
	c.errorf("E0306", x.Span(), "%s does not convert to `%s`", typeString(have), to)
	return false
}

func (c *checker) isPrefix(e syntax.Expr) bool {
	k := c.Consts[e]
	return k != nil && k.IsPrefix
}

// structLit is `name{field: value, …}`; fields that aren't named are zero.
func (c *checker) structLit(e *syntax.StructLit) types.Type {
	tn, ok := c.topLevel(e.Name.Name).(*TypeName)
	if ok {
		if t, ok := tn.Type.(*types.Struct); ok {
			c.Uses[e.Name] = tn
			if c.fieldValues(e, t, "struct") {
				c.structConst(e, t)
			}
			return t
		}
		if tn.Type == types.Invalid {
			return types.Invalid
		}
	}
	c.notFound(e.Name, c.topLevel(e.Name.Name), "struct", func(o Object) bool {
		tn, ok := o.(*TypeName)
		return ok && c.structs[tn] != nil
	})
	return types.Invalid
}

// fieldValues checks the fields of a literal of a struct or event, and reports whether they are right.
func (c *checker) fieldValues(e *syntax.StructLit, t *types.Struct, what string) bool {
	before := len(c.diags)
	seen := map[string]*syntax.Ident{}
	for _, fv := range e.Fields {
		c.fieldTwice(seen, fv)
		f := t.Field(fv.Name.Name)
		if f == nil {
			c.noField(fv.Name, what, t.Name, structFieldNames(t))
			c.value(fv.Value)
			continue
		}
		c.use(fv.Value, f.Type)
	}
	return len(c.diags) == before
}

// fieldTwice reports a field that a literal gives twice.
func (c *checker) fieldTwice(seen map[string]*syntax.Ident, fv *syntax.FieldValue) {
	if first, dup := seen[fv.Name.Name]; dup {
		note(c.errorf("E0313", fv.Name.Span(), "`%s` is given twice", fv.Name.Name), first.Span(), "first given here")
	}
	seen[fv.Name.Name] = fv.Name
}

// unary is `!x`, `-x` or `~x`.
func (c *checker) unary(e *syntax.Unary) types.Type {
	if e.Op == "!" {
		if c.use(e.X, types.Bool) && c.Consts[e.X] != nil {
			c.Consts[e] = boolConst(c.Consts[e.X].Int == 0)
		}
		return types.Bool
	}
	t := c.expr(e.X)
	switch {
	case t == types.Invalid:
	case t == types.Untyped:
		if v := c.ints[e.X]; v != nil {
			c.ints[e] = negate(e.Op, v)
		}
	case intOf(t) != nil && !c.isPrefix(e.X):
		if k := c.Consts[e.X]; k != nil {
			v := negate(e.Op, new(big.Int).SetUint64(k.Int))
			c.Consts[e] = &Const{Type: t, Int: wrap(lowBits(v), intOf(t))}
		}
	default:
		c.errorf("E0304", e.Span(), "`%s` needs an integer, not %s", e.Op, typeString(t))
		return types.Invalid
	}
	return t
}

func negate(op string, v *big.Int) *big.Int {
	if op == "~" {
		return new(big.Int).Not(v)
	}
	return new(big.Int).Neg(v)
}
