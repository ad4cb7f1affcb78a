package explain

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
)

var update = flag.Bool("update", false, "rewrite the golden files (the run still fails)")

// stored is a report of the firewall in ten programs, as it once was: what is shown of it doesn't change as the compiler
// does.
func stored(t *testing.T) *Report {
	t.Helper()
	data, err := os.ReadFile("testdata/firewall.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	if err := json.Unmarshal(data, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGolden compares all forms of a report with files that people have looked at.
func TestGolden(t *testing.T) {
	r := stored(t)
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	source := "// firewall.tcc\n" + strings.Repeat("a line <of> \"source\"\n", 80)
	for name, got := range map[string][]byte{
		"firewall.json": data,
		"firewall.txt":  []byte(r.Text()),
		"firewall.svg":  r.SVG(),
		"firewall.html": Reports{r}.HTML(map[string]string{"firewall.tcc": source}),
	} {
		path := filepath.Join("testdata", name)
		want, _ := os.ReadFile(path)
		if bytes.Equal(got, want) {
			continue
		}
		t.Errorf("%s differs; look at it, then go test -update\n%s", path, cmp.Diff(string(want), string(got)))
		if *update && name != "firewall.json" {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestNoLines: an entry that stands in no source has no lines.
func TestNoLines(t *testing.T) {
	const host = "pipeline host xdp\ndefault pass\nslots t[4]() { }\nstage s { goto t[packet.queue]() }\n"
	const guest = "import \"host.tcc\"\npipeline guest xdp\ndefault pass\nstage a for t { drop }\n"
	p, list := check.Load("guest.tcc", guest, func(path string) (string, string, error) { return path, host, nil })
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := codegen.Compile(p, codegen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := New(p, a, codegen.Options{})
	for form, text := range map[string]string{"text": r.Text(), "svg": string(r.SVG())} {
		if !strings.Contains(text, "no lines") {
			t.Errorf("%s: %s", form, text)
		}
	}
}

// reports are those of two examples and of a wide and deep pipeline, in few and in many programs.
func reports(t *testing.T) map[string]*Report {
	t.Helper()
	sources := map[string]string{"wide.tcc": wide(20, 6)}
	for _, name := range []string{"firewall", "policy"} {
		src, err := os.ReadFile(filepath.Join("../../../../examples", name, name+".tcc"))
		if err != nil {
			t.Fatal(err)
		}
		sources[name+".tcc"] = string(src)
	}
	all := map[string]*Report{}
	for name, src := range sources {
		p, list := check.Load(name, src, func(path string) (string, string, error) { // as an example imports
			text, err := os.ReadFile(filepath.Join("../../../../examples/plugin", path))
			return path, string(text), err
		})
		if err := list.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, budget := range []int{codegen.DefaultBudget, 150} {
			a, err := codegen.Compile(p, codegen.Options{Budget: budget})
			if err != nil {
				t.Fatalf("%s at %d: %v", name, budget, err)
			}
			all[fmt.Sprintf("%s at %d", name, budget)] = New(p, a, codegen.Options{Budget: budget})
		}
	}
	return all
}

// wide is a pipeline with so many chains of so many stages, one of which is in a slot.
func wide(chains, length int) string {
	var s strings.Builder
	s.WriteString("pipeline wide xdp\ndefault pass\n\nmap seen hash[u64]u64 max 64\ncounter hits[64]\n\n")
	s.WriteString("slots more[4](n u64) { 1 => c0_1; 3 => c1_1 }\n\nstage start {\n    eth := parse ethernet\n    match eth.type {\n")
	for c := range chains {
		fmt.Fprintf(&s, "        %d => goto c%d_0(u64(eth.type))\n", 0x0800+c, c)
	}
	s.WriteString("        _ => goto more[2](1)\n    }\n}\n")
	for c := range chains {
		for i := range length {
			fmt.Fprintf(&s, "\nstage c%d_%d(n u64) {\n    if v := seen[n + %d] { v += 1 }\n    hits[%d] += 1\n", c, i, i, c)
			fmt.Fprintf(&s, "    seen[n * %d] = n + now()\n", i+3)
			if i+1 < length {
				fmt.Fprintf(&s, "    goto c%d_%d(n ^ %d)\n}\n", c, i+1, c)
			} else {
				s.WriteString("    pass\n}\n")
			}
		}
	}
	return s.String()
}

// TestPictures: pictures are XML, and the same every time; boxes lie beside each other and in the picture.
func TestPictures(t *testing.T) {
	most := 0
	for name, r := range reports(t) {
		most = max(most, len(r.Programs))
		svg := r.SVG()
		for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !bytes.Equal(svg, r.SVG()) {
			t.Errorf("%s: another picture the second time", name)
		}
		d := &drawing{graph: newGraph(r), r: r}
		d.fill()
		width, height := d.place(d.gap())
		var boxes []rect
		for _, n := range d.nodes {
			box := rect{n.x - n.w/2, n.y, n.w, n.h}
			if box.x < 0 || box.y < 0 || box.x+box.w > width || box.y+box.h > height {
				t.Errorf("%s: a box at %v is out of the picture of %v × %v", name, box, width, height)
			}
			for _, other := range boxes {
				if box.overlaps(other) {
					t.Errorf("%s: boxes at %v and %v", name, box, other)
				}
			}
			boxes = append(boxes, box)
		}
		for _, e := range d.edges {
			if e.from.layer >= e.to.layer {
				t.Errorf("%s: a call goes up", name)
			}
		}
	}
	if most < 40 {
		t.Errorf("no picture has more than %d programs", most)
	}
}

// TestRoundTrip: a report read back from its JSON is the same.
func TestRoundTrip(t *testing.T) {
	for name, r := range reports(t) {
		data, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again := &Report{}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, again) {
			t.Errorf("%s: %s", name, cmp.Diff(r, again))
		}
	}
}

// TestFieldsDocumented: cmd/tcc/README.md has every field of the JSON.
func TestFieldsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			visit(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				f := typ.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if !f.Anonymous && !bytes.Contains(page, []byte("`"+name+"`")) {
					t.Errorf("cmd/tcc/README.md doesn't tell of `%s` (%s.%s)", name, typ, f.Name)
				}
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[Report]())
}
