package oracle

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tcc-bpf/tcc/lang/check"
)

// A Report is what a campaign has done so far.
type Report struct {
	First, Next uint64 // seeds: all from First on and before Next were run
	Time        time.Duration
	Pipelines   int
	Summary
	Failures map[string][]uint64 // the seeds that failed, by kind of failure
}

// NewReport is that of a campaign which begins at a seed.
func NewReport(first uint64) *Report {
	return &Report{First: first, Next: first, Failures: map[string][]uint64{}}
}

// count adds a failure, and tells how many there are of its kind.
func (r *Report) count(kind string, seed uint64) int {
	r.Failures[kind] = append(r.Failures[kind], seed)
	return len(r.Failures[kind])
}

func (r *Report) knows(kind string, seed uint64) bool { return slices.Contains(r.Failures[kind], seed) }

// Failed is how many cases failed.
func (r *Report) Failed() (n int) {
	for _, seeds := range r.Failures {
		n += len(seeds)
	}
	return n
}

// Line is the report in one line.
func (r *Report) Line() string {
	return fmt.Sprintf("%v: %d pipelines, %.1f/s; %d plans, %d programs, %d tail calls; %d packets; %d failures; next seed %d",
		r.Time.Round(time.Second), r.Pipelines, float64(r.Pipelines)/max(r.Time.Seconds(), 1e-3), r.Plans, r.Programs, r.Cuts,
		r.Packets, r.Failed(), r.Next)
}

// columns are the pipeline types of a coverage.
func columns() (names []string) {
	for _, t := range check.PipelineTypes {
		names = append(names, t.Name)
	}
	return names
}

// rows are the constructs of a coverage: those that were executed, and those that ought to be.
func (r *Report) rows() []string {
	names := slices.Concat(wanted(), wantedRuns())
	for _, c := range r.Coverage {
		names = slices.AppendSeq(names, maps.Keys(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Never lists what ought to be executed and never was, in no type of pipeline.
func (r *Report) Never() []string {
	all := Coverage{}
	for _, c := range r.Coverage {
		all.Add(c)
	}
	names := slices.Concat(wanted(), wantedRuns())
	slices.Sort(names)
	return all.without(slices.Compact(names))
}

// Write writes the report for people.
func (r *Report) Write(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "seeds %d to %d, %v\n\n", r.First, r.Next-1, r.Time.Round(time.Second))
	for _, line := range []struct {
		n    int
		what string
	}{
		{r.Pipelines, "pipelines"},
		{r.Refused, "of them need more stack or code than there can be"},
		{r.Contradictions, "loaded forms make the kernel's verifier contradict itself"},
		{r.Plans, "plans loaded"},
		{r.Programs, "programs loaded"},
		{r.Most, "programs of one plan, at most"},
		{r.Cuts, "cuts"},
		{r.Packets, "packets sent"},
		{r.Statements, "statements"},
		{r.Reached, "of them executed"},
		{r.Failed(), "failures"},
	} {
		fmt.Fprintf(w, "%d\t %s\n", line.n, line.what)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Failures)) {
		seeds := r.Failures[kind]
		fmt.Fprintf(w, "\nfailed %d times: %s\n  seeds %v\n", len(seeds), kind, seeds[:min(20, len(seeds))])
	}
	fmt.Fprintf(w, "\nexecuted, by type of pipeline:\n%s\t\n", strings.Join(columns(), "\t"))
	for _, name := range r.rows() {
		for _, typ := range columns() {
			fmt.Fprintf(w, "%d\t", r.Coverage[typ][name])
		}
		fmt.Fprintf(w, " %s\n", name)
	}
	never := r.Never()
	fmt.Fprintf(w, "\n%d constructs were never executed: %s\n", len(never), commas(never))
	return w.Flush()
}
