package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
)

// A putBack undoes what a program does to its packet: a test run gives it the same buffer again and again.
// testdata/c/putback.c has the programs.
type putBack struct {
	typ   string // xdp or tc
	front int    // bytes that the program puts in front
	at    int    // the first byte that is written back
	words []byte // what is written there, a multiple of 8 bytes
}

// mostBack is how many bytes can be written back.
const mostBack = 128

// putBackOf finds what is to be undone where a packet came out like that.
func putBackOf(typ string, packet, out []byte) (*putBack, error) {
	front := len(out) - len(packet)
	if front < 0 || front > 0 && typ != "xdp" {
		return nil, fmt.Errorf("a packet of %d bytes comes out with %d", len(packet), len(out))
	}
	first, last, out := 0, len(packet), out[front:]
	for ; first < last && packet[first] == out[first]; first++ {
	}
	for ; last > first && packet[last-1] == out[last-1]; last-- {
	}
	n := (last - first + 7) &^ 7
	first = min(first, len(packet)-n)
	if n > mostBack || first < 0 {
		return nil, fmt.Errorf("%d bytes of a packet of %d change", n, len(packet))
	}
	return &putBack{typ, front, first, bytes.Clone(packet[first:][:n])}, nil
}

// around loads a program that runs another one and then puts the packet back.
func (p *putBack) around(b *testing.B, prog *ebpf.Program) *ebpf.Program {
	b.Helper()
	coll := p.load(b, "put_"+p.typ)
	if err := coll.Maps["target"].Put(uint32(0), prog); err != nil {
		b.Fatal(err)
	}
	return coll.Programs["put_"+p.typ]
}

// nothing loads the program that makes no more of a packet than what has to be put back.
func (p *putBack) nothing(b *testing.B) *ebpf.Program {
	b.Helper()
	name := map[string]string{"xdp": "grow", "tc": "nothing"}[p.typ]
	return p.load(b, name).Programs[name]
}

// load loads one of the programs.
func (p *putBack) load(b *testing.B, name string) *ebpf.Collection {
	b.Helper()
	spec, err := ebpf.LoadCollectionSpec(clang(b, "../../../../testdata/c/putback.c"))
	if err != nil {
		b.Fatal(err)
	}
	var words [mostBack / 8]uint64
	for i := range len(p.words) / 8 {
		words[i] = binary.NativeEndian.Uint64(p.words[8*i:])
	}
	set := map[string]any{"front": uint32(p.front), "at": uint32(p.at), "words": uint32(len(p.words) / 8), "bytes": words}
	for n, value := range set {
		if err := spec.Variables[n].Set(value); err != nil {
			b.Fatal(err)
		}
	}
	for n := range spec.Programs {
		if n != name {
			delete(spec.Programs, n)
		}
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(coll.Close)
	return coll
}

// clang compiles a program in C and returns the object's path.
func clang(b *testing.B, source string) string {
	b.Helper()
	object := filepath.Join(b.TempDir(), "c.o")
	cmd := exec.Command("clang-19", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu", "-c", source, "-o", object)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("clang-19: %v\n%s", err, out)
	}
	return object
}
