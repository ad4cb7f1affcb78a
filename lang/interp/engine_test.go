package interp_test

import (
	"bytes"
	"testing"

	"github.com/tcc-bpf/tcc/lang/interp"
)

func TestEngine(t *testing.T) {
	p := xdp(t, `
		var when u64
		map m array[u32]u32 max 2
		counter c
		stage s { when = now() c += 1 if v := m[1] { v += 7 } pass }`)
	e := interp.NewPinnedEngine(p, interp.Pinned(99, 0, 0))
	if err := e.UpdateMap("m", u32(1), u32(2)); err != nil {
		t.Error(err)
	}
	if r, err := e.Run(nil); err != nil || r.Verdict.Name != "pass" {
		t.Errorf("got %v, %v", r, err)
	}
	if b, err := e.Global("when"); err != nil || !bytes.Equal(b, u64(99)) {
		t.Errorf("when is %x, %v", b, err)
	}
	if b, err := e.LookupMap("m", u32(1)); err != nil || !bytes.Equal(b, u32(9)) {
		t.Errorf("m[1] is %x, %v", b, err)
	}
	if b, err := e.LookupMap("m", u32(2)); err != nil || b != nil {
		t.Errorf("m[2] is %x, %v; want neither", b, err)
	}
	if all, err := e.Entries("m"); err != nil || len(all) != 2 || !bytes.Equal(all[string(u32(1))], u32(9)) {
		t.Errorf("m is %x, %v", all, err)
	}
	if cells, err := e.Counter("c"); err != nil || len(cells) != 1 || cells[0] != 1 {
		t.Errorf("c is %d, %v", cells, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestEngineOnUnknownNames(t *testing.T) {
	e := interp.NewEngine(xdp(t, "stage s { pass }"))
	_, global := e.Global("x")
	_, lookup := e.LookupMap("x", nil)
	_, entries := e.Entries("x")
	_, counter := e.Counter("x")
	for call, err := range map[string]error{
		"SetGlobal": e.SetGlobal("x", nil), "Global": global, "UpdateMap": e.UpdateMap("x", nil, nil),
		"LookupMap": lookup, "Entries": entries, "Counter": counter,
	} {
		if err == nil {
			t.Errorf("%s found what isn't there", call)
		}
	}
}
