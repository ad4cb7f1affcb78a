package check

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/lang/types"
)

// byteSpan draws an interval of u8; small ones and whole ones are likely.
func byteSpan(t *rapid.T) span {
	lo := rapid.Uint8().Draw(t, "lo")
	hi := rapid.SampledFrom([]uint8{lo, 255, rapid.Uint8Range(lo, 255).Draw(t, "hi")}).Draw(t, "end")
	return span{key{lo: uint64(lo)}, key{lo: uint64(hi)}}
}

// TestCover holds cover and setOf against a table of 256 booleans.
func TestCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOfN(rapid.Custom(byteSpan), 1, 12).Draw(t, "spans")
		c, taken := newCover(types.U8, spans), [256]bool{}
		for _, s := range spans {
			some := false
			for v := s.lo.lo; v <= s.hi.lo; v++ {
				some = some || !taken[v]
				taken[v] = true
			}
			if c.take(s) != some {
				t.Fatalf("take(%v) = %v", s, !some)
			}
		}
		set := setOf(spans)
		for v, want := range taken {
			k := key{lo: uint64(v)}
			if c.has(k) != want || set.covers(span{k, k}) != want {
				t.Fatalf("value %d: has %v, covers %v, want %v", v, c.has(k), set.covers(span{k, k}), want)
			}
		}
		if full := !slices.Contains(taken[:], false); c.full() != full {
			t.Fatalf("full = %v", c.full())
		}
	})
}

// TestLeftOver holds leftOver against a walk over all values of a table of u8 and bool.
func TestLeftOver(t *testing.T) {
	subjects := []types.Type{types.U8, types.Bool}
	rapid.Check(t, func(t *rapid.T) {
		var rows []row
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			lo := rapid.Uint64Range(0, 1).Draw(t, "flag")
			hi := rapid.Uint64Range(lo, 1).Draw(t, "flags")
			alts := [][]span{rapid.SliceOfN(rapid.Custom(byteSpan), 1, 3).Draw(t, "bytes"), {{key{lo: lo}, key{lo: hi}}}}
			rows = append(rows, row{alts: alts, columns: []spanSet{setOf(alts[0]), setOf(alts[1])}})
		}
		want := true
		for v := range uint64(512) {
			a, b := span{key{lo: v / 2}, key{lo: v / 2}}, span{key{lo: v % 2}, key{lo: v % 2}}
			want = want && slices.ContainsFunc(rows, func(r row) bool { return r.columns[0].covers(a) && r.columns[1].covers(b) })
		}
		if left, got := leftOver(subjects, rows); got != want {
			t.Fatalf("leftOver = %v, %v, want %v", left, got, want)
		} else if !got {
			for i := len(left); i < len(subjects); i++ {
				left = append(left, whole(subjects[i]))
			}
			for _, r := range rows {
				if r.columns[0].covers(left[0]) && r.columns[1].covers(left[1]) {
					t.Fatalf("leftOver = %v, but there is row %v", left, r)
				}
			}
		}
	})
}

// TestWideKeys crosses the middle of 128 bits.
func TestWideKeys(t *testing.T) {
	low := span{hi: ones(64)}
	high := span{low.hi.next(), ones(128)}
	if high.lo != (key{hi: 1}) || high.lo.previous() != low.hi {
		t.Fatalf("next of %v is %v", low.hi, high.lo)
	}
	c := newCover(types.IP6, []span{low, high})
	if !c.take(high) || c.full() || !c.take(low) || !c.full() || c.take(whole(types.IP6)) {
		t.Error("two halves don't make a whole")
	}
	if set := setOf([]span{high, low}); len(set) != 1 || !set.covers(whole(types.IP6)) {
		t.Errorf("set of two halves is %v", set)
	}
}
