package codegen

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
)

// Spec reads the object of this machine's byte order back, ready to be loaded.
func (a *Artifact) Spec() (*ebpf.CollectionSpec, error) {
	return ebpf.LoadCollectionSpecFromReader(bytes.NewReader(a.Native()))
}

// Native is the object of this machine's byte order.
func (a *Artifact) Native() []byte {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return a.LittleEndian
	}
	return a.BigEndian
}

// GoOptions say what the generated loader is called.
type GoOptions struct {
	Package string // Go package
	Ident   string // beginning of the Go names
	Stem    string // beginning of the objects' file names
	Source  string // the source's file name, for the header
	Hash    string // the source's hash, for the header
}

// Go is the source of the loader: bpf2go's shape, and the pipeline as a typed object.
func (a *Artifact) Go(o GoOptions) ([]byte, error) { return Go([]*Artifact{a}, o) }

// Asm lists the instructions of all programs, in the little-endian object's form, under the source lines they come from.
func (a *Artifact) Asm() (string, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(a.LittleEndian))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range a.Programs {
		fmt.Fprintf(&b, "; program %s: %d instructions, %d bytes of stack\n%v\n", p.Name, p.Instructions, p.Stack, spec.Programs[p.Name].Instructions)
	}
	return b.String(), nil
}
