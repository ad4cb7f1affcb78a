package runtime

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
)

// Limits of the kernel's test run, in bytes.
const (
	// MinTestPacket is the shortest packet it takes: an Ethernet header (net/bpf/test_run.c, ETH_HLEN).
	MinTestPacket = 14
	// MaxTestPacket is the longest that fits a page beside the headroom (256) and the skb_shared_info (320) that the
	// test run reserves, on machines with pages of 4 KiB.
	MaxTestPacket = 4096 - 256 - 320
)

// TestResult is what became of a packet in a test run.
type TestResult struct {
	Code   int32  // the verdict code
	Packet []byte // the packet afterwards
	Mark   uint32 // tc: skb->mark afterwards
}

// skbMark is the offset in bytes of mark in struct __sk_buff, skbSize the size of that struct (linux/bpf.h).
const skbMark, skbSize = 8, 192

// Test sends one packet through the loaded pipeline by BPF_PROG_TEST_RUN: the real programs in the real kernel, but
// no device. The packet starts with its Ethernet header. Maps, counters and events change as with any packet.
func (p *Pipeline) Test(packet []byte) (TestResult, error) {
	if n := len(packet); n < MinTestPacket || n > MaxTestPacket {
		return TestResult{}, fmt.Errorf("test run of pipeline %s: a packet of %d bytes; the kernel takes %d to %d", p.layout.Name, n, MinTestPacket, MaxTestPacket)
	}
	opts := &ebpf.RunOptions{Data: packet, DataOut: make([]byte, len(packet)+512), Repeat: 1}
	var skb []byte
	if p.layout.Type == "tc" {
		skb = make([]byte, skbSize)
		opts.ContextOut = skb
	}
	code, err := p.Entry().Run(opts)
	if err != nil {
		return TestResult{}, fmt.Errorf("test run of pipeline %s: %w", p.layout.Name, err)
	}
	r := TestResult{Code: int32(code), Packet: opts.DataOut}
	if skb != nil {
		r.Mark = binary.NativeEndian.Uint32(skb[skbMark:])
	}
	return r, nil
}
