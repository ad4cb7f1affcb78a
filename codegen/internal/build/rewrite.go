package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A rewrite keeps checksums by RFC 1624: of each word that is written over, the complement of the old and the new one
// are added to the running sum of its part (check.Part), which is an ordinary variable. Behind the block each checksum
// takes the sums of the parts that it covers, and is folded once. Words are added as they lie in memory: the Internet
// checksum is the same in either byte order.
//
// On tc there is the network card to think of. A TCP or UDP checksum may be left to it, and is then a sum of the pseudo
// header alone (CHECKSUM_PARTIAL); or the kernel holds a sum of all bytes that the card has computed
// (CHECKSUM_COMPLETE). A program can't see which. A helper can: given a difference, and whether it is one of the pseudo
// header, it does what is right for the checksum in the packet. For the addresses of a pseudo header it also changes
// the kernel's sum, as it must for IPv4, whose header has a checksum that makes up for the addresses themselves; what
// else changes the sum, another helper is told.

// parts are the variables of a view that a rewrite names, or of the payload.
type parts struct {
	rewrite           *check.Rewrite // nil for the payload
	view              int
	fields, addresses variable
	start             spot // of the payload
}

// of is the variable of a field; nil outside of rewrites.
func (p *parts) of(f *types.HeaderField) *variable {
	switch {
	case p == nil:
		return nil
	case p.rewrite.PartOf(p.view, f).Kind == check.Addresses:
		return &p.addresses
	}
	return &p.fields
}

func (p *parts) all() []variable {
	if p == nil {
		return nil
	}
	if p.rewrite == nil {
		return []variable{p.fields}
	}
	return []variable{p.fields, p.addresses}
}

// A rewriting is a rewrite that is being built.
type rewriting struct {
	*check.Rewrite
	at      diag.Span
	views   []view
	parts   []*parts
	applied []variable // by view: what its checksum, if it is optional, was changed by
}

// rewriteStmt is `rewrite v, w { … }`. What fails in the block changes the checksums too.
func (s *stage) rewriteStmt(st *syntax.RewriteStmt) {
	rw := &rewriting{Rewrite: s.p.Rewrites[st], at: st.Views[0].Span()}
	var before []view
	for i, v := range rw.Views {
		before = append(before, s.views[v.Local])
		s.nameView(rw, i, s.viewOf(v.Local))
	}
	s.refuseOdd(rw)
	rw.namePayload(s)
	outer, failed := s.failed, s.coldBlock()
	s.failed = failed
	s.block(st.Body)
	s.failed, s.payloadParts = outer, nil
	for i, v := range rw.Views {
		s.views[v.Local] = before[i]
	}
	on, moves := s.ptrs, s.moves
	s.keepSums(rw)
	behind, ptrs := s.cur, s.ptrs
	if len(s.flows[failed].preds) > 0 {
		s.backTo(on, moves)
		s.enter(failed)
		s.keepSums(rw)
		s.jump(s.failBlock(), rw.at)
	}
	s.cur, s.ptrs = behind, ptrs
}

// nameView gives a view its variables.
func (s *stage) nameView(rw *rewriting, i int, v view) {
	l := rw.Views[i].Local
	rw.views = append(rw.views, v)
	rw.applied = append(rw.applied, s.newSum(l, rw.at))
	v.parts = &parts{rewrite: rw.Rewrite, view: i, fields: s.newSum(l, rw.at), addresses: s.newSum(l, rw.at)}
	rw.parts = append(rw.parts, v.parts)
	s.views[l] = v
}

// namePayload takes the payload for one more view.
func (rw *rewriting) namePayload(s *stage) {
	rw.views = append(rw.views, view{at: s.spotOf(s.read(s.cur, cursor))})
	last := rw.Views[len(rw.Views)-1].Local
	s.payloadParts = &parts{fields: s.newSum(last, rw.at), start: rw.views[len(rw.Views)].at}
	rw.parts = append(rw.parts, s.payloadParts)
}

// variable is that of a part.
func (rw *rewriting) variable(p check.Part) variable {
	switch p.Kind {
	case check.Fields:
		return rw.parts[p.View].fields
	case check.Addresses:
		return rw.parts[p.View].addresses
	}
	return rw.applied[p.View]
}

// newSum is a variable that is zero.
func (s *stage) newSum(l *check.Local, at diag.Span) variable {
	v := variable{local: &check.Local{Name: l.Name, Type: types.U64, Decl: l.Decl}}
	s.write(s.cur, v, s.konst(at, ir.I64, 0))
	return v
}

// ---- the block ----

// storeView writes size bytes of a view, and in a rewrite adds the difference to the part that they belong to.
func (s *stage) storeView(at diag.Span, size int, v view, off int, x *ir.Value) {
	switch {
	case v.part == nil:
		s.putView(at, size, v, off, x)
	case size == 1:
		s.storeByte(at, v, off, x)
	default:
		old := s.loadView(at, size, v, off)
		s.putView(at, size, v, off, x)
		s.addWords(at, *v.part, size, old, x, off&1 == 1)
	}
}

// storeByte writes a byte, and reads the word that it lies in before and after.
func (s *stage) storeByte(at diag.Span, v view, off int, x *ir.Value) {
	if v.header.Fixed == 1 {
		old := s.loadView(at, 1, v, off)
		s.putView(at, 1, v, off, x)
		s.addWords(at, *v.part, 2, s.firstOfWord(at, old), s.firstOfWord(at, x), false)
		return
	}
	from := off &^ 1
	if from+2 > v.header.Fixed {
		from--
	}
	old := s.loadView(at, 2, v, from)
	s.putView(at, 1, v, off, x)
	s.addWords(at, *v.part, 2, old, s.loadView(at, 2, v, from), from&1 == 1)
}

// storeAt writes to the payload through a pointer.
func (p payloadPlace) storeAt(s *stage, at diag.Span, ptr, x *ir.Value) {
	if p.parts == nil {
		s.store(at, p.size, ptr, p.at.disp, x)
		return
	}
	old := s.load(at, p.size, ptr, p.at.disp)
	s.store(at, p.size, ptr, p.at.disp, x)
	p.addPart(s, at, old, x)
}

// storeFar writes to the payload by a helper.
func (p payloadPlace) storeFar(s *stage, at diag.Span, x *ir.Value) {
	if p.parts != nil {
		p.addPart(s, at, s.load(at, p.size, s.copyOf(at, p.size, p.at), 0), x)
	}
	s.storeCopy(at, p.size, p.at, x)
}

// addPart adds what x changes in the place of old.
func (p payloadPlace) addPart(s *stage, at diag.Span, old, x *ir.Value) {
	size := p.size
	if size == 1 {
		size, old, x = 2, s.firstOfWord(at, old), s.firstOfWord(at, x)
	}
	s.addTo(at, p.parts.fields, s.shifted(at, s.difference(at, size, old, x), p.at, &p.parts.start))
}

// firstOfWord is a word in wire order whose first byte is the low one of x.
func (s *stage) firstOfWord(at diag.Span, x *ir.Value) *ir.Value {
	x = s.emit(at, ir.And, ir.I32, x, s.konst(at, ir.I32, 0xff))
	return s.emit(at, ir.BE16, ir.I32, s.emit(at, ir.Shl, ir.I32, x, s.konst(at, ir.I32, 8)))
}

// addWords adds the difference of size bytes that lie at an odd distance from the start of the view, or at an even one.
func (s *stage) addWords(at diag.Span, part variable, size int, old, x *ir.Value, odd bool) {
	by := s.difference(at, size, old, x)
	if odd {
		by = s.emit(at, ir.Shl, ir.I64, by, s.konst(at, ir.I64, 8))
	}
	s.addTo(at, part, by)
}

func (s *stage) addTo(at diag.Span, sum variable, by *ir.Value) {
	s.write(s.cur, sum, s.emit(at, ir.Add, ir.I64, s.read(s.cur, sum), by))
}

// difference is what a sum changes by if x takes the place of old, of size bytes.
func (s *stage) difference(at diag.Span, size int, old, x *ir.Value) *ir.Value {
	if size == 8 {
		low := s.difference(at, 4, s.as(at, ir.I32, old), s.as(at, ir.I32, x))
		return s.emit(at, ir.Add, ir.I64, low, s.difference(at, 4, s.upper(at, old), s.upper(at, x)))
	}
	old = s.emit(at, ir.Xor, ir.I32, old, s.konst(at, ir.I32, ones(8*size)))
	return s.emit(at, ir.Add, ir.I64, s.as(at, ir.I64, old), s.as(at, ir.I64, x))
}

// upper is the upper half of an I64.
func (s *stage) upper(at diag.Span, x *ir.Value) *ir.Value {
	return s.as(at, ir.I32, s.emit(at, ir.Shr, ir.I64, x, s.konst(at, ir.I64, 32)))
}

// ---- behind the block ----

// keepSums changes the checksums that cover what was written.
func (s *stage) keepSums(rw *rewriting) {
	for _, sum := range rw.Sums {
		if sum.Offload && s.p.Type.Offload {
			s.whereSum(rw, sum, s.askKernel)
		} else {
			s.whereSum(rw, sum, s.changeSum)
		}
	}
	s.report(rw, rw.Bytes)
}

// whereSum changes a checksum, if there is one.
func (s *stage) whereSum(rw *rewriting, sum *check.Sum, change func(*rewriting, *check.Sum) *ir.Value) {
	if !sum.Optional {
		change(rw, sum)
		return
	}
	there, none, join := s.newBlock(), s.newBlock(), s.newBlock()
	old := s.loadSum(rw, sum)
	s.br(rw.at, ir.Eq, old, s.konst(rw.at, ir.I32, 0), way{yes: none, no: there, next: there})
	s.enter(there)
	s.scoped(func() {
		by := change(rw, sum)
		s.write(s.cur, rw.applied[sum.View], by)
	})
	s.jump(join, rw.at)
	s.enter(none)
	_, rest := sum.Split()
	s.report(rw, rest)
	s.jump(join, rw.at)
	s.enter(join)
}

// loadSum is the checksum as it lies in the packet.
func (s *stage) loadSum(rw *rewriting, sum *check.Sum) *ir.Value {
	return s.loadView(rw.at, 2, s.renewed(rw.views[sum.View]), sum.Field.BitOffset/8)
}

// changeSum changes a checksum in place. It gives what it was changed by.
func (s *stage) changeSum(rw *rewriting, sum *check.Sum) *ir.Value {
	at, v, off := rw.at, s.renewed(rw.views[sum.View]), sum.Field.BitOffset/8
	by := s.total(rw, sum.Covers, &v.at)
	// With all 32 bits of the complement set, the sum is never 0, and so the checksum never 0xffff, as in the kernel.
	old := s.emit(at, ir.Xor, ir.I32, s.loadSum(rw, sum), s.konst(at, ir.I32, ones(32)))
	x := s.fold(at, s.emit(at, ir.Add, ir.I64, s.as(at, ir.I64, old), by), 0x1fffe)
	x = s.as(at, ir.I32, s.foldOnce(at, x))
	complement := s.emit(at, ir.Xor, ir.I32, x, s.konst(at, ir.I32, ones(16)))
	if sum.Optional {
		complement = s.notZero(at, x, complement)
	}
	s.storeView(at, 2, v, off, complement)
	return by
}

// notZero is x, the sum, where its complement is 0.
func (s *stage) notZero(at diag.Span, x, complement *ir.Value) *ir.Value {
	zero, on := s.coldBlock(), s.newBlock()
	result := s.fn.AddParam(on, ir.I32, "", at)
	from := s.cur
	s.br(at, ir.Eq, x, s.konst(at, ir.I32, ones(16)), way{yes: zero, no: on, next: on})
	for _, p := range s.flows[on].preds {
		if p.From == from {
			p.Edge().Args = []*ir.Value{complement}
		}
	}
	s.enter(zero)
	s.jump(on, at, x)
	s.enter(on)
	return result
}

// askKernel has the kernel change a checksum. It gives what it was changed by.
func (s *stage) askKernel(rw *rewriting, sum *check.Sum) *ir.Value {
	at, v := rw.at, rw.views[sum.View].at
	pseudo, rest := sum.Split()
	by := s.total(rw, sum.Covers, &v)
	change := func(terms []check.Term, flags ir.CsumFlags) {
		if len(terms) == 0 {
			return
		}
		by := s.as(at, ir.I32, s.fold(at, s.total(rw, terms, &v), ones(32)))
		x := s.emit(at, ir.CsumL4, ir.None, v.root, by)
		x.Imm, x.Sym = v.disp+int64(sum.Field.BitOffset/8), flags.Sym()
		s.moved()
	}
	change(pseudo, ir.CsumFlags{Pseudo: true, Optional: sum.Optional})
	change(rest, ir.CsumFlags{Optional: sum.Optional})
	return by
}

// report tells the kernel, where it may hold a sum of all bytes, by what that changes. The sum leaves out the packet's
// Ethernet header.
func (s *stage) report(rw *rewriting, terms []check.Term) {
	if !s.p.Type.Offload {
		return
	}
	terms = slices.DeleteFunc(slices.Clone(terms), func(t check.Term) bool {
		return s.max(s.offset(rw.at, rw.views[t.At].at)) == 0
	})
	if len(terms) > 0 {
		by := s.fold(rw.at, s.total(rw, terms, nil), ones(32))
		s.emit(rw.at, ir.CsumAdd, ir.None, s.as(rw.at, ir.I32, by))
	}
}

// refuseOdd ends in the default if a checksum that the kernel is to change lies at an odd offset: it would not do it. The
// bit is tested far from its place: of a test of a bit of the offset itself (JSET), Linux 6.18 concludes what makes it
// forget that offsets made of the same number aren't negative.
func (s *stage) refuseOdd(rw *rewriting) {
	for _, sum := range rw.Sums {
		at := rw.views[sum.View].at
		if sum.Offload && s.p.Type.Offload && s.spotParity(at) != even {
			bit := s.emit(rw.at, ir.Shl, ir.I64, s.offset(rw.at, at), s.konst(rw.at, ir.I64, 63))
			s.failIf(rw.at, ir.Ne, bit, s.konst(rw.at, ir.I64, 0), s.failBlock())
		}
	}
}

// ---- sums ----

// total adds up terms, as words that start where a view does; nil: where the packet does.
func (s *stage) total(rw *rewriting, terms []check.Term, from *spot) *ir.Value {
	var sum *ir.Value
	for _, t := range terms {
		x := s.term(rw, t, from)
		if sum == nil {
			sum = x
		} else {
			sum = s.emit(rw.at, ir.Add, ir.I64, sum, x)
		}
	}
	return sum
}

func (s *stage) term(rw *rewriting, t check.Term, from *spot) *ir.Value {
	x := s.shifted(rw.at, s.read(s.cur, rw.variable(t.Part)), rw.views[t.At].at, from)
	if t.Negative {
		x = s.emit(rw.at, ir.Xor, ir.I64, s.fold(rw.at, x, ones(32)), s.konst(rw.at, ir.I64, ones(32)))
	}
	return x
}

// shifted is a sum of words that start at a spot, as one of words that start at another.
func (s *stage) shifted(at diag.Span, x *ir.Value, p spot, from *spot) *ir.Value {
	shift := s.spotParity(p)
	switch {
	case from == nil:
	case from.root == p.root:
		shift = parityOf(p.disp - from.disp)
	default:
		shift = shift.plus(s.spotParity(*from))
	}
	switch shift {
	case even:
		return x
	case odd:
		return s.emit(at, ir.Shl, ir.I64, x, s.konst(at, ir.I64, 8))
	}
	bit := s.oddBit(at, p)
	if from != nil {
		bit = s.emit(at, ir.Xor, ir.I64, bit, s.oddBit(at, *from))
	}
	bit = s.emit(at, ir.Mul, ir.I64, bit, s.konst(at, ir.I64, 255))
	return s.emit(at, ir.Mul, ir.I64, x, s.emit(at, ir.Add, ir.I64, bit, s.konst(at, ir.I64, 1)))
}

// fold makes a sum one of the same value of at most a number, 0x1fffe or larger.
func (s *stage) fold(at diag.Span, x *ir.Value, most uint64) *ir.Value {
	for s.max(x) > most {
		x = s.foldOnce(at, x)
	}
	return x
}

// foldOnce adds what is above the lowest 16 bits of a sum to these.
func (s *stage) foldOnce(at diag.Span, x *ir.Value) *ir.Value {
	low := s.emit(at, ir.And, ir.I64, x, s.konst(at, ir.I64, ones(16)))
	return s.emit(at, ir.Add, ir.I64, s.emit(at, ir.Shr, ir.I64, x, s.konst(at, ir.I64, 16)), low)
}
