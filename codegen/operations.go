package codegen

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// Operations lists the operations and terminators that programs can be made of.
func Operations() (names []string) {
	for op := ir.Param; int(op) < len(ir.Optable); op++ {
		names = append(names, op.String())
	}
	for op := ir.Jump; op <= ir.TailCall; op++ {
		if op != ir.SlotCall { // which the splitter makes a tail call
			names = append(names, op.String())
		}
	}
	return names
}

// emitted tells what the programs are made of.
func (o Options) emitted(m *ir.Module) {
	if o.Emitted == nil {
		return
	}
	for _, f := range m.All() {
		for _, b := range f.Blocks {
			for _, v := range b.Params {
				o.Emitted(v.Op.String(), v.Span)
			}
			for _, v := range b.Insts {
				o.Emitted(v.Op.String(), v.Span)
			}
			o.Emitted(b.Term.Op.String(), b.Term.Span)
		}
	}
}
