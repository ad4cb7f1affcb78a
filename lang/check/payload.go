package check

import (
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The payload is what lies behind the cursor. `payload[i]` is a byte of it; `payload.u16[i]`, `payload.u32[i]` and
// `payload.u64[i]` are so many bytes from byte i on, as a number in wire order. i may be any number, and what it reaches
// need not be there: then the access fails, and leads to the else of the statement that it stands in, or to the default.
// In a fn, which decides nothing, it leads to the default.

// payloadWidths are the words behind `payload.`, and the bytes that they stand for.
var payloadWidths = map[string]types.Type{"u16": types.U16, "u32": types.U32, "u64": types.U64}

// payloadName is the name `payload` in `payload[…]` and `payload.u16[…]`, and the word behind it if there is one; nil if
// x is something else.
func (c *checker) payloadName(x syntax.Expr) (id, width *syntax.Ident) {
	if sel, ok := x.(*syntax.Select); ok {
		x, width = sel.X, sel.Sel
	}
	id, _ = x.(*syntax.Ident)
	if id == nil || id.Name != "payload" || c.lengthOf != nil {
		return nil, nil
	}
	return id, width
}

// payload types an access to the payload; false if e is something else.
func (c *checker) payload(e *syntax.Index) (types.Type, bool) {
	id, width := c.payloadName(e.X)
	if id == nil {
		return nil, false
	}
	c.Uses[id] = builtins["payload"]
	t := types.Type(types.U8)
	if width != nil {
		if t = payloadWidths[width.Name]; t == nil {
			c.errorf("E0508", width.Span(), "the payload is not read by `%s`", width.Name).Hint =
				"write `payload[i]`, `payload.u16[i]`, `payload.u32[i]` or `payload.u64[i]`"
			t = types.Invalid
		}
	}
	c.Types[e.X] = t
	if !c.use(e.Index, types.U32) || t == types.Invalid {
		return types.Invalid, true
	}
	c.Payload[e] = t
	return t, true
}

// notIndexed reports `payload` or `payload.u16` without an index.
func (c *checker) notIndexed(e syntax.Expr) {
	c.errorf("E0508", e.Span(), "the payload is read byte by byte, or a few at a time").Hint =
		"write `payload[i]`, with i the number of bytes behind the cursor, or `payload.u16[i]`"
}

// writablePayload reports whether the payload can be assigned.
func (c *checker) writablePayload(e *syntax.Index) bool {
	if c.prog.Type != nil && c.prog.Type.ReadOnly {
		c.errorf("E0507", e.Span(), "%s pipelines cannot write to the packet", c.prog.Type.Name)
		return false
	}
	return c.rewritablePayload(e)
}

// looksAtPayload reports whether an access to the payload stands in one of the expressions.
func (c *checker) looksAtPayload(exprs ...syntax.Expr) bool {
	found := false
	for _, e := range exprs {
		if e == nil {
			continue
		}
		syntax.Walk(e, func(n syntax.Node) bool {
			index, ok := n.(*syntax.Index)
			if ok {
				name, _ := c.payloadName(index.X)
				found = found || name != nil
			}
			return true
		})
	}
	return found
}

// expectPayload is `packet payload[i]`: what lies behind the last header that the test gives.
func (c *checker) expectPayload(e *syntax.Index) types.Type {
	before := len(c.diags)
	t, _ := c.payload(e)
	if len(c.diags) == before && c.Consts[e.Index] == nil {
		c.notConstant(e.Index)
		return types.Invalid
	}
	return t
}
