package regalloc

import (
	"cmp"
	"slices"
)

// A segment is a stretch of the program, [from, to), during which a variable's content is needed.
//
// Instruction i reads at point 2i and writes at point 2i+1. What is read last by an instruction is therefore free for
// what the same instruction writes.
type segment struct{ from, to int32 }

// segments are sorted and apart.
type segments []segment

// normal sorts the segments and joins those that touch.
func (s segments) normal() segments {
	slices.SortFunc(s, func(a, b segment) int { return cmp.Compare(a.from, b.from) })
	out := s[:0]
	for _, g := range s {
		if n := len(out); n > 0 && g.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, g.to)
			continue
		}
		out = append(out, g)
	}
	return out
}

// find is the index of the first segment that ends behind a point.
func (s segments) find(point int32) int {
	i, _ := slices.BinarySearchFunc(s, point, func(g segment, p int32) int {
		if g.to <= p {
			return -1
		}
		return 1
	})
	return i
}

// has reports whether a point lies in a segment.
func (s segments) has(point int32) bool {
	i := s.find(point)
	return i < len(s) && s[i].from <= point
}

// with adds a segment, and changes s.
func (s segments) with(g segment) segments {
	i := s.find(g.from - 1) // the first that ends at g or behind its begin
	j := i
	for ; j < len(s) && s[j].from <= g.to; j++ {
		g = segment{min(g.from, s[j].from), max(g.to, s[j].to)}
	}
	return slices.Replace(s, i, j, g)
}

// overlap reports whether s and t have a point in common.
func (s segments) overlap(t segments) bool {
	if len(s) > len(t) {
		s, t = t, s
	}
	for _, g := range s {
		if i := t.find(g.from); i < len(t) && t[i].from < g.to {
			return true
		}
	}
	return false
}

// size is the number of points.
func (s segments) size() int64 {
	n := int64(0)
	for _, g := range s {
		n += int64(g.to - g.from)
	}
	return n
}
