package netlab

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offload says whether the host leaves the checksums of TCP and UDP to its end of the cable, as it does at first. A veth
// pair never computes them: the other end is told that they are missing.
func (h *Host) Offload(t *testing.T, on bool) {
	t.Helper()
	const setTxCsum = 0x17 // ETHTOOL_STXCSUM
	value := struct{ cmd, data uint32 }{cmd: setTxCsum}
	if on {
		value.data = 1
	}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:], h.link.Attrs().Name)
	check(t, h.Do(func() error {
		s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(s)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
			return fmt.Errorf("switching offload: %w", errno)
		}
		return nil
	}))
}

// A Capture sees all packets at a host's end of the cable.
type Capture struct{ socket int }

// A Frame is a packet that was captured.
type Frame struct {
	Data    []byte
	Partial bool // the checksum of TCP or UDP is that of the pseudo header only
	Sent    bool // by the host itself
}

// Capture starts a capture, which ends with the test.
func (h *Host) Capture(t *testing.T) *Capture {
	t.Helper()
	c := &Capture{}
	check(t, h.Do(func() (err error) {
		all := int(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)))
		c.socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all)
		return err
	}))
	t.Cleanup(func() { unix.Close(c.socket) })
	check(t, unix.SetsockoptInt(c.socket, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1))
	wait := unix.NsecToTimeval((200 * time.Millisecond).Nanoseconds())
	check(t, unix.SetsockoptTimeval(c.socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
	return c
}

// Frames are the packets so far.
func (c *Capture) Frames(t *testing.T) (frames []Frame) {
	t.Helper()
	data, control := make([]byte, 1<<16), make([]byte, 256)
	for {
		n, oobn, _, from, err := unix.Recvmsg(c.socket, data, control, 0)
		switch err {
		case unix.EAGAIN:
			return frames
		case unix.EINTR: // by a signal of Go's scheduler: a call with a timeout isn't restarted, see signal(7)
			continue
		}
		check(t, err)
		f := Frame{Data: append([]byte(nil), data[:n]...)}
		if ll, ok := from.(*unix.SockaddrLinklayer); ok {
			f.Sent = ll.Pkttype == unix.PACKET_OUTGOING
		}
		messages, err := unix.ParseSocketControlMessage(control[:oobn])
		check(t, err)
		for _, m := range messages {
			if m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA {
				f.Partial = binary.NativeEndian.Uint32(m.Data)&unix.TP_STATUS_CSUMNOTREADY != 0
			}
		}
		frames = append(frames, f)
	}
}

// CheckSums reports checksums of a frame that are wrong: of its IPv4 header, and of TCP, UDP or ICMPv6 behind it. One
// that is left to the network card has to be the sum of the pseudo header.
func (f Frame) CheckSums() error {
	ip := f.Data[14:]
	var pseudo, payload []byte
	var proto byte
	switch binary.BigEndian.Uint16(f.Data[12:]) {
	case unix.ETH_P_IP:
		header := int(ip[0]&15) * 4
		if sum := internetSum(ip[:header]); sum != 0xffff {
			return fmt.Errorf("the sum of the IPv4 header is %#x", sum)
		}
		payload, proto = ip[header:binary.BigEndian.Uint16(ip[2:])], ip[9]
		pseudo = append(pseudo, ip[12:20]...)
	case unix.ETH_P_IPV6:
		payload, proto = ip[40:40+int(binary.BigEndian.Uint16(ip[4:]))], ip[6]
		pseudo = append(pseudo, ip[8:40]...)
	default:
		return nil
	}
	at, ok := map[byte]int{unix.IPPROTO_TCP: 16, unix.IPPROTO_UDP: 6, unix.IPPROTO_ICMPV6: 2}[proto]
	if !ok {
		return nil
	}
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(payload)))
	pseudo = append(pseudo, 0, 0, 0, proto)
	field := binary.BigEndian.Uint16(payload[at:])
	switch {
	case f.Partial && field != internetSum(pseudo):
		return fmt.Errorf("the sum of the pseudo header is %#x, and the packet has %#x", internetSum(pseudo), field)
	case f.Partial || proto == unix.IPPROTO_UDP && field == 0:
		return nil
	}
	if sum := internetSum(append(pseudo, payload...)); sum != 0xffff {
		return fmt.Errorf("the sum of pseudo header, header and data is %#x", sum)
	}
	return nil
}

// internetSum is the sum of RFC 1071.
func internetSum(b []byte) uint16 {
	sum := uint32(0)
	for i, c := range b {
		sum += uint32(c) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
