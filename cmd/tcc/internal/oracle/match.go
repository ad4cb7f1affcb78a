package oracle

import (
	"encoding/binary"
	"fmt"
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

// pattern is one for values of a subject.
func (g *gen) pattern(s subject) pattern {
	switch t := s.typ.(type) {
	case *types.Int:
		if t.Signed {
			return g.signedPattern(t.Bits)
		}
		lo, hi := g.pool.number(g.Rand, s.bits), g.pool.number(g.Rand, s.bits)
		if g.chance(2, 3) {
			return pattern{written(g.Rand, lo), boundOf(lo), boundOf(lo)}
		}
		lo, hi = min(lo, hi), max(lo, hi)
		return pattern{written(g.Rand, lo) + ".." + written(g.Rand, hi), boundOf(lo), boundOf(hi)}
	case *types.Enum:
		m := pick(g.Rand, t.Members)
		return pattern{t.Name + "." + m.Name, boundOf(m.Value), boundOf(m.Value)}
	}
	switch s.typ {
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
	return g.addressPattern(s.typ)
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

// A subject is an expression that is matched, and how many bits its values mostly have, if they are numbers.
type subject struct {
	text string
	typ  types.Type
	bits int
}

func (g *gen) subject() subject {
	field := func(p place) bool { return p.kind == fieldPlace }
	scalar := func(p place) bool { return !composite(p.typ) }
	switch g.IntN(8) {
	case 0, 1, 2, 3:
		if p, ok := g.placeOf(field); ok {
			return subject{p.text, p.typ, p.bits}
		}
	case 4:
		if p, ok := g.placeOf(scalar); ok {
			return subject{p.text, p.typ, intBits(p.typ)}
		}
	case 5, 6:
		n, bits := g.varying(1), 2+g.IntN(3)
		return subject{fmt.Sprintf("(%s & %d)", n.text, maxOf(bits)), types.Unsigned(n.bits), bits}
	}
	n := g.typed(64, 2)
	return subject{n.text, types.Unsigned(n.bits), n.bits}
}

// matchOne is a match of one subject.
func (g *gen) matchOne(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	x := g.subject()
	g.line("match %s {", x.text)
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
			if p := g.pattern(x); !covers(taken, p) {
				taken = append(taken, p)
				alts = append(alts, p.text)
			}
		}
		if len(alts) > 0 {
			ends = g.row(strings.Join(alts, " | "), depth, rows) && ends
		}
	}
	if !full(x.typ, taken) && (!allMembers(x.typ, taken) || g.chance(1, 3)) {
		ends = g.row("_", depth, 1) && ends
	}
	g.indent--
	g.line("}")
	return ends
}

// wholePattern takes all values of a type.
func wholePattern(t types.Type) pattern {
	var p pattern
	if i, ok := t.(*types.Int); ok && i.Signed {
		half := int64(1) << (i.Bits - 1)
		return pattern{lo: signedBound(-half), hi: signedBound(half - 1)}
	}
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
	all := wholePattern(t)
	from := all.lo // the first value that isn't taken
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

// row is a row of a match of so many; its body is a verdict, a goto or a block, short if there are many.
func (g *gen) row(patterns string, depth, rows int) (ends bool) {
	if inStage(g) && (g.chance(1, 4) || g.size <= 0) {
		g.line("%s => %s", patterns, g.exitText(1))
		return true
	}
	g.line("%s => {", patterns)
	if rows <= 5 || g.chance(1, 8) {
		ends = g.block(depth-1, g.chance(1, 6))
	} else {
		outer := len(g.scope)
		g.indent++
		g.assign(0)
		g.indent--
		g.scope = g.scope[:outer] // there may have been nothing to assign
	}
	g.line("}")
	return ends
}

// matchTable is a match of several subjects.
func (g *gen) matchTable(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	var xs []subject
	var texts []string
	for range 2 + g.IntN(3) {
		x := g.subject()
		xs, texts = append(xs, x), append(texts, x.text)
	}
	g.line("match %s {", commas(texts))
	g.indent++
	rows := 1 + g.IntN(6)
	if g.chance(1, 3) {
		rows = 9 + g.IntN(30)
	}
	var taken [][][]pattern // by row and column
	ends := true
	for range rows {
		cells, columns := g.cells(xs)
		if !slices.ContainsFunc(taken, func(above [][]pattern) bool { return rowCovers(above, columns) }) {
			taken = append(taken, columns)
			ends = g.row(commas(cells), depth, rows) && ends
		}
	}
	ends = g.row(strings.Repeat("_, ", len(xs)-1)+"_", depth, 1) && ends
	g.indent--
	g.line("}")
	return ends
}

// cells are the patterns of a row, at least one of them not `_`.
func (g *gen) cells(xs []subject) (cells []string, columns [][]pattern) {
	some := g.IntN(len(xs))
	for i, x := range xs {
		column := []pattern{wholePattern(x.typ)}
		cell := "_"
		if i == some || g.chance(1, 2) {
			first := g.pattern(x)
			for full(x.typ, []pattern{first}) {
				first = g.pattern(x)
			}
			column, cell = []pattern{first}, first.text
			if p := g.pattern(x); g.chance(1, 4) && !covers(column, p) && !full(x.typ, []pattern{first, p}) {
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
