package lower

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// Objects are written with as few stores as possible. The bytes between fields, and constant zeros, are written first,
// word by word: exactly if one store can do it, else by a store over all of them that the fields then overwrite.

const word = 8

// object writes the bytes of a MakeObj to a stack slot of its own.
func (l *lowerer) object(v *ir.Value) {
	slot := l.out.NewSlot(v.Size)
	l.slots[v.ID] = slot
	first := len(l.cur.Insts)
	zero := zeroBytes(v)
	for at := 0; at < v.Size; at += word {
		if off, size := cover(zero[at : at+word]); size > 0 || flags(v, at) {
			if flags(v, at) {
				off, size = 0, word
			}
			l.emit(Inst{Op: Store, Size: uint8(size), Dst: FP, Slot: slot, Off: int32(at + off)})
		}
	}
	for i, f := range v.Fields {
		if !isZero(v.Args[i]) {
			l.late(v.Args[i])
			l.fieldStore(slot, f, v.Args[i])
		}
	}
	for i := first; i < len(l.cur.Insts); i++ {
		if l.cur.Insts[i].Op == Store {
			l.cur.Insts[i].Begin = true
			break
		}
	}
}

func isZero(v *ir.Value) bool { return v.Op == ir.Const && v.Number() == 0 }

// flags reports whether a word of an object has a part that is zero on some ways and not on others, and the verifier may
// know it. It keeps that in mind, back from where the word is read to where it was last written as a whole: so that is
// done first.
func flags(v *ir.Value, word int) bool {
	for i, f := range v.Fields {
		if a := v.Args[i]; f.Offset > word && f.Offset < word+8 && (a.Op == ir.Cmp || a.Op == ir.Param) {
			return true
		}
	}
	return false
}

// need says what must be written to a byte before the fields are: nothing in particular, a zero, or nothing at all.
type need uint8

const (
	field need = iota
	zeros
	beyond // the end of the object: anything may be written
)

// zeroBytes says what each byte of the object, up to a whole word, needs.
func zeroBytes(v *ir.Value) []need {
	bytes := make([]need, (v.Size+word-1)/word*word)
	for i := range bytes {
		bytes[i] = zeros
		if i >= v.Size {
			bytes[i] = beyond
		}
	}
	for i, f := range v.Fields {
		if isZero(v.Args[i]) {
			continue
		}
		for b := f.Offset; b < f.Offset+f.Size; b++ {
			bytes[b] = field
		}
	}
	return bytes
}

// cover is the smallest aligned store that writes all zeros of a word; size 0 if there are none.
func cover(w []need) (off, size int) {
	for size := 1; size <= word; size *= 2 {
		for off := 0; off < word; off += size {
			inside, all := 0, 0
			for i, n := range w {
				if n == zeros {
					all++
					if i >= off && i < off+size {
						inside++
					}
				}
			}
			switch {
			case all == 0:
				return 0, 0
			case inside == all:
				return off, size
			}
		}
	}
	return 0, 0
}

// fieldStore writes one field. The kernel wants stores to the stack aligned, but the parts of a mac lie as they come:
// those are written in pieces.
func (l *lowerer) fieldStore(slot Slot, f ir.ObjField, v *ir.Value) {
	i := Inst{Op: Store, Size: uint8(f.Size), Dst: FP, Slot: slot, Off: int32(f.Offset)}
	piece := f.Offset & -f.Offset
	if piece == 0 || piece >= f.Size {
		l.emit(l.with(i, v))
		return
	}
	whole := l.reg(v)
	for off := 0; off < f.Size; off += piece {
		part := l.out.NewReg()
		l.copy(part, whole)
		l.emit(Inst{Op: Pick, Dst: part, Off: int32(off), Size: uint8(piece), Order: uint8(f.Size)})
		l.emit(Inst{Op: Store, Size: uint8(piece), Dst: FP, Slot: slot, Off: int32(f.Offset + off), Src: part})
	}
}

// slotAddr makes r the address of an object.
func (l *lowerer) slotAddr(r Reg, v *ir.Value) {
	slot := l.slots[v.ID]
	if slot == 0 {
		l.fail("%s is no object on the stack", v)
	}
	l.emit(Inst{Op: SlotAddr, Dst: r, Slot: slot})
}
