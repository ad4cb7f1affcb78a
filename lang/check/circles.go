package check

import (
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Stages may go in circles if a bound on some `goto` of each circle says how often. A packet that runs along a circle
// counts the rounds of each such goto, until it leaves the circle's stages for good.

// A Circle is a largest set of stages of which each leads to each other.
type Circle struct {
	Stages []*Stage
	Backs  []*Back // its gotos with a bound, by their Index
}

// A Back is a `goto stage(…) max N` from a stage of a circle to one of the same circle.
type Back struct {
	Goto   *syntax.GotoStmt
	Circle *Circle
	Index  int // in Circle.Backs
	Max    int
}

// copies is in how many ways the gotos of a circle can have been taken so far: if each stage is written out for each of
// them, none is entered twice.
func (c *Circle) copies() int {
	n := 1
	if c != nil {
		for _, b := range c.Backs {
			n = min(n*(b.Max+1), tooMuch)
		}
	}
	return n
}

// checkCircles finds the circles of stages, refuses those without a bound, and gathers the bounds of the others.
func (c *checker) checkCircles() {
	t := &tarjan{c: c, index: map[Object]int{}, low: map[Object]int{}, open: map[Object]bool{}}
	for _, s := range c.prog.Stages {
		if t.index[s] == 0 {
			t.visit(s)
		}
	}
	c.unboundedCircles()
	for _, stages := range t.circles {
		c.circle(stages)
	}
	c.uselessBounds()
}

// circle makes a circle of the stages, and refuses tables among them.
func (c *checker) circle(members map[Object]bool) {
	circle := &Circle{}
	for _, s := range c.prog.Stages {
		if members[s] {
			circle.Stages = append(circle.Stages, s)
			s.Circle = circle
		}
	}
	for _, s := range circle.Stages {
		for _, j := range c.jumps[s] {
			if !members[j.to] {
				continue
			}
			if table, ok := j.to.(*Slots); ok && !c.reported(members) {
				c.circleThrough(table, j, members)
			}
			if j.max != nil {
				b := &Back{Goto: j.max, Circle: circle, Index: len(circle.Backs)}
				if k := c.Consts[j.max.Max]; k != nil {
					b.Max = int(k.Int)
				}
				circle.Backs = append(circle.Backs, b)
				c.Backs[j.max] = b
			}
		}
	}
}

// reported tells whether an error about a circle through some of the objects was reported before.
func (c *checker) reported(members map[Object]bool) bool {
	for o := range members {
		if c.circled[o] {
			return true
		}
	}
	return false
}

// circleThrough reports a circle through a slots table.
func (c *checker) circleThrough(table *Slots, j jump, members map[Object]bool) {
	d := c.errorf("E0416", j.at, "stages cannot go in a circle through a slots table")
	d.Hint = "its stages can be replaced, so that nobody could count the rounds: go back by `goto stage(…) max N`"
	c.noteCircle(d, c.wayBack(table, members))
	c.circled[table] = true
}

// wayBack is a shortest way from an object, through others of its circle, to where it leads to the object again.
func (c *checker) wayBack(from Object, members map[Object]bool) []Object {
	before := map[Object]Object{}
	queue := []Object{from}
	for len(queue) > 0 {
		o := queue[0]
		queue = queue[1:]
		for _, j := range c.jumps[o] {
			if j.to == from {
				way := []Object{o}
				for ; o != from; o = before[o] {
					way = append(way, before[o])
				}
				slices.Reverse(way)
				return way
			}
			if before[j.to] == nil && members[j.to] {
				before[j.to] = o
				queue = append(queue, j.to)
			}
		}
	}
	return []Object{from}
}

// unboundedCircles reports the gotos that close a circle in which no goto has a bound.
func (c *checker) unboundedCircles() {
	const onTrail, done = 1, 2
	state := map[Object]int{}
	var trail []Object
	var visit func(o Object)
	visit = func(o Object) {
		state[o] = onTrail
		trail = append(trail, o)
		for _, j := range c.jumps[o] {
			switch {
			case j.max != nil:
			case state[j.to] == onTrail:
				c.unbounded(j, trail[slices.Index(trail, j.to):])
			case state[j.to] == 0:
				visit(j.to)
			}
		}
		trail = trail[:len(trail)-1]
		state[o] = done
	}
	for _, s := range c.prog.Stages {
		if state[s] == 0 {
			visit(s)
		}
	}
}

// unbounded reports the goto that closes a circle.
func (c *checker) unbounded(j jump, circle []Object) {
	through := slices.IndexFunc(circle, func(o Object) bool { _, table := o.(*Slots); return table })
	if through >= 0 {
		return // see circle
	}
	d := c.errorf("E0415", j.at, "a `goto` back to an earlier stage needs `max N`")
	d.Hint = "a packet takes it N times at most; the next time comes its `else`, or the default"
	c.noteCircle(d, circle)
	for _, o := range circle {
		c.circled[o] = true
	}
}

// noteCircle names the stages of a circle. Of a very long one, the note has the ends.
func (c *checker) noteCircle(d *diag.Diagnostic, circle []Object) {
	const most = 8
	var names []string
	for i, o := range circle {
		switch {
		case len(circle) <= most || i < most/2 || i >= len(circle)-most/2:
			names = append(names, "`"+o.ObjectName()+"`")
		case i == most/2:
			names = append(names, "…")
		}
	}
	note(d, c.entryAt(circle[0].ObjectName()), "the circle is "+strings.Join(append(names, names[0]), " → "))
}

// uselessBounds warns of bounds on gotos that no packet takes twice.
func (c *checker) uselessBounds() {
	for _, s := range c.prog.Stages {
		for _, j := range c.jumps[s] {
			if j.max != nil && c.Backs[j.max] == nil {
				c.warnf("E0417", j.max.Max.Span(), "no way leads back here, so no packet takes this `goto` twice").Hint =
					"a `goto` to a later stage needs no `max`"
			}
		}
	}
}

// tarjan finds the circles of the stage graph, after Tarjan, "Depth-first search and linear graph algorithms".
type tarjan struct {
	c          *checker
	index, low map[Object]int // from 1 on
	stack      []Object
	open       map[Object]bool // on the stack
	circles    []map[Object]bool
}

func (t *tarjan) visit(o Object) {
	t.index[o] = len(t.index) + 1
	t.low[o] = t.index[o]
	t.stack, t.open[o] = append(t.stack, o), true
	self := false
	for _, j := range t.c.jumps[o] {
		self = self || j.to == o
		if t.index[j.to] == 0 {
			t.visit(j.to)
			t.low[o] = min(t.low[o], t.low[j.to])
		} else if t.open[j.to] {
			t.low[o] = min(t.low[o], t.index[j.to])
		}
	}
	if t.low[o] < t.index[o] {
		return
	}
	circle := map[Object]bool{}
	for !circle[o] {
		top := t.stack[len(t.stack)-1]
		t.stack, t.open[top] = t.stack[:len(t.stack)-1], false
		circle[top] = true
	}
	if self || len(circle) > 1 {
		t.circles = append(t.circles, circle)
	}
}
