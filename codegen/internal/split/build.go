package split

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// cursorMask keeps a packet offset within what the verifier lets be added to a packet pointer. Offsets are never more,
// so it changes none; but what has travelled through memory has lost the proof.
const cursorMask = 0x7fff

// programs are the programs of a set of heads, about to be built.
type programs struct {
	*search
	*layout
	heads   []*ir.Block
	names   map[*ir.Block]string
	indexes map[*ir.Block]int // in tcc_stages; -1: not there
	tables  map[string]int    // the counter of each slots table in tcc_misses
	after   map[*ir.Block]int // the tail calls of the longest chain from each entry
}

// builder makes the Func of one program: a prologue that takes over what travels, a copy of the region, and for every
// head that it goes on to a stub, which stores what travels there and calls.
type builder struct {
	*programs
	head     *ir.Block
	region   *region
	f        *ir.Func
	copy     *ir.Copy
	made     map[*ir.Value]*ir.Value // by the prologue, in the place of what isn't in the region
	reloaded map[*ir.Value]bool      // numbers of which the verifier knows nothing but the size
	stubs    map[*ir.Block]*ir.Block // by the head they go to
	cur      *ir.Block               // where the prologue goes on
	memory   map[string]*ir.Value    // what the prologue has of carriers that are memory
	noted    bool                    // the packet has notes in front, where code is made now
	failed   [2]*ir.Block            // return the default, without and with notes in front; made on demand
	at       diag.Span               // of what is made here
}

func (ps *programs) build(head *ir.Block) *ir.Func {
	b := &builder{
		programs: ps, head: head, region: ps.search.region(head), at: span(head),
		f:    &ir.Func{Name: ps.names[head], Index: ps.indexes[head]},
		made: map[*ir.Value]*ir.Value{}, reloaded: map[*ir.Value]bool{}, stubs: map[*ir.Block]*ir.Block{}, memory: map[string]*ir.Value{},
		noted: ps.notes > 0 && !ps.isEntry(head),
	}
	first := b.f.NewBlock(head.Stage)
	b.cur = first
	b.copy = b.f.CloneRegion(b.region.blocks)
	b.prologue()
	b.rewire()
	if b.cur == first && len(first.Insts) == 0 {
		b.f.Blocks = b.f.Blocks[1:]
	} else {
		b.enter()
	}
	b.boundOffsets()
	for _, orig := range b.region.blocks {
		if orig.Term.Op == ir.SlotCall {
			b.slotCall(b.copy.Blocks[orig])
		}
	}
	inside := b.noted
	for _, to := range b.region.exits {
		b.noted = ps.notes > 0
		b.fillStub(to)
	}
	b.noted = inside
	b.wipe()
	return b.f
}

// carriedInto is what travels into a head, and where it lies.
func (ps *programs) carriedInto(head *ir.Block) (values []*ir.Value, places []place) {
	switch {
	case ps.roots[head] != nil:
		return head.Params, ps.conventions[ps.roots[head].Table]
	case ps.isEntry(head):
		return nil, nil
	}
	values = ps.crossing(head).carried
	for _, v := range values {
		places = append(places, ps.places[v])
	}
	return values, places
}

// holds reports whether v lies at its place already when the program begins.
func (b *builder) holds(v *ir.Value) bool {
	return !b.isEntry(b.head) && slices.Contains(b.crossing(b.head).carried, v)
}

// prologue makes all that copies and stubs name from before the head.
func (b *builder) prologue() {
	outside := b.outside()
	carried, places := b.carriedInto(b.head)
	loads := map[*ir.Value]bool{}
	for _, v := range slices.Concat(outside, b.head.Params) {
		sources(v, carried, loads)
	}
	for i, v := range carried {
		if c := places[i].carrier; loads[v] && c != carrierCB && b.memory[c] == nil {
			b.memory[c], b.cur = b.open(b.cur, c)
		}
	}
	for i, v := range carried {
		if loads[v] {
			b.made[v] = b.load(places[i], v)
		}
	}
	for _, v := range outside {
		b.remake(v)
	}
	b.recheck()
}

// outside lists what copies and stubs name and the region doesn't define, by ID.
func (b *builder) outside() []*ir.Value {
	fresh := make(map[*ir.Value]bool, len(b.copy.Values))
	for _, v := range b.copy.Values {
		fresh[v] = true
	}
	seen := map[*ir.Value]bool{}
	var list []*ir.Value
	add := func(v *ir.Value) {
		if !fresh[v] && b.copy.Values[v] == nil && !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	for _, orig := range b.region.blocks {
		b.copy.Blocks[orig].Operands(func(v **ir.Value) { add(*v) })
	}
	for _, to := range b.region.exits {
		for _, v := range b.crossing(to).carried {
			if v.Block != to && !b.holds(v) {
				add(v)
			}
		}
	}
	for _, base := range b.bases() {
		add(base.value)
	}
	slices.SortFunc(list, func(v, w *ir.Value) int { return cmp.Compare(v.ID, w.ID) })
	return list
}

// sources finds what must be loaded so that v can be made.
func sources(v *ir.Value, carried []*ir.Value, loads map[*ir.Value]bool) {
	if slices.Contains(carried, v) {
		loads[v] = true
		return
	}
	for _, a := range v.Args {
		sources(a, carried, loads)
	}
}

// remake makes v in the prologue.
func (b *builder) remake(v *ir.Value) *ir.Value {
	if n := b.made[v]; n != nil {
		return n
	}
	n := b.f.NewValue(v.Op, v.Type, v.Span)
	n.Cond, n.Size, n.Imm, n.Sym, n.Fields, n.Name = v.Cond, v.Size, v.Imm, v.Sym, slices.Clone(v.Fields), v.Name
	reloaded := v.Op == ir.CtxLoad || v.Op == ir.Load // a compare in another program may have bounded it
	for _, a := range v.Args {
		m := b.remake(a)
		reloaded = reloaded || b.reloaded[m]
		n.Args = append(n.Args, m)
	}
	if reloaded && v.Op == ir.PktAdd {
		mask := b.konst(b.cur, ir.I64, cursorMask)
		n.Args[1] = b.cur.Append(b.f.NewValue(ir.And, ir.I64, v.Span, n.Args[1], mask))
	}
	if reloaded && v.Op != ir.PktAdd {
		b.reloaded[n] = true
	}
	b.made[v] = b.cur.Append(n)
	return n
}

// base is a packet pointer from before the head, and how many bytes behind it the region relies on.
type base struct {
	value *ir.Value
	bytes int64
}

// bases lists them by ID. What the region checks itself needs no proof before, but it does no harm: it was proved on
// the other side.
func (b *builder) bases() []base {
	need := map[*ir.Value]int64{}
	for _, orig := range b.region.blocks {
		for _, v := range orig.Insts {
			if v.Op != ir.Load && v.Op != ir.Store || v.Args[0].Type != ir.Pkt {
				continue
			}
			p, disp := ir.PktBase(v.Args[0])
			end := disp + v.Imm + int64(v.Size)
			if b.copy.Values[p] == nil && end <= b.facts.Bytes(b.head, p) {
				need[p] = max(need[p], end)
			}
		}
	}
	var list []base
	for p, n := range need {
		list = append(list, base{p, n})
	}
	slices.SortFunc(list, func(a, b base) int { return cmp.Compare(a.value.ID, b.value.ID) })
	return list
}

// recheck proves again what was proved about packet pointers.
func (b *builder) recheck() {
	bases := b.bases()
	if len(bases) == 0 {
		return
	}
	end := b.cur.Append(b.f.NewValue(ir.DataEnd, ir.End, b.at))
	for _, p := range bases {
		next := b.f.NewBlock(b.head.Stage)
		b.cur.Term = ir.Term{
			Op: ir.Check, Args: []*ir.Value{b.made[p.value], end}, Imm: p.bytes, Span: b.at,
			Succs: []ir.Edge{{To: next}, {To: b.fail()}},
		}
		b.cur = next
	}
}

// enter goes from the prologue to the copy of the head.
func (b *builder) enter() {
	e := ir.Edge{To: b.copy.Blocks[b.head]}
	for i, v := range b.head.Params {
		e.Args = append(e.Args, b.made[v])
		b.reloaded[e.To.Params[i]] = true
	}
	b.cur.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{e}, Span: b.at}
}

// rewire lets the copies name what the prologue made, and go to stubs.
func (b *builder) rewire() {
	for _, to := range b.region.exits {
		stub := b.f.NewBlock(to.Stage)
		stub.Cold = to.Cold
		for _, p := range to.Params {
			b.f.AddParam(stub, p.Type, p.Name, p.Span).Size = p.Size
		}
		b.stubs[to] = stub
	}
	for _, orig := range b.region.blocks {
		n := b.copy.Blocks[orig]
		n.Operands(func(v **ir.Value) {
			if m := b.made[*v]; m != nil {
				*v = m
			}
		})
		for i := range n.Term.Succs {
			if stub := b.stubs[n.Term.Succs[i].To]; stub != nil {
				n.Term.Succs[i].To = stub
			}
		}
	}
}

// boundOffsets masks the packet offsets that are computed from what was reloaded.
func (b *builder) boundOffsets() {
	for _, orig := range b.region.blocks {
		n := b.copy.Blocks[orig]
		var insts []*ir.Value
		for _, v := range n.Insts {
			switch {
			case !v.Op.Info().Pure || !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return b.reloaded[a] }):
			case v.Op == ir.PktAdd:
				mask := b.f.NewValue(ir.Const, ir.I64, v.Span)
				mask.Imm = cursorMask
				and := b.f.NewValue(ir.And, ir.I64, v.Span, v.Args[1], mask)
				mask.Block, and.Block = n, n
				v.Args[1] = and
				insts = append(insts, mask, and)
			default:
				b.reloaded[v] = true
			}
			insts = append(insts, v)
		}
		n.Insts = insts
		for _, e := range n.Term.Succs {
			for i, a := range e.Args {
				if b.reloaded[a] {
					b.reloaded[e.To.Params[i]] = true
				}
			}
		}
	}
}

// here is the value of this program that stands for an original.
func (b *builder) here(v *ir.Value) *ir.Value {
	if n := b.copy.Values[v]; n != nil {
		return n
	}
	return b.made[v]
}

// fillStub stores what travels to a head and isn't there yet, and calls.
func (b *builder) fillStub(to *ir.Block) {
	stub := b.stubs[to]
	var saves []save
	values, places := b.carriedInto(to)
	for i, v := range values {
		if v.Block == to { // a parameter
			if k := i - len(values) + len(to.Params); !b.stays(to, k, places[i]) {
				saves = append(saves, save{places[i], stub.Params[k]})
			}
		} else if !b.holds(v) {
			saves = append(saves, save{places[i], b.here(v)})
		}
	}
	at := stub
	if b.notes > 0 && b.isEntry(b.head) {
		at = b.grow(at)
	}
	at = b.saveAll(at, saves)
	index := b.indexes[to]
	at.Term = ir.Term{
		Op: ir.TailCall, Sym: tableStages, Args: []*ir.Value{b.konst(at, ir.I32, int64(index))}, Span: b.at,
		Succs: []ir.Edge{{To: b.count(index, b.fail())}},
	}
}

// stays reports whether what becomes the k-th parameter of a head lies at a place already, on all ways there.
func (b *builder) stays(to *ir.Block, k int, at place) bool {
	for _, orig := range b.region.blocks {
		for _, e := range orig.Term.Succs {
			if e.To == to && !(b.holds(e.Args[k]) && b.places[e.Args[k]] == at) {
				return false
			}
		}
	}
	return true
}

// slotCall turns the block's SlotCall into stores by the table's convention and a tail call. A miss is counted and
// then goes where it went.
func (b *builder) slotCall(n *ir.Block) {
	t := n.Term
	var saves []save
	for i, v := range t.Args[1:] {
		saves = append(saves, save{b.conventions[t.Sym][i], v})
	}
	at := b.saveAll(n, saves)
	miss := t.Succs[0]
	on := miss.To
	if len(miss.Args) > 0 {
		on = b.f.NewBlock(n.Stage)
		on.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{miss}, Span: t.Span}
	}
	at.Term = ir.Term{
		Op: ir.TailCall, Sym: t.Sym, Args: t.Args[:1], Span: t.Span,
		Succs: []ir.Edge{{To: b.count(b.tables[t.Sym], on)}},
	}
}
