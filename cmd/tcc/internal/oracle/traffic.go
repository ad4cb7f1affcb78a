package oracle

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime"
)

// A traffic makes the packets of a case, and what its maps and variables hold at first.
type traffic struct {
	*rand.Rand
	p     *check.Program
	c     *Case
	wants map[*types.HeaderField][]bound // what the program compares a field with
	known map[int][]bound                // all constants of the program, by size in bytes
	seen  map[syntax.Stmt]bool           // the statements that some packet came to
	path  map[*check.Stage]hop           // where packets may go
	needs []int                          // how many bytes a need asks for
	exact bool                           // the packet was cut where one may just be met, or not

	before []Change // those before the next packet
}

// A hop is what a stage parses, and the stages behind it.
type hop struct {
	headers []*types.Header
	next    []*check.Stage
}

// packets is how many a case has, tries how many are made for that.
const packets, tries = 30, 250

func newTraffic(r *rand.Rand, p *check.Program, c *Case) *traffic {
	t := &traffic{Rand: r, p: p, c: c, wants: map[*types.HeaderField][]bound{}, known: map[int][]bound{}, seen: map[syntax.Stmt]bool{},
		path: map[*check.Stage]hop{}}
	for _, s := range p.Stages {
		t.path[s] = t.hop(s)
	}
	for _, e := range sortedConsts(p) {
		k := p.Consts[e]
		t.known[k.Type.Size()] = append(t.known[k.Type.Size()], boundOfConst(k))
	}
	walk(p, func(n syntax.Node) {
		switch n := n.(type) {
		case *syntax.Binary:
			t.compared(n.X, n.Y)
			t.compared(n.Y, n.X)
		case *syntax.MatchStmt:
			for _, row := range n.Rows {
				for i, pattern := range row.Patterns {
					t.compared(n.Subjects[i], pattern.Alts...)
				}
			}
		}
	})
	return t
}

// walk visits the nodes of a program's files in the order of their texts.
func walk(p *check.Program, visit func(syntax.Node)) {
	for _, f := range sourceFiles(p) {
		syntax.Walk(f, func(n syntax.Node) bool { visit(n); return true })
	}
}

// sortedConsts are the constant expressions of a program in the order of its text.
func sortedConsts(p *check.Program) (all []syntax.Expr) {
	walk(p, func(n syntax.Node) {
		if e, ok := n.(syntax.Expr); ok && p.Consts[e] != nil {
			all = append(all, e)
		}
	})
	return all
}

// compared notes what a field of a header is compared with.
func (t *traffic) compared(x syntax.Expr, with ...syntax.Expr) {
	for _, e := range with {
		es := []syntax.Expr{e}
		if r, ok := check.Unparen(e).(*syntax.Range); ok {
			es = []syntax.Expr{r.Lo, r.Hi}
		}
		for _, e := range es {
			if k := t.p.Consts[e]; k != nil {
				t.want(x, boundOfConst(k))
			}
		}
	}
}

// want notes what x is to be: a field, or what is computed from one and constants.
func (t *traffic) want(x syntax.Expr, b bound) {
	switch x := check.Unparen(x).(type) {
	case *syntax.Select:
		if ref := t.p.Fields[x]; ref != nil && ref.Header != nil {
			t.wants[ref.Header] = append(t.wants[ref.Header], b)
		}
	case *syntax.Call:
		if len(x.Args) == 1 {
			t.want(x.Args[0], b)
		}
	case *syntax.Binary:
		n := uint64(0)
		if k := t.p.Consts[x.Y]; k != nil {
			n = k.Int
		}
		t.want(x.X, before(x.Op, b, n))
		if x.Op == "|" {
			t.want(x.Y, b)
		}
	}
}

// before is a number from which an operation with n makes b, or one near it.
func before(op string, b bound, n uint64) bound {
	k := binary.BigEndian.Uint64(b[8:])
	switch op {
	case "<<":
		return boundOf(k >> (n & 63))
	case ">>":
		return boundOf(k << (n & 63))
	case "+":
		return boundOf(k - n)
	case "-":
		return boundOf(k + n)
	}
	return b
}

func boundOfConst(k *check.Const) (b bound) {
	switch k.Type {
	case types.IP4, types.IP6:
		return addrBound(k.Addr)
	case types.MAC:
		copy(b[10:], k.MAC[:])
		return b
	}
	return boundOf(k.Int)
}

// fill gives the case settings, entries and packets.
func (t *traffic) fill() {
	for _, g := range t.p.Globals {
		if t.IntN(2) == 0 {
			t.c.Settings = append(t.c.Settings, Setting{g.Name, t.memory(g.Type, t.scalar)})
		}
	}
	for _, m := range t.p.Maps {
		t.entries(m)
	}
	for _, m := range t.p.Routes {
		t.routes(m)
	}
	for _, targets := range t.p.Targets {
		t.targets(targets)
	}
	t.packets()
}

// packets picks packets that get to new statements, and some more. Each goes through a machine that keeps what those
// before left behind.
func (t *traffic) packets() {
	m := t.c.machine(t.p)
	fresh := false
	m.OnStmt = func(s syntax.Stmt) {
		fresh = fresh || !t.seen[s]
		t.seen[s] = true
	}
	defer func() { _ = recover() }() // the packet at which the interpreter panics is the case's last
	for i := 0; i < tries && len(t.c.Packets) < packets; i++ {
		t.exact = false
		packet := Packet{Now: t.Uint64() >> t.IntN(64), Random: t.Uint64(), CPU: t.Uint32() & 3, Data: t.packet()}
		if !t.takes(packet.Data) {
			continue
		}
		if t.IntN(40) == 0 {
			t.change(m)
		}
		packet.Before = t.before
		t.c.Packets = append(t.c.Packets, packet)
		fresh, m.Env = false, packet.env()
		if m.Run(packet.Data); !fresh && (!t.exact || t.IntN(3) > 0) && t.IntN(tries) > packets {
			t.c.Packets = t.c.Packets[:len(t.c.Packets)-1]
		} else {
			t.before = nil
		}
	}
}

// takes reports whether a test run takes a packet: with `frags`, one of any length.
func (t *traffic) takes(packet []byte) bool {
	if t.p.Frags {
		packet = packet[:min(len(packet), runtime.MaxTestPacket)]
	}
	return runtime.CheckTestPacket(t.p.Type.Name, packet) == nil
}

// packet is a new packet, or one of those before with a few changes.
func (t *traffic) packet() []byte {
	if len(t.c.Packets) > 0 && t.IntN(5) < 2 {
		return t.mutant(pick(t.Rand, t.c.Packets).Data)
	}
	var packet []byte
	var ends []int
	var layers []layer
	for _, h := range t.headers() {
		layers = append(layers, layer{h, len(packet)})
		packet = t.appendHeader(packet, h)
		ends = append(ends, len(packet))
		if h.HasLen {
			packet = append(packet, make([]byte, 4*t.IntN(4))...)
		}
	}
	for range t.IntN(pick(t.Rand, []int{1, 20, 60, 300})) {
		packet = append(packet, byte(t.Uint32()))
	}
	t.sum(packet, layers)
	if len(ends) > 0 && t.IntN(4) == 0 {
		end := pick(t.Rand, ends)
		if len(t.needs) > 0 && t.IntN(2) == 0 {
			end += pick(t.Rand, t.needs)
			t.exact = true
		}
		packet = packet[:max(0, min(len(packet), end-t.IntN(3)))]
	}
	return t.padded(packet)
}

// padded is a packet long enough to be sent. Of a short one, the padding often is a well-known type.
func (t *traffic) padded(packet []byte) []byte {
	ip := t.p.Type.Name == "cgroup_skb"
	least := runtime.MinTestPacket
	if ip {
		least = 20 + t.IntN(2)*20
	}
	for len(packet) < least {
		packet = append(packet, byte(t.Uint32()))
	}
	if version := packet[0] >> 4; ip && version != 4 && version != 6 {
		packet[0] = packet[0]&0x0f | byte(4+t.IntN(2)*2)<<4
	}
	return packet
}

func (t *traffic) hop(s *check.Stage) (h hop) {
	syntax.Walk(s.Decl.Body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParseStmt:
			if !n.Peek {
				h.headers = append(h.headers, t.p.Uses[n.Header].(*check.Header).Type)
			}
		case *syntax.SkipStmt:
			switch k := t.p.Consts[n.N]; {
			case k == nil || k.Int >= maxFar:
			case n.Need:
				t.needs = append(t.needs, int(k.Int))
			case k.Int >= farEnough:
				h.headers = append(h.headers, &types.Header{Fixed: int(k.Int)})
			}
		}
		return true
	})
	h.next = slices.Clone(t.p.Callees(s))
	for _, table := range t.p.Tables(s) {
		for _, i := range slices.Sorted(keys(table.Initial)) {
			h.next = append(h.next, table.Initial[i])
		}
	}
	return h
}

// headers are those that one path through the stages parses, more or less.
func (t *traffic) headers() (hs []*types.Header) {
	for s := t.p.Stages[0]; s != nil && len(hs) < 12; {
		h := t.path[s]
		for _, parsed := range h.headers {
			if t.IntN(8) > 0 {
				hs = append(hs, parsed)
			}
		}
		if s = nil; len(h.next) > 0 && t.IntN(10) > 0 {
			s = pick(t.Rand, h.next)
		}
	}
	return hs
}

func keys[K comparable, V any](m map[K]V) func(yield func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (t *traffic) appendHeader(packet []byte, h *types.Header) []byte {
	at := len(packet)
	packet = append(packet, make([]byte, h.Fixed)...)
	for i := range h.Fields {
		f := &h.Fields[i]
		setBits(packet[at:], f.BitOffset, f.Bits, t.fieldValue(h, f))
	}
	return packet
}

// usual are values of fields without which few packets get far.
var usual = map[string][]uint64{
	"ethernet.type": {0x0800, 0x86dd, 0x8100}, "vlan.type": {0x0800, 0x86dd}, "ipv4.version": {4}, "ipv4.ihl": {5, 5, 6, 15, 4},
	"ipv4.proto": {6, 17, 1}, "ipv6.version": {6}, "ipv6.next": {6, 17, 58}, "tcp.offset": {5, 5, 6, 15, 4},
}

func (t *traffic) fieldValue(h *types.Header, f *types.HeaderField) bound {
	wants, common := t.wants[f], usual[h.Name+"."+f.Name]
	switch n := t.IntN(10); {
	case n < 5 && len(wants) > 0:
		b := pick(t.Rand, wants)
		if t.IntN(6) == 0 {
			return b.next()
		}
		return b
	case n < 9 && len(common) > 0:
		return boundOf(pick(t.Rand, common))
	}
	return t.scalar(f.Type)
}

// scalar is a value of a scalar type: a constant of the program, an edge, a small number or a random one.
func (t *traffic) scalar(typ types.Type) (b bound) {
	known := t.known[typ.Size()]
	switch n := t.IntN(6); {
	case n < 2 && len(known) > 0:
		return pick(t.Rand, known)
	case n < 3:
		return boundOf(pick(t.Rand, edges))
	case n < 5:
		return boundOf(uint64(t.IntN(5)))
	}
	for i := range b {
		b[i] = byte(t.Uint32())
	}
	return b
}

// setBits writes the low n bits of v at bit off, counted from the most significant bit of the first byte.
func setBits(p []byte, off, n int, v bound) {
	for i := range n {
		from, to := 127-i, off+n-1-i
		bit := byte(0x80) >> (to % 8)
		if p[to/8] &^= bit; v[from/8]&(0x80>>(from%8)) != 0 {
			p[to/8] |= bit
		}
	}
}

// mutant is a packet with a few bytes changed, or cut short, or longer.
func (t *traffic) mutant(packet []byte) []byte {
	packet = slices.Clone(packet)
	for range 1 + t.IntN(3) {
		at := t.IntN(len(packet))
		switch t.IntN(5) {
		case 0:
			packet[at] ^= 1 << t.IntN(8)
		case 1:
			return t.padded(packet[:at])
		case 2:
			packet = append(packet, make([]byte, t.IntN(20))...)
		default:
			size := pick(t.Rand, []int{1, 2, 4, 6})
			typ := map[int]types.Type{1: types.U8, 2: types.U16, 4: types.U32, 6: types.MAC}[size]
			v := t.scalar(typ)
			copy(packet[at:], v[16-size:])
		}
	}
	return packet
}

// entries puts a few entries into a map.
func (t *traffic) entries(m *check.Map) {
	var used []string
	for range t.IntN(int(min(m.Max, 4)) + 1) {
		key := t.key(m)
		if !slices.Contains(used, string(key)) {
			used = append(used, string(key))
			t.c.Changes = append(t.c.Changes, Entry{m.Name, key, t.memory(m.Value, t.scalar)})
		}
	}
}

// routes puts routes into a table of a pinned pipeline, some of them to addresses that the program names.
func (t *traffic) routes(m *check.Map) {
	var named []bound
	for _, e := range sortedConsts(t.p) {
		if k := t.p.Consts[e]; k.Type == m.Key && !k.IsPrefix {
			named = append(named, boundOfConst(k))
		}
	}
	for range 1 + t.IntN(4) {
		key := t.key(m)
		if len(named) > 0 && t.IntN(4) > 0 {
			b := pick(t.Rand, named)
			key = append(nativeU32(uint32(8*m.Key.Size()-t.IntN(2)*t.IntN(16))), b[16-m.Key.Size():]...)
		}
		t.c.Changes = append(t.c.Changes, Entry{m.Name, key, t.memory(m.Value, t.scalar)})
	}
}

// key is a key of a map.
func (t *traffic) key(m *check.Map) []byte {
	switch m.Kind {
	case check.ArrayMap, check.PerCPUArray:
		return nativeU32(uint32(t.IntN(int(m.Max))))
	case check.LPM:
		addr := t.memory(m.Key, t.scalar)
		return append(nativeU32(uint32(t.IntN(8*len(addr)+1))), addr...)
	}
	return t.memory(m.Key, t.keyScalar)
}

// loopback is the number of the interface that each network namespace has.
const loopback = 1

// targets puts something to redirect to into a map: the loopback interface, or the first CPU.
func (t *traffic) targets(m *check.Targets) {
	index := uint32(t.IntN(int(m.Max)))
	switch {
	case m.Kind == check.DevMap && t.IntN(2) == 0:
		t.c.Changes = append(t.c.Changes, Entry{m.Name, nativeU32(index), nativeU32(loopback)})
	case m.Kind == check.CPUMap && t.IntN(8) == 0: // which makes a thread of the kernel
		t.c.Changes = append(t.c.Changes, Entry{m.Name, nativeU32(0), nativeU32(64)})
	}
}

// change is something that user space does between packets.
func (t *traffic) change(m *interp.Machine) {
	var change Change
	switch n := t.IntN(6); {
	case n < 3 && len(t.p.Slots) > 0:
		table := pick(t.Rand, t.p.Slots)
		f := Filling{Table: table.Name, Index: uint32(t.IntN(int(table.Len)))}
		if stages := slices.Sorted(keys(table.Initial)); len(stages) > 0 && t.IntN(4) > 0 {
			f.Stage = table.Initial[pick(t.Rand, stages)].Name
		}
		change = f
	case n < 4 && len(t.p.Maps) > 0:
		d := pick(t.Rand, t.p.Maps)
		e := Entry{Map: d.Name, Key: t.key(d)}
		if t.IntN(3) > 0 {
			e.Value = t.memory(d.Value, t.scalar)
		}
		change = e
	default:
		if len(t.p.Globals) == 0 {
			return
		}
		g := pick(t.Rand, t.p.Globals)
		if g.Config {
			return
		}
		change = Setting{g.Name, t.memory(g.Type, t.scalar)}
	}
	change.toMachine(m)
	t.before = append(t.before, change)
}

// keyScalar is a scalar of a key: one of few.
func (t *traffic) keyScalar(typ types.Type) bound {
	if types.IsAddress(typ) || t.IntN(4) == 0 {
		return t.scalar(typ)
	}
	return boundOf(uint64(t.IntN(3)))
}

// memory is a random value of a type in native memory, its scalars chosen by a function.
func (t *traffic) memory(typ types.Type, scalar func(types.Type) bound) []byte {
	return interp.Encode(typ, t.leaves(nil, typ, scalar), binary.NativeEndian)
}

func (t *traffic) leaves(v interp.Value, typ types.Type, scalar func(types.Type) bound) interp.Value {
	switch typ := typ.(type) {
	case *types.Struct:
		for _, f := range typ.Fields {
			v = t.leaves(v, f.Type, scalar)
		}
		return v
	case *types.Array:
		for range typ.Len {
			v = t.leaves(v, typ.Elem, scalar)
		}
		return v
	case *types.Enum:
		if t.IntN(8) > 0 {
			return append(v, pick(t.Rand, typ.Members).Value)
		}
	}
	b := scalar(typ)
	if typ == types.Bool {
		b[15] &= 1
	}
	if types.IsAddress(typ) {
		return append(v, interp.Decode(typ, b[16-typ.Size():], binary.BigEndian)...)
	}
	return append(v, binary.BigEndian.Uint64(b[8:])&maxOf(8*typ.Size()))
}
