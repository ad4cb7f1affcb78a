package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// prefixLenSize is the bytes of the prefix length with which the keys of lpm maps start.
const prefixLenSize = 4

// An event's record starts with the event's ID and four zeros, so that what follows is aligned to eight.
const recordHeader = 8

// An object is what is laid out on the stack: a key, a value or a record.
type object struct {
	s      *stage
	at     diag.Span
	args   []*ir.Value
	fields []ir.ObjField
}

// put adds a value of type t at an offset. Offsets grow.
func (o *object) put(off int, t types.Type, v value) {
	for i, leaf := range types.Leaves(t) {
		o.args = append(o.args, o.s.inMemory(o.at, leaf, v[i]))
		o.fields = append(o.fields, ir.ObjField{Offset: off + leaf.Offset, Size: leaf.Size})
	}
}

func (o *object) make(size int) *ir.Value {
	x := o.s.emit(o.at, ir.MakeObj, ir.Obj, o.args...)
	x.Fields, x.Size = o.fields, size
	return x
}

// global is the address of a global.
func (s *stage) global(at diag.Span, name string) *ir.Value {
	x := s.emit(at, ir.GlobalAddr, ir.Mem)
	x.Sym = name
	return x
}

// key lays out the key of a map. That of an lpm map is the whole address.
func (s *stage) key(at diag.Span, m *check.Map, v value) *ir.Value {
	o := &object{s: s, at: at}
	if m.Kind != check.LPM {
		o.put(0, m.Key, v)
		return o.make(m.Key.Size())
	}
	o.put(0, types.U32, value{s.konst(at, ir.I32, uint64(8*m.Key.Size()))})
	o.put(prefixLenSize, m.Key, v)
	return o.make(prefixLenSize + m.Key.Size())
}

// lookup is the memory of an entry, or null.
func (s *stage) lookup(at diag.Span, name string, key *ir.Value) *ir.Value {
	x := s.emit(at, ir.Lookup, ir.Mem, key)
	x.Sym = name
	return x
}

// mapOf is the map of `m[k]`; nil if it is something else that has an index.
func (s *stage) mapOf(e *syntax.Index) *check.Map {
	id, ok := check.Unparen(e.X).(*syntax.Ident)
	if !ok {
		return nil
	}
	m, _ := s.p.Uses[id].(*check.Map)
	return m
}

// entryKey lays out the key of `m[k]`.
func (s *stage) entryKey(e *syntax.Index) *ir.Value {
	m := s.mapOf(e)
	return s.key(s.at(e), m, s.exprAs(e.Index, types.ValueOf(m.Key)))
}

// update is `m[k] = v else …`; without an else a failure is ignored.
func (s *stage) update(st *syntax.AssignStmt, entry *syntax.Index) {
	at := s.at(st)
	m := s.mapOf(entry)
	v := s.exprAs(st.RHS, types.ValueOf(m.Value))
	key := s.entryKey(entry)
	o := &object{s: s, at: s.at(st.RHS)}
	o.put(0, m.Value, v)
	result := s.emit(at, ir.Update, ir.I64, key, o.make(m.Value.Size()))
	result.Sym = m.Name
	if st.Else != nil {
		s.failIf(at, ir.SLt, result, s.konst(at, ir.I64, 0), s.failing())
	}
}

// deleteStmt is `delete m[k]`.
func (s *stage) deleteStmt(st *syntax.DeleteStmt) {
	s.emit(s.at(st), ir.Delete, ir.I64, s.entryKey(st.Entry)).Sym = s.mapOf(st.Entry).Name
}

// count is `c += n` and `c[i] += n`. An index out of range counts nothing.
func (s *stage) count(at diag.Span, c *check.Counter, index, n *ir.Value) {
	on := s.newBlock()
	if s.max(index) > ones(32) {
		small := s.newBlock()
		s.br(at, ir.UGt, index, s.konst(at, ir.I64, ones(32)), way{yes: on, no: small, next: small})
		s.enter(small)
	}
	s.bump(at, c.Name, s.as(at, ir.I32, index), n, on)
	s.enter(on)
}

// bump adds n to an element of a per-CPU array of numbers, if it has the element, and goes on.
func (s *stage) bump(at diag.Span, array string, index, n *ir.Value, on *ir.Block) {
	o := &object{s: s, at: at}
	o.put(0, types.U32, value{index})
	mem := s.lookup(at, array, o.make(types.U32.Size()))
	found := s.newBlock()
	s.br(at, ir.Ne, mem, s.konst(at, ir.I64, 0), way{yes: found, no: on, next: found})
	s.enter(found)
	sum := s.emit(at, ir.Add, ir.I64, s.load(at, 8, mem, 0), n)
	s.store(at, 8, mem, 0, sum)
	s.jump(on, at)
}

// emitStmt is `emit e{…}`. What a full ring buffer refuses is counted.
func (s *stage) emitStmt(st *syntax.EmitStmt) {
	at := s.at(st)
	event := s.p.Uses[st.Event.Name].(*check.Event)
	v := s.fields(st.Event, event.Layout)
	o := &object{s: s, at: at}
	o.put(0, types.U32, value{s.konst(at, ir.I32, uint64(event.ID))})
	o.put(recordHeader, event.Layout, v)
	result := s.emit(at, ir.Output, ir.I64, o.make(recordHeader+(event.Layout.Size()+7)/8*8))
	lostSym := lostMap
	result.Sym = eventsMap
	if s.p.OfHost(event) {
		result.Sym, lostSym = HostEventsMap, hostLostMap
	}
	lost, on := s.coldBlock(), s.newBlock()
	s.br(at, ir.SLt, result, s.konst(at, ir.I64, 0), way{yes: lost, no: on, next: on})
	s.enter(lost)
	s.bump(at, lostSym, s.konst(at, ir.I32, 0), s.konst(at, ir.I64, 1), on)
	s.enter(on)
}
