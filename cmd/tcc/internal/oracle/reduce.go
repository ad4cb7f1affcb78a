package oracle

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Reduce makes a failing case small: it goes on trying to leave something out as long as the case fails in the same way,
// until nothing more can be left out or the time is up.
func Reduce(c *Case, failure *Failure, limit time.Duration) *Case {
	small := *c
	small.Cuts, small.Part, small.Budgets = 0, failure.Plan.Part > 0, false
	if failure.Plan.OneIn > 0 {
		small.Cuts = 6
	} else if failure.Plan.Budget > 0 {
		small.Budgets = !small.Part
	}
	until := time.Now().Add(limit)
	return reduce(small, func(c *Case) bool {
		if time.Now().After(until) {
			return false
		}
		if _, list := c.Program(); list.HasErrors() && !strings.HasPrefix(failure.Kind, "checker") {
			return false
		}
		_, f := c.Run()
		return f != nil && f.Kind == failure.Kind
	})
}

// reduce makes a case small that fails.
func reduce(c Case, fails func(*Case) bool) *Case {
	r := &reducer{best: c, fails: fails}
	for size := -1; size != r.size(); {
		size = r.size()
		r.ways()
		r.lists()
		r.source()
		r.bytes()
	}
	r.best.Source = tidy(r.best.Source)
	return &r.best
}

// A reducer holds the smallest case so far.
type reducer struct {
	best  Case
	fails func(*Case) bool
}

func (r *reducer) size() int { return len(r.best.String()) }

// try keeps a case if it fails.
func (r *reducer) try(c Case) bool {
	if !r.fails(&c) {
		return false
	}
	r.best = c
	return true
}

// ways leaves out files and guests apart.
func (r *reducer) ways() {
	c := r.best
	if c.Files = 0; c.Files != r.best.Files {
		r.try(c)
	}
	c = r.best
	if c.Apart = false; r.best.Apart {
		r.try(c)
	}
}

// lists leaves out packets, settings and changes.
func (r *reducer) lists() {
	shorten(len(r.best.Packets), func(i, j int) bool {
		c := r.best
		c.Packets = slices.Delete(slices.Clone(c.Packets), i, j)
		return r.try(c)
	})
	shorten(len(r.best.Changes), func(i, j int) bool {
		c := r.best
		c.Changes = slices.Delete(slices.Clone(c.Changes), i, j)
		return r.try(c)
	})
	for n := range r.best.Packets {
		shorten(len(r.best.Packets[n].Before), func(i, j int) bool {
			c := r.best
			c.Packets = slices.Clone(c.Packets)
			c.Packets[n].Before = slices.Delete(slices.Clone(c.Packets[n].Before), i, j)
			return r.try(c)
		})
	}
	shorten(len(r.best.Settings), func(i, j int) bool {
		c := r.best
		c.Settings = slices.Delete(slices.Clone(c.Settings), i, j)
		return r.try(c)
	})
}

// shorten takes pieces out of a list of n, large ones first; drop tells whether elements i to j could be left out.
func shorten(n int, drop func(i, j int) bool) {
	for size := n; size > 0; size /= 2 {
		for at := 0; at+size <= n; {
			if drop(at, at+size) {
				n -= size
			} else {
				at += size
			}
		}
	}
}

// bytes makes packets shorter, and their bytes zero.
func (r *reducer) bytes() {
	for i := range r.best.Packets {
		size := func() int { return len(r.best.Packets[i].Data) }
		shorten(size(), func(from, to int) bool { return r.tryPacket(i, to == size(), from, to) })
		for at := 0; at < size(); at += 4 {
			r.tryPacket(i, false, at, min(at+4, size()))
		}
	}
}

// tryPacket leaves out some bytes of a packet at its end, or makes them zero.
func (r *reducer) tryPacket(i int, cut bool, from, to int) bool {
	c := r.best
	c.Packets = slices.Clone(c.Packets)
	packet := slices.Clone(c.Packets[i].Data)
	if cut {
		c.Packets[i].Data = packet[:from]
		return r.try(c)
	}
	if !slices.ContainsFunc(packet[from:to], func(b byte) bool { return b != 0 }) {
		return false
	}
	clear(packet[from:to])
	c.Packets[i].Data = packet
	r.try(c)
	return false // no byte went
}

// source makes the program smaller.
func (r *reducer) source() {
	edits := r.edits()
	for i := 0; i < len(edits); i++ {
		c := r.best
		c.Source = apply(c.Source, edits[i])
		if r.try(c) {
			edits = r.edits()
			i = max(-1, min(i, len(edits))-2)
		}
	}
}

// edits are all ways to make the source smaller by one step, those that leave out most first.
func (r *reducer) edits() [][]edit {
	file, _ := syntax.Parse(fileName, r.best.Source)
	e := &editor{src: r.best.Source, file: file}
	syntax.Walk(file, e.visit)
	return e.sorted()
}

// An edit replaces a piece of the source.
type edit struct {
	from, to int
	text     string
}

func apply(src string, edits []edit) string {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.from, a.from) })
	for _, e := range edits {
		src = src[:e.from] + e.text + src[e.to:]
	}
	return src
}

// tidy is a source in canonical form without empty lines.
func tidy(src string) string {
	file, list := syntax.Parse(fileName, src)
	if list.HasErrors() {
		return src
	}
	var b strings.Builder
	for line := range strings.Lines(syntax.Print(file)) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(line)
		}
	}
	return b.String()
}
