package lower

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// families maps operations with two operands to instructions.
var families = map[ir.Op]Op{
	ir.Add: Add, ir.Sub: Sub, ir.Mul: Mul, ir.Div: Div, ir.Mod: Mod, ir.SDiv: SDiv, ir.SMod: SMod, ir.And: And, ir.Or: Or, ir.Xor: Xor,
	ir.Shl: Shl, ir.Shr: Shr, ir.Sar: Sar,
}

// inst lowers one operation.
func (l *lowerer) inst(v *ir.Value) {
	if x := l.extended[v.ID]; x.from != nil {
		l.extend(v, x)
		return
	}
	if l.left[v.ID] {
		return
	}
	switch v.Op {
	case ir.Const, ir.WConst: // made where they are used
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		l.binary(v)
	case ir.Zext:
		l.widen(v)
	case ir.Trunc:
		l.emit(Inst{Op: Mov, W32: !l.narrow[v.ID], Dst: l.def(v), Src: l.reg(v.Args[0])})
	case ir.BE16:
		l.wire(v, 2)
	case ir.BE32:
		l.wire(v, 4)
	case ir.BE64:
		l.wire(v, 8)
	case ir.Cmp:
		l.compare(v)
	case ir.Forget:
		l.forget(v)
	case ir.Data:
		l.context(l.def(v), "data", 4)
	case ir.DataEnd:
		l.context(l.def(v), "data_end", 4)
	case ir.HeadLen:
		l.headLen(l.def(v))
	case ir.PktAdd:
		l.pktAdd(v)
	case ir.MemAdd:
		l.memAdd(v)
	case ir.Load, ir.Store, ir.XAdd:
		l.access(v)
	case ir.CtxLoad:
		l.ctxLoad(v)
	case ir.CtxStore:
		off, size := l.field(v.Sym, v.Imm, v.Size)
		l.emit(Inst{Op: Store, Size: size, Dst: l.ctx, Off: off, Src: l.reg(v.Args[0])})
	case ir.GlobalAddr:
		l.emit(Inst{Op: LoadVar, Dst: l.def(v), Sym: v.Sym, Again: true})
	case ir.MakeObj:
		l.object(v)
	case ir.LoopState:
		l.copy(l.def(v), l.state)
	case ir.Notes:
		l.notes(v)
	default:
		l.call(v)
	}
}

func (l *lowerer) forget(v *ir.Value) {
	dst := l.def(v)
	l.put(dst, v.Args[0])
	l.emit(Inst{Op: Add, W32: v.Type == ir.I32, Dst: dst, Src: l.zero})
}

// binary lowers arithmetic to the two-address form: a copy of the first operand, changed by the second.
func (l *lowerer) binary(v *ir.Value) {
	x, y := v.Args[0], v.Args[1]
	if v.Op.Info().Commut && constant(x) && !constant(y) {
		x, y = y, x
	}
	dst := l.def(v)
	i := Inst{Op: families[v.Op], W32: v.Type == ir.I32, Dst: dst}
	switch {
	case divides(v.Op) && isZero(y):
		l.divideByZero(dst, v)
		return
	case !strict(v.Op):
		i = l.with(i, y)
	case y.Op == ir.Const && !divides(v.Op):
		i.Imm = y.Imm & int64(v.Type.Bytes()*8-1)
	case y.Op == ir.WConst: // any number, depending on the byte order
		i.Src = l.reg(y)
	default:
		i = l.with(i, y)
	}
	if v.Op == ir.Add && y.Op == ir.Const && i.Src == NoReg && i.Imm > 0 && l.twins(x) {
		l.untied(i, x)
		return
	}
	l.put(dst, x)
	l.emit(i)
}

// twins reports whether another register than that of the sum may hold x when a constant was added.
func (l *lowerer) twins(x *ir.Value) bool {
	return l.uses[x.ID] > 1 || x.Op == ir.Param || x.Op == ir.Zext || x.Op == ir.Trunc
}

// untied adds a number to a constant, not the constant to the number. From 6.10 on the verifier ties a sum to the number that
// a constant was added to, and from some release on a difference too: what a compare tells of one holds for the other. 6.12
// forgets bounds when it goes back from the sum, and then takes a packet pointer with such an offset for a plain number.
// Others learn more of the number than is good, and walk on with each thing they know.
func (l *lowerer) untied(i Inst, x *ir.Value) {
	l.emit(Inst{Op: Mov, W32: i.W32, Dst: i.Dst, Imm: i.Imm})
	i.Src, i.Imm = l.reg(x), 0
	l.emit(i)
}

// strict reports whether the kernel refuses some immediates: divisions by 0 and shifts by more than there are bits.
func strict(op ir.Op) bool {
	switch op {
	case ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.Shl, ir.Shr, ir.Sar:
		return true
	}
	return false
}

// divides reports whether an operation is a division.
func divides(op ir.Op) bool {
	return op == ir.Div || op == ir.Mod || op == ir.SDiv || op == ir.SMod
}

// constant reports whether v can be an immediate, if it isn't too large.
func constant(v *ir.Value) bool { return v.Op == ir.Const || v.Op == ir.WConst }

// divideByZero makes x / 0 = 0 and x % 0 = x.
func (l *lowerer) divideByZero(dst Reg, v *ir.Value) {
	if v.Op == ir.Mod || v.Op == ir.SMod {
		l.put(dst, v.Args[0])
		return
	}
	l.emit(Inst{Op: Mov, W32: true, Dst: dst, Again: true})
}

func (l *lowerer) widen(v *ir.Value) {
	x := v.Args[0]
	if x.Op == ir.Const {
		l.emit(Inst{Op: Mov, W32: true, Dst: l.def(v), Imm: int64(int32(x.Imm)), Again: true})
		return
	}
	l.emit(Inst{Op: Mov, W32: l.offset[v.ID] && ir.Loose(x), Dst: l.def(v), Src: l.reg(x)})
}

func (l *lowerer) wire(v *ir.Value, size uint8) {
	dst := l.def(v)
	l.put(dst, v.Args[0])
	l.emit(Inst{Op: Wire, Size: size, Dst: dst})
}

// compare lowers a condition whose value is wanted: 1, and if the condition doesn't hold, 0.
func (l *lowerer) compare(v *ir.Value) {
	x, y, cond := v.Args[0], v.Args[1], v.Cond
	if constant(x) {
		x, y, cond = y, x, cond.Swapped()
	}
	i := l.with(Inst{Op: Jmp, W32: l.half(x), Cond: cond, Dst: l.reg(x)}, y)
	dst := l.def(v)
	l.emit(Inst{Op: Mov, W32: true, Dst: dst, Imm: 1})
	l.emit(i)
	from, no, join := l.cur, l.out.NewBlock(l.cur.Cold), l.out.NewBlock(l.cur.Cold)
	from.Jump, from.Fall, no.Fall = join, no, join
	l.begin(no)
	l.emit(Inst{Op: Mov, W32: true, Dst: dst})
	l.begin(join)
}

// half reports whether comparisons of x are of the lower half of its register.
func (l *lowerer) half(x *ir.Value) bool { return x.Type == ir.I32 || l.short[x.ID] }

// memAdd makes the pointer of an element. That the index is in range may have been asked long before, even in another
// program: the verifier is shown it here.
func (l *lowerer) memAdd(v *ir.Value) {
	base := l.reg(v.Args[0])
	dst := l.def(v)
	l.put(dst, v.Args[1])
	l.emit(Inst{Op: Jmp, Cond: ir.ULt, Dst: dst, Imm: v.Imm})
	from, no, join := l.cur, l.out.NewBlock(true), l.out.NewBlock(l.cur.Cold)
	from.Jump, from.Fall, no.Fall = join, no, join
	l.begin(no)
	l.emit(Inst{Op: Mov, W32: true, Dst: dst})
	l.begin(join)
	if v.Size > 1 {
		l.emit(Inst{Op: Mul, Dst: dst, Imm: int64(v.Size)})
	}
	l.emit(Inst{Op: Add, Dst: dst, Src: base})
}

// notes makes the pointer of what lies in front of the packet, or null if that is too short.
func (l *lowerer) notes(v *ir.Value) {
	dst, limit, data := l.def(v), l.out.NewReg(), l.out.NewReg()
	l.context(dst, "data_meta", 4)
	l.context(data, "data", 4)
	l.copy(limit, dst)
	l.emit(Inst{Op: Add, Dst: limit, Imm: int64(v.Size)})
	l.emit(Inst{Op: Jmp, Cond: ir.ULe, Dst: limit, Src: data})
	from, no, join := l.cur, l.out.NewBlock(true), l.out.NewBlock(l.cur.Cold)
	from.Jump, from.Fall, no.Fall = join, no, join
	l.begin(no)
	l.emit(Inst{Op: Mov, W32: true, Dst: dst})
	l.begin(join)
}

// pktAdd makes a pointer of a variable offset. A constant distance stays with the accesses through the pointer.
func (l *lowerer) pktAdd(v *ir.Value) {
	if v.Args[1].Op == ir.Const {
		return
	}
	base, disp := ir.PktBase(v.Args[0])
	dst := l.def(v)
	l.copy(dst, l.reg(base))
	l.emit(Inst{Op: Add, Dst: dst, Src: l.reg(v.Args[1])})
	if disp != 0 {
		l.emit(Inst{Op: Add, Dst: dst, Imm: disp})
	}
}

// access lowers loads and stores through a pointer.
func (l *lowerer) access(v *ir.Value) {
	if obj := v.Args[0]; obj.Type == ir.Obj {
		l.emit(Inst{Op: Load, Size: uint8(v.Size), Dst: l.def(v), Src: FP, Slot: l.slots[obj.ID], Off: int32(v.Imm)})
		return
	}
	base, disp := ir.PktBase(v.Args[0])
	ptr, off := l.reach(base, disp+v.Imm)
	i := Inst{Size: uint8(v.Size), Off: off}
	switch v.Op {
	case ir.Load:
		i.Op, i.Src, i.Dst = Load, ptr, l.def(v)
		l.emit(i)
	case ir.Store:
		i.Op, i.Dst = Store, ptr
		l.emit(l.with(i, v.Args[1]))
	case ir.XAdd:
		i.Op, i.Dst, i.Src = XAdd, ptr, l.reg(v.Args[1])
		l.emit(i)
	}
}

// maxPacketOff is the kernel's MAX_PACKET_OFF.
const maxPacketOff = 0xffff

// reach is a register and a displacement that fits into an instruction for what lies disp bytes behind a pointer.
func (l *lowerer) reach(base *ir.Value, disp int64) (Reg, int32) {
	switch {
	case disp == int64(int16(disp)):
		return l.reg(base), int32(disp)
	case disp > maxPacketOff:
		l.fail("the offset %d is too large for the kernel", disp)
	}
	far := l.out.NewReg()
	l.copy(far, l.reg(base))
	l.emit(Inst{Op: Add, Dst: far, Imm: disp})
	return far, 0
}
