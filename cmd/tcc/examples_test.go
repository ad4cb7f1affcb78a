package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestExamplesAreCurrent generates the files of every example again, as its go:generate lines say, and compares.
func TestExamplesAreCurrent(t *testing.T) {
	gens, err := filepath.Glob("../../examples/*/gen.go")
	if err != nil || len(gens) < 2 {
		t.Fatalf("%d examples, %v", len(gens), err)
	}
	line := regexp.MustCompile(`(?m)^//go:generate go tool tcc (compile .*)$`)
	for _, gen := range gens {
		t.Run(filepath.Base(filepath.Dir(gen)), func(t *testing.T) {
			src, err := os.ReadFile(gen)
			if err != nil {
				t.Fatal(err)
			}
			lines := line.FindAllSubmatch(src, -1)
			if lines == nil {
				t.Fatalf("%s: no go:generate line that compiles", gen)
			}
			t.Chdir(filepath.Dir(gen))
			t.Setenv("GOPACKAGE", "main")
			for _, m := range lines {
				var out, errs bytes.Buffer
				code := tcc(&env{stdout: &out, stderr: &errs}, append(words(t, string(m[1])), "-check"))
				if code != exitOK {
					t.Errorf("exit code %d; go generate ./examples/... brings them up to date\n%s", code, errs.String())
				}
			}
		})
	}
}

// words are those of a go:generate line; one in quotes may have blanks.
func words(t *testing.T, line string) (list []string) {
	t.Helper()
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		if text, err := strconv.Unquote(word); err == nil {
			word = text
		}
		list = append(list, word)
	}
	return list
}

// TestPicturesAreCurrent draws the pictures of the examples again, as their go:generate lines say, and compares.
func TestPicturesAreCurrent(t *testing.T) {
	gens, err := filepath.Glob("../../examples/*/gen.go")
	if err != nil {
		t.Fatal(err)
	}
	pictures := 0
	line := regexp.MustCompile(`(?m)^//go:generate go tool tcc (explain .* -svg (\S+) .*)$`)
	for _, gen := range gens {
		src, err := os.ReadFile(gen)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(src), -1) {
			pictures++
			t.Run(m[2], func(t *testing.T) {
				t.Chdir(filepath.Dir(gen))
				drawn := filepath.Join(t.TempDir(), "now.svg")
				var out, errs bytes.Buffer
				if code := tcc(&env{stdout: &out, stderr: &errs}, strings.Fields(strings.Replace(m[1], m[2], drawn, 1))); code != exitOK {
					t.Fatalf("exit code %d\n%s", code, errs.String())
				}
				now, err := os.ReadFile(drawn)
				if err != nil {
					t.Fatal(err)
				}
				if was, err := os.ReadFile(m[2]); err != nil || !bytes.Equal(was, now) {
					t.Errorf("%s is not what the source is drawn like now (%v); go generate ./examples/... brings it up to date", m[2], err)
				}
			})
		}
	}
	if pictures == 0 {
		t.Error("no example has a picture")
	}
}

// TestExamplesPass runs the test blocks of every example in the interpreter.
func TestExamplesPass(t *testing.T) {
	sources, err := filepath.Glob("../../examples/*/*.tcc")
	if err != nil || len(sources) < 2 {
		t.Fatalf("%d examples, %v", len(sources), err)
	}
	for _, path := range sources {
		var out, errs bytes.Buffer
		if code := tcc(&env{stdout: &out, stderr: &errs}, []string{"test", path}); code != exitOK {
			t.Errorf("%s: exit code %d\n%s%s", path, code, out.String(), errs.String())
		}
		if strings.Contains(out.String(), "0 passed") {
			t.Errorf("%s has no tests", path)
		}
	}
}

// TestExamplesAreFormatted compares the examples with their canonical form.
func TestExamplesAreFormatted(t *testing.T) {
	sources, _ := filepath.Glob("../../examples/*/*.tcc")
	for _, path := range sources {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := tcc(&env{stdout: &out, stderr: &errs}, []string{"fmt", path}); code != exitOK || out.String() != string(src) {
			t.Errorf("%s: exit code %d; tcc fmt -w would change it\n%s", path, code, errs.String())
		}
	}
}
