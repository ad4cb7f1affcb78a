package split

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// Carriers of state from program to program.
const (
	carrierCB    = "cb"       // skb->cb
	carrierState = tableState // the per-CPU array

	cbSize    = 20   // bytes
	stateSize = 4096 // the most of the per-CPU array that is used
)

// A place is where a number lies in a carrier.
type place struct {
	carrier      string
	offset, size int
}

// layout says where every number that travels lies.
//
// Each slots table has its calling convention: the arguments in order, naturally aligned, from byte 0 of a carrier
// that depends on nothing but their size, so that stages compiled apart agree. What heads pass on lies behind all of
// these, as it must survive a slot call that misses. There every number keeps one place all the way: numbers that
// travel into a common head get places apart, others may share.
type layout struct {
	conventions map[string][]place // by slots table
	places      map[*ir.Value]place
	state       int // bytes used of the per-CPU array
}

// natural places numbers of some sizes one after the other.
func natural(sizes []int) (offsets []int, end int) {
	for _, n := range sizes {
		end = (end + n - 1) / n * n
		offsets = append(offsets, end)
		end += n
	}
	return offsets, end
}

// convention is how the arguments of a table lie.
func convention(m *ir.Module, sizes []int) []place {
	offsets, end := natural(sizes)
	carrier := carrierState
	if m.Type().CB && end <= cbSize {
		carrier = carrierCB
	}
	places := make([]place, len(sizes))
	for i, n := range sizes {
		places[i] = place{carrier, offsets[i], n}
	}
	return places
}

// argSizes is the bytes of the arguments of a table: what its stages declare, or the width of their types.
func (g *graph) argSizes(table string) ([]int, bool) {
	var args []*ir.Value
	for _, b := range g.order {
		if b.Term.Op == ir.SlotCall && b.Term.Sym == table {
			args = b.Term.Args[1:]
		}
	}
	for _, r := range g.f.Roots {
		if r.Table == table {
			args = r.Block.Params
		}
	}
	var sizes []int
	for _, v := range args {
		n := v.Type.Bytes()
		if v.Op == ir.Param && v.Size > 0 {
			n = v.Size
		}
		sizes = append(sizes, n)
	}
	return sizes, args != nil
}

// lay names and places everything for a set of heads.
func (s *search) lay(heads []*ir.Block) *programs {
	ps := &programs{search: s, layout: s.arrange(heads), heads: heads}
	ps.number()
	return ps
}

// arrange lays out what travels.
func (s *search) arrange(heads []*ir.Block) *layout {
	l := &layout{conventions: map[string][]place{}, places: map[*ir.Value]place{}}
	reserved := map[string]int{} // by carrier
	for _, m := range s.m.Maps {
		if m.Kind != ir.ProgArray {
			continue
		}
		sizes, used := s.argSizes(m.Name)
		if !used {
			continue
		}
		l.conventions[m.Name] = convention(s.m, sizes)
		for _, p := range l.conventions[m.Name] {
			reserved[p.carrier] = max(reserved[p.carrier], p.offset+p.size)
		}
	}
	l.state = reserved[carrierState]
	offsets, end := s.pack(heads, reserved[carrierCB])
	carrier := carrierCB
	if !s.m.Type().CB || end > cbSize {
		carrier = carrierState
		offsets, end = s.pack(heads, reserved[carrierState])
		l.state = max(l.state, end)
	}
	for v, off := range offsets {
		l.places[v] = place{carrier, off, s.width(v)}
	}
	return l
}

// pack gives every number that travels into one of the heads an offset from some byte on: big ones first, each as low
// as those it travels with allow.
func (s *search) pack(heads []*ir.Block, from int) (map[*ir.Value]int, int) {
	with := map[*ir.Value]map[*ir.Value]bool{}
	var values []*ir.Value
	for _, h := range heads {
		if s.isEntry(h) {
			continue
		}
		carried := s.crossing(h).carried
		for _, v := range carried {
			if with[v] == nil {
				with[v] = map[*ir.Value]bool{}
				values = append(values, v)
			}
			for _, w := range carried {
				with[v][w] = true
			}
		}
	}
	slices.SortFunc(values, func(a, b *ir.Value) int {
		return cmp.Or(cmp.Compare(s.width(b), s.width(a)), cmp.Compare(len(with[b]), len(with[a])), cmp.Compare(a.ID, b.ID))
	})
	offsets, end := map[*ir.Value]int{}, from
	for _, v := range values {
		n := s.width(v)
		off := (from + n - 1) / n * n
		for s.collides(off, n, with[v], offsets) {
			off += n
		}
		offsets[v] = off
		end = max(end, off+n)
	}
	return offsets, end
}

// collides reports whether n bytes at off overlap one of the values that have their offsets.
func (s *search) collides(off, n int, values map[*ir.Value]bool, offsets map[*ir.Value]int) bool {
	for w := range values {
		if at, ok := offsets[w]; ok && off < at+s.width(w) && at < off+n {
			return true
		}
	}
	return false
}

// isEntry reports whether control comes into b from outside.
func (g *graph) isEntry(b *ir.Block) bool { return b == g.f.Blocks[0] || g.roots[b] != nil }
