package main

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gopacket/gopacket/layers"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/cmd/tcc/internal/oracle"
	"github.com/tcc-bpf/tcc/cmd/tcc/internal/pcap"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

// budgets are those that sources are compiled with; for some there is no plan.
var budgets = []int{codegen.DefaultBudget, 300, 150}

// recorder runs everything on this kernel and writes it down.
type recorder struct {
	root string
	o    options
	only *regexp.Regexp // titles
	path string
	mu   sync.Mutex // of all that follows
	enc  *gob.Encoder
	sum  struct{ recordings, programs, packets int }
	bad  int // runs that fail here already
}

// fails tells of a run that fails here already. The others go on.
func (r *recorder) fails(title string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bad++
	fmt.Printf("here: %s FAILS: %v\n", title, err)
}

// record writes all recordings into the file.
func (r *recorder) record() error {
	f, err := os.Create(r.path)
	if err != nil {
		return err
	}
	defer f.Close()
	zip := gzip.NewWriter(f)
	r.enc = gob.NewEncoder(zip)
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"test blocks", r.blocks}, {"captured packets", r.captures}, {"known cases", r.known}, {"variants", r.variants}, {"random pipelines", r.randoms},
	} {
		before := r.sum
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Printf("here: %s: %d runs, %d programs, %d packets\n", part.name,
			r.sum.recordings-before.recordings, r.sum.programs-before.programs, r.sum.packets-before.packets)
	}
	return errors.Join(zip.Close(), f.Close())
}

func (r *recorder) add(rec *kernel.Recording) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.recordings++
	r.sum.programs += rec.Programs
	r.sum.packets += rec.Packets()
	return r.enc.Encode(rec)
}

// sources are checked files, but for those with stages for another pipeline's slots, which take that pipeline to run.
func (r *recorder) sources(patterns ...string) (list []*check.Program, err error) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(r.root, pattern))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no files %s: %v", pattern, err)
		}
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			p, diags := check.Load(filepath.Base(path), string(src), func(name string) (string, string, error) {
				text, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
				return name, string(text), err
			})
			if err := diags.Err(); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if apart := slices.ContainsFunc(p.Stages, func(s *check.Stage) bool { return s.For != nil }); !apart {
				list = append(list, p)
			}
		}
	}
	return list, nil
}

// compile compiles with a budget; nil if there is no plan for it.
func compile(p *check.Program, budget int, target codegen.Target, loops bool) (*codegen.Artifact, error) {
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true, Target: target, Loops: loops})
	var none *codegen.PlanError
	if budget < codegen.DefaultBudget && errors.As(err, &none) {
		return nil, nil
	}
	return a, err
}

// blocks runs the test blocks of the examples and of the compiler's own sources.
func (r *recorder) blocks() error {
	list, err := r.sources("examples/*/*.tcc", "codegen/internal/build/testdata/*.tcc", "cmd/tcc/internal/kernel/testdata/*.tcc")
	if err != nil {
		return err
	}
	for _, p := range list {
		err := r.each(p.Files[0].Name, p, budgets, codegen.Target{}, func(title string, a *codegen.Artifact) error {
			return r.tests(title, p, codegen.Target{}, []*codegen.Artifact{a})
		})
		calls := slices.ContainsFunc(p.Fns, func(f *check.Fn) bool { return f.Call })
		if err == nil && (calls || len(p.Loops()) > 0) {
			err = r.calling(p)
		}
		if err != nil {
			return err
		}
	}
	long, err := r.sources("codegen/internal/build/testdata/long/*.tcc")
	for _, p := range long {
		err = errors.Join(err, r.calling(p))
	}
	return err
}

// calling runs the test blocks of a source whose programs call functions and make tail calls too.
func (r *recorder) calling(p *check.Program) error {
	return r.each(p.Files[0].Name+" for "+callers.Name, p, budgets, callers, func(title string, a *codegen.Artifact) error {
		return r.tests(title, p, callers, []*codegen.Artifact{a})
	})
}

// callers are the first kernels for which programs both call functions, in loops or not, and make tail calls.
var callers = func() codegen.Target {
	t, err := codegen.ParseTarget("6.1")
	if err != nil {
		panic(err) // it isn't in the table any more
	}
	return t
}()

// each compiles a pipeline with some budgets, but for those that leave no plan, and runs it. What fails is told.
func (r *recorder) each(what string, p *check.Program, budgets []int, target codegen.Target, run func(title string, a *codegen.Artifact) error) error {
	for _, budget := range budgets {
		title := fmt.Sprintf("%s at %d", what, budget)
		if !r.only.MatchString(title) {
			continue
		}
		a, err := compile(p, budget, target, target.Loops())
		if err != nil {
			return err
		}
		if a == nil {
			continue
		}
		if err := run(title, a); err != nil {
			r.fails(title, err)
		}
	}
	return nil
}

// tests runs a pipeline's tests; one without any is loaded. Of variants, from says from which target on kernels take each but
// for the last.
func (r *recorder) tests(title string, p *check.Program, target codegen.Target, variants []*codegen.Artifact, from ...string) error {
	var all []*kernel.Recording
	open := func() (interp.Engine, error) {
		k, err := kernel.NewVariants(p, variants)
		if err != nil {
			return nil, err
		}
		rec := kernel.NewRecording(title, p, variants[len(variants)-1])
		rec.Target = target
		rec.Try(variants, from...)
		k.Tape = rec.Add
		all = append(all, rec)
		return k, k.Load()
	}
	if len(p.Tests) == 0 {
		k, err := open()
		if err != nil {
			return err
		}
		k.Close()
	}
	for _, result := range interp.RunTests(p, open) {
		for _, f := range result.Failures {
			return fmt.Errorf("%s: %s: %s", result.Name, f.Span, f.Message)
		}
	}
	for _, rec := range all {
		if err := r.add(rec); err != nil {
			return err
		}
	}
	return nil
}

// captures sends packets of the captures of the gopacket module through the examples.
func (r *recorder) captures() error {
	list, err := r.sources("examples/*/*.tcc")
	if err != nil {
		return err
	}
	for _, p := range list {
		packets, err := r.captured(p.Type.Name)
		if err != nil {
			return err
		}
		err = r.each("captures through "+p.Name, p, []int{codegen.DefaultBudget, 150}, codegen.Target{}, func(title string, a *codegen.Artifact) error {
			return r.send(title, p, a, packets)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// captured are some of the packets that a test run takes, from all files.
func (r *recorder) captured(pipelineType string) (packets [][]byte, err error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gopacket/gopacket").Output()
	if err != nil {
		return nil, fmt.Errorf("where is gopacket, whose captures are read: %w", err)
	}
	var all [][]byte
	err = filepath.WalkDir(strings.TrimSpace(string(dir)), func(path string, _ os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".pcap" || ext == ".pcapng") {
			_ = pcap.Read(path, func(p pcap.Packet) error { // of a damaged file, the packets before
				if p.Link == layers.LinkTypeEthernet && runtime.CheckTestPacket(pipelineType, p.Data) == nil {
					all = append(all, bytes.Clone(p.Data))
				}
				return nil
			})
		}
		return err
	})
	for i := 0; i < r.o.captured && len(all) > 0; i++ { // evenly from all
		if at := i * len(all) / r.o.captured; i >= len(all) || len(packets) == 0 || at != (i-1)*len(all)/r.o.captured {
			packets = append(packets, all[at])
		}
	}
	return packets, err
}

// send runs packets, holds what comes of them against the interpreter, and reads the counters and maps in the end.
func (r *recorder) send(title string, p *check.Program, a *codegen.Artifact, packets [][]byte) error {
	k, err := kernel.New(p, a)
	if err != nil {
		return err
	}
	defer k.Close()
	rec := kernel.NewRecording(title, p, a)
	k.Tape = rec.Add
	i := interp.NewPinnedEngine(p, interp.Pinned(1, 0, 0))
	if err := k.Pin(1); err != nil {
		return err
	}
	for n, packet := range packets {
		got, err := k.Run(packet)
		if err != nil {
			return fmt.Errorf("packet %d: %w", n, err)
		}
		want, err := i.Run(packet)
		if err != nil {
			return err
		}
		if got.Code != want.Code || !bytes.Equal(got.Packet, want.Packet) {
			return fmt.Errorf("packet %d, %x: verdict %d, interpreter %d", n, packet, got.Code, want.Code)
		}
	}
	for _, c := range p.Counters {
		if _, err := k.Counter(c.Name); err != nil {
			return err
		}
	}
	for _, m := range p.Maps {
		if _, err := k.Entries(m.Name); err != nil {
			return err
		}
	}
	return r.add(rec)
}

// known runs the cases of mistakes that were found and mended.
func (r *recorder) known() error {
	files, err := filepath.Glob(filepath.Join(r.root, "testdata/regress/*.tcc"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no cases: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c, err := oracle.Parse(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := r.runCase(filepath.Base(path), c); err != nil {
			return err
		}
	}
	return nil
}

// randoms runs the cases of the first seeds.
func (r *recorder) randoms() error {
	cpus, err := kernel.CPUs()
	if err != nil {
		return err
	}
	var seed atomic.Uint64
	var wait sync.WaitGroup
	errs := make([]error, len(cpus))
	for i, cpu := range cpus {
		wait.Go(func() {
			for n := seed.Add(1); n <= uint64(r.o.random) && errs[i] == nil; n = seed.Add(1) {
				c := oracle.New(n)
				c.CPU = cpu
				errs[i] = r.runCase(fmt.Sprintf("seed %d", n), c)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// runCase runs a case in all its plans.
func (r *recorder) runCase(title string, c *oracle.Case) error {
	if !r.only.MatchString(title) {
		return nil
	}
	var all []*kernel.Recording
	c.Record = func(p *check.Program, a *codegen.Artifact, plan oracle.Plan) func(kernel.Call) {
		rec := kernel.NewRecording(fmt.Sprintf("%s, %s", title, plan), p, a)
		rec.Target = plan.Target
		all = append(all, rec)
		return rec.Add
	}
	if _, failure := c.Run(); failure != nil {
		r.fails(title, failure)
		return nil
	}
	for _, rec := range all {
		if err := r.add(rec); err != nil {
			return err
		}
	}
	return nil
}
