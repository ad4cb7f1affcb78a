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

// CheckTestPacket tells why the kernel's test run can't take a packet of a pipeline of that type ("xdp", "tc",
// "cgroup_skb", "socket"), or nil if it can. A packet starts where the pipeline sees it start: those of cgroup_skb with
// the IP header, all others with the Ethernet header (a socket filter's as on a packet socket).
func CheckTestPacket(pipelineType string, packet []byte) error {
	return checkTestPacket(pipelineType, packet, MaxTestPacket)
}

// maxTestFrags is the longest packet of a test run whose programs take several buffers: so many pages more
// (MAX_SKB_FRAGS).
const maxTestFrags = MaxTestPacket + 17*4096

func checkTestPacket(pipelineType string, packet []byte, most int) error {
	frame, err := testFrame(pipelineType, packet)
	n, shift := len(packet), len(frame)-len(packet)
	switch {
	case err != nil:
		return err
	case n < MinTestPacket-shift || n < MinTestPacket && pipelineType == "socket":
		return fmt.Errorf("%d bytes, shorter than an Ethernet header (%d)", n, MinTestPacket)
	case len(frame) > most:
		return fmt.Errorf("%d bytes, longer than a test run's page holds (%d)", n, most-shift)
	case pipelineType == "xdp":
		return nil
	}
	switch etherType := binary.BigEndian.Uint16(frame[12:]); {
	case etherType == etherIPv4 && len(frame) < minTestIPv4:
		return fmt.Errorf("%d bytes, too short for its IPv4 header (%d)", n, minTestIPv4-shift)
	case etherType == etherIPv6 && len(frame) < minTestIPv6:
		return fmt.Errorf("%d bytes, too short for its IPv6 header (%d)", n, minTestIPv6-shift)
	}
	return nil
}

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	// minEtherType is the least number behind the addresses that is a type; others are the length of the frame.
	minEtherType = 0x600
)

// testFrame is the packet as a test run takes it: an Ethernet frame, always. Of that header it shows cgroup_skb programs
// and socket filters nothing but the type, as the packet's protocol; so theirs get one in front.
func testFrame(pipelineType string, packet []byte) ([]byte, error) {
	var etherType uint16
	switch {
	case pipelineType != "cgroup_skb" && pipelineType != "socket":
		return packet, nil
	case pipelineType == "socket" && len(packet) >= MinTestPacket:
		etherType = binary.BigEndian.Uint16(packet[12:])
		if etherType < minEtherType && rawIPX(packet) != rawIPX(packet[MinTestPacket:]) {
			return nil, fmt.Errorf("a frame with a length (%d) in the place of a type, whose protocol a test run mistakes", etherType)
		}
	case pipelineType == "cgroup_skb" && len(packet) > 0 && packet[0]>>4 == 4:
		etherType = etherIPv4
	case pipelineType == "cgroup_skb" && len(packet) > 0 && packet[0]>>4 == 6:
		etherType = etherIPv6
	case pipelineType == "cgroup_skb":
		return nil, fmt.Errorf("%d bytes that don't start with an IP header", len(packet))
	}
	return append(binary.BigEndian.AppendUint16(make([]byte, 12), etherType), packet...), nil
}

// rawIPX reports whether a frame without a type that goes on like this is taken for raw IPX. Behind the header that a test
// run is given in front, the packet's own header is what goes on.
func rawIPX(b []byte) bool { return len(b) > 1 && b[0] == 0xff && b[1] == 0xff }

// TestResult is what became of a packet in a test run.
type TestResult struct {
	Code     int32  // the verdict code
	Packet   []byte // the packet afterwards
	Mark     uint32 // skb->mark afterwards; 0 on xdp
	Priority uint32 // skb->priority afterwards; 0 on xdp
}

// skbMark and skbPriority are offsets in bytes in struct __sk_buff, skbSize is the size of that struct (linux/bpf.h).
const skbMark, skbPriority, skbSize = 8, 32, 192

// Test sends one packet through the loaded pipeline by BPF_PROG_TEST_RUN: the real programs in the real kernel, but
// no device. What a packet starts with depends on the type: see CheckTestPacket. Maps, counters and events change as with any packet.
func (p *Pipeline) Test(packet []byte) (TestResult, error) {
	most := MaxTestPacket
	if p.layout.Frags {
		most = maxTestFrags
	}
	if err := checkTestPacket(p.layout.Type, packet, most); err != nil {
		return TestResult{}, fmt.Errorf("test run of pipeline %s: %w", p.layout.Name, err)
	}
	frame, _ := testFrame(p.layout.Type, packet)
	opts := &ebpf.RunOptions{Data: frame, DataOut: make([]byte, len(frame)+512), Repeat: 1}
	var skb []byte
	if p.layout.Type != "xdp" {
		skb = make([]byte, skbSize)
		opts.ContextOut = skb
	}
	code, err := p.Entry().Run(opts)
	if err != nil {
		return TestResult{}, fmt.Errorf("test run of pipeline %s: %w", p.layout.Name, err)
	}
	r := TestResult{Code: int32(code), Packet: opts.DataOut[len(frame)-len(packet):]}
	if skb != nil {
		r.Mark = binary.NativeEndian.Uint32(skb[skbMark:])
		r.Priority = binary.NativeEndian.Uint32(skb[skbPriority:])
	}
	return r, nil
}
