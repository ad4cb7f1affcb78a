package check

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A route lookup asks the kernel where it would send a packet. There may be no route, so its result has a name only
// where there is one: `if hop := fib(src, dst) { … } else { … }`, as with the entries of maps.

// fibArgs are the types of the arguments behind the two addresses, which may be left out.
var fibArgs = []struct {
	what string
	typ  types.Type
}{{"len", types.U16}, {"tos", types.U8}, {"proto", types.U8}, {"sport", types.U16}, {"dport", types.U16}}

// gplLicenses are those that the kernel takes for GPL (license_is_gpl_compatible): it gives its routes to no others.
var gplLicenses = []string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}

// fib types the call in `if hop := fib(…)`, and gives the type of its result.
func (c *checker) fib(e *syntax.Call) types.Type {
	c.Uses[e.Fun] = builtins["fib"]
	before := len(c.diags)
	if n := len(e.Args); n < 2 || n > 2+len(fibArgs) {
		c.errorf("E0311", e.Span(), "`fib` takes 2 to %d arguments, not %d", 2+len(fibArgs), n).Hint =
			"write `fib(src, dst)`; `len`, `tos`, `proto`, `sport`, `dport` may follow, in this order"
	}
	for i, a := range e.Args {
		switch {
		case i == 0:
			c.fibAddress(a)
		case i == 1 && (c.Types[e.Args[0]] == types.IP4 || c.Types[e.Args[0]] == types.IP6):
			c.use(a, c.Types[e.Args[0]])
		case i-2 >= len(fibArgs) || i == 1:
			c.value(a)
		default:
			c.use(a, fibArgs[i-2].typ)
		}
	}
	if c.prog.Type != nil && c.prog.Type.ReadOnly {
		c.errorf("E0609", e.Fun.Span(), "%s pipelines have no `fib`: they don't forward packets", c.prog.Type.Name)
	}
	if !slices.Contains(gplLicenses, c.prog.License) {
		c.errorf("E0609", e.Fun.Span(), "the kernel has no `fib` for the license %q", c.prog.License).Hint =
			"it takes these for GPL: " + quoted(gplLicenses)
	}
	if len(c.diags) > before {
		return types.Invalid
	}
	c.needRoutes()
	c.Types[e] = types.Hop
	return types.Hop
}

// fibAddress types the first address, which decides about the other.
func (c *checker) fibAddress(e syntax.Expr) {
	switch t := c.operand(e); t {
	case types.Invalid, types.IP4, types.IP6:
	default:
		c.errorf("E0301", e.Span(), "expected an `ip4` or `ip6`, found %s", typeString(t))
	}
}

// fibOutOfPlace reports a fib whose failure would be forgotten.
func (c *checker) fibOutOfPlace(e *syntax.Call) {
	d := c.errorf("E0609", e.Span(), "it is not known whether there is a route")
	d.Hint = fmt.Sprintf("write `if hop := %s { … } else { … }`", c.text(e))
}

// needRoutes declares the tables in which tests say what routes there are.
func (c *checker) needRoutes() {
	if len(c.prog.Routes) == 0 {
		c.prog.Routes = []*Map{
			{Name: "tcc_routes4", Kind: LPM, Key: types.IP4, Value: types.Hop, Max: maxRoutes},
			{Name: "tcc_routes6", Kind: LPM, Key: types.IP6, Value: types.Hop, Max: maxRoutes},
		}
	}
}

// maxRoutes is how many routes of one family a test can have.
const maxRoutes = 256

// testRoute is `route 192.0.2.0/24 = hop{…}` in a test.
func (c *checker) testRoute(s *syntax.TestRoute) {
	t := c.expr(s.To)
	switch {
	case t == types.Invalid:
	case t != types.IP4 && t != types.IP6:
		c.settle(s.To, types.U64)
		c.errorf("E0301", s.To.Span(), "expected an address or a prefix, found %s", typeString(t))
	case c.Consts[s.To] == nil:
		c.notConstant(s.To)
	}
	if s.Hop.Name.Name != types.Hop.Name {
		c.errorf("E0201", s.Hop.Name.Span(), "expected `hop`, found `%s`", s.Hop.Name.Name).Hint =
			"a route leads to a `hop{ifindex: …, smac: …, dmac: …}`"
		return
	}
	if c.fieldValues(s.Hop, types.Hop, "struct") {
		for _, fv := range s.Hop.Fields {
			c.constantFields(fv.Value)
		}
	}
	c.Types[s.Hop] = types.Hop
	if c.prog.Routes == nil && !c.diags.HasErrors() {
		c.errorf("E0703", s.Span(), "no `fib` asks for a route")
	}
}
