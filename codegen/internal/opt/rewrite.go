package opt

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// A rewriter walks a function in reverse postorder and lets a pass replace instructions without effects by others. It
// shows the pass an instruction's arguments as already replaced.
type rewriter struct {
	f       *ir.Func
	block   *ir.Block
	out     []*ir.Value // the block's instructions so far
	with    *ir.Replacements
	uses    []int // how often values were used when the walk began
	bounds  *ir.UMax
	changed bool
}

// rules are what a pass does on the walk.
type rules struct {
	// inst returns what computes the same as v, or nil. It may change v in place instead.
	inst func(r *rewriter, v *ir.Value) *ir.Value
	// term changes a terminator in place.
	term func(r *rewriter, t *ir.Term)
}

// rewrite applies rules to all of f and reports whether any applied.
func rewrite(f *ir.Func, rules rules) bool {
	r := &rewriter{f: f, with: ir.NewReplacements(f), uses: f.UseCounts(), bounds: ir.Bounds(f)}
	for _, b := range f.ReversePostorder() {
		r.block, r.out = b, r.out[:0]
		for _, v := range b.Insts {
			for i := range v.Args {
				r.resolve(&v.Args[i])
			}
			if w := rules.inst(r, v); w != nil {
				r.replace(v, w)
			} else {
				r.out = append(r.out, v)
			}
		}
		b.Term.Operands(r.resolve)
		rules.term(r, &b.Term)
		b.Insts = append(b.Insts[:0], r.out...)
	}
	f.Replace(r.with) // uses around a loop
	return r.changed
}

func (r *rewriter) resolve(v **ir.Value) {
	if w := r.with.Of(*v); w != nil {
		*v = w
	}
}

func (r *rewriter) replace(v, w *ir.Value) {
	r.with.Put(v, w)
	if w.Name == "" {
		w.Name = v.Name
	}
	r.changed = true
}

// emit appends a new instruction to the block.
func (r *rewriter) emit(at diag.Span, op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
	v := r.f.NewValue(op, t, at, args...)
	v.Block = r.block
	r.out = append(r.out, v)
	return v
}

// number emits a constant.
func (r *rewriter) number(at diag.Span, t ir.Type, n uint64) *ir.Value {
	v := r.emit(at, ir.Const, t)
	v.Imm = int64(n & t.Mask())
	return v
}

// wire emits a constant in wire order.
func (r *rewriter) wire(at diag.Span, size int, n uint64) *ir.Value {
	v := r.emit(at, ir.WConst, ir.Number(size))
	v.Size, v.Imm = size, int64(n)
	return v
}

// max is the upper bound of a value, which the walk may just have made.
func (r *rewriter) max(v *ir.Value) uint64 {
	if v.ID >= len(r.uses) {
		return ir.MaxOf(v, r.max)
	}
	return r.bounds.Max(v)
}

// seen is the upper bound of a value that the kernel's verifier knows.
func (r *rewriter) seen(v *ir.Value) uint64 {
	if v.ID >= len(r.uses) {
		return ir.SeenOf(v, r.seen)
	}
	return r.bounds.Seen(v)
}

// once reports whether v has a single use: whoever replaces that use makes v dead.
func (r *rewriter) once(v *ir.Value) bool { return v.ID < len(r.uses) && r.uses[v.ID] == 1 }

// isConst reports whether v is the constant n.
func isConst(v *ir.Value, n uint64) bool { return v.Op == ir.Const && v.Number() == n }
