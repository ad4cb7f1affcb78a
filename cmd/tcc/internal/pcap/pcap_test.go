package pcap

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// capture is a pcap file of n packets of 60 bytes.
func capture(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		data := bytes.Repeat([]byte{byte(i)}, 60)
		if err := w.WritePacket(gopacket.CaptureInfo{CaptureLength: 60, Length: 60}, data); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func count(t *testing.T, path string) (int, error) {
	t.Helper()
	n := 0
	err := Read(path, func(p Packet) error { n++; return nil })
	return n, err
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhole(t *testing.T) {
	n, err := count(t, file(t, capture(t, 3)))
	if n != 3 || err != nil {
		t.Errorf("got %d packets, %v", n, err)
	}
}

func TestTruncated(t *testing.T) {
	whole := capture(t, 3)
	for cut := len(whole) - 1; cut > len(whole)-60; cut-- {
		n, err := count(t, file(t, whole[:cut]))
		if n != 2 || err == nil || !strings.Contains(err.Error(), "damaged at packet 3") {
			t.Fatalf("cut at %d: got %d packets, %v", cut, n, err)
		}
	}
}

func TestTruncatedNg(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.WritePacket(gopacket.CaptureInfo{CaptureLength: 60, Length: 60}, make([]byte, 60)); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	whole := b.Bytes()
	for cut := len(whole) - 1; cut > len(whole)-80; cut-- {
		n, err := count(t, file(t, whole[:cut]))
		if n != 2 || err == nil || !strings.Contains(err.Error(), "damaged at packet 3") {
			t.Errorf("cut %d bytes: got %d packets, %v", len(whole)-cut, n, err)
		}
	}
}

func TestNoCapture(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("pipeline firewall xdp"), "short": {0xd4, 0xc3}} {
		n, err := count(t, file(t, data))
		if n != 0 || err == nil || !strings.Contains(err.Error(), "not a readable pcap") {
			t.Errorf("%s: got %d packets, %v", name, n, err)
		}
	}
	if _, err := count(t, t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a"))
	f.Add([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		packets := 0
		read("x", data, func(Packet) error { packets++; return nil })
		if packets > len(data) {
			t.Errorf("%d packets in %d bytes", packets, len(data))
		}
	})
}
