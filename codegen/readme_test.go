package codegen

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen/internal/build"
	"github.com/tcc-bpf/tcc/codegen/internal/emit"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/opt"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
)

var update = flag.Bool("update", false, "rewrite the generated parts of README.md (the run still fails)")

// TestReadme follows the source in README.md through all stages, and compares with what the page shows of each: the
// blocks below `<!-- NAME -->`.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	source := regexp.MustCompile("(?s)```tcc\n(.*?)```").FindStringSubmatch(text)
	if source == nil {
		t.Fatal("README.md has no source")
	}
	shown := stages(t, source[1])
	for _, part := range regexp.MustCompile("(?s)<!-- (.*?) -->\n```\n(.*?)```\n").FindAllStringSubmatch(text, -1) {
		name, old := part[1], part[2]
		now, ok := shown[name]
		delete(shown, name)
		if ok && now == old {
			continue
		}
		t.Errorf("the part `%s` isn't current: go test ./codegen -run TestReadme -update", name)
		text = strings.Replace(text, part[0], strings.Replace(part[0], "```\n"+old, "```\n"+now, 1), 1)
	}
	for name := range shown {
		t.Errorf("README.md doesn't show `%s`", name)
	}
	if *update && text != string(data) {
		if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// stages compiles a source into two programs, as Compile does, and prints what each stage hands on.
func stages(t *testing.T, src string) map[string]string {
	t.Helper()
	const budget = 70 // of which the page tells
	shown := map[string]string{}
	p, list := check.Source("limit.tcc", src)
	if err := list.Err(); err != nil {
		t.Fatal(list.Text(map[string]string{"limit.tcc": src}, false))
	}
	m := build.Module(p, build.Options{})
	shown["ir"] = m.Funcs[0].String()
	optimize := func(m *ir.Module) error { return opt.Run(m, opt.Options{Verify: true}) }
	if err := optimize(m); err != nil {
		t.Fatal(err)
	}
	shown["optimised"] = m.Funcs[0].String()
	plan, err := split.Module(m, split.Options{Budget: budget, Optimize: optimize})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Programs) != 2 {
		t.Errorf("%d programs: the page is about 2, try another budget", len(plan.Programs))
	}
	shown["plan"] = plan.String()
	m = plan.Apply()
	var cut, code strings.Builder
	for _, f := range m.Funcs {
		cut.WriteString(f.String())
		c, err := emit.Compile(m, f)
		if err != nil {
			t.Fatal(err)
		}
		insns, err := c.Instructions(binary.LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		writeCode(&code, f.Name, insns)
	}
	shown["programs"], shown["code"] = cut.String(), code.String()
	return shown
}

// writeCode prints instructions as the kernel does, with the source line of each.
func writeCode(b *strings.Builder, name string, insns asm.Instructions) {
	fmt.Fprintf(b, "%s:\n", name)
	for it := insns.Iterate(); it.Next(); {
		line := fmt.Sprintf("%4d: %v", it.Offset, it.Ins)
		if at := it.Ins.Source(); at != nil {
			line = fmt.Sprintf("%-50s ; %s", line, at)
		}
		fmt.Fprintln(b, line)
	}
}
