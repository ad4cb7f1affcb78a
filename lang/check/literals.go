package check

import (
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/tcc-bpf/tcc/lang/diag"
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
		d, err := time.ParseDuration(strings.ReplaceAll(e.Text, "_", ""))
		if err != nil {
			return c.badLit(e.Span(), "`%s` is no duration, or too long a one", e.Text)
		}
		return c.setConst(e, &Const{Type: types.U64, Int: uint64(d.Nanoseconds())})
	case syntax.IP4Lit, syntax.IP6Lit:
		a, err := netip.ParseAddr(e.Text)
		if err != nil {
			return c.badLit(e.Span(), "`%s` is no address", e.Text)
		}
		return c.setConst(e, addrConst(a, e.Kind == syntax.IP4Lit))
	case syntax.Prefix4Lit, syntax.Prefix6Lit:
		return c.prefixLit(e)
	case syntax.MACLit:
		hw, err := net.ParseMAC(e.Text)
		if err != nil || len(hw) != 6 {
			return c.badLit(e.Span(), "`%s` is no MAC address", e.Text)
		}
		return c.setConst(e, &Const{Type: types.MAC, MAC: [6]byte(hw)})
	}
	c.errorf("E0308", e.Span(), "a string is not a value")
	return types.Invalid
}

func (c *checker) intLit(e *syntax.Literal) types.Type {
	digits := strings.ReplaceAll(e.Text, "_", "")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return c.badLit(e.Span(), "`%s` starts with a zero", e.Text)
	}
	v, ok := new(big.Int), len(digits) <= maxIntBits
	if ok {
		v, ok = v.SetString(digits, 0)
	}
	if !ok || v.BitLen() > 64 {
		return c.badLit(e.Span(), "`%s` is no integer of up to 64 bits", e.Text)
	}
	c.ints[e] = v
	return types.Untyped
}

// prefixLit is a prefix: a pattern, the right side of `in`, or the key of an lpm map in a test.
func (c *checker) prefixLit(e *syntax.Literal) types.Type {
	p, err := netip.ParsePrefix(e.Text)
	if err != nil {
		return c.badLit(e.Span(), "`%s` is no prefix", e.Text)
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

func (c *checker) badLit(at diag.Span, format, text string) types.Type {
	c.errorf("E0305", at, format, text)
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
