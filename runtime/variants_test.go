package runtime_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// heavy is a pipeline whose program the kernel refuses as long as nothing makes its verifier forget the flags: every
// combination of them is a state, 2^20 in all.
func heavy() string {
	var fields, tests strings.Builder
	for i := range 20 {
		fmt.Fprintf(&fields, "    b%d u8\n", i)
		fmt.Fprintf(&tests, "    if h.b%d == 1 { flags |= %#x }\n", i, 1<<i)
	}
	return "pipeline heavy xdp\ndefault pass\nheader blob {\n" + fields.String() + "}\ncounter seen[2]\n" +
		"config limit u32 = 6\nmap marks hash[u32]u64 max 8\nslots next[2](flags u32) { 0 => last }\n" +
		"stage start {\n    h := parse blob\n    flags := u32(0)\n" + tests.String() +
		"    seen[0] += 1\n    if flags == limit { drop }\n    if m := marks[flags] { m += 1 }\n    goto next[0](flags) else pass\n}\n" +
		"stage last(flags u32) {\n    seen[1] += 1\n    if flags == 1 { tx }\n    pass\n}\n"
}

// Budgets of variants of heavy. The verifier isn't made to forget as long as a quarter of the budget is left over.
const (
	refusedBudget = 100_000_000
	otherRefused  = 90_000_000
	takenBudget   = 200_000
	fineBudget    = 100
)

// heavyProgram is heavy, checked.
var heavyProgram = sync.OnceValue(func() *check.Program {
	p, _ := check.Source("heavy.tcc", heavy())
	return p
})

// heavyArtifacts are those compiled so far, by budget.
var heavyArtifacts = map[int]*codegen.Artifact{}

// heavyVariants compiles heavy with some budgets; names are a, b, c ….
func heavyVariants(t *testing.T, budgets ...int) []runtime.Variant {
	t.Helper()
	kerneltest.Require(t)
	var artifacts []*codegen.Artifact
	for i, budget := range budgets {
		if heavyArtifacts[budget] == nil {
			a, err := codegen.Compile(heavyProgram(), codegen.Options{Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			heavyArtifacts[budget] = a
		}
		a := *heavyArtifacts[budget]
		a.Variant = string(rune('a' + i))
		artifacts = append(artifacts, &a)
	}
	all, err := codegen.Variants(artifacts)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func openVariants(t *testing.T, variants []runtime.Variant, opts *runtime.Options) *runtime.Pipeline {
	t.Helper()
	p, err := runtime.OpenVariants(variants, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// flagsPacket sets the flags that are given.
func flagsPacket(flags uint32) []byte {
	b := make([]byte, 64)
	for i := range 20 {
		b[i] = byte(flags >> i & 1)
	}
	return b
}

// decides sends packets and compares what becomes of them.
func decides(t *testing.T, p *runtime.Pipeline) {
	t.Helper()
	for flags, code := range map[uint32]int32{6: 1, 1: 3, 0: 2, 5: 2, 1<<20 - 1: 2} {
		if r := send(t, p, flagsPacket(flags)); r.Code != code {
			t.Errorf("flags %#x: code %d, want %d", flags, r.Code, code)
		}
	}
	if n, m := count(t, p, 0), count(t, p, 1); n != 5 || m != 4 {
		t.Errorf("seen %d and %d, want 5 and 4", n, m)
	}
}

// TestVariants loads the first variant that the kernel takes.
func TestVariants(t *testing.T) {
	for _, tc := range []struct {
		budgets []int
		loaded  string
		refused []string
	}{
		{[]int{takenBudget, fineBudget}, "a", nil},
		{[]int{refusedBudget, takenBudget, fineBudget}, "b", []string{"a"}},
		{[]int{refusedBudget, otherRefused, fineBudget}, "c", []string{"a", "b"}},
	} {
		variants := heavyVariants(t, tc.budgets...)
		p := openVariants(t, variants, nil)
		if p.Variant() != tc.loaded || len(p.Refused()) != len(tc.refused) {
			t.Fatalf("budgets %d: variant %q, refused %v", tc.budgets, p.Variant(), p.Refused())
		}
		for i, r := range p.Refused() {
			var ve *runtime.VerifierError
			if r.Variant != tc.refused[i] || !errors.As(r.Err, &ve) || ve.Program != "heavy" || ve.File != "heavy.tcc" || !strings.Contains(ve.Reason, "too large") {
				t.Errorf("%s is refused: %v", r.Variant, r.Err)
			}
		}
		decides(t, p)
		// Slots are those of the variant.
		if err := p.Slots("next").Clear(0); err != nil {
			t.Error(err)
		}
		if r := send(t, p, flagsPacket(1)); r.Code != 2 {
			t.Errorf("code %d with the slot empty", r.Code)
		}
	}
}

// TestVariantsRefused tells of every variant why the kernel doesn't take it, and leaves nothing behind.
func TestVariantsRefused(t *testing.T) {
	variants := heavyVariants(t, refusedBudget, otherRefused)
	before := descriptors(t)
	p, err := runtime.OpenVariants(variants, nil)
	if err == nil {
		p.Close()
		t.Fatal("the kernel takes what it should refuse")
	}
	var none *runtime.VariantsError
	var ve *runtime.VerifierError
	if !errors.As(err, &none) || len(none.Refusals) != 2 || !errors.As(err, &ve) || !errors.Is(err, syscall.E2BIG) {
		t.Errorf("not all that is to be known: %v", err)
	}
	text := err.Error()
	for _, want := range []string{"pipeline heavy: this kernel takes none of its 2 variants\n", "\na: heavy.tcc:", "\nb: heavy.tcc:", "program is too large"} {
		if !strings.Contains(text, want) {
			t.Errorf("the error lacks %q:\n%s", want, text)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestVariantsLeaveNothing counts descriptors behind a variant that was refused: there are no more than without it.
func TestVariantsLeaveNothing(t *testing.T) {
	variants := heavyVariants(t, refusedBudget, takenBudget)
	counts := [2]int{}
	for i, list := range [][]runtime.Variant{variants[1:], variants} {
		before := descriptors(t)
		p := openVariants(t, list, nil)
		counts[i] = descriptors(t) - before
		p.Close()
		if after := descriptors(t); after != before {
			t.Errorf("%d descriptors before, %d after Close", before, after)
		}
	}
	if counts[0] != counts[1] {
		t.Errorf("%d descriptors without a refused variant, %d with it", counts[0], counts[1])
	}
}

// descriptors are how many this process has open, but for those that nobody refers to any more.
func descriptors(t *testing.T) int {
	t.Helper()
	goruntime.GC()
	time.Sleep(20 * time.Millisecond)
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestForcedVariant loads the variant that the options name, and no other.
func TestForcedVariant(t *testing.T) {
	variants := heavyVariants(t, refusedBudget, takenBudget, fineBudget)
	p := openVariants(t, variants, &runtime.Options{Variant: "c"})
	if p.Variant() != "c" || len(p.Refused()) != 0 || len(p.Programs()) < 3 {
		t.Errorf("variant %q of %d programs, refused %v", p.Variant(), len(p.Programs()), p.Refused())
	}
	decides(t, p)
	var ve *runtime.VerifierError
	if _, err := runtime.OpenVariants(variants, &runtime.Options{Variant: "a"}); !errors.As(err, &ve) || !strings.Contains(err.Error(), "variant a: ") {
		t.Errorf("a variant that the kernel refuses: %v", err)
	}
	if _, err := runtime.OpenVariants(variants, &runtime.Options{Variant: "d"}); err == nil || !strings.Contains(err.Error(), "no variant `d`; there are a, b, c") {
		t.Errorf("no such variant: %v", err)
	}
	if _, err := runtime.Open(variants[1].Spec, variants[1].Layout, &runtime.Options{Variant: "a"}); err == nil || !strings.Contains(err.Error(), "without variants") {
		t.Errorf("a variant of a pipeline without any: %v", err)
	}
	// A variant may be forced on a kernel that it isn't made for.
	variants[1].Since = "99.9"
	if p := openVariants(t, variants, &runtime.Options{Variant: "b"}); p.Variant() != "b" {
		t.Errorf("variant %q", p.Variant())
	}
}

// TestVariantForNewerKernel leaves a variant out that the kernel's verifier would take and that must not run.
func TestVariantForNewerKernel(t *testing.T) {
	variants := heavyVariants(t, takenBudget, fineBudget)
	variants[0].Since = "99.9"
	p := openVariants(t, variants, nil)
	if p.Variant() != "b" || len(p.Refused()) != 1 || !strings.Contains(p.Refused()[0].Err.Error(), "since 99.9, and this is ") {
		t.Errorf("variant %q, refused %v", p.Variant(), p.Refused())
	}
	variants[0].Since = "4.19"
	if p := openVariants(t, variants, nil); p.Variant() != "a" {
		t.Errorf("variant %q, refused %v", p.Variant(), p.Refused())
	}
}

// TestVariantsOtherErrors ends with the first error that isn't about a program, though another variant could be loaded.
func TestVariantsOtherErrors(t *testing.T) {
	wrong, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 8})
	if err != nil {
		kerneltest.Unavailable(t, err)
	}
	defer wrong.Close()
	for what, tc := range map[string]struct {
		opts   runtime.Options
		damage func([]runtime.Variant)
		want   string
	}{
		"a map to be used that doesn't fit": {
			opts: runtime.Options{Collection: ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{"marks": wrong}}},
			want: "variant a: ",
		},
		"a map that can't be made": {
			damage: func(vs []runtime.Variant) {
				vs[0].Spec.Maps["marks"].Flags = 1 << 30
				vs[1].Spec.Maps["marks"].Flags = 1 << 30
			},
			want: "map marks",
		},
		"a missing program": {
			damage: func(vs []runtime.Variant) { delete(vs[0].Spec.Programs, "last") },
			want:   "no program `last`",
		},
		"a pin that can't be": {
			damage: func(vs []runtime.Variant) { vs[0].Spec.Maps["marks"].Pinning = ebpf.PinByName },
			want:   "PinPath",
		},
	} {
		variants := heavyVariants(t, takenBudget, fineBudget)
		if tc.damage != nil {
			tc.damage(variants)
		}
		p, err := runtime.OpenVariants(variants, &tc.opts)
		if err == nil {
			p.Close()
			t.Fatalf("%s: loaded variant %s", what, p.Variant())
		}
		if !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "pipeline heavy: ") || errors.As(err, new(*runtime.VariantsError)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestVariantsUnknownInstruction goes on to the next variant if the kernel doesn't know an instruction or a helper.
func TestVariantsUnknownInstruction(t *testing.T) {
	for what, ins := range map[string]asm.Instruction{
		"helper":      asm.BuiltinFunc(9999).Call(),
		"instruction": {OpCode: asm.OpCode(0xf7)},
	} {
		variants := heavyVariants(t, takenBudget, fineBudget)
		entry := variants[0].Spec.Programs["heavy"]
		first := entry.Instructions[0]
		entry.Instructions[0] = ins.WithMetadata(first.Metadata)
		p := openVariants(t, variants, nil)
		if p.Variant() != "b" || len(p.Refused()) != 1 {
			t.Fatalf("unknown %s: variant %q", what, p.Variant())
		}
		var ve *runtime.VerifierError
		if err := p.Refused()[0].Err; !errors.As(err, &ve) || !strings.Contains(strings.ToLower(ve.Reason), "unknown") {
			t.Errorf("unknown %s: %v", what, err)
		}
	}
}

// TestVariantPins pins maps once all is loaded, whichever variant that is, and uses pins that are there.
func TestVariantPins(t *testing.T) {
	dir := filepath.Join(bpffs(t), "pins")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	pin := func(variants []runtime.Variant) []runtime.Variant {
		for _, v := range variants {
			v.Spec.Maps["marks"].Pinning = ebpf.PinByName
			v.Spec.Maps["seen"].Pinning = ebpf.PinByName
		}
		return variants
	}
	pins := func(want int) {
		t.Helper()
		if list, err := os.ReadDir(dir); err != nil || len(list) != want {
			t.Errorf("pins %v, %v; want %d", list, err, want)
		}
	}
	opts := &runtime.Options{Collection: ebpf.CollectionOptions{Maps: ebpf.MapOptions{PinPath: dir}}}
	if p, err := runtime.OpenVariants(pin(heavyVariants(t, refusedBudget, otherRefused)), opts); err == nil {
		p.Close()
		t.Fatal("the kernel takes what it should refuse")
	}
	pins(0)
	p := openVariants(t, pin(heavyVariants(t, refusedBudget, takenBudget)), opts)
	pins(2)
	if err := p.Map("marks").Put(uint32(5), uint64(41)); err != nil {
		t.Fatal(err)
	}
	decides(t, p)
	p.Close()
	// The next one, of another variant, goes on with the entries; what fails before leaves the pins alone.
	again := openVariants(t, pin(heavyVariants(t, otherRefused, fineBudget)), opts)
	var n uint64
	if err := again.Map("marks").Lookup(uint32(5), &n); err != nil || n != 42 {
		t.Errorf("marks[5] = %d, %v", n, err)
	}
	pins(2)
	// A pin that can't be made takes the others back.
	if err := os.Remove(filepath.Join(dir, "marks")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "seen")); err != nil {
		t.Fatal(err)
	}
	bad := pin(heavyVariants(t, takenBudget))
	bad[0].Spec.Maps["seen"].Name = "no/such"
	if p, err := runtime.OpenVariants(bad, opts); err == nil || !strings.Contains(err.Error(), "pin map `seen`") {
		t.Errorf("%v, %v", p, err)
	}
	pins(0)
}

// TestCheckVariants: a damaged list of variants is told apart from what the kernel has to say.
func TestCheckVariants(t *testing.T) {
	damages := map[string]func(*[]runtime.Variant){
		"without any variant":                              func(vs *[]runtime.Variant) { *vs = nil },
		"variant 1 has no name":                            func(vs *[]runtime.Variant) { (*vs)[1].Name = "" },
		"two variants of the name `a`":                     func(vs *[]runtime.Variant) { (*vs)[1].Name = "a" },
		"variant b has no object":                          func(vs *[]runtime.Variant) { (*vs)[1].Spec = nil },
		`variant b: "6" is no release of Linux`:            func(vs *[]runtime.Variant) { (*vs)[1].Since = "6" },
		`variant b: "6.12x" is no release of Linux`:        func(vs *[]runtime.Variant) { (*vs)[1].Since = "6.12x" },
		`variant b: "6.1200" is no release of Linux`:       func(vs *[]runtime.Variant) { (*vs)[1].Since = "6.1200" },
		"same pipeline as a: their layouts differ in Name": func(vs *[]runtime.Variant) { (*vs)[1].Layout.Name = "other" },
		"their layouts differ in Default":                  func(vs *[]runtime.Variant) { (*vs)[1].Layout.Default = 1 },
		"their layouts differ in Counters":                 func(vs *[]runtime.Variant) { (*vs)[1].Layout.Counters = nil },
		"their layouts differ in Shared":                   func(vs *[]runtime.Variant) { (*vs)[1].Layout.Shared = nil },
		"their layouts differ in Slots": func(vs *[]runtime.Variant) {
			l := &(*vs)[1].Layout
			l.Slots = []runtime.SlotsLayout{l.Slots[0]}
			l.Slots[0].Convention = "another"
		},
		"their maps `marks` differ":      func(vs *[]runtime.Variant) { (*vs)[1].Spec.Maps["marks"].ValueSize = 4 },
		"their maps `seen` differ":       func(vs *[]runtime.Variant) { delete((*vs)[0].Spec.Maps, "seen") },
		"their maps `more` differ":       func(vs *[]runtime.Variant) { (*vs)[1].Spec.Maps["more"] = (*vs)[1].Spec.Maps["seen"] },
		"their variables `limit` differ": func(vs *[]runtime.Variant) { delete((*vs)[1].Spec.Variables, "limit") },
	}
	for want, damage := range damages {
		variants := heavyVariants(t, takenBudget, fineBudget)
		damage(&variants)
		if p, err := runtime.OpenVariants(variants, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v; want %q", p, err, want)
		}
	}
}
