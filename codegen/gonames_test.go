package codegen

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

// nastyNames are declarations whose names mean something in Go or in the generated code, by the name of the pipeline.
var nastyNames = map[string]string{
	// keywords and predeclared names of Go
	"type":  "map func hash[u32]u32 max 1\ncounter chan\nvar range u32\nconfig select bool\nstruct interface { var u8; len u8; nil u8 }\nmap go array[u32]interface max 1",
	"error": "enum string { true_, iota, nil }\ncounter len[string]\nvar any u32\nconfig uint32 bool\nevent byte { error u8; string string }",
	// packages that the generated file imports
	"runtime": "map ebpf hash[u32]u32 max 1\ncounter fmt\nvar bytes u32\nconfig binary bool\nstruct io { netip u8 }\nmap structs array[u32]io max 1\nevent embed { n u8 }",
	// names of the generated code itself
	"load":    "struct Load { n u8 }\nmap objects array[u32]Load max 1\nstruct load_objects { n u8 }\nmap o array[u32]load_objects max 1",
	"open":    "struct Open { n u8 }\nmap pipeline array[u32]Open max 1\nvar specs Open",
	"default": "struct default_config { n u8 }\nmap config array[u32]default_config max 1\nconfig map_specs u32",
	"close":   "map programs hash[u32]u32 max 1\nmap maps hash[u32]u32 max 1\ncounter variables\ncounter counters\nvar vars u32\nvar set_vars u32\nconfig apply u32\nconfig objects bool",
	"x":       "enum event { events, read, string }\nevent is_event { why event }\ncounter slots[event]\nstruct layout { close u8; _a u8; host_layout u8 }\nvar stages layout",
	"main":    "slots set[4](n u32) { 0 => clear }\nslot clear_slots(n u32) = clear\nstruct set_slots { n u8 }\nstruct set_stage { n u8 }\nmap set_clear array[u32]set_slots max 1\nmap m array[u32]set_stage max 1\nstage clear(n u32) { if n == 1 { drop } pass }",
	// names that only just are some
	"_p":   "map _m hash[u32]u32 max 1\nstruct __s { _f u8; k_ u8; g__h u8 }\nvar v_ __s\nenum e_1 { _1a, a1 }\ncounter c_1_[e_1]",
	"A_B":  "map ABC hash[u32]u32 max 1\nenum Kind { AA, A_A_A }\ncounter C[Kind]\nvar Map_ABC u32",
	"init": "struct map_m { n u8 }\nmap m hash[u32]map_m max 1\nstruct prog_init { n u8 }\nvar var_v prog_init\nvar v u32",
}

// TestGoNames compiles pipelines with nasty names: the Go compiler must take the loaders, all in one package.
func TestGoNames(t *testing.T) {
	overlay := map[string]string{}
	dir, pkg := t.TempDir(), "internal/loader/generated"
	add := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		to, err := filepath.Abs(filepath.Join(pkg, name))
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		overlay[to] = path
	}
	for name, decls := range nastyNames {
		src := fmt.Sprintf("pipeline %s xdp\ndefault pass\nstage start_ { pass }\n%s\n", name, decls)
		p, list := check.Source("names.tcc", src)
		if list.HasErrors() {
			t.Errorf("%s: %v", name, list)
			continue
		}
		a, err := Compile(p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		stem := strings.Trim(name, "_")
		code, err := a.Go(GoOptions{Package: "main", Ident: name, Stem: stem, Source: "names.tcc"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		add(stem+"_tcc.go", code)
		add(stem+"_bpfel.o", a.LittleEndian)
		add(stem+"_bpfeb.o", a.BigEndian)
	}
	add("main.go", []byte("package main\n\nfunc main() {}\n"))
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", os.DevNull, "./"+pkg).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
