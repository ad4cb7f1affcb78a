package check

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestImports brings in declarations from files beside, below and above, each once, though two of them import each other.
func TestImports(t *testing.T) {
	sources := map[string]string{
		"lib/a.tcc": "import \"b.tcc\"\nimport \"../lib/b.tcc\"\nstruct flow { packets u64 }\nstage refuse { refused += 1 drop }",
		"lib/b.tcc": "import \"a.tcc\"\nimport \"../../up.tcc\"\nmap flows lru_hash[ip4]flow max 10\ntest \"of another pipeline\" { expect nothing == 1 }",
		"../up.tcc": "counter refused\nstage unused { pass }",
	}
	root := `pipeline p xdp default pass import "lib/a.tcc" import "./lib/../lib/a.tcc" import "p.tcc"
		stage first { ip := peek ipv4 if ip.src in flows { goto refuse } pass }`
	p, list := Load("p.tcc", root, reader(sources))
	if len(list) > 0 {
		t.Fatal(list)
	}
	var files, stages []string
	for _, f := range p.Files {
		files = append(files, f.Name)
	}
	for _, s := range p.Stages {
		stages = append(stages, s.Name)
	}
	if got, want := strings.Join(files, " "), "p.tcc lib/a.tcc lib/b.tcc ../up.tcc prelude.tcc"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if got, want := strings.Join(stages, " "), "first refuse unused"; got != want {
		t.Errorf("stages %s, want %s", got, want)
	}
	if len(p.Maps) != 1 || len(p.Counters) != 1 || len(p.Tests) != 0 {
		t.Errorf("%d maps, %d counters, %d tests", len(p.Maps), len(p.Counters), len(p.Tests))
	}
}

// TestImportedAgain reads a file by another path, which a reader knows for the same.
func TestImportedAgain(t *testing.T) {
	read := func(path string) (string, string, error) {
		if path == "../here/lib.tcc" || path == "lib.tcc" {
			return "lib.tcc", "counter refused", nil
		}
		return "", "", errors.New("no such file")
	}
	root := `pipeline p xdp default pass import "lib.tcc" import "../here/lib.tcc" stage first { pass }`
	if p, list := Load("p.tcc", root, read); len(list) > 0 || len(p.Files) != 3 {
		t.Error(list)
	}
}

// TestImportLimits imports far too many files, and too long ones: each is one error.
func TestImportLimits(t *testing.T) {
	many := func(path string) (string, string, error) {
		n := 0
		fmt.Sscanf(path, "%d.tcc", &n)
		return path, fmt.Sprintf("import \"%d.tcc\"\nimport \"%d.tcc\"", n+1, n+1000000), nil
	}
	long := func(path string) (string, string, error) { return path, strings.Repeat("// x\n", maxSource/5), nil }
	for _, read := range []Reader{many, long} {
		_, list := Load("p.tcc", `pipeline p xdp default pass import "1.tcc" stage first { pass }`, read)
		if len(list) != 1 || list[0].Code != "E0815" {
			t.Error(list)
		}
	}
}

// FuzzImportPath finds no path that panics the checker, or that leads to a name which isn't clean.
func FuzzImportPath(f *testing.F) {
	for _, path := range []string{"lib.tcc", "../../x", "/", "//", ".", "..", "\x00", "a/./b", "ä/ö.tcc", strings.Repeat("../", 999)} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		src := fmt.Sprintf("pipeline p xdp default pass import %q stage first { pass }", path)
		read := func(path string) (string, string, error) {
			if strings.HasPrefix(path, "/") || strings.Contains(path, "//") || path == "" {
				t.Errorf("read %q", path)
			}
			return path, "import \"../x.tcc\" counter refused", nil
		}
		p, list := Load("p.tcc", src, read)
		if (p == nil) != list.HasErrors() {
			t.Error(list)
		}
	})
}
