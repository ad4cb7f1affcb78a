package main

import (
	"errors"
	"strings"
	"testing"
)

// TestSummary: messages that differ in names and numbers alone are of one kind.
func TestSummary(t *testing.T) {
	s := summary{}
	for _, d := range []struct{ title, message string }{
		{"seed 3", "call 45, update map map0: fails: true, before false\nupdate: no space left on device"},
		{"seed 1", "call 1, load : fails: true, before false\npipeline p: p.tcc:60:13: the kernel's verifier refuses program `p`: R1 offset is outside of the packet\n    payload[0]"},
		{"seed 2", "call 12, load : fails: true, before false\npipeline p: p.tcc:8:1: the kernel's verifier refuses program `st1`: R2 offset is outside of the packet\n    x"},
	} {
		s.add(d.title, errors.New(d.message))
	}
	var out strings.Builder
	s.print(&out, "differ")
	const want = `2 differ: call …, load : fails: true, before false: pipeline p: the kernel's verifier refuses program …: … offset is outside of the packet
	seed 1
	seed 2
1 differ: call …, update map map0: fails: true, before false: update: no space left on device
	seed 3
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
