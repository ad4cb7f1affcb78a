package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkCompile compiles the firewall with tcc and the same program in C with clang, in turn, whole process against
// whole process, and reports the medians and the median of the ratios:
//
//	go test -run '^$' -bench Compile -benchtime 30x ./cmd/tcc
func BenchmarkCompile(b *testing.B) {
	clang := ""
	for _, name := range []string{"clang-19", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			clang = path
			break
		}
	}
	if clang == "" {
		b.Skip("clang is not installed")
	}
	dir := b.TempDir()
	bin := filepath.Join(dir, "tcc")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	took := func(name string, args ...string) time.Duration {
		start := time.Now()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", name, err, out)
		}
		return time.Since(start)
	}
	ours := func() time.Duration {
		return took(bin, "compile", "-o", dir, "../../examples/firewall/firewall.tcc")
	}
	theirs := func() time.Duration {
		return took(clang, "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu",
			"-c", "../../testdata/c/firewall.c", "-o", filepath.Join(dir, "firewall.o"))
	}
	ours()
	theirs() // warm caches
	var a, c, ratio []float64
	for b.Loop() {
		x, y := ours(), theirs()
		a, c, ratio = append(a, x.Seconds()*1e3), append(c, y.Seconds()*1e3), append(ratio, x.Seconds()/y.Seconds())
	}
	b.ReportMetric(median(a), "tcc-ms")
	b.ReportMetric(median(c), "clang-ms")
	b.ReportMetric(median(ratio), "ratio")
	b.ReportMetric(0, "ns/op")
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
