package interp

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

func (r *run) block(b *syntax.Block) *exit {
	for _, s := range b.Stmts {
		if out := r.stmt(s); out != nil {
			return out
		}
	}
	return nil
}

// stmt runs one statement and returns how it leaves the stage, or nil.
func (r *run) stmt(s syntax.Stmt) *exit {
	if r.OnStmt != nil {
		r.OnStmt(s)
	}
	switch s := s.(type) {
	case *syntax.Block:
		return r.block(s)
	case *syntax.LetStmt:
		return r.orElseIfShort(s.Else, func() *exit {
			r.bind(s.Name, r.eval(s.Value).clone())
			return nil
		})
	case *syntax.ParseStmt:
		return r.parse(s)
	case *syntax.SkipStmt:
		return r.orElseIfShort(s.Else, func() *exit { return r.skip(s) })
	case *syntax.PushStmt:
		return r.orElseIfShort(s.Else, func() *exit { return r.push(s) })
	case *syntax.PopStmt:
		return r.pop(s)
	case *syntax.AssignStmt:
		return r.orElseIfShort(s.Else, func() *exit { return r.assign(s) })
	case *syntax.IfStmt:
		return r.ifStmt(s)
	case *syntax.MatchStmt:
		return r.match(s)
	case *syntax.GotoStmt:
		return r.orElseIfShort(s.Else, func() *exit { return r.gotoStmt(s) })
	case *syntax.VerdictStmt:
		return r.verdict(s)
	case *syntax.EmitStmt:
		r.emit(s)
	case *syntax.CallStmt:
		r.fn(r.prog.Uses[s.Call.Fun].(*check.Fn), s.Call.Args)
	case *syntax.ReturnStmt:
		return r.returnStmt(s)
	case *syntax.ForStmt:
		return r.forStmt(s)
	case *syntax.RewriteStmt:
		return r.rewrite(s)
	case *syntax.BreakStmt:
		return leaveLoop
	case *syntax.ContinueStmt:
		return nextRound
	case *syntax.DeleteStmt:
		m, key := r.mapKey(s.Entry)
		_ = m.remove(key) // a key that isn't there needs no deleting
	}
	return nil
}

// bind gives a name its value; v isn't copied.
func (r *run) bind(name *syntax.Ident, v Value) {
	if local, ok := r.prog.Defs[name].(*check.Local); ok {
		r.frame[local] = v
	}
}

func (r *run) ifStmt(s *syntax.IfStmt) *exit {
	switch {
	case r.holds(s):
		return r.block(s.Then)
	case s.Else != nil:
		return r.stmt(s.Else)
	}
	return nil
}

// holds decides the condition of an if; a bound reference shares the entry's memory, a hop is a copy.
func (r *run) holds(s *syntax.IfStmt) bool {
	if s.Bind == nil {
		return r.truth(s.Cond)
	}
	if call, ok := s.Cond.(*syntax.Call); ok {
		return r.fib(s, call)
	}
	m, key := r.mapKey(check.Unparen(s.Cond).(*syntax.Index))
	e := m.find(key)
	if e != nil {
		r.bind(s.Bind, e.value)
	}
	return e != nil
}

func (r *run) match(s *syntax.MatchStmt) *exit {
	subjects := make([]subject, len(s.Subjects))
	for i, x := range s.Subjects {
		subjects[i] = subject{r.typeOf(x), r.eval(x).clone()}
	}
	for _, row := range s.Rows {
		if r.rowMatches(row, subjects) {
			return r.stmt(row.Body)
		}
	}
	return nil
}

// A subject is what a match compares with its patterns.
type subject struct {
	typ   types.Type
	value Value
}

func (r *run) rowMatches(row *syntax.MatchRow, subjects []subject) bool {
	for i, p := range row.Patterns {
		if !r.patternMatches(p, subjects[i]) {
			return false
		}
	}
	return true
}

func (r *run) patternMatches(p *syntax.Pattern, x subject) bool {
	for _, alt := range p.Alts {
		if _, ok := alt.(*syntax.Wildcard); ok || r.contains(alt, x.typ, x.value) {
			return true
		}
	}
	return false
}

func (r *run) gotoStmt(s *syntax.GotoStmt) *exit {
	switch target := r.prog.Uses[s.Target].(type) {
	case *check.Stage:
		if b := r.prog.Backs[s]; b != nil && !r.take(b) {
			return r.orElse(s.Else)
		}
		return &exit{stage: target, args: r.args(s.Args)}
	case *check.Slots:
		return r.gotoSlot(target, s)
	}
	return r.fallback()
}

func (r *run) gotoSlot(table *check.Slots, s *syntax.GotoStmt) *exit {
	index := uint64(0)
	if s.Index != nil {
		index = r.eval(s.Index)[0]
	}
	args := r.args(s.Args)
	var stage *check.Stage
	if index < uint64(table.Len) && r.jumps < maxSlotJumps {
		stage = r.slots[table][index]
	}
	if stage == nil {
		r.misses[table]++
		return r.orElse(s.Else)
	}
	r.jumps++
	clear(r.taken) // whoever comes through a slot begins a new life
	return &exit{stage: stage, args: args}
}

func (r *run) args(exprs []syntax.Expr) []Value {
	args := make([]Value, len(exprs))
	for i, x := range exprs {
		args[i] = r.eval(x).clone()
	}
	return args
}

func (r *run) emit(s *syntax.EmitStmt) {
	event, ok := r.prog.Uses[s.Event.Name].(*check.Event)
	if !ok {
		return
	}
	data := Encode(event.Layout, r.fields(event.Layout, s.Event), native)
	r.events = append(r.events, Event{ID: event.ID, Name: event.Name, Data: data})
}

// assign evaluates the right side, then finds the place on the left, then stores.
func (r *run) assign(s *syntax.AssignStmt) *exit {
	v := r.eval(s.RHS).clone()
	if entry, ok := check.Unparen(s.LHS).(*syntax.Index); ok {
		if m, ok := r.prog.Uses[rootName(entry.X)].(*check.Map); ok {
			return r.updateMap(m, entry, v, s.Else)
		}
	}
	op := s.Op[:len(s.Op)-1]
	if r.storeOutside(s.LHS, op, v) || r.storePayload(s.LHS, op, v) {
		return nil
	}
	place := r.eval(s.LHS)
	if op != "" {
		v = arith(op, r.typeOf(s.LHS), place, v)
	}
	copy(place, v)
	return nil
}

// updateMap is `m[k] = v else …`; without an else a failure is ignored.
func (r *run) updateMap(decl *check.Map, entry *syntax.Index, v Value, orElse *syntax.Else) *exit {
	m := r.maps[decl]
	err := m.put(m.encodeKey(r.eval(entry.Index)), v)
	if err != nil && orElse != nil {
		return r.orElse(orElse)
	}
	return nil
}

// storeOutside writes to a field of a header or of the context, which lie in no value; false if lhs is something else.
func (r *run) storeOutside(lhs syntax.Expr, op string, v Value) bool {
	sel, ok := check.Unparen(lhs).(*syntax.Select)
	if !ok {
		return false
	}
	ref := r.prog.Fields[sel]
	if ref.Header == nil && ref.Packet == nil {
		return false
	}
	if op != "" {
		v = arith(op, r.typeOf(lhs), r.eval(lhs), v)
	}
	if ref.Header != nil {
		r.writeField(rootName(sel.X), ref.Header, v)
	} else {
		r.setPacketField(ref.Packet.Name, uint32(v[0]))
	}
	return true
}

// mapKey is the map of `m[k]` and the key's bytes.
func (r *run) mapKey(entry *syntax.Index) (*Map, []byte) {
	m := r.maps[r.prog.Uses[rootName(entry.X)].(*check.Map)]
	return m, m.encodeKey(r.eval(entry.Index))
}
