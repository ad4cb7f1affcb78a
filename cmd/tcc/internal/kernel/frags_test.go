package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// TestFrags sends packets of several pages through a pipeline that takes them, uncut and cut: headers lie in the first
// buffer, in later ones and across the border of two.
func TestFrags(t *testing.T) {
	kerneltest.Require(t)
	p := load(t, "../../../../codegen/internal/build/testdata/frags.tcc")
	for _, budget := range []int{0, 3000} {
		a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(a.Programs); n < 2 && budget > 0 {
			t.Errorf("%d programs, want several", n)
		}
		pr := newPair(t, p, a, func(interp.Engine) error { return nil })
		r := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			packet := longPacket(r)
			if err := pr.send(packet); err != nil {
				t.Fatalf("budget %d: %v\n%d bytes: %x", budget, err, len(packet), packet[:min(len(packet), 60)])
			}
		}
		if err := pr.state(); err != nil {
			t.Errorf("budget %d: %v", budget, err)
		}
	}
}

// longPacket has a jump, which mostly leads to about the end of the first page, and another one there.
func longPacket(r *rand.Rand) []byte {
	packet := make([]byte, 14+r.IntN(12000))
	for i := range packet {
		packet[i] = byte(r.Uint32())
	}
	if r.IntN(3) == 0 {
		copy(packet[12:], []byte{8, 0, 0x45})
	}
	jump := func(at, to int) {
		if at+4 <= len(packet) {
			copy(packet[at:], []byte{byte(to >> 8), byte(to), byte(r.IntN(4)), byte(r.Uint32())})
		}
	}
	const border = 4096 - 256 - 320 // of the first buffer of a test run
	for _, at := range []int{14, 34} {
		jump(at, border-at-4-40+r.IntN(60))
	}
	for at := border - 10; at < border+80 && r.IntN(2) == 0; at++ {
		jump(at, r.IntN(9))
	}
	return packet
}
