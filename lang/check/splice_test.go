package check

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// words are the pieces that sources are cut into: names, numbers, operators and the blanks between.
var words = regexp.MustCompile(`[\w.:/]+|\s+|[^\w\s]`)

// TestSplice checks sources in which a few words are replaced by words of other sources. Most still parse, and so come
// further than what a fuzzer of bytes makes.
func TestSplice(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(errorsDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	sources := [][]string{words.FindAllString(everything, -1)}
	for _, file := range files {
		arch, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, words.FindAllString(string(arch.Files[0].Data), -1))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		source := sources[rnd.IntN(len(sources))]
		if rnd.IntN(3) == 0 {
			source = sources[0]
		}
		src := splice(rnd, source, sources)
		p, diags := checkQuietly(t, src)
		if (p == nil) != diags {
			t.Fatalf("program %v, errors %v:\n%s", p != nil, diags, src)
		}
		if p != nil {
			checkTables(t, p)
		}
		if t.Failed() {
			t.Fatal(src)
		}
	}
}

// splice replaces up to four words of a source; everything's words are taken as often as all others together.
func splice(rnd *rand.Rand, source []string, from [][]string) string {
	changed := map[int]string{}
	for range 1 + rnd.IntN(4) {
		other := from[rnd.IntN(len(from))]
		if rnd.IntN(2) == 0 {
			other = from[0]
		}
		changed[rnd.IntN(len(source))] = other[rnd.IntN(len(other))]
	}
	var src []byte
	for i, w := range source {
		if to, ok := changed[i]; ok {
			w = to
		}
		src = append(src, w...)
	}
	return string(src)
}

// checkQuietly checks a source, and shows it if the checker panics.
func checkQuietly(t *testing.T, src string) (p *Program, failed bool) {
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("panic: %v\n%s", r, src)
		}
	}()
	p, diags := Source("splice.tcc", src)
	return p, diags.HasErrors()
}
