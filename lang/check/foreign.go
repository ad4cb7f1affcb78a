package check

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// What people write who come from C and libbpf, and what is written here instead.

// foreignNames are names of values and functions elsewhere.
var foreignNames = map[string]string{
	"default":          "`_` takes what is left",
	"htons":            byteOrder,
	"ntohs":            byteOrder,
	"htonl":            byteOrder,
	"ntohl":            byteOrder,
	"bpf_htons":        byteOrder,
	"bpf_ntohs":        byteOrder,
	"bpf_htonl":        byteOrder,
	"bpf_ntohl":        byteOrder,
	"bpf_ktime_get_ns": "write `now()`",
}

const byteOrder = "fields and literals are ordinary numbers, in no byte order: leave it out"

// stringHint is advice about a string as a value, "" if there is none: an address stands without quotes.
func stringHint(e *syntax.Literal) string {
	text, err := strconv.Unquote(e.Text)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(text); err != nil {
		return ""
	}
	return fmt.Sprintf("an address has no quotes: `%s`", text)
}

// boolHint is advice about a comparison of a bool with 0 or 1, as if it were a bit, "" if there is none.
func (c *checker) boolHint(e *syntax.Binary, x, y types.Type) string {
	n := c.ints[e.Y]
	if x != types.Bool || y != types.Untyped || n == nil || n.BitLen() > 1 || e.Op != "==" && e.Op != "!=" {
		return ""
	}
	not := ""
	if (n.Sign() != 0) != (e.Op == "==") {
		not = "!"
	}
	return fmt.Sprintf("write `%s%s`", not, c.text(e.X))
}
