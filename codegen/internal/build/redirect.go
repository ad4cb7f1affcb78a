package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// redirectIngress is BPF_F_INGRESS: the interface is to receive the packet, not to send it.
const redirectIngress = 1

// redirect is `redirect(interface)` and `redirect(targets[index])`. What the helper returns is the verdict: without an
// entry, the default, which goes along as its flags.
func (s *stage) redirect(st *syntax.VerdictStmt, to *check.Redirect) {
	at := s.at(st)
	x := s.emit(at, ir.Redirect, ir.I32, s.exprAs(to.Number, types.U32)[0])
	switch {
	case to.Targets != nil:
		x.Sym, x.Imm = to.Targets.Name, verdictCode(s.p.Default)
	case to.Ingress:
		x.Imm = redirectIngress
	}
	s.end(ir.Term{Op: ir.Ret, Args: []*ir.Value{x}, Span: at})
}
