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
// to it, and it walks on again: a byte that is zero here and a number there is enough. Therefore words are shared by
// such as are written in the same way, unless that takes more than there is.
func (a *allocator) frame() (offsets []int32, size int) {
	if offsets, size = a.place(a.patterns()); size > maxFrame {
		offsets, size = a.place(make(patterns, len(a.f.Slots)))
	}
	return offsets, size
}

// patterns tell, by slot and word, how the word is written: 0 if always as a whole, else two bits for each byte.
type patterns []map[int]uint32

const (
	asZero   = 1
	asNumber = 2
	byCall   = 1 << 16
)

func (p patterns) of(s lower.Slot, w int) uint32 { return p[s][w] }

func (a *allocator) patterns() patterns {
	p := make(patterns, len(a.f.Slots))
	for _, b := range a.f.Blocks {
		for i := range b.Insts {
			in := &b.Insts[i]
			if p[in.Slot] == nil {
				p[in.Slot] = map[int]uint32{}
			}
			switch {
			case in.Op == lower.Store && in.Size < word:
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
// have other patterns.
func (a *allocator) place(p patterns) (offsets []int32, size int) {
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
			if a.taken(words[w], s) || kinds[w] != p.of(s, at+n-1-w) {
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
