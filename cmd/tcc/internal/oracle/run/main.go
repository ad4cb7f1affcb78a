// Run is the oracle for hours: random pipelines in the interpreter and in the kernel, at many cuts.
//
//	go run ./cmd/tcc/internal/oracle/run -for 1h -out /tmp/oracle
//
// It prints a line every few seconds, and at the end what was run, and what of the language and of the compiler's
// operations was executed. The folder gets the same as summary.txt and summary.json, and a file for the first failure of
// each kind, reduced: TestRegress runs such files. A folder that has a summary is gone on with, behind its last seed.
//
// It needs root. Exit codes: 0 all agreed, 1 there were failures, 2 it couldn't run.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/cmd/tcc/internal/oracle"
)

var (
	runFor = flag.Duration("for", time.Minute, "run so long; 0: until all cases have run")
	cases  = flag.Uint64("n", 0, "run so many cases; 0: until the time is up")
	first  = flag.Uint64("seed", 0, "the first seed; 0: go on with what is in the folder, or begin with 1")
	folder = flag.String("out", "", "the folder for summaries and failing cases")
	reduce = flag.Duration("reduce", 2*time.Minute, "the time to reduce the first failure of each kind")
	stop   = flag.Bool("stop", false, "end at the first failure")
	strict = flag.Bool("strict", kernel.CanBeStrict(), "count programs that make the kernel's verifier contradict itself (Linux 6.8)")
	every  = flag.Duration("every", 5*time.Second, "the time between two lines")
)

func main() {
	flag.Parse()
	if flag.NArg() > 0 || *runFor == 0 && *cases == 0 {
		flag.Usage()
		os.Exit(2)
	}
	report, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
	if report.Failed() > 0 {
		os.Exit(1)
	}
}

func run() (*oracle.Report, error) {
	debug.SetGCPercent(1000) // compiling makes much garbage, and little stays
	report, err := begin()
	if err != nil {
		return nil, err
	}
	log, err := openKernelLog()
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle: the kernel's log isn't watched:", err)
	}
	var failed error
	c := oracle.Campaign{Cases: *cases, For: *runFor, Stop: *stop, Strict: *strict, Reduce: *reduce, Every: *every}
	c.Found = func(f *oracle.Found) {
		fmt.Printf("seed %d: %v\n%s\n", f.Seed, f.Failure, f.Case)
		failed = errors.Join(failed, save(fmt.Sprintf("%s_%d.tcc", f.Failure.Slug(), f.Seed), []byte(f.Case.String())))
	}
	c.Tick = func(r *oracle.Report) {
		fmt.Println(r.Line())
		for _, line := range log.warnings() {
			fmt.Printf("the kernel says: %s (seeds %v are being run)\n", line, c.Running())
		}
		failed = errors.Join(failed, summaries(r))
	}
	if err := c.Run(report); err != nil {
		return nil, err
	}
	if err := report.Write(os.Stdout); err != nil {
		return nil, err
	}
	return report, errors.Join(failed, summaries(report))
}

// begin is the report to go on with.
func begin() (*oracle.Report, error) {
	if *folder != "" {
		if err := os.MkdirAll(*folder, 0o777); err != nil {
			return nil, err
		}
	}
	if *first == 0 && *folder != "" {
		text, err := os.ReadFile(filepath.Join(*folder, "summary.json"))
		if !errors.Is(err, fs.ErrNotExist) {
			report := oracle.NewReport(0)
			return report, errors.Join(err, json.Unmarshal(text, report))
		}
	}
	return oracle.NewReport(max(*first, 1)), nil
}

// summaries writes the report into the folder.
func summaries(r *oracle.Report) error {
	text, err := json.MarshalIndent(struct {
		*oracle.Report
		Never []string
	}{r, r.Never()}, "", "\t")
	if err != nil {
		return err
	}
	var b strings.Builder
	return errors.Join(r.Write(&b), save("summary.json", text), save("summary.txt", []byte(b.String())))
}

// save writes a file into the folder, if there is one: at once, so that a run that is ended leaves no half of one.
func save(name string, text []byte) error {
	if *folder == "" {
		return nil
	}
	path := filepath.Join(*folder, name)
	if err := os.WriteFile(path+".new", text, 0o666); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
