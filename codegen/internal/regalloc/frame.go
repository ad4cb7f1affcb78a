package regalloc

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// maxFrame is the kernel's limit of a program's stack, in bytes.
const maxFrame = 512

const word = 8

// frame finds a place for each slot: the large ones first, each as close to FP as those that live at the same time
// allow. It returns the offsets from FP and the size of the frame.
func (a *allocator) frame() (offsets []int32, size int) {
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
	for _, s := range slots {
		n := a.f.Slots[s] / word
		at := 0
		for w := 0; w < at+n && w < len(words); w++ {
			if a.taken(words[w], s) {
				at = w + 1
			}
		}
		for len(words) < at+n {
			words = append(words, nil)
		}
		for w := at; w < at+n; w++ {
			words[w] = append(words[w], s)
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
