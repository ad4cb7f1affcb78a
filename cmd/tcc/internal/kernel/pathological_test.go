package kernel

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// A family is a kind of program that the verifier can't take when it grows, in the language and in C.
type family struct {
	name    string
	k       int // how large it is
	inC     int // how large in C, if not as large: it is refused there, and takes clang minutes
	least   int // so many processed instructions it takes in all
	tcc     func(k int) string
	c       func(k int) string
	packets func(k int) [][]byte
}

// prologue of the C programs: p is where the bytes begin that they look at, n of which are there.
const cHead = `
// KEEP lets clang keep every change of x where it is written.
#define KEEP(x) asm volatile("" : "+r"(x))
#define SEC(x) __attribute__((section(x), used))
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };
static void *(*lookup)(void *map, const void *key) = (void *)1;
static u64 (*now)(void) = (void *)5;
`

const cBegin = `
SEC("xdp") int prog(struct xdp_md *ctx)
{
	u8 *p = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	if (p + %d > end)
		return 2;
`

// lines is one line for each of k.
func lines(k int, format func(i int) string) string {
	var b strings.Builder
	for i := range k {
		b.WriteString(format(i))
		b.WriteByte('\n')
	}
	return b.String()
}

// blob is a header of k bytes.
func blob(k int) string {
	return "header blob {\n" + lines(k, func(i int) string { return fmt.Sprintf("    b%d u8", i) }) + "}\n"
}

// bytesPackets are packets of n bytes: all 0, all 1, mixed.
func bytesPackets(n int) [][]byte {
	n = max(n, 64)
	mixed, ones := make([]byte, n), bytes.Repeat([]byte{1}, n)
	for i := range mixed {
		mixed[i] = byte(i * 7 / 3 % 2)
	}
	few := make([]byte, n)
	few[1], few[2] = 1, 1
	return [][]byte{make([]byte, n), ones, mixed, few, make([]byte, 14)}
}

// options are k headers of which each is there or not.
func options(k int, there string, kind int) string {
	return lines(k, func(i int) string {
		return fmt.Sprintf("    o%[1]d := peek opt\n    if "+there+" { skip 4 }", i, (i+kind)%2)
	}) + "    last := peek opt\n    if last.rest == 0 { drop }\n    pass\n"
}

// optionsInC is the same in C, in one stage.
func optionsInC(k int) string {
	return fmt.Sprintf(cBegin, 4) +
		lines(k, func(i int) string {
			return fmt.Sprintf("\tif (p + 4 > end) return 2;\n\tif (*(volatile u8 *)p == %d) p += 4;", i%2)
		}) +
		"\tif (p + 4 > end) return 2;\n\treturn p[1] | p[2] | p[3] ? 2 : 1;\n}\n"
}

// optionsPackets are packets for some stages, with more and less headers that are there before the first that never is.
func optionsPackets(int) (all [][]byte) {
	for i, stage := range []uint16{0, 1, 7, 15, 16} {
		for j, n := range []int{1, 2, 40, 600, 699} {
			p := binary.BigEndian.AppendUint16(nil, stage)
			p = append(p, make([]byte, 2800-len(p))...)
			for at := 4; at < 4*n; at += 4 {
				p[at] = byte(at / 4 * (j + 1) / 2 % 2)
			}
			p[4*n], p[4*n+3] = 7, byte((i+j)%2)
			all = append(all, p)
		}
	}
	return all
}

var families = []family{
	{
		name: "flags, then a compare", k: 24,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\n" + blob(k) + "stage start {\n    h := parse blob\n    flags := u32(0)\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    if h.b%d == 1 { flags |= %#x }", i, 1<<i) }) +
				"    if flags == 0x6 { drop }\n    pass\n}\n"
		},
		c: func(k int) string {
			return fmt.Sprintf(cBegin, k) + "\tu32 flags = 0;\n" +
				lines(k, func(i int) string { return fmt.Sprintf("\tif (p[%d] == 1) flags |= %#x; KEEP(flags);", i, 1<<i) }) +
				"\treturn flags == 6 ? 1 : 2;\n}\n"
		},
		packets: bytesPackets,
	},
	{
		name: "a counter, then a compare", k: 1200,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\n" + blob(100) + "stage start {\n    h := parse blob\n    n := u32(0)\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    if h.b%d == %d { n += 1 }", i%100, i/100) }) +
				"    if n == 100 { drop }\n    pass\n}\n"
		},
		c: func(k int) string {
			return fmt.Sprintf(cBegin, 100) + "\tu32 n = 0;\n" +
				lines(k, func(i int) string {
					return fmt.Sprintf("\tif (p[%d] == %d) n += 1; KEEP(n);", i%100, i/100)
				}) +
				"\treturn n == 100 ? 1 : 2;\n}\n"
		},
		packets: func(int) [][]byte { return bytesPackets(100) },
	},
	{
		name: "a weighted score, then a compare", k: 200,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\n" + blob(k) + "stage start {\n    h := parse blob\n    score := u32(0)\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    if h.b%d == 1 { score += %d }", i, 3+i*i) }) +
				"    if score > 10 { drop }\n    pass\n}\n"
		},
		c: func(k int) string {
			return fmt.Sprintf(cBegin, k) + "\tu32 score = 0;\n" +
				lines(k, func(i int) string { return fmt.Sprintf("\tif (p[%d] == 1) score += %d; KEEP(score);", i, 3+i*i) }) +
				"\treturn score > 10 ? 1 : 2;\n}\n"
		},
		packets: bytesPackets,
	},
	{
		name: "optional headers", k: 500,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\nheader opt { kind u8; rest u24 }\nstage start {\n" + options(k, "o%[1]d.kind == %[2]d", 0) + "}\n"
		},
		c: optionsInC,
		packets: func(k int) [][]byte {
			return append(bytesPackets(4*k+4), bytesPackets(64)...)
		},
	},
	{
		name: "optional headers in 16 stages", k: 1_750, inC: 500, least: 1_000_000,
		tcc: func(k int) string {
			s := "pipeline p xdp\ndefault pass\nheader opt { kind u8; rest u24 }\nheader two { stage u16; more u16 }\n" +
				"stage start {\n    t := peek two\n    match t.stage {\n" +
				lines(16, func(n int) string { return fmt.Sprintf("        %d => goto s%d", n, n) }) + "        _ => pass\n    }\n}\n"
			for n := range 16 {
				s += fmt.Sprintf("stage s%d {\n", n) + options(k, "o%[1]d.kind == %[2]d && o%[1]d.rest != 9", n) + "}\n"
			}
			return s
		},
		c:       optionsInC,
		packets: optionsPackets,
	},
	{
		name: "a chain of compares", k: 30_000, inC: 9_000,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\nheader two { a u16; b u16 }\nstage start {\n    h := parse two\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    if h.a == %d { drop }", 2*i+1) }) +
				"    pass\n}\n"
		},
		c: func(k int) string {
			return fmt.Sprintf(cBegin, 4) +
				lines(k, func(i int) string { return fmt.Sprintf("\tif (*(volatile u16 *)p == %d) return 1;", 2*i+1) }) +
				"\treturn 2;\n}\n"
		},
		packets: func(k int) (all [][]byte) {
			for _, n := range []int{0, 1, 2, 2*k - 1, 2 * k, 40_001} {
				all = append(all, append(binary.BigEndian.AppendUint16(nil, uint16(n)), make([]byte, 62)...))
			}
			return all
		},
	},
	{
		name: "different maps", k: 70,
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\nheader word { key u32 }\n" +
				lines(k, func(i int) string { return fmt.Sprintf("map m%d hash[u32]u32 max 4", i) }) +
				"stage start {\n    w := parse word\n" +
				lines(k, func(i int) string {
					return fmt.Sprintf("    if w.key in m%d { drop }\n    m%d[w.key + %d] = 1", i, i, i)
				}) +
				"    pass\n}\n"
		},
		c: func(k int) string {
			return lines(k, func(i int) string {
				return fmt.Sprintf("struct { int (*type)[1]; u32 *key; u32 *value; int (*max_entries)[4]; } m%d SEC(\".maps\");", i)
			}) + fmt.Sprintf(cBegin, 4) + "\tu32 key = *(u32 *)p;\n" +
				lines(k, func(i int) string { return fmt.Sprintf("\tif (lookup(&m%d, &key)) return 1;", i) }) +
				"\treturn 2;\n}\n"
		},
		packets: func(int) [][]byte { return bytesPackets(64) },
	},
	{
		name: "numbers of 8 bytes kept", k: 250, inC: 88, // the sum of all is known last, and each compared with it
		tcc: func(k int) string {
			return "pipeline p xdp\ndefault pass\nheader word { v u64 }\nstage start {\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    w%d := parse word\n    v%d := w%d.v", i, i, i) }) +
				"    w0.v = 7\n    sum := " + join(k, "v%d", " + ") + "\n" +
				lines(k, func(i int) string { return fmt.Sprintf("    if v%d == sum { drop }", i) }) +
				"    pass\n}\n"
		},
		c: func(k int) string {
			return fmt.Sprintf(cBegin, 8*k) +
				lines(k, func(i int) string { return fmt.Sprintf("\tu64 v%d = *(volatile u64 *)(p + %d);", i, 8*i) }) +
				"\t*(volatile u64 *)p = 7;\n\tu64 sum = " + join(k, "v%d", " + ") + ";\n" +
				lines(k, func(i int) string { return fmt.Sprintf("\tif (v%d == sum) return 1;", i) }) +
				"\treturn 2;\n}\n"
		},
		packets: func(k int) (all [][]byte) {
			for _, one := range []int{0, 8*k - 1, 100} { // all words are 0 but one, which is the sum then
				b := make([]byte, 8*k)
				b[one] = 1
				all = append(all, b)
			}
			return append(all, bytes.Repeat([]byte{1}, 8*k), make([]byte, 8*k-1))
		},
	},
}

// TestPathological shows families of programs at a size at which C is refused. In the language they load, and decide as the
// interpreter does.
func TestPathological(t *testing.T) {
	kerneltest.Require(t)
	clang, _ := exec.LookPath("clang-19")
	if clang == "" {
		t.Error("there is no clang-19 to compare with; the C programs are skipped")
	}
	for _, f := range families {
		t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
			p, list := check.Source("p.tcc", f.tcc(f.k))
			if list.HasErrors() {
				t.Fatal(list.Text(nil, false))
			}
			a, err := codegen.Compile(p, codegen.Options{Pinned: true})
			if err != nil {
				t.Fatal(err)
			}
			programs, most, verified := 0, 0, 0
			k, err := New(p, a)
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			if err := k.Load(); err != nil {
				t.Fatalf("%.2000v", err)
			}
			for _, pr := range a.Programs {
				info, err := k.Pipeline().Programs()[pr.Name].Info()
				if err != nil {
					t.Fatal(err)
				}
				n, _ := info.VerifiedInstructions()
				programs, most, verified = programs+1, max(most, int(n)), verified+int(n)
			}
			if verified < f.least {
				t.Errorf("the programs take %d processed instructions, should be %d", verified, f.least)
			}
			m := interp.New(p)
			for i, packet := range f.packets(f.k) {
				m.Env = interp.Pinned(0, 0, 0)
				want := m.Run(packet)
				got, err := k.Run(packet)
				if err != nil {
					t.Fatal(err)
				}
				if got.Code != want.Code || !bytes.Equal(got.Packet, want.Packet) {
					t.Errorf("packet %d: the kernel says %d, the interpreter %d", i, got.Code, want.Code)
				}
			}
			refused := "not tried"
			if clang != "" {
				refused = loadC(t, clang, f.c(cmp.Or(f.inC, f.k)))
			}
			t.Logf("| %s, %d | %s | %d | %d | %d |", f.name, f.k, refused, programs, most, verified)
		})
	}
}

// loadC compiles and loads a program in C, and tells how that went.
func loadC(t *testing.T, clang, src string) string {
	dir := t.TempDir()
	file, object := filepath.Join(dir, "p.c"), filepath.Join(dir, "p.o")
	if err := os.WriteFile(file, []byte(cHead+src+"char _license[] SEC(\"license\") = \"GPL\";\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(clang, "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-c", file, "-o", object).CombinedOutput(); err != nil {
		return "clang: " + firstLine(string(out), "error")
	}
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogSizeStart: 1 << 25}})
	var refused *ebpf.VerifierError
	switch {
	case errors.As(err, &refused) && len(refused.Log) > 1:
		log := slices.DeleteFunc(refused.Log, func(line string) bool { return strings.HasPrefix(line, "processed ") })
		return log[len(log)-1]
	case errors.Is(err, unix.EFAULT): // without a log here, with one on other kernels
		return "too many pending jumps: " + err.Error()
	case err != nil:
		return err.Error()
	}
	defer coll.Close()
	info, err := coll.Programs["prog"].Info()
	if err != nil {
		t.Fatal(err)
	}
	n, _ := info.VerifiedInstructions()
	return fmt.Sprintf("loads: %d", n)
}

// firstLine is the first line with a word in it.
func firstLine(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return strings.TrimSpace(line)
		}
	}
	return text
}
