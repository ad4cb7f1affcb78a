package oracle

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/types"
)

var matchStmts = []production{
	{weight: 5, write: (*gen).matchOne},
	{weight: 3, write: (*gen).matchTable},
}

// A bound is a value as the number of its bytes, the most significant first.
type bound [16]byte

func boundOf(k uint64) (b bound) {
	binary.BigEndian.PutUint64(b[8:], k)
	return b
}

func addrBound(a netip.Addr) (b bound) {
	s := a.AsSlice()
	copy(b[16-len(s):], s)
	return b
}

// A pattern is an alternative and the values that it takes.
type pattern struct {
	text   string
	lo, hi bound
}

// covers reports whether patterns may take all of p: it asks for the ends only.
func covers(ps []pattern, p pattern) bool {
	has := func(b bound) bool {
		return slices.ContainsFunc(ps, func(q pattern) bool {
			return slices.Compare(q.lo[:], b[:]) <= 0 && slices.Compare(b[:], q.hi[:]) <= 0
		})
	}
	return has(p.lo) && has(p.hi)
}

// pattern is one for values of a type.
func (g *gen) pattern(t types.Type) pattern {
	switch t := t.(type) {
	case *types.Int:
		lo := g.pool.number(g.Rand, t.Bits)
		if g.chance(2, 3) {
			return pattern{written(g.Rand, lo), boundOf(lo), boundOf(lo)}
		}
		hi := g.pool.number(g.Rand, t.Bits)
		lo, hi = min(lo, hi), max(lo, hi)
		return pattern{written(g.Rand, lo) + ".." + written(g.Rand, hi), boundOf(lo), boundOf(hi)}
	case *types.Enum:
		m := pick(g.Rand, t.Members)
		return pattern{t.Name + "." + m.Name, boundOf(m.Value), boundOf(m.Value)}
	}
	switch t {
	case types.Bool:
		k := g.IntN(2)
		return pattern{fmt.Sprint(k == 1), boundOf(uint64(k)), boundOf(uint64(k))}
	case types.MAC:
		s := pick(g.Rand, g.macs)
		var k uint64
		for _, b := range strings.Split(s, ":") {
			var n uint64
			fmt.Sscanf(b, "%x", &n)
			k = k<<8 | n
		}
		return pattern{s, boundOf(k), boundOf(k)}
	}
	return g.addressPattern(t)
}

func (g *gen) addressPattern(t types.Type) pattern {
	addrs := g.ip4
	if t == types.IP6 {
		addrs = g.ip6
	}
	a := pick(g.Rand, addrs)
	switch g.IntN(4) {
	case 0:
		return pattern{a.String(), addrBound(a), addrBound(a)}
	case 1:
		lo, hi := g.addressRange(t)
		return pattern{lo + ".." + hi, addrBound(netip.MustParseAddr(lo)), addrBound(netip.MustParseAddr(hi))}
	}
	p := prefix(g.Rand, a)
	last := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(last); i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	hi, _ := netip.AddrFromSlice(last)
	return pattern{p.String(), addrBound(p.Addr()), addrBound(hi)}
}

// subject is an expression that can be matched, and its type.
func (g *gen) subject() (string, types.Type) {
	scalar := func(p place) bool { _, str := p.typ.(*types.Struct); return !str }
	if p, ok := g.placeOf(scalar); ok && g.chance(3, 4) {
		return p.text, p.typ
	}
	n := g.typed(64, 2)
	return n.text, types.Unsigned(n.bits)
}

// matchOne is a match of one subject.
func (g *gen) matchOne(depth int) bool {
	x, t := g.subject()
	if depth <= 0 {
		return g.assign(0)
	}
	g.line("match %s {", x)
	g.indent++
	rows := 1 + g.IntN(5)
	if g.chance(1, 6) {
		rows = 9 + g.IntN(20)
	}
	var taken []pattern
	ends := true
	for range rows {
		var alts []string
		for range pick(g.Rand, []int{1, 1, 1, 2, 3}) {
			if p := g.pattern(t); !covers(taken, p) {
				taken = append(taken, p)
				alts = append(alts, p.text)
			}
		}
		if len(alts) > 0 {
			ends = g.row(strings.Join(alts, " | "), depth) && ends
		}
	}
	if !full(t, taken) && (!allMembers(t, taken) || g.chance(1, 3)) {
		ends = g.row("_", depth) && ends
	}
	g.indent--
	g.line("}")
	return ends
}

// wholePattern takes all values of a type.
func wholePattern(t types.Type) pattern {
	var p pattern
	n := t.Size()
	for i := range n {
		p.hi[15-i] = 0xff
	}
	if t == types.Bool {
		p.hi = boundOf(1)
	}
	return p
}

// full reports whether patterns take all values of a type's size.
func full(t types.Type, taken []pattern) bool {
	sorted := slices.Clone(taken)
	slices.SortFunc(sorted, func(p, q pattern) int { return slices.Compare(p.lo[:], q.lo[:]) })
	var from bound // the first value that isn't taken
	all := wholePattern(t)
	for _, p := range sorted {
		if slices.Compare(p.lo[:], from[:]) > 0 {
			return false
		}
		if slices.Compare(p.hi[:], all.hi[:]) >= 0 {
			return true
		}
		if slices.Compare(p.hi[:], from[:]) >= 0 {
			from = p.hi.next()
		}
	}
	return false
}

func (b bound) next() bound {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			break
		}
	}
	return b
}

// allMembers reports whether patterns take all members of an enum, which is enough.
func allMembers(t types.Type, taken []pattern) bool {
	e, ok := t.(*types.Enum)
	return ok && !slices.ContainsFunc(e.Members, func(m types.EnumMember) bool {
		return !covers(taken, pattern{lo: boundOf(m.Value), hi: boundOf(m.Value)})
	})
}

// row is a row of a match; its body is a block, a verdict or a goto.
func (g *gen) row(patterns string, depth int) (ends bool) {
	if g.chance(1, 2) || g.size <= 0 {
		g.line("%s => %s", patterns, g.exitText(1))
		return true
	}
	g.line("%s => {", patterns)
	ends = g.block(depth-1, g.chance(1, 3))
	g.line("}")
	return ends
}

// matchTable is a match of several subjects.
func (g *gen) matchTable(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	var subjects []string
	var ts []types.Type
	for range 2 + g.IntN(3) {
		x, t := g.subject()
		subjects, ts = append(subjects, x), append(ts, t)
	}
	g.line("match %s {", commas(subjects))
	g.indent++
	rows := 1 + g.IntN(6)
	if g.chance(1, 3) {
		rows = 9 + g.IntN(math.MaxUint8/8)
	}
	var taken [][][]pattern // by row and column
	ends := true
	for range rows {
		cells, columns := g.cells(ts)
		if !slices.ContainsFunc(taken, func(above [][]pattern) bool { return rowCovers(above, columns) }) {
			taken = append(taken, columns)
			ends = g.row(commas(cells), depth) && ends
		}
	}
	ends = g.row(strings.Repeat("_, ", len(ts)-1)+"_", depth) && ends
	g.indent--
	g.line("}")
	return ends
}

// cells are the patterns of a row, at least one of them not `_`.
func (g *gen) cells(ts []types.Type) (cells []string, columns [][]pattern) {
	some := g.IntN(len(ts))
	for i, t := range ts {
		column := []pattern{wholePattern(t)}
		cell := "_"
		if i == some || g.chance(1, 2) {
			first := g.pattern(t)
			for full(t, []pattern{first}) {
				first = g.pattern(t)
			}
			column, cell = []pattern{first}, first.text
			if p := g.pattern(t); g.chance(1, 4) && !covers(column, p) && !full(t, []pattern{first, p}) {
				column = append(column, p)
				cell += " | " + p.text
			}
		}
		cells, columns = append(cells, cell), append(columns, column)
	}
	return cells, columns
}

// rowCovers reports whether a row may take all that another one takes.
func rowCovers(above, row [][]pattern) bool {
	for i, column := range row {
		for _, p := range column {
			if !covers(above[i], p) {
				return false
			}
		}
	}
	return true
}
