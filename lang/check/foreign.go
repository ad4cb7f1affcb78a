package check

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

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
	"verdict":          "a test says `expect pass`",
	"print":            noLog,
	"printf":           noLog,
	"log":              noLog,
	"bpf_printk":       noLog,
	"bpf_trace_printk": noLog,
}

const byteOrder = "fields and literals are ordinary numbers, in no byte order: leave it out"

const noLog = "a `counter` counts, and `emit` sends a record to user space"

// protocols are the numbers by which headers are told from each other in the protocol of IP, etherTypes in the type of
// Ethernet.
var (
	protocols  = map[string]int{"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "icmp6": 58}
	etherTypes = map[string]int{"ipv4": 0x0800, "arp": 0x0806, "vlan": 0x8100, "ipv6": 0x86dd, "mpls": 0x8847}
)

// foreignFields are the kernel's names of fields of headers.
var foreignFields = map[string]string{
	"h_source": "src", "h_dest": "dst", "h_proto": "type", "saddr": "src", "daddr": "dst", "tot_len": "len", "check": "checksum",
	"nexthdr": "next", "hop_limit": "hops", "payload_len": "len", "source": "sport", "dest": "dport", "doff": "offset",
}

// nameHint is advice about an unknown name, "" if there is none.
func (c *checker) nameHint(name string) string {
	switch protocol, etherType := protocols[name], etherTypes[name]; {
	case c.std[name] == nil:
	case protocol != 0:
		return fmt.Sprintf("`%s` is a header; the number of the protocol is %d", name, protocol)
	case etherType != 0:
		return fmt.Sprintf("`%s` is a header; its type in `ethernet` is %#04x", name, etherType)
	}
	if c.prog.Type != nil && c.prog.Type.PacketField(name) != nil {
		return fmt.Sprintf("write `packet.%s`", name)
	}
	if hint := foreignNames[name]; hint != "" || c.stage == nil || len(c.diags) > maxAdvice {
		return hint
	}
	if other := c.stageWith(name); other != "" {
		return fmt.Sprintf("`%s` is a local of stage `%s`: pass it on, `goto %s(%[1]s)`, and take it as a parameter", name, other, c.stage.Name)
	}
	return ""
}

// stageWith is another stage that declares a local, "" if there is none.
func (c *checker) stageWith(local string) (stage string) {
	for _, s := range c.prog.Stages {
		syntax.Walk(s.Decl, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.LetStmt:
				if n.Name.Name == local {
					stage = s.Name
				}
			case *syntax.ParseStmt:
				if n.Name != nil && n.Name.Name == local {
					stage = s.Name
				}
			}
			return stage == ""
		})
		if stage != "" {
			break
		}
	}
	if stage == c.stage.Name {
		return ""
	}
	return stage
}

// maxListed is the number of names that a hint lists at most.
const maxListed = 20

// fieldHint is advice about a field that isn't there: the name that the kernel's headers give to one that is, or else
// all that are, unless they are many.
func fieldHint(name string, has []string) string {
	if here := foreignFields[name]; slices.Contains(has, here) {
		return fmt.Sprintf("did you mean `%s`?", here)
	}
	if len(has) > maxListed {
		return ""
	}
	return "it has `" + strings.Join(has, "`, `") + "`"
}

// stringHint is advice about a string as a value: an address or number stands without quotes, and what else a name could
// stand for only Go knows.
func stringHint(e *syntax.Literal) string {
	text, err := strconv.Unquote(e.Text)
	if err != nil {
		return ""
	}
	_, notAddr := netip.ParseAddr(text)
	_, notPrefix := netip.ParsePrefix(text)
	_, notMAC := net.ParseMAC(text)
	_, notNumber := syntax.ParseInt(text)
	switch {
	case notAddr == nil || notPrefix == nil || notMAC == nil:
		return fmt.Sprintf("an address has no quotes: `%s`", text)
	case notNumber == nil:
		return fmt.Sprintf("a number has no quotes: `%s`", text)
	}
	return "there are no strings: the number that a name stands for, such as that of an interface, comes from Go in a `config`, a `var` or a map"
}

// boolHint is advice about a comparison of a bool with 0 or 1, as if it were a bit, or with another number, as in
// `1 < x < 9`; "" if there is none.
func (c *checker) boolHint(e *syntax.Binary, x, y types.Type) string {
	if first, ok := e.X.(*syntax.Binary); ok && slices.Contains(orderOps, e.Op) && slices.Contains(orderOps, first.Op) {
		return "two comparisons are joined by `&&`; a range is `in 1..9`, with both ends"
	}
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

// severalHint is advice about a list of values behind `in`, "" if it is none.
func severalHint(e syntax.Expr) string {
	if _, ok := e.(*syntax.ArrayLit); ok {
		return "several values are joined by `||`, or are a row of a `match`: `1 | 5 => …`"
	}
	return ""
}

// typeHint is advice about an unknown type that has its name from C or Go, "" if it has not.
func typeHint(name string) string {
	short := strings.TrimSuffix(strings.TrimPrefix(name, "__"), "_t")
	switch here := strings.Replace(strings.Replace(short, "uint", "u", 1), "int", "i", 1); {
	case name == "int":
		return "write `i32`"
	case name == "byte" || name == "char":
		return "write `u8`"
	case here != name && types.Predeclared[here] != nil:
		return fmt.Sprintf("write `%s`", here)
	}
	return ""
}
