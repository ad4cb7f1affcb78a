package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// mapKinds are the kinds of maps that carry keys and values.
var mapKinds = []MapKind{Hash, LRUHash, PerCPUHash, PerCPULRUHash, ArrayMap, PerCPUArray, LPM}

// Indexed reports whether the entries are numbered: they are always there, and can't be deleted.
func (k MapKind) Indexed() bool { return k == ArrayMap || k == PerCPUArray }

func (c *checker) resolveMap(m *Map) {
	d := m.Decl
	m.Kind = c.mapKind(d.Kind)
	if d.Key == nil || d.Value == nil {
		c.errorf("E0603", d.Kind.Span(), "a map of kind `%s` needs `[KEY]VALUE`", d.Kind.Name)
		return
	}
	m.Key = c.typeExpr(d.Key, keyPlace)
	m.Value = c.typeExpr(d.Value, fieldPlace)
	c.mapKey(m)
	m.Max = uint32(c.size(d.Max, maxMap, "E0801", "a map has a size"))
	if size := m.Key.Size() + m.Value.Size(); size > maxEntry {
		at := d.Key.Span().To(d.Value.Span())
		c.errorf("E0809", at, "key and value have %d bytes, %d at most", size, maxEntry)
	}
	c.prog.Maps = append(c.prog.Maps, m)
}

func (c *checker) mapKind(id *syntax.Ident) MapKind {
	var names []string
	for _, k := range mapKinds {
		if string(k) == id.Name {
			return k
		}
		names = append(names, string(k))
	}
	names = append(names, string(DevMap), string(CPUMap), string(XSKMap))
	d := c.errorf("E0603", id.Span(), "unknown kind of map `%s`", id.Name)
	c.suggest(d, id.Name, names)
	if d.Hint == "" {
		d.Hint = "the kinds are " + quoted(names)
	}
	return ""
}

// mapKey checks the key's type against the kind: the kernel wants numbers of 32 bits for arrays.
func (c *checker) mapKey(m *Map) {
	at := m.Decl.Key.Span()
	switch {
	case m.Kind == "":
		m.Key = types.Invalid
	case m.Key == types.Invalid:
	case m.Kind == LPM && m.Key != types.IP4 && m.Key != types.IP6:
		c.errorf("E0601", at, "the key of an lpm map is `ip4` or `ip6`, not %s", typeString(m.Key))
	case m.Kind.Indexed() && m.Key != types.U32:
		c.errorf("E0601", at, "the key of an array is `u32`, not %s", typeString(m.Key))
	}
}

func (c *checker) resolveCounter(o *Counter) {
	c.prog.Counters = append(c.prog.Counters, o)
	size := o.Decl.Size
	if size == nil {
		return
	}
	o.Indexed = true
	if id, ok := size.(*syntax.Ident); ok {
		if tn, ok := c.topLevel(id.Name).(*TypeName); ok {
			if t, ok := tn.Type.(*types.Enum); ok {
				c.Uses[id] = tn
				c.enumCounter(o, t)
				return
			}
		}
	}
	o.Len = uint32(c.size(size, maxCounter, "E0803", "a counter has a size"))
}

// enumCounter gives a counter a cell for each value up to the largest of an enum.
func (c *checker) enumCounter(o *Counter, t *types.Enum) {
	last := uint64(0)
	for _, m := range t.Members {
		last = max(last, m.Value)
	}
	o.Enum = t
	o.Len = 0
	if last >= maxCounter {
		c.errorf("E0803", o.Decl.Size.Span(), "the largest value of `%s` is %d, and a counter has %d cells at most",
			t.Name, last, maxCounter)
		return
	}
	o.Len = uint32(last) + 1
}

// mapEntry resolves `m[k]`, or gives nil after an error.
func (c *checker) mapEntry(e *syntax.Index) *Map {
	id, ok := e.X.(*syntax.Ident)
	if !ok {
		c.errorf("E0304", e.X.Span(), "expected the name of a map")
		return nil
	}
	if l := c.locals[id.Name]; l != nil {
		c.used[l] = true
		if l.Type == types.Invalid {
			return nil
		}
		d := c.errorf("E0210", id.Span(), "`%s` is %s, not a map", id.Name, describe(l))
		note(d, l.Decl.Span(), "declared here")
		return nil
	}
	m, ok := find[*Map](c, id, "map")
	if !ok {
		return nil
	}
	if m.Kind == LPM && c.isPrefixLit(e.Index) {
		c.errorf("E0308", e.Index.Span(), "a prefix is not a value").Hint =
			"a stage looks up, updates and deletes by address; shorter prefixes come from user space"
	} else if c.use(e.Index, m.Key) && m.Kind.Indexed() {
		c.boundIndex(e.Index, m.Max, m.Name)
	}
	return m
}

// boundIndex reports a constant index beyond the end; a size of 0 is unknown.
func (c *checker) boundIndex(e syntax.Expr, size uint32, name string) {
	if k := c.Consts[e]; k != nil && size > 0 && k.Int >= uint64(size) {
		c.errorf("E0606", e.Span(), "the index is beyond the end: `%s` has %d entries, from 0 to %d", name, size, size-1)
	}
}

// counterOf resolves `c` or `c[i]`, or gives nil if e is something else.
func (c *checker) counterOf(e syntax.Expr) *Counter {
	x := e
	index, indexed := e.(*syntax.Index)
	if indexed {
		x = index.X
	}
	id, ok := x.(*syntax.Ident)
	if !ok || c.locals[id.Name] != nil {
		return nil
	}
	o, ok := c.topLevel(id.Name).(*Counter)
	if !ok {
		return nil
	}
	c.Uses[id] = o
	c.Types[e] = types.U64
	switch {
	case indexed && !o.Indexed:
		c.errorf("E0605", index.Index.Span(), "counter `%s` has no index", o.Name)
	case !indexed && o.Indexed:
		c.errorf("E0605", e.Span(), "counter `%s` needs an index", o.Name).Hint =
			fmt.Sprintf("write `%s[…]`", o.Name)
	case indexed && o.Len == 0:
		c.value(index.Index)
	case indexed && o.Enum != nil:
		c.use(index.Index, o.Enum)
	case indexed && c.use(index.Index, types.U32):
		c.boundIndex(index.Index, o.Len, o.Name)
	}
	return o
}
