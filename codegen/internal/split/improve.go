package split

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// codePrice is what one more instruction weighs against ns per packet: next to nothing, so that of plans that are equally
// fast the one with the least code is chosen.
const codePrice = 1e-6

// rarest is how often a packet comes by where a profile has seen none.
const rarest = 1e-6

// What tail calls cost, in ns, measured on Linux 6.18 (x86-64): the call itself, elsewhere and on xdp, each byte that
// travels, and each piece of a packet that can't be read in place and is copied anew.
const (
	callNS    = 1.6
	xdpCallNS = 3.2
	byteNS    = 0.02
	copyNS    = 14
)

// carryNS is what it costs to use a carrier at all.
var carryNS = map[string]float64{carrierCB: 0.1, carrierState: 4.2, carrierMeta: 15}

// expense is what a head costs a packet, about ns.
func (s *search) expense(b *ir.Block) float64 {
	c := s.crossing(b)
	call := callNS
	if s.m.ProgType == "xdp" {
		call = xdpCallNS
	}
	return max(rarest, s.freq[b.ID]) * (call + carryNS[c.carrier] + byteNS*float64(c.bytes) + copyNS*float64(c.copies))
}

// cost is that of all heads, and of the code.
func (s *search) cost() float64 {
	var ns float64
	for _, h := range s.list() {
		if !s.isEntry(h) {
			ns += s.expense(h)
		}
		ns += codePrice * float64(s.region(h).price.Insns)
	}
	return ns
}

// improve tries, for one head after the other, the expensive ones first, to do without it, or without it and one that
// it calls, or with another block in its place. What doesn't fit then is cut elsewhere, and what is cheaper is kept. It
// ends when there is nothing to gain, or after so much work as grows with the pipeline.
func (s *search) improve() {
	s.end = s.work + 4*len(s.order) + 20_000
	for better := true; better; {
		better = false
		heads := s.list()[len(s.f.Entries()):]
		slices.SortStableFunc(heads, func(a, b *ir.Block) int { return cmp.Compare(s.expense(b), s.expense(a)) })
		for _, h := range heads {
			better = s.heads[h.ID] && s.replace(h) || better
		}
	}
}

// replace tries all that there is to try for a head; it reports whether something was cheaper.
func (s *search) replace(h *ir.Block) bool {
	if s.instead(nil, h) {
		return true
	}
	for _, callee := range s.region(h).exits {
		if s.instead(nil, h, callee) {
			return true
		}
	}
	for _, o := range s.owners(h) {
		blocks := slices.Concat(s.region(o).blocks, s.region(h).blocks)
		if len(blocks) > measured {
			continue
		}
		for _, b := range blocks {
			if b != h && !s.heads[b.ID] && s.crossing(b) != nil && s.instead(b, h) {
				return true
			}
		}
	}
	return false
}

// instead tries to do without some heads, with another in their place if it isn't nil; it reports whether that was cheaper.
func (s *search) instead(other *ir.Block, heads ...*ir.Block) bool {
	if s.work > s.end {
		return false
	}
	mark, before := len(s.journal), s.cost()
	for _, h := range heads {
		s.set(h, false)
		s.barred[h.ID] = true
	}
	if other != nil {
		s.set(other, true)
	}
	ok := s.cut() == nil
	if ok {
		s.prune(s.around(s.journal[mark:]))
	}
	for _, h := range heads {
		s.barred[h.ID] = false
	}
	if ok && s.cost() < before && s.chained() <= s.opts.MaxTailCalls {
		return true
	}
	s.undo(mark)
	return false
}

// around lists those of some blocks that are heads, and the heads that they go on to.
func (s *search) around(blocks []*ir.Block) (heads []*ir.Block) {
	seen := map[*ir.Block]bool{}
	add := func(b *ir.Block) {
		if s.heads[b.ID] && !seen[b] {
			seen[b] = true
			heads = append(heads, b)
		}
	}
	for _, b := range blocks {
		if add(b); s.heads[b.ID] {
			for _, to := range s.region(b).exits {
				add(to)
			}
		}
	}
	return heads
}
