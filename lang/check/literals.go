package check

import (
	"math/big"
	"net"
	"net/netip"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// literal types a literal and records its value.
func (c *checker) literal(e *syntax.Literal) types.Type {
	switch e.Kind {
	case syntax.IntLit:
		return c.intLit(e)
	case syntax.BoolLit:
		return c.setConst(e, boolConst(e.Text == "true"))
	case syntax.DurationLit:
		ns, err := syntax.ParseDuration(e.Text)
		if err != nil {
			return c.badLit(e)
		}
		return c.setConst(e, &Const{Type: types.U64, Int: ns})
	case syntax.IP4Lit, syntax.IP6Lit:
		a, err := netip.ParseAddr(e.Text)
		if err != nil {
			return c.badLit(e)
		}
		return c.setConst(e, addrConst(a, e.Kind == syntax.IP4Lit))
	case syntax.Prefix4Lit, syntax.Prefix6Lit:
		return c.prefixLit(e)
	case syntax.MACLit:
		hw, err := net.ParseMAC(e.Text)
		if err != nil || len(hw) != 6 {
			return c.badLit(e)
		}
		return c.setConst(e, &Const{Type: types.MAC, MAC: [6]byte(hw)})
	}
	c.errorf("E0308", e.Span(), "a string is not a value").Hint = stringHint(e)
	return types.Invalid
}

func (c *checker) intLit(e *syntax.Literal) types.Type {
	v, err := syntax.ParseInt(e.Text)
	if err != nil {
		return c.badLit(e)
	}
	c.ints[e] = new(big.Int).SetUint64(v)
	return types.Untyped
}

// prefixLit is a prefix: a pattern, the right side of `in`, or the key of an lpm map in a test.
func (c *checker) prefixLit(e *syntax.Literal) types.Type {
	p, err := netip.ParsePrefix(e.Text)
	if err != nil {
		return c.badLit(e)
	}
	if p != p.Masked() {
		c.errorf("E0305", e.Span(), "`%s` has bits set beyond its length", e.Text).Hint =
			"did you mean `" + p.Masked().String() + "`?"
		return types.Invalid
	}
	k := addrConst(p.Addr(), e.Kind == syntax.Prefix4Lit)
	k.IsPrefix, k.Bits = true, p.Bits()
	return c.setConst(e, k)
}

// badLit reports what the parser has let through, if anything.
func (c *checker) badLit(e *syntax.Literal) types.Type {
	c.errorf("E0305", e.Span(), "`%s` is malformed", e.Text)
	return types.Invalid
}

func (c *checker) setConst(e syntax.Expr, k *Const) types.Type {
	c.Consts[e] = k
	return k.Type
}

func boolConst(b bool) *Const {
	k := &Const{Type: types.Bool}
	if b {
		k.Int = 1
	}
	return k
}

func addrConst(a netip.Addr, four bool) *Const {
	if four {
		return &Const{Type: types.IP4, Addr: a}
	}
	return &Const{Type: types.IP6, Addr: a}
}
