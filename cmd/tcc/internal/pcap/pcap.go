// Package pcap reads packet captures: pcap and pcapng, whole or broken.
package pcap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Packet is one captured packet.
type Packet struct {
	Data   []byte
	Length int // on the wire; the capture may have kept less
	Link   layers.LinkType
}

// Limits on what is read from a file, so that a broken one can't fill the memory.
const (
	maxFile   = 1 << 30 // bytes
	maxPacket = 1 << 20 // bytes
)

// source is a reader of either format.
type source interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// Read calls each for every packet of the file, in order. A damaged file gives the packets before the damage, then an
// error that names the place. An error from each ends the reading.
func Read(path string, each func(Packet) error) (err error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", path)
	case err != nil:
		return err
	case st.IsDir():
		return fmt.Errorf("%s is a folder; name a pcap file", path)
	case st.Size() > maxFile:
		return fmt.Errorf("%s has %d bytes; at most %d are read", path, st.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return read(path, data, each)
}

func read(path string, data []byte, each func(Packet) error) error {
	if len(data) == 0 {
		return fmt.Errorf("%s: not a readable pcap or pcapng file: it is empty", path)
	}
	src, link, err := open(data)
	if err != nil {
		return fmt.Errorf("%s: not a readable pcap or pcapng file: %w", path, err)
	}
	for n := 1; ; n++ {
		p, info, err := next(src)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: damaged at packet %d: %w", path, n, err)
		}
		if err := each(Packet{Data: p, Length: info.Length, Link: link(info)}); err != nil {
			return err
		}
	}
}

// open recognises the format by its first bytes.
func open(data []byte) (source, func(gopacket.CaptureInfo) layers.LinkType, error) {
	if bytes.HasPrefix(data, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
		return openNg(data)
	}
	r, err := pcapgo.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	return r, func(gopacket.CaptureInfo) layers.LinkType { return r.LinkType() }, nil
}

func openNg(data []byte) (src source, link func(gopacket.CaptureInfo) layers.LinkType, err error) {
	r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return nil, nil, err
	}
	link = func(info gopacket.CaptureInfo) layers.LinkType {
		if i, err := r.Interface(info.InterfaceIndex); err == nil {
			return i.LinkType
		}
		return layers.LinkTypeNull
	}
	return r, link, nil
}

// next reads one packet. A reader that trips over broken input gives an error, never a panic.
func next(src source) (data []byte, info gopacket.CaptureInfo, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	data, info, err = src.ReadPacketData()
	if err == nil && len(data) > maxPacket {
		err = fmt.Errorf("a packet of %d bytes; at most %d are read", len(data), maxPacket)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends in the middle of it")
	}
	return data, info, err
}
