package build

import (
	"encoding/binary"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// The stages of a circle are written out once for each number of times that its gotos with a bound can have been taken.
// So no packet comes to the same copy twice, and the count is in the place where it is, not in a number.

// A stageCopy is a stage after some rounds of its circle. All other stages have a single copy.
type stageCopy struct {
	stage *check.Stage
	taken string // how often each of the circle's gotos was taken, two bytes each
}

const takenSize = 2

// fresh is the copy of a stage to which packets come from outside its circle.
func fresh(s *check.Stage) stageCopy {
	if s.Circle == nil {
		return stageCopy{stage: s}
	}
	return stageCopy{s, string(make([]byte, takenSize*len(s.Circle.Backs)))}
}

// then is where a goto leads from a copy; false if it was taken as often as it may.
func (c stageCopy) then(p *check.Program, st *syntax.GotoStmt) (stageCopy, bool) {
	to := p.Uses[st.Target].(*check.Stage)
	if to.Circle == nil || to.Circle != c.stage.Circle {
		return fresh(to), true
	}
	back := p.Backs[st]
	if back == nil {
		return stageCopy{to, c.taken}, true
	}
	counts := []byte(c.taken)
	count := counts[takenSize*back.Index:]
	n := binary.BigEndian.Uint16(count)
	binary.BigEndian.PutUint16(count, n+1)
	return stageCopy{to, string(counts)}, int(n) < back.Max
}

// callersFirst lists the copies of stages that a packet can reach, the entry first, so that each comes after those that
// go to it: what is known of their arguments is then known of its parameters.
func callersFirst(p *check.Program) []stageCopy {
	o := &ordering{p: p, seen: map[stageCopy]bool{}, gotos: map[*check.Stage][]*syntax.GotoStmt{}}
	for _, table := range slices.Backward(p.Slots) { // a table that no stage goes through has programs too
		o.visitTable(table)
	}
	for _, s := range slices.Backward(p.Stages) {
		if s.For != nil {
			o.visit(fresh(s))
		}
	}
	o.visit(fresh(p.Stages[0]))
	slices.Reverse(o.order)
	return o.order
}

type ordering struct {
	p     *check.Program
	seen  map[stageCopy]bool
	gotos map[*check.Stage][]*syntax.GotoStmt // to stages, in the order of the text
	order []stageCopy
}

func (o *ordering) visit(c stageCopy) {
	if o.seen[c] {
		return
	}
	o.seen[c] = true
	for _, table := range slices.Backward(o.p.Tables(c.stage)) {
		o.visitTable(table)
	}
	var next []stageCopy
	for _, st := range o.gotosOf(c.stage) {
		if to, ok := c.then(o.p, st); ok && !slices.Contains(next, to) {
			next = append(next, to)
		}
	}
	for _, to := range slices.Backward(next) {
		o.visit(to)
	}
	o.order = append(o.order, c)
}

func (o *ordering) visitTable(table *check.Slots) {
	for _, s := range slices.Backward(initial(table)) {
		o.visit(fresh(s))
	}
}

func (o *ordering) gotosOf(s *check.Stage) []*syntax.GotoStmt {
	list, ok := o.gotos[s]
	if !ok {
		syntax.Walk(s.Decl.Body, func(n syntax.Node) bool {
			if st, ok := n.(*syntax.GotoStmt); ok {
				if _, ok := o.p.Uses[st.Target].(*check.Stage); ok {
					list = append(list, st)
				}
			}
			return true
		})
		o.gotos[s] = list
	}
	return list
}

// gotoCopy is a goto to a stage. It fails if it was taken as often as it may.
func (s *stage) gotoCopy(st *syntax.GotoStmt, to *check.Stage) {
	next, ok := s.copy.then(s.p, st)
	if !ok {
		s.jump(s.failing(), s.at(st))
		return
	}
	args := s.args(st.Args, to.Params)
	block := s.stages[next]
	s.gathers[block] = s.gathers[block] || s.copy.stage.Circle != nil
	s.jump(block, s.at(st), args...)
}

// blurParams forgets, in a circle and where packets leave one, what differs from copy to copy (see loop.go). It gives the
// values of the stage's parameters. At the first round of a circle the cursor is forgotten in any case: all pointers of the
// circle are then made from it, and the packet's start is behind the circle what it was before.
func (s *stage) blurParams(decl *check.Stage, params []*ir.Value) []*ir.Value {
	circle := decl.Circle != nil
	if !circle && !s.gathers[s.cur] {
		return params
	}
	at := decl.Decl.Name.Span()
	params = slices.Clone(params)
	last := len(params) - 1
	for i, x := range params {
		v := variable{leaf: 1}
		if x.Type == ir.I64 && x.Size == offsetSize {
			v = cursor
		}
		if s.joined(x) || circle && i == last && s.copy == fresh(decl) {
			params[i] = s.opaque(at, v, x)
		}
	}
	return params
}
