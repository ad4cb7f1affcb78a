package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// buildEntry builds the entry, last of all: on tc it has to know how much of the packet the stages look at.
func (b *builder) buildEntry(entry *ir.Block) {
	first := b.p.Stages[0]
	at := first.Decl.Name.Span()
	s := &stage{builder: b, name: first.Name}
	s.enter(entry)
	need := b.demand()
	if need > 0 && b.m.Type().Pull {
		s.pull(at)
	}
	for _, n := range b.needs {
		n.Imm = int64(need)
	}
	s.jump(b.stages[fresh(first)], at, s.konst(at, ir.I64, 0))
}

// demand is the number of bytes, from the packet's start on, that some check asks for at most, but for those that are
// looked for on demand.
func (b *builder) demand() uint64 {
	most := uint64(0)
	for _, f := range b.functions() {
		for _, block := range f.Blocks {
			t := &block.Term
			if t.Op != ir.Check || b.onDemand[block] {
				continue
			}
			n := uint64(t.Imm)
			if p := t.Args[0]; p.Op == ir.PktAdd {
				n += b.max(p.Args[1])
			}
			most = max(most, n)
		}
	}
	return most
}

// pull brings as many bytes of the packet as the stages look at, or all it has, into its linear part, where programs can
// read them. How many that are is filled in when all stages are built.
// Seldom is anything to be done: the linear part is long enough, or the packet is no longer than it.
func (s *stage) pull(at diag.Span) {
	short, part, pull, on := s.coldBlock(), s.coldBlock(), s.coldBlock(), s.newBlock()
	size := s.fn.AddParam(pull, ir.I32, "", at)

	linear := s.emit(at, ir.HeadLen, ir.I32)
	s.br(at, ir.ULt, linear, s.needed(at), way{yes: short, no: on, next: on})

	s.enter(short)
	whole := s.ctxLoad(at, "len")
	s.br(at, ir.ULe, whole, linear, way{yes: on, no: part, next: part})

	s.enter(part)
	all := s.coldBlock()
	limit := s.needed(at)
	s.br(at, ir.ULt, whole, limit, way{yes: all, no: pull, next: all})
	s.flows[pull].preds[0].Edge().Args = []*ir.Value{limit}
	s.enter(all)
	s.jump(pull, at, whole)

	s.enter(pull)
	s.emit(at, ir.Pull, ir.None, size)
	s.jump(on, at)
	s.enter(on)
}

// needed is the number of bytes that the stages look at.
func (s *stage) needed(at diag.Span) *ir.Value {
	n := s.konst(at, ir.I32, 0)
	s.needs = append(s.needs, n)
	return n
}
