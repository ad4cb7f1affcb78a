package regalloc

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// maxFrame is the kernel's limit of a program's stack, in bytes.
const maxFrame = 512

const word = 8

// frame finds a place for each slot. It returns the offsets from FP and the size of the frame.
//
// Slots that never live at the same time may share words. But the kernel's verifier takes a word for alive, back to
// where it was last written as a whole, if parts of it are written and read. So what lay there before makes a difference
// to it, and it walks on again: a byte that is zero here and a number there is enough, or one that was written here only.
// Therefore a word that is written in parts has one owner. Where that takes more than there is, those share that
// are written in the same way, or any, and are written as a whole first.
func (a *allocator) frame() (offsets []int32, size int) {
	p := a.patterns()
	room := maxFrame
	if a.f.Nested {
		_, size := a.place(p, true)
		room = (size + frameUnit - 1) / frameUnit * frameUnit
	}
	if offsets, size = a.place(p, false); size <= room {
		return offsets, size
	}
	if offsets, size = a.place(p, true); size > maxFrame {
		offsets, size = a.place(make(patterns, len(a.f.Slots)), true)
	}
	a.begin(p, offsets)
	return offsets, size
}

// frameUnit is what kernels round the frames up to of functions that call each other.
const frameUnit = 32

// begin lets the words that are written in parts and have several owners be written as a whole, before each owner does.
func (a *allocator) begin(p patterns, offsets []int32) {
	owners := map[int32]int{} // by offset of the word
	for s := range a.f.Slots {
		if len(a.life(lower.Slot(s))) == 0 {
			continue
		}
		for w := range a.f.Slots[s] / word {
			owners[offsets[s]+int32(w*word)]++
		}
	}
	for _, b := range a.f.Blocks {
		var insts []lower.Inst
		for _, in := range b.Insts {
			if in.Begin {
				for w := range a.f.Slots[in.Slot] / word {
					at := int32(w * word)
					if p.of(in.Slot, w) != 0 && owners[offsets[in.Slot]+at] > 1 {
						insts = append(insts, lower.Inst{Op: lower.Store, Size: word, Dst: lower.FP, Slot: in.Slot, Off: at, Span: in.Span})
					}
				}
			}
			insts = append(insts, in)
		}
		b.Insts = insts
	}
}

// patterns tell, by slot and word, how the word is written: 0 if as a whole, at least first, else two bits for each byte.
type patterns []map[int]uint32

const (
	asZero   = 1
	asNumber = 2
	byCall   = 1 << 16
)

func (p patterns) of(s lower.Slot, w int) uint32 { return p[s][w] }

func (a *allocator) patterns() patterns {
	p := make(patterns, len(a.f.Slots))
	whole := make([]map[int]bool, len(a.f.Slots))
	for _, b := range a.f.Blocks {
		for i := range b.Insts {
			in := &b.Insts[i]
			if p[in.Slot] == nil {
				p[in.Slot] = map[int]uint32{}
			}
			switch {
			case in.Op == lower.Store && in.Size == word && in.Slot != 0 && p[in.Slot][int(in.Off/word)] == 0:
				if whole[in.Slot] == nil {
					whole[in.Slot] = map[int]bool{}
				}
				whole[in.Slot][int(in.Off/word)] = true
			case in.Op == lower.Store && in.Size < word && !whole[in.Slot][int(in.Off/word)]:
				for at := in.Off; at < in.Off+int32(in.Size); at++ {
					kind := uint32(asNumber)
					if in.Src == lower.NoReg && in.Imm == 0 {
						kind = asZero
					}
					p[in.Slot][int(at/word)] |= kind << (2 * (at % word))
				}
			case in.Op == lower.SlotAddr && in.Begin:
				for w := range a.f.Slots[in.Slot] / word {
					p[in.Slot][w] |= byCall
				}
			}
		}
	}
	return p
}

// place puts the large slots first, each as close to FP as those that live at the same time allow, and those whose words
// have other patterns. Words that are written in parts may be shared or not.
func (a *allocator) place(p patterns, share bool) (offsets []int32, size int) {
	offsets = make([]int32, len(a.f.Slots))
	var slots []lower.Slot
	for s := range a.f.Slots {
		if len(a.life(lower.Slot(s))) > 0 {
			slots = append(slots, lower.Slot(s))
		}
	}
	slices.SortFunc(slots, func(s, t lower.Slot) int {
		return cmp.Or(cmp.Compare(a.f.Slots[t], a.f.Slots[s]), cmp.Compare(s, t))
	})
	var words [][]lower.Slot // whom each word, counted down from FP, belongs to
	var kinds []uint32       // their pattern
	for _, s := range slots {
		n := a.f.Slots[s] / word
		at := 0
		for w := 0; w < at+n && w < len(words); w++ {
			kind := p.of(s, at+n-1-w)
			if kinds[w] != kind || kind != 0 && !share || a.taken(words[w], s) {
				w, at = at, at+1 // so that the next w is the new at
			}
		}
		for w := at; w < at+n; w++ {
			for len(words) <= w {
				words, kinds = append(words, nil), append(kinds, 0)
			}
			words[w] = append(words[w], s)
			kinds[w] = p.of(s, at+n-1-w)
		}
		offsets[s] = -int32(word * (at + n))
	}
	return offsets, word * len(words)
}

// taken reports whether one of the owners of a word lives at the same time as s.
func (a *allocator) taken(owners []lower.Slot, s lower.Slot) bool {
	return slices.ContainsFunc(owners, func(o lower.Slot) bool { return a.life(o).overlap(a.life(s)) })
}

func (a *allocator) life(s lower.Slot) segments { return a.live[a.slot(s)] }
