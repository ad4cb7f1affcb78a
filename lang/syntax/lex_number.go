package syntax

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/participle/v2/lexer"
)

// Numbers and addresses share their first characters: `10`, `10ms`, `10.0.0.0/8`, `10..20`, `10::1`, `10:00:00:00:00:01`.
// An address with colons is tried first, because it may even start like a name (`fe80::1`): it has two colons or more
// without a blank between, which nothing else has. Then come dotted addresses, and last plain numbers.

// isAddressByte tells whether an address with colons can start with c.
func isAddressByte(c byte) bool { return isHex(c) || c == ':' }

// address reads an IPv6 address, an IPv6 prefix or a MAC address, if rest starts with one.
func (s *scanner) address(rest string) bool {
	n := addressLen(rest)
	text := rest[:n]
	if strings.Count(text, ":") < 2 {
		return false
	}
	if n < len(rest) && isWordByte(rest[n]) {
		n += prefixLen(rest[n:], isWordByte)
		s.badAddress(tokIP6, n, "is neither an IPv6 address nor a MAC address")
		return true
	}
	if isMAC(text) {
		s.emit(tokMAC, n)
		return true
	}
	if _, err := netip.ParseAddr(text); err != nil {
		s.badAddress(tokIP6, n, "is neither an IPv6 address nor a MAC address")
		return true
	}
	s.prefix(rest, n, tokIP6, tokPrefix6, 128)
	return true
}

// addressLen is the length of the hex digits, colons and single dots that s starts with.
func addressLen(s string) int {
	n := 0
	for ; n < len(s); n++ {
		dot := s[n] == '.' && n+1 < len(s) && isDigit(s[n+1])
		if !isAddressByte(s[n]) && !dot || strings.HasPrefix(s[n:], ":=") {
			break
		}
	}
	return n
}

// isMAC tells whether s is six pairs of hex digits.
func isMAC(s string) bool {
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		if (i%3 == 2) != (s[i] == ':') {
			return false
		}
	}
	return true
}

// prefix reads an address of n bytes and the `/bits` that may follow it.
func (s *scanner) prefix(rest string, n int, addr, prefix lexer.TokenType, maxBits int) {
	if n+1 >= len(rest) || rest[n] != '/' || !isDigit(rest[n+1]) {
		s.emit(addr, n)
		return
	}
	end := n + 1 + prefixLen(rest[n+1:], isWordByte)
	digits := rest[n+1 : end]
	if bits, err := strconv.Atoi(digits); err != nil || bits > maxBits || digits[0] == '0' && len(digits) > 1 {
		s.badAddress(prefix, end, fmt.Sprintf("is not a prefix: its length is 0 to %d", maxBits))
		return
	}
	s.emit(prefix, end)
}

// badAddress reports the next n bytes and takes them for a token of the type that was meant.
func (s *scanner) badAddress(typ lexer.TokenType, n int, why string) {
	s.report("E0104", n, fmt.Sprintf("`%s` %s", clip(s.src[s.pos:s.pos+n]), why), "")
	s.emit(typ, n)
}

// number reads an integer, a duration, an IPv4 address or an IPv4 prefix.
func (s *scanner) number(rest string) {
	n := prefixLen(rest, isWordByte)
	if n+1 < len(rest) && rest[n] == '.' && isWordByte(rest[n+1]) {
		s.dotted(rest)
		return
	}
	text := rest[:n]
	digits := prefixLen(text, func(c byte) bool { return isDigit(c) || c == '_' })
	switch unit := text[digits:]; unit {
	case "ns", "us", "ms", "s", "m", "h":
		s.duration(text, text[:digits], unit)
	default:
		s.integer(text)
	}
}

// dotted reads an IPv4 address or prefix.
func (s *scanner) dotted(rest string) {
	n := 0
	for n < len(rest) && (isWordByte(rest[n]) || rest[n] == '.' && n+1 < len(rest) && isWordByte(rest[n+1])) {
		n++
	}
	addr, err := netip.ParseAddr(rest[:n])
	if err != nil || !addr.Is4() {
		s.badAddress(tokIP4, n, "is not an IPv4 address: that has four numbers of 0 to 255, without leading zeros")
		return
	}
	s.prefix(rest, n, tokIP4, tokPrefix4, 32)
}

// duration reads digits with a unit; it must fit into 64 bits of nanoseconds.
func (s *scanner) duration(text, digits, unit string) {
	if _, err := ParseDuration(text); err != nil {
		s.report("E0103", len(text), fmt.Sprintf("the duration `%s` %s", clip(text), numberFault(digits, err)), "")
	}
	s.emit(tokDuration, len(text))
}

// integer reads a decimal, hexadecimal or binary number.
func (s *scanner) integer(text string) {
	if _, err := ParseInt(text); err != nil {
		s.report("E0103", len(text), fmt.Sprintf("the number `%s` %s", clip(text), numberFault(text, err)), numberHint(text))
	}
	s.emit(tokInt, len(text))
}

// numberFault says what is wrong with a number.
func numberFault(text string, err error) string {
	if errors.Is(err, strconv.ErrRange) {
		return "does not fit into 64 bits"
	}
	if len(text) > 1 && text[0] == '0' && isDigit(text[1]) {
		return "starts with a zero"
	}
	return "is malformed"
}

// numberHint is advice about a malformed number.
func numberHint(text string) string {
	tail := strings.TrimLeft(text, "0123456789_")
	if tail != "" && tail != text && text[0] != '0' {
		return "durations end in ns, us, ms, s, m or h; hexadecimal numbers start with 0x"
	}
	return ""
}

// ParseInt is the value of an IntLit's text.
func ParseInt(text string) (uint64, error) {
	if len(text) > 1 && text[0] == '0' && (isDigit(text[1]) || text[1] == '_' || text[1]|0x20 == 'o') {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(text, 0, 64)
}

// units of durations.
var units = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
}

// ParseDuration is the value of a DurationLit's text in nanoseconds.
func ParseDuration(text string) (uint64, error) {
	digits := strings.TrimRight(text, "nusmh")
	n, err := ParseInt(digits)
	if err != nil {
		return 0, err
	}
	unit := uint64(units[text[len(digits):]])
	if unit == 0 {
		return 0, strconv.ErrSyntax
	}
	if n > (1<<64-1)/unit {
		return 0, strconv.ErrRange
	}
	return n * unit, nil
}

// clip shortens text that is quoted in a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
