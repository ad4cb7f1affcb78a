package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// resolveHeader lays out the fields of a header, bit after bit, and types its length expression.
func (c *checker) resolveHeader(h *Header) {
	t, byName := h.Type, map[string]*syntax.Ident{}
	bit, sound := 0, true
	for _, f := range h.Decl.Fields {
		if c.duplicateField(byName, f, "fields") {
			sound = false
			continue
		}
		ft, bits := c.headerField(f)
		sound = sound && bits > 0
		if bit+bits > 8*maxHeader {
			c.errorf("E0808", f.Name.Span(), "header `%s` has more than %d bytes", t.Name, maxHeader)
			sound = false
			break
		}
		if sound {
			c.alignField(f, ft, bit, bits)
		}
		t.Fields = append(t.Fields, types.HeaderField{Name: f.Name.Name, Type: ft, BitOffset: bit, Bits: bits})
		bit += bits
	}
	t.Fixed = (bit + 7) / 8
	switch {
	case !sound: // its size is unknown
	case bit == 0:
		c.errorf("E0211", h.Decl.Name.Span(), "header `%s` has no fields", t.Name)
	case bit%8 != 0:
		d := c.errorf("E0501", h.Decl.Name.Span(), "header `%s` has %d bits, which do not make whole bytes", t.Name, bit)
		d.Hint = "pad it with a last field of type `" + types.Type(&types.Int{Bits: 8 - bit%8}).String() + "`"
	}
	if h.Decl.Length != nil {
		c.resolveLength(h)
	}
	c.prog.Headers = append(c.prog.Headers, h)
}

// headerField is the type that reading a field gives, and its bits on the wire; 0 if the type is wrong.
func (c *checker) headerField(f *syntax.Field) (types.Type, int) {
	named, ok := f.Type.(*syntax.NamedType)
	if !ok {
		c.errorf("E0312", f.Type.Span(), "a field of a header is no array").Hint = "give each element a name"
		return types.Invalid, 0
	}
	switch n := bitWidth(named.Name); {
	case n == 1:
		return types.Bool, 1
	case n > 1:
		return types.Unsigned(n), n
	}
	switch t := types.Predeclared[named.Name]; t {
	case types.Bool:
		return t, 1
	case types.IP4, types.IP6, types.MAC:
		return t, 8 * t.Size()
	case types.I8, types.I16, types.I32, types.I64:
		c.errorf("E0312", named.Span(), "the fields of a header are unsigned").Hint =
			fmt.Sprintf("read a `u%d` and convert it: `%s(…)`", 8*t.Size(), t)
	default:
		d := c.errorf("E0312", named.Span(), "`%s` cannot be the type of a header's field", named.Name)
		d.Hint = "the types are `u1` to `u64`, `bool`, `ip4`, `ip6` and `mac`; all are in wire order"
	}
	return types.Invalid, 0
}

// alignField reports a field that a load can't reach: a load has 8 bytes at most, addresses are whole bytes.
func (c *checker) alignField(f *syntax.Field, t types.Type, bit, bits int) {
	switch {
	case types.IsAddress(t) && bit%8 != 0:
		c.errorf("E0502", f.Span(), "`%s` is an address and does not start at a whole byte", f.Name.Name)
	case !types.IsAddress(t) && bit%8+bits > 64:
		c.errorf("E0502", f.Span(), "`%s` has bits in 9 bytes, and a field can be in 8 at most", f.Name.Name)
	}
}

// resolveLength types a length expression, which is computed in u32.
func (c *checker) resolveLength(h *Header) {
	c.lengthOf = h.Type
	ok := c.use(h.Decl.Length, types.U32)
	c.lengthOf = nil
	v := c.Consts[h.Decl.Length]
	if ok && v != nil && (v.Int < uint64(h.Type.Fixed) || v.Int > CursorMax) {
		c.errorf("E0506", h.Decl.Length.Span(), "the length is %d, but the fields take %d bytes", v.Int, h.Type.Fixed)
	}
	h.Type.HasLen = true
}

// lengthField is a field in the length expression of its header. It reads as a u32.
func (c *checker) lengthField(id *syntax.Ident) types.Type {
	f := c.lengthOf.Field(id.Name)
	if f == nil {
		c.noField(id, "header", c.lengthOf.Name, headerFieldNames(c.lengthOf))
		return types.Invalid
	}
	if f.Type == types.Invalid {
		return types.Invalid
	}
	if f.Bits > 32 || types.IsAddress(f.Type) {
		c.errorf("E0506", id.Span(), "`%s` is %s, too wide for a length", id.Name, typeString(f.Type))
		return types.Invalid
	}
	c.Uses[id] = &HeaderFieldObj{f}
	return types.U32
}

func headerFieldNames(t *types.Header) []string {
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return names
}

func structFieldNames(t *types.Struct) []string {
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return names
}

func memberNames(t *types.Enum) []string {
	var names []string
	for _, m := range t.Members {
		names = append(names, m.Name)
	}
	return names
}
