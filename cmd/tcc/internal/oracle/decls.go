package oracle

import (
	"fmt"
	"slices"
	"sync"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// prelude are the headers that every pipeline knows.
var prelude = sync.OnceValue(func() []*types.Header {
	p, _ := check.Source("prelude", "pipeline p xdp\ndefault pass\nstage s { pass }")
	var hs []*types.Header
	for _, h := range p.Headers {
		hs = append(hs, h.Type)
	}
	return hs
})

// declarations writes all declarations but those of stages and tables, whose parameters it chooses.
func (g *gen) declarations() {
	for i := range g.IntN(3) {
		g.declareEnum(i)
	}
	for i := range g.IntN(4) {
		g.declareStruct(i)
	}
	for i := range g.IntN(3) {
		g.declareHeader(i)
	}
	for i := range g.IntN(3) {
		g.declareGlobal(i, true)
	}
	for i := range 1 + g.IntN(3) {
		g.declareGlobal(i, false)
	}
	for i := range g.IntN(5) {
		g.declareMap(i)
	}
	for i, kind := range []check.MapKind{check.DevMap, check.CPUMap, check.XSKMap} {
		if g.typ.Name != "xdp" {
			break
		}
		m := &mapDecl{name: fmt.Sprintf("to%d", i), kind: kind, max: 1 + g.IntN(3)}
		g.line("map %s %s max %d", m.name, kind, m.max)
		g.targetMaps = append(g.targetMaps, m)
	}
	for i := range g.IntN(3) {
		g.declareCounter(i)
	}
	for i := range g.IntN(3) {
		name := fmt.Sprintf("ev%d", i)
		g.events = append(g.events, g.fields("event", name, 1+g.IntN(5)))
	}
	g.chooseParams()
	g.planTables()
	if g.guests {
		g.planGuestTable()
	}
}

var signedInts = []*types.Int{types.I8, types.I16, types.I32, types.I64}

var ints = []*types.Int{types.U8, types.U16, types.U32, types.U64}

// scalar is a type that a config or var can have.
func (g *gen) scalar() types.Type {
	switch g.IntN(9) {
	case 0:
		return types.Bool
	case 8:
		return pick(g.Rand, signedInts)
	case 1:
		return pick(g.Rand, []types.Type{types.IP4, types.IP4, types.IP6, types.MAC})
	case 2:
		if len(g.enums) > 0 {
			return pick(g.Rand, g.enums)
		}
	}
	return pick(g.Rand, ints)
}

// fieldType is a type that a field of a struct can have, or the value of a map.
func (g *gen) fieldType() types.Type {
	switch g.IntN(9) {
	case 0:
		return pick(g.Rand, []types.Type{types.BE16, types.BE32, types.BE64})
	case 3:
		return g.array()
	case 1, 2:
		if small := g.smallStructs(24); len(small) > 0 {
			return pick(g.Rand, small)
		}
	}
	return g.scalar()
}

func (g *gen) smallStructs(size int) (small []*types.Struct) {
	for _, s := range g.structs {
		if s.Size() <= size {
			small = append(small, s)
		}
	}
	return small
}

func (g *gen) declareEnum(i int) {
	e := &types.Enum{Name: fmt.Sprintf("e%d", i), Base: types.U32}
	base := ""
	if g.chance(1, 2) {
		e.Base = pick(g.Rand, ints)
		base = " " + e.Base.String()
	}
	var members []string
	next := uint64(0)
	for j := range 1 + g.IntN(5) {
		name := fmt.Sprintf("m%d", j)
		text := name
		if g.chance(1, 5) {
			next += uint64(g.IntN(9))
			text += fmt.Sprintf(" = %d", next)
		}
		e.Members = append(e.Members, types.EnumMember{Name: name, Value: next})
		members = append(members, text)
		next++
	}
	g.line("enum %s%s { %s }", e.Name, base, commas(members))
	g.enums = append(g.enums, e)
}

func (g *gen) declareStruct(i int) {
	s := g.fields("struct", fmt.Sprintf("s%d", i), 1+g.IntN(5))
	g.structs = append(g.structs, s)
}

// fields declares a struct or an event.
func (g *gen) fields(kind, name string, n int) *types.Struct {
	var fs []types.Field
	text := kind + " " + name + " {"
	for i := range n {
		f := types.Field{Name: fmt.Sprintf("f%d", i), Type: g.fieldType()}
		fs = append(fs, f)
		text += " " + f.Name + " " + f.Type.String() + ";"
	}
	g.line("%s }", text)
	return types.NewStruct(name, fs)
}

// declareHeader declares a header of bit fields and addresses, with a length or without.
func (g *gen) declareHeader(i int) {
	h := &types.Header{Name: fmt.Sprintf("h%d", i)}
	text, bit := "header "+h.Name+" {", 0
	add := func(typ types.Type, name string, bits int) {
		f := types.HeaderField{Name: fmt.Sprintf("f%d", len(h.Fields)), Type: typ, BitOffset: bit, Bits: bits}
		h.Fields = append(h.Fields, f)
		text += " " + f.Name + " " + name + ";"
		bit += bits
	}
	for range 1 + g.IntN(7) {
		switch {
		case bit%8 == 0 && g.chance(1, 5):
			t := pick(g.Rand, []types.Type{types.IP4, types.IP6, types.MAC})
			add(t, t.String(), 8*t.Size())
		case g.chance(1, 5):
			add(types.Bool, pick(g.Rand, []string{"u1", "bool"}), 1)
		default:
			bits := g.bitWidth(64 - bit%8)
			add(types.Unsigned(bits), fmt.Sprintf("u%d", bits), bits)
		}
	}
	if rest := 8 - bit%8; rest == 1 {
		add(types.Bool, "u1", rest)
	} else if rest < 8 {
		add(types.U8, fmt.Sprintf("u%d", rest), rest)
	}
	h.Fixed = bit / 8
	text += " }"
	if g.chance(1, 3) {
		if length := g.length(h); length != "" {
			text += " length " + length
			h.HasLen = true
		}
	}
	g.line("%s", text)
	g.headers = append(g.headers, h)
}

// bitWidth is the width of a bit field, from 2.
func (g *gen) bitWidth(most int) int {
	if g.chance(1, 3) {
		whole := slices.DeleteFunc([]int{8, 16, 24, 32, 40, 48, 64}, func(n int) bool { return n > most })
		return pick(g.Rand, whole)
	}
	return 2 + g.IntN(min(most, pick(g.Rand, []int{8, 16, 32, 64}))-1)
}

// length is the length expression of a header, empty if no field can be in one.
func (g *gen) length(h *types.Header) string {
	var usable []string
	for _, f := range h.Fields {
		if f.Bits <= 32 && !types.IsAddress(f.Type) {
			usable = append(usable, f.Name)
		}
	}
	if len(usable) == 0 {
		return ""
	}
	a, b := pick(g.Rand, usable), pick(g.Rand, usable)
	return pick(g.Rand, []string{
		fmt.Sprintf("%d + (%s & 7) * 4", h.Fixed, a),
		fmt.Sprintf("%s * 4", a),
		fmt.Sprintf("%d + %s", h.Fixed, a),
		fmt.Sprintf("(%s & 15) * 4 + (%s >> 1 & 1) * 8", a, b),
		fmt.Sprintf("%d + %s %% 9", h.Fixed, a),
		fmt.Sprintf("%d - %s", h.Fixed, a),
	})
}

func (g *gen) declareGlobal(i int, config bool) {
	v := &global{name: fmt.Sprintf("%sg%d", g.prefix, i), typ: g.scalar(), config: config, side: g.side}
	if small := g.smallStructs(40); len(small) > 0 && g.chance(1, 8) {
		v.typ = pick(g.Rand, small)
	} else if g.chance(1, 6) {
		v.typ = g.array()
	}
	word := "var"
	if config {
		v.name, word = fmt.Sprintf("%sc%d", g.prefix, i), "config"
	}
	if g.chance(1, 2) {
		g.line("%s %s %v = %s", word, v.name, v.typ, g.constantOf(v.typ))
	} else {
		g.line("%s %s %v", word, v.name, v.typ)
	}
	g.globals = append(g.globals, v)
}

var mapKinds = []check.MapKind{check.Hash, check.Hash, check.LRUHash, check.PerCPUHash, check.PerCPULRUHash, check.ArrayMap,
	check.PerCPUArray, check.LPM}

func (g *gen) declareMap(i int) {
	m := &mapDecl{name: fmt.Sprintf("%smap%d", g.prefix, i), kind: pick(g.Rand, mapKinds), max: 1 + g.IntN(6), key: g.fieldType(), value: g.fieldType()}
	switch m.kind {
	case check.LRUHash, check.PerCPULRUHash:
		m.max = 2048 // far more than entries: eviction has no meaning in the language
	case check.ArrayMap, check.PerCPUArray:
		m.key = types.U32
	case check.LPM:
		m.key = pick(g.Rand, []types.Type{types.IP4, types.IP6})
	}
	g.line("map %s %s[%v]%v max %d", m.name, m.kind, m.key, m.value, m.max)
	g.maps = append(g.maps, m)
}

func (g *gen) declareCounter(i int) {
	c := &counter{name: fmt.Sprintf("%sn%d", g.prefix, i)}
	size := ""
	switch {
	case len(g.enums) > 0 && g.chance(1, 3):
		c.enum = pick(g.Rand, g.enums)
		size = "[" + c.enum.Name + "]"
	case g.chance(1, 2):
		c.len = 1 + g.IntN(8)
		size = fmt.Sprintf("[%d]", c.len)
	}
	g.line("counter %s%s", c.name, size)
	g.counters = append(g.counters, c)
}

// maxLeaves is how many scalars a goto may pass.
const maxLeaves = 64

// chooseParams gives the stages but the first one parameters, often the same as those of the stage before.
func (g *gen) chooseParams() {
	for i, s := range g.stages[1:] {
		if before := g.stages[i].params; len(before) > 0 && g.chance(1, 3) {
			s.params = before
			continue
		}
		n := g.IntN(5)
		if g.chance(1, 6) {
			n = 6 + g.IntN(6)
		}
		leaves := 0
		for j := range n {
			t := g.paramType()
			if leaves += len(check.LeavesOf(t)); leaves > maxLeaves {
				break
			}
			s.params = append(s.params, param{fmt.Sprintf("p%d", j), t})
		}
	}
}

func (g *gen) paramType() types.Type {
	switch g.IntN(6) {
	case 0, 1:
		return g.someHeader()
	case 2:
		if small := g.smallStructs(40); len(small) > 0 {
			return pick(g.Rand, small)
		}
	case 3:
		if g.chance(1, 2) {
			return g.array()
		}
	}
	return g.scalar()
}

// someHeader is a header, rather one of the common ones.
func (g *gen) someHeader() *types.Header {
	if g.chance(1, 2) {
		return pick(g.Rand, g.headers)
	}
	names := []string{"ethernet", "ipv4", "tcp", "udp", "ipv6", "vlan"}
	name := pick(g.Rand, names)
	i := slices.IndexFunc(g.headers, func(h *types.Header) bool { return h.Name == name })
	return g.headers[i]
}

// planTables chooses slots tables, each for a stage and all others with the same parameters.
func (g *gen) planTables() {
	guest := func(s *stage) bool { return s.side == guestSide }
	can := slices.DeleteFunc(slices.Clone(g.stages[1:]), guest)
	if len(can) == 0 {
		return
	}
	for i := range g.IntN(3) {
		s := pick(g.Rand, can)
		t := &table{name: fmt.Sprintf("sl%d", i), rank: s.rank, params: s.params, entries: map[int]*stage{}}
		if g.chance(2, 3) {
			t.len = 1 + g.IntN(20)
			for _, other := range g.stages[s.rank:] {
				if slices.Equal(other.params, s.params) && !guest(other) {
					t.entries[g.IntN(t.len)] = other
				}
			}
		}
		if t.len == 0 && g.chance(3, 4) {
			t.entries[0] = s
		}
		g.tables = append(g.tables, t)
	}
}

func (g *gen) writeTables() {
	for _, t := range g.tables {
		if t.len == 0 {
			if s := t.entries[0]; s != nil {
				g.line("slot %s%s = %s", t.name, paramList(t.params), s.name)
			} else {
				g.line("slot %s%s", t.name, paramList(t.params))
			}
			continue
		}
		text := ""
		for i := range t.len {
			if s := t.entries[i]; s != nil {
				text += fmt.Sprintf("%d => %s; ", i, s.name)
			}
		}
		g.line("slots %s[%d]%s { %s}", t.name, t.len, paramList(t.params), text)
	}
}
