package interp_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// program checks a source that must be right.
func program(t testing.TB, src string) *check.Program {
	t.Helper()
	p, errs := check.Source("test.tcc", src)
	for _, e := range errs {
		if e.Severity == diag.Error {
			t.Error(e)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return p
}

// xdp checks declarations and stages as an xdp pipeline whose default is abort.
func xdp(t testing.TB, decls string) *check.Program {
	t.Helper()
	return program(t, "pipeline p xdp\ndefault abort\n"+decls)
}

// machine is an xdp machine with a pinned environment.
func machine(t testing.TB, decls string) *interp.Machine {
	t.Helper()
	m := interp.New(xdp(t, decls))
	m.Env = interp.Pinned(1_000_000, 0x1234_5678_9abc_def0, 3)
	return m
}

// expectRun sends a packet and wants a verdict.
func expectRun(t *testing.T, m *interp.Machine, packet []byte, verdict string) interp.Result {
	t.Helper()
	r := m.Run(packet)
	if r.Verdict.Name != verdict {
		t.Errorf("got %s, want %s", r.Verdict.Name, verdict)
	}
	return r
}

// number reads a global of up to 8 bytes as a native number.
func number(t *testing.T, m *interp.Machine, name string) uint64 {
	t.Helper()
	b := m.Global(name)
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.NativeEndian.Uint16(b))
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	case 8:
		return binary.NativeEndian.Uint64(b)
	}
	t.Fatalf("%s has %d bytes", name, len(b))
	return 0
}

// unhex reads hexadecimal digits; blanks are free.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func u32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }
func u64(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }
