package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/pcap"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// The interpreter says what a pipeline means; the kernel says what the compiled programs do. Every packet must get
// the same from both, however the pipeline is cut: verdict, bytes, mark and events; and afterwards the maps, counters
// and variables must be equal.

// pinnedNow, pinnedRandom is what the clock and the dice show in all runs.
const pinnedNow, pinnedRandom = 1_000_000_007, 4

func load(t testing.TB, path string) *check.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, list := check.Load(filepath.Base(path), string(src), func(name string) (string, string, error) {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		return name, string(text), err
	})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// program is a source that imports nothing.
func program(t testing.TB, src string) *check.Program {
	t.Helper()
	p, list := check.Source("p.tcc", src)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// compileInto compiles into so many programs or, if no budget gives just that, somewhat more.
func compileInto(t *testing.T, p *check.Program, programs int) (*codegen.Artifact, int) {
	t.Helper()
	var got []string
	for budget := 4000; budget > 10; budget -= max(1, budget/50) {
		a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
		if err != nil {
			got = append(got, fmt.Sprintf("%d: %v", budget, err))
			break
		}
		if n := len(a.Programs); n >= programs {
			return a, budget
		}
		got = append(got, fmt.Sprintf("%d: %d programs", budget, len(a.Programs)))
	}
	t.Fatalf("no budget gives %d programs or more:\n%s", programs, strings.Join(got, "\n"))
	return nil, 0
}

// pair runs every packet through both engines.
type pair struct {
	p      *check.Program
	kernel *Engine
	interp interp.Engine
}

func newPair(t *testing.T, p *check.Program, a *codegen.Artifact, setup func(interp.Engine) error) *pair {
	t.Helper()
	k, err := New(p, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	for name, v := range map[string][]byte{
		"tcc_now":    binary.NativeEndian.AppendUint64(nil, pinnedNow),
		"tcc_random": binary.NativeEndian.AppendUint64(nil, pinnedRandom),
	} {
		if err := k.SetGlobal(name, v); err != nil {
			t.Fatal(err)
		}
	}
	pr := &pair{p: p, kernel: k, interp: interp.NewPinnedEngine(p, interp.Pinned(pinnedNow, pinnedRandom, 0))}
	for _, e := range []interp.Engine{pr.kernel, pr.interp} {
		if err := setup(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Load(); err != nil {
		t.Fatalf("%+v", err)
	}
	return pr
}

// send runs a packet through both and tells the difference.
func (pr *pair) send(packet []byte) error {
	want, err := pr.interp.Run(packet)
	if err != nil {
		return fmt.Errorf("interpreter: %w", err)
	}
	got, err := pr.kernel.Run(packet)
	if err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	switch {
	case got.Code != want.Code:
		return fmt.Errorf("verdict: kernel %s, interpreter %s", got.Verdict.Name, want.Verdict.Name)
	case !bytes.Equal(got.Packet, want.Packet):
		return fmt.Errorf("packet:\nkernel      %x\ninterpreter %x", got.Packet, want.Packet)
	case got.Context.Mark != want.Context.Mark:
		return fmt.Errorf("mark: kernel %d, interpreter %d", got.Context.Mark, want.Context.Mark)
	case got.Context.Priority != want.Context.Priority:
		return fmt.Errorf("priority: kernel %d, interpreter %d", got.Context.Priority, want.Context.Priority)
	case !slices.EqualFunc(got.Events, want.Events, func(a, b interp.Event) bool { return reflect.DeepEqual(a, b) }):
		return fmt.Errorf("events: kernel %v, interpreter %v", got.Events, want.Events)
	}
	return nil
}

// state compares all that outlives a packet.
func (pr *pair) state() error {
	var errs []error
	for _, c := range pr.p.Counters {
		errs = append(errs, pr.equal("counter "+c.Name, func(e interp.Engine) (any, error) { return e.Counter(c.Name) }))
	}
	for _, m := range pr.p.Maps {
		errs = append(errs, pr.equal("map "+m.Name, func(e interp.Engine) (any, error) { return e.Entries(m.Name) }))
	}
	misses, err := pr.kernel.Pipeline().Misses()
	for _, target := range pr.kernel.Pipeline().Layout().Targets {
		if misses[target] != 0 {
			errs = append(errs, fmt.Errorf("%d tail calls to `%s` missed", misses[target], target))
		}
	}
	return errors.Join(append(errs, err)...)
}

func (pr *pair) equal(what string, read func(interp.Engine) (any, error)) error {
	got, err := read(pr.kernel)
	if err != nil {
		return fmt.Errorf("%s: kernel: %w", what, err)
	}
	want, err := read(pr.interp)
	if err != nil {
		return fmt.Errorf("%s: interpreter: %w", what, err)
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: kernel %v, interpreter %v", what, got, want)
	}
	return nil
}

// captures are the pcap and pcapng files of the gopacket module: what real networks and test suites left behind, some
// of it broken.
func captures(t *testing.T) []string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Log("no go command on this machine, as in a virtual one for another kernel: the captures are left out")
		return nil
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gopacket/gopacket").Output()
	if err != nil {
		t.Fatalf("where is gopacket: %v", err)
	}
	var files []string
	err = filepath.WalkDir(strings.TrimSpace(string(dir)), func(path string, _ os.DirEntry, err error) error {
		if ext := filepath.Ext(path); ext == ".pcap" || ext == ".pcapng" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 59 {
		t.Fatalf("%d captures in gopacket, %v", len(files), err)
	}
	return files
}

// captured are the packets of all captures that the kernel's test run takes.
func captured(t *testing.T, pipelineType string) (packets [][]byte, names []string) {
	for _, file := range captures(t) {
		n := 0
		err := pcap.Read(file, func(p pcap.Packet) error {
			if n++; p.Link != layers.LinkTypeEthernet {
				return nil
			}
			if packet := asSeen(pipelineType, p.Data); runtime.CheckTestPacket(pipelineType, packet) == nil {
				packets = append(packets, packet)
				names = append(names, fmt.Sprintf("%s: packet %d", filepath.Base(file), n))
			}
			return nil
		})
		if err != nil {
			t.Logf("%v (its packets before that are used)", err)
		}
	}
	return packets, names
}

// asSeen is what a pipeline sees of a frame.
func asSeen(pipelineType string, frame []byte) []byte {
	if pipelineType == "cgroup_skb" {
		return frame[min(len(frame), 14):]
	}
	return frame
}

func TestAgree(t *testing.T) {
	kerneltest.Require(t)
	pipelines := map[string]func(interp.Engine) error{
		"firewall": func(e interp.Engine) error { // 203.0.113.0/24 is banned
			key := append(binary.NativeEndian.AppendUint32(nil, 24), 203, 0, 113, 0)
			return e.UpdateMap("banned", key, []byte{1, 0, 0, 0})
		},
		"policy": func(interp.Engine) error { return nil },
		"access": func(e interp.Engine) error { // 198.51.100.0/24 is out of bounds
			key := append(binary.NativeEndian.AppendUint32(nil, 24), 198, 51, 100, 0)
			return e.UpdateMap("nets", key, []byte{1, 0, 0, 0})
		},
		"capture": func(interp.Engine) error { return nil },
	}
	for name, setup := range pipelines {
		p := load(t, source(name))
		packets, names := captured(t, p.Type.Name)
		for i, made := range generated(p.Type.Name) {
			packets, names = append(packets, made), append(names, fmt.Sprintf("generated packet %d", i))
		}
		for _, programs := range []int{1, 2, 5, 10} {
			// Each stage in a slot is a program of its own.
			t.Run(fmt.Sprintf("%s/%d", name, programs), func(t *testing.T) {
				want := programs
				for _, s := range p.Slots {
					want += len(s.Initial)
				}
				a, budget := compileInto(t, p, want)
				t.Logf("budget %d: %d programs, %d packets", budget, len(a.Programs), len(packets))
				pr := newPair(t, p, a, setup)
				pr.all(t, packets, names)
			})
		}
	}
}

// all sends the packets and compares the state at the end. It gives up after a few differences.
func (pr *pair) all(t *testing.T, packets [][]byte, names []string) {
	t.Helper()
	for i, packet := range packets {
		if err := pr.send(packet); err != nil {
			t.Fatalf("%s: %v\n%x", names[i], err, packet)
		}
	}
	if err := pr.state(); err != nil {
		t.Error(err)
	}
}

// source is the file of a pipeline: an example, or one made for tests.
func source(name string) string {
	if path := filepath.Join("testdata", name+".tcc"); exists(path) {
		return path
	}
	return filepath.Join("../../../../examples", name, name+".tcc")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestStagesReached(t *testing.T) {
	for _, name := range []string{"firewall", "policy", "access", "capture"} {
		p := load(t, source(name))
		m := interp.New(p)
		reached := map[string]bool{}
		m.OnStage = func(s *check.Stage) { reached[s.Name] = true }
		for _, packet := range generated(p.Type.Name) {
			m.Run(packet)
		}
		for _, s := range p.Stages {
			if !reached[s.Name] {
				t.Errorf("%s: no generated packet reaches stage %s", name, s.Name)
			}
		}
	}
}
