package codegen_test

import (
	"bytes"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
)

const profiled = `pipeline p xdp
default pass
fn inside(a ip4) bool { return a in 10.0.0.0/8 }
stage s {
    parse ethernet
    ip := parse ipv4
    for i in 0..2 { if payload[i] == 7 { goto last(ip) } }
    if inside(ip.src) { drop }
    match ip.proto { 6 => goto last(ip)  17 => tx  _ => pass }
}
stage last(ip ipv4) {
    if ip.ttl < 5 && !inside(ip.dst) { drop }
    pass
}
`

// FuzzProfile: whatever is given as a profile, the compiler refuses it or makes valid programs.
func FuzzProfile(f *testing.F) {
	p, list := check.Source("p.tcc", profiled)
	if list.HasErrors() {
		f.Fatal(list)
	}
	r := codegen.NewProfileRecorder(p)
	m := interp.New(p)
	m.OnStage, m.OnStmt = r.Stage, r.Stmt
	m.Run(bytes.Repeat([]byte{8, 0}, 40))
	text, err := r.Profile(1).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(bytes.ReplaceAll(text, []byte(`"count": 1`), []byte(`"count": 18446744073709551615`)))
	f.Add(bytes.ReplaceAll(text, []byte(`"packets": 1`), []byte(`"packets": 0`)))
	f.Add([]byte(`{"pipeline":"p","counts":[{"stage":"s","in":"fn known","from":[-1,0],"to":[9223372036854775807,1]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		profile, err := codegen.ReadProfile(data)
		if err != nil {
			return
		}
		if _, err := codegen.Compile(p, codegen.Options{Profile: profile, Budget: 100, Verify: true}); err != nil {
			t.Fatal(err)
		}
	})
}
