package runtime

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
)

// Limits of the kernel's test run, in bytes (net/bpf/test_run.c).
const (
	// MinTestPacket is the shortest packet it takes: an Ethernet header.
	MinTestPacket = 14
	// MaxTestPacket is the longest that fits a page beside the headroom (256) and the skb_shared_info (320) that an
	// xdp test run reserves, where pages have 4 KiB. The rest of a longer one would be out of the programs' sight.
	MaxTestPacket = 4096 - 256 - 320
	// An skb test run looks for the addresses of an IP packet and so wants the whole fixed header behind Ethernet's.
	minTestIPv4 = 14 + 20
	minTestIPv6 = 14 + 40
)

// CheckTestPacket tells why the kernel's test run can't take a packet of a pipeline of that type ("xdp", "tc"), or
// nil if it can.
func CheckTestPacket(pipelineType string, packet []byte) error {
	n := len(packet)
	switch {
	case n < MinTestPacket:
		return fmt.Errorf("%d bytes, shorter than an Ethernet header (%d)", n, MinTestPacket)
	case n > MaxTestPacket:
		return fmt.Errorf("%d bytes, longer than a test run's page holds (%d)", n, MaxTestPacket)
	case pipelineType != "tc":
		return nil
	}
	switch etherType := binary.BigEndian.Uint16(packet[12:]); {
	case etherType == 0x0800 && n < minTestIPv4:
		return fmt.Errorf("%d bytes, too short for its IPv4 header (%d)", n, minTestIPv4)
	case etherType == 0x86dd && n < minTestIPv6:
		return fmt.Errorf("%d bytes, too short for its IPv6 header (%d)", n, minTestIPv6)
	}
	return nil
}

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
	if err := CheckTestPacket(p.layout.Type, packet); err != nil {
		return TestResult{}, fmt.Errorf("test run of pipeline %s: %w", p.layout.Name, err)
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
