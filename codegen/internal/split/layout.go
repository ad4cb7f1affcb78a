package split

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A place is where a number lies in a carrier.
type place struct {
	carrier      string
	offset, size int
}

// layout says where every number that travels lies.
//
// Each slots table has its calling convention: the arguments in order, naturally aligned, from byte 0 of a carrier
// that depends on nothing but their sizes, so that stages compiled apart agree. What heads pass on lies behind all of
// these, as it must survive a slot call that misses. There every number keeps one place all the way: numbers that
// travel into a common head get places apart, others may share. One that goes on as a parameter of a head keeps its place, if
// that is free.
type layout struct {
	conventions map[string][]place // by slots table
	places      map[*ir.Value]place
	state       int // bytes used of the per-CPU array
	spilled     int // of these, where those end that programs use for themselves; 0: none does
	notes       int // bytes in front of the packet, a multiple of 4
	over        int // bytes of a carrier that is too full; else 0
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

// Convention is where the arguments of a slots table lie, by their bytes, in pipelines of a type: the carrier, and the
// offset of each from the carrier's start.
func Convention(t ir.ProgInfo, sizes []int) (carrier string, offsets []int) {
	offsets, end := natural(sizes)
	if t.CB && end <= cbSize {
		return carrierCB, offsets
	}
	return carrierState, offsets
}

// convention is how the arguments of a table lie.
func convention(m *ir.Module, sizes []int) []place {
	carrier, offsets := Convention(m.Type(), sizes)
	places := make([]place, len(sizes))
	for i, n := range sizes {
		places[i] = place{carrier, offsets[i], n}
	}
	return places
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
		l.conventions[m.Name] = convention(s.m, m.Args)
		for _, p := range l.conventions[m.Name] {
			reserved[p.carrier] = max(reserved[p.carrier], p.offset+p.size)
		}
	}
	l.state = reserved[carrierState]
	carriers := s.carriers()
	for i, carrier := range carriers {
		wanted := func(v *ir.Value) bool { // the rest
			_, placed := l.places[v]
			return !placed
		}
		if i < len(carriers)-1 {
			wanted = s.fitting(heads, carrier, reserved[carrier]).Has
		}
		offsets, end := s.pack(heads, reserved[carrier], wanted)
		for v, off := range offsets {
			l.places[v] = place{carrier, off, s.width(v)}
		}
		switch {
		case len(offsets) == 0:
		case end > s.capacity(carrier):
			l.over = end
		case carrier == carrierState:
			l.state = max(l.state, end)
		case carrier == carrierMeta:
			l.notes = (end + 3) &^ 3
		}
	}
	return l
}

// fitting is what travels into some of the heads, those first that most packets come to, and has room together in a
// carrier: a head saves something only if all of its numbers are there.
func (s *search) fitting(heads []*ir.Block, carrier string, from int) ir.Values {
	byFreq := slices.DeleteFunc(slices.Clone(heads), s.isEntry)
	slices.SortStableFunc(byFreq, func(a, b *ir.Block) int { return cmp.Compare(s.freq[b.ID], s.freq[a.ID]) })
	var fit ir.Values
	for _, h := range byFreq {
		if s.crossing(h).bytes > s.capacity(carrier)-from {
			continue
		}
		more := slices.Clone(fit)
		for _, v := range s.crossing(h).carried {
			more.Add(v)
		}
		if len(more) == len(fit) {
			continue
		}
		if _, end := s.pack(heads, from, more.Has); end <= s.capacity(carrier) {
			fit = more
		}
	}
	return fit
}

// pack gives every number that travels into one of the heads, and is wanted, an offset from some byte on: big ones first,
// each as low as those it travels with allow.
func (s *search) pack(heads []*ir.Block, from int, wanted func(*ir.Value) bool) (map[*ir.Value]int, int) {
	with := map[*ir.Value]ir.Values{}
	var values, carried []*ir.Value
	for _, h := range heads {
		if s.isEntry(h) {
			continue
		}
		carried = carried[:0]
		for _, v := range s.crossing(h).carried {
			if wanted(v) {
				carried = append(carried, v)
			}
		}
		for _, v := range carried {
			others := with[v]
			if others == nil {
				values = append(values, v)
			}
			for _, w := range carried {
				others.Add(w)
			}
			with[v] = others
		}
	}
	slices.SortFunc(values, func(a, b *ir.Value) int {
		return cmp.Or(cmp.Compare(s.width(b), s.width(a)), cmp.Compare(len(with[b]), len(with[a])), cmp.Compare(a.ID, b.ID))
	})
	offsets, end := map[*ir.Value]int{}, from
	near := s.passedOn(heads)
	for _, v := range values {
		n := s.width(v)
		off := (from + n - 1) / n * n
		for _, w := range near[v] {
			if at, ok := offsets[w]; ok && s.width(w) == n && !s.collides(at, n, with[v], offsets) {
				off = at
				break
			}
		}
		for s.collides(off, n, with[v], offsets) {
			off += n
		}
		offsets[v] = off
		end = max(end, off+n)
	}
	return offsets, end
}

// passedOn lists for numbers those that they become as parameters of heads, or that become them: if they lie at one place,
// nothing need be stored.
func (s *search) passedOn(heads []*ir.Block) map[*ir.Value][]*ir.Value {
	near := map[*ir.Value][]*ir.Value{}
	for _, h := range heads {
		for _, e := range s.preds.Of(h) {
			for i, a := range e.Edge().Args {
				p := h.Params[i]
				near[p], near[a] = append(near[p], a), append(near[a], p)
			}
		}
	}
	return near
}

// collides reports whether n bytes at off overlap one of the values that have their offsets.
func (s *search) collides(off, n int, values ir.Values, offsets map[*ir.Value]int) bool {
	for _, w := range values {
		if at, ok := offsets[w]; ok && off < at+s.width(w) && at < off+n {
			return true
		}
	}
	return false
}

// isEntry reports whether control comes into b from outside.
func (g *graph) isEntry(b *ir.Block) bool { return b == g.f.Blocks[0] || g.roots[b] != nil }
