package lower

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// The helpers' numbers in the kernel's ABI.
const (
	mapLookup     = 1
	mapUpdate     = 2
	mapDelete     = 3
	ktimeGetNS    = 5
	prandomU32    = 7
	processorID   = 8
	csumReplaceL4 = 11
	tailCall      = 12
	redirect      = 23
	skbLoadBytes  = 26
	skbPullData   = 39
	csumUpdate    = 40
	xdpAdjustHead = 44
	skbAdjustRoom = 50
	redirectMap   = 51
	skbLoadBytesR = 68
	xdpAdjustMeta = 54
	xdpGetBuffLen = 188
	xdpLoadBytes  = 189
	xdpStoreBytes = 190
	fibLookup     = 69
	ringbufOutput = 130
	bpfLoop       = 181
)

// fields has the offset of each context field: those of struct xdp_md and struct __sk_buff.
var fields = map[string]map[string]int32{
	"xdp":        {"data": 0, "data_end": 4, "data_meta": 8, "ifindex": 12, "queue": 16},
	"tc":         skbFields,
	"cgroup_skb": skbFields,
	"socket":     skbFields,
}

var skbFields = map[string]int32{
	"len": 0, "mark": 8, "queue": 12, "protocol": 16, "vlan": 24, "priority": 32, "ifindex": 40, "cb": 48,
	"hash": 68, "data": 76, "data_end": 80,
}

// field is where a context field lies, and its size.
func (l *lowerer) field(name string, disp int64, size int) (off int32, bytes uint8) {
	off, ok := fields[l.m.ProgType][name]
	if !ok {
		l.fail("%s programs have no context field %s", l.m.ProgType, name)
	}
	if size == 0 {
		size = 4
	}
	return off + int32(disp), uint8(size)
}

// context loads a field that never changes while pointers made of it live.
func (l *lowerer) context(dst Reg, name string, size int) {
	off, bytes := l.field(name, 0, size)
	// A packet pointer is known by where it was loaded: the checks of one don't count for another.
	l.emit(Inst{Op: Load, Size: bytes, Dst: dst, Src: l.ctx, Off: off, Again: name != "data"})
}

func (l *lowerer) ctxLoad(v *ir.Value) {
	dst := l.def(v)
	if v.Sym == "len" && l.m.ProgType == "xdp" { // a frame is all in one piece
		l.headLen(dst)
		return
	}
	off, size := l.field(v.Sym, v.Imm, v.Size)
	l.emit(Inst{Op: Load, Size: size, Dst: dst, Src: l.ctx, Off: off, Again: !l.wrote[v.Sym]})
}

// headLen is how many bytes can be pointed at.
func (l *lowerer) headLen(dst Reg) {
	data := l.out.NewReg()
	l.context(dst, "data_end", 4)
	l.context(data, "data", 4)
	l.emit(Inst{Op: Sub, W32: true, Dst: dst, Src: data})
}

// call lowers an operation that is a call, of a helper or a subprogram.
func (l *lowerer) call(v *ir.Value) {
	switch v.Op {
	case ir.Lookup:
		l.slotAddr(R2, v.Args[0])
		l.emit(Inst{Op: LoadMap, Dst: R1, Sym: v.Sym})
		l.helper(v, mapLookup, 2)
	case ir.Update:
		l.slotAddr(R2, v.Args[0])
		l.slotAddr(R3, v.Args[1])
		l.emit(Inst{Op: LoadMap, Dst: R1, Sym: v.Sym})
		l.emit(Inst{Op: Mov, W32: true, Dst: R4}) // BPF_ANY
		l.helper(v, mapUpdate, 4)
	case ir.Delete:
		l.slotAddr(R2, v.Args[0])
		l.emit(Inst{Op: LoadMap, Dst: R1, Sym: v.Sym})
		l.helper(v, mapDelete, 2)
	case ir.Output:
		l.slotAddr(R2, v.Args[0])
		l.emit(Inst{Op: LoadMap, Dst: R1, Sym: v.Sym})
		l.emit(Inst{Op: Mov, W32: true, Dst: R3, Imm: int64(v.Args[0].Size)})
		l.emit(Inst{Op: Mov, W32: true, Dst: R4}) // no flags: wake the reader up if it waits
		l.helper(v, ringbufOutput, 4)
	case ir.CallFn:
		l.callFn(v)
	case ir.Now:
		l.helper(v, ktimeGetNS, 0)
	case ir.Random:
		l.helper(v, prandomU32, 0)
	case ir.CPU:
		l.helper(v, processorID, 0)
	case ir.Pull:
		l.put(R2, v.Args[0])
		l.copy(R1, l.ctx)
		l.helper(v, skbPullData, 2)
	case ir.Fetch:
		l.copyBytes(v)
	case ir.CsumL4:
		l.csumL4(v)
	case ir.CsumAdd:
		l.put(R2, v.Args[0])
		l.copy(R1, l.ctx)
		l.helper(v, csumUpdate, 2)
	case ir.BufLen:
		l.copy(R1, l.ctx)
		l.helper(v, xdpGetBuffLen, 1)
	case ir.StoreBytes:
		l.storeBytes(v)
	case ir.Resize:
		l.resize(v)
	case ir.NetByte:
		l.netByte(v)
	case ir.NotesGrow:
		l.emit(Inst{Op: Mov, Dst: R2, Imm: -v.Imm}) // it moves the begin
		l.copy(R1, l.ctx)
		l.helper(v, xdpAdjustMeta, 2)
	case ir.Redirect:
		l.redirect(v)
	case ir.Fib:
		l.fib(v)
	case ir.Loop:
		l.loop(v)
	default:
		l.fail("operation %s has no instructions", v.Op)
	}
}

// callFn calls a subprogram. The JITs of all kernels keep R6 to R9 over it, as over the call of a helper.
func (l *lowerer) callFn(v *ir.Value) {
	args := uint8(0)
	if l.m.Sub(v.Sym).Ctx {
		l.copy(R1, l.ctx)
		args++
	}
	for _, a := range v.Args {
		l.put(R1+Reg(args), a)
		args++
	}
	l.emit(Inst{Op: Call, Sym: v.Sym, Args: args})
	if l.uses[v.ID] > 0 {
		l.copy(l.def(v), R0)
	}
}

// copyBytes copies a part of the packet to a stack slot of its own. It doesn't fail: the bytes are there.
func (l *lowerer) copyBytes(v *ir.Value) {
	slot := l.out.NewSlot(v.Size)
	l.slots[v.ID] = slot
	l.putOffset(R2, v)
	l.emit(Inst{Op: SlotAddr, Begin: true, Dst: R3, Slot: slot})
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R4, Imm: int64(v.Size)})
	number := int64(skbLoadBytes)
	if l.m.Frags {
		number = xdpLoadBytes
	}
	l.emit(Inst{Op: Call, Imm: number, Args: 4})
}

// storeBytes copies an object into the packet. It doesn't fail: the bytes are there.
func (l *lowerer) storeBytes(v *ir.Value) {
	l.putOffset(R2, v)
	l.slotAddr(R3, v.Args[1])
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R4, Imm: int64(v.Args[1].Size)})
	l.helper(v, xdpStoreBytes, 4)
}

// putOffset makes dst hold the offset Args[0]+Imm of v.
func (l *lowerer) putOffset(dst Reg, v *ir.Value) {
	if from := v.Args[0]; from.Op == ir.Const {
		l.emit(Inst{Op: Mov, W32: true, Dst: dst, Imm: from.Imm + v.Imm})
		return
	}
	l.copy(dst, l.reg(v.Args[0]))
	if v.Imm != 0 {
		l.emit(Inst{Op: Add, Dst: dst, Imm: v.Imm})
	}
}

// Flags of the kernel's helper that changes a checksum.
const (
	pseudoHeader = 0x10 // BPF_F_PSEUDO_HDR
	mangledZero  = 0x20 // BPF_F_MARK_MANGLED_0
)

// csumL4 has the kernel change a checksum by a difference: there is no old value (R3), and none of the bits of the flags
// that hold a size.
func (l *lowerer) csumL4(v *ir.Value) {
	flags := int64(0)
	if v.CsumFlags().Pseudo {
		flags |= pseudoHeader
	}
	if v.CsumFlags().Optional {
		flags |= mangledZero
	}
	l.put(R4, v.Args[1])
	l.putOffset(R2, v)
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R3})
	l.emit(Inst{Op: Mov, W32: true, Dst: R5, Imm: flags})
	l.helper(v, csumReplaceL4, 5)
}

// helper emits the call; the arguments are in place.
func (l *lowerer) helper(v *ir.Value, number int64, args uint8) {
	l.emit(Inst{Op: Call, Imm: number, Args: args})
	if l.uses[v.ID] == 0 {
		return
	}
	dst := l.def(v)
	l.copy(dst, R0)
	switch v.Op {
	case ir.Update, ir.Delete, ir.Output, ir.Resize, ir.NetByte:
		if !l.short[v.ID] { // an int, sign-extended by some kernels only
			l.emit(Inst{Op: Shl, Dst: dst, Imm: 32})
			l.emit(Inst{Op: Sar, Dst: dst, Imm: 32})
		}
	}
}

// tailCall lowers the call of a program. Where it comes back, it missed. The index stands directly before the call: the
// JIT makes a direct jump of a call whose index the verifier knows.
func (l *lowerer) tailCall(t *ir.Term) {
	index := l.with(Inst{Op: Mov, W32: true, Dst: R3}, t.Args[0])
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: LoadMap, Dst: R2, Sym: t.Sym})
	l.emit(index)
	l.emit(Inst{Op: Call, Imm: tailCall, Args: 3})
}

// redirect lowers both forms of a redirection.
func (l *lowerer) redirect(v *ir.Value) {
	flags := Inst{Op: Mov, W32: true, Imm: v.Imm}
	if v.Sym == "" {
		l.put(R1, v.Args[0])
		flags.Dst = R2
		l.emit(flags)
		l.helper(v, redirect, 2)
		return
	}
	l.put(R2, v.Args[0])
	l.emit(Inst{Op: LoadMap, Dst: R1, Sym: v.Sym})
	flags.Dst = R3
	l.emit(flags)
	l.helper(v, redirectMap, 3)
}

// Arguments of the helpers that resize a packet and look at it from its network header on.
const (
	adjRoomMAC  = 1 // BPF_ADJ_ROOM_MAC
	hdrStartNet = 1 // BPF_HDR_START_NET
)

// resize lowers both forms of a resizing. On xdp the helper moves the start of the packet: down if it grows.
func (l *lowerer) resize(v *ir.Value) {
	n := v.Args[0]
	if l.m.ProgType == "xdp" {
		if n.Op == ir.Const {
			l.emit(Inst{Op: Mov, W32: true, Dst: R2, Imm: int64(-int32(n.Imm))})
		} else {
			l.emit(Inst{Op: Mov, W32: true, Dst: R2})
			l.emit(Inst{Op: Sub, W32: true, Dst: R2, Src: l.reg(n)})
		}
		l.copy(R1, l.ctx)
		l.helper(v, xdpAdjustHead, 2)
		return
	}
	l.put(R2, n)
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R3, Imm: adjRoomMAC})
	l.emit(Inst{Op: Mov, W32: true, Dst: R4}) // no flags
	l.helper(v, skbAdjustRoom, 4)
}

// netByte reads the byte to a stack slot that nobody reads.
func (l *lowerer) netByte(v *ir.Value) {
	slot := l.out.NewSlot(1)
	l.put(R2, v.Args[0])
	l.emit(Inst{Op: SlotAddr, Begin: true, Dst: R3, Slot: slot})
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R4, Imm: 1})
	l.emit(Inst{Op: Mov, W32: true, Dst: R5, Imm: hdrStartNet})
	l.helper(v, skbLoadBytesR, 5)
}

// fib makes the object of a lookup, lets the kernel work on it, and keeps what it returns behind.
func (l *lowerer) fib(v *ir.Value) {
	l.object(v)
	l.slotAddr(R2, v)
	l.copy(R1, l.ctx)
	l.emit(Inst{Op: Mov, W32: true, Dst: R3, Imm: ir.FibParams})
	l.emit(Inst{Op: Mov, W32: true, Dst: R4}) // no flags: as a packet that is forwarded
	l.emit(Inst{Op: Call, Imm: fibLookup, Args: 4})
	status := l.out.NewReg()
	l.copy(status, R0)
	l.emit(Inst{Op: Store, Size: 4, Dst: FP, Slot: l.slots[v.ID], Off: ir.FibParams, Src: status})
}
