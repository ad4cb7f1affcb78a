package oracle

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
)

// A Campaign runs the cases of many seeds in a row, on all CPUs at once.
type Campaign struct {
	Cases  uint64        // how many; 0: until the time is up
	For    time.Duration // 0: until all cases have run
	Stop   bool          // at the first failure
	Strict bool          // see Case
	Reduce time.Duration // for the first failure of each kind; 0: they stay as they are
	Found  func(*Found)  // called for the first failure of each kind
	Tick   func(*Report) // called every Every
	Every  time.Duration

	mu    sync.Mutex
	total *Report
	until time.Time
	left  uint64
	under map[uint64]time.Time // the seeds that are being run, and since when
}

// Found is a case that failed.
type Found struct {
	Seed    uint64
	Case    *Case // reduced
	Failure *Failure
}

// patience is how long a case may take before it is taken for a failure: thousands of times what it usually takes, as the
// machine may be busy.
const patience = 5 * time.Minute

// Run goes on where a report ends: its Next is the first seed to run. All is added to that report, at whose end nothing is
// being run any more, unless something hangs.
func (c *Campaign) Run(r *Report) error {
	cpus, err := kernel.CPUs()
	if err != nil {
		return err
	}
	cpus = slices.Concat(cpus, cpus, cpus) // while some workers wait for the kernel, another one works
	began := time.Now()
	c.total, c.under, c.left = r, map[uint64]time.Time{}, c.Cases
	if c.For > 0 {
		c.until = began.Add(c.For)
	}
	results := make(chan error, len(cpus))
	for _, cpu := range cpus {
		go func() { results <- kernel.OnCPU(cpu, func() error { c.work(cpu); return nil }) }()
	}
	before, tick := r.Time, time.NewTicker(cmp.Or(c.Every, time.Second))
	defer tick.Stop()
	for working := len(cpus); working > 0; {
		select {
		case err := <-results:
			if working--; err != nil {
				return err
			}
		case <-tick.C:
		}
		c.mu.Lock()
		r.Time = before + time.Since(began)
		if c.Tick != nil && working > 0 {
			c.Tick(c.sofar())
		}
		hung := c.hung()
		c.mu.Unlock()
		if hung == working && c.over() {
			return nil
		}
	}
	return nil
}

// sofar is the report of what is done for sure: whoever goes on from there runs again what is being run now.
func (c *Campaign) sofar() *Report {
	r := *c.total
	for seed := range c.under {
		r.Next = min(r.Next, seed)
	}
	return &r
}

// Running is the seeds of the cases that are being run. Only Found and Tick may call it.
func (c *Campaign) Running() []uint64 { return slices.Sorted(maps.Keys(c.under)) }

// over reports whether no new case is to be started.
func (c *Campaign) over() bool {
	return c.Stop && len(c.total.Failures) > 0 || c.Cases > 0 && c.left == 0 || !c.until.IsZero() && time.Now().After(c.until)
}

// next takes a seed.
func (c *Campaign) next() (seed uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over() {
		return 0, false
	}
	c.left--
	seed = c.total.Next
	c.total.Next++
	c.under[seed] = time.Now()
	return seed, true
}

// work runs cases on one CPU.
func (c *Campaign) work(cpu int) {
	for {
		seed, ok := c.next()
		if !ok {
			return
		}
		k := New(seed)
		k.CPU, k.Strict = cpu, c.Strict
		s, failure := k.Run()
		c.mu.Lock()
		delete(c.under, seed)
		c.total.Pipelines++
		c.total.Add(s)
		c.mu.Unlock()
		if failure != nil {
			c.failed(seed, k, failure)
		}
	}
}

// failed counts a failure. The first of its kind is reduced and told.
func (c *Campaign) failed(seed uint64, k *Case, failure *Failure) {
	c.mu.Lock()
	first := c.total.count(failure.Kind, seed) == 1
	c.mu.Unlock()
	if !first {
		return
	}
	if c.Reduce > 0 {
		k = Reduce(k, failure, c.Reduce)
		if _, again := k.Run(); again != nil {
			failure = again
		}
	}
	if c.Found != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.Found(&Found{Seed: seed, Case: k, Failure: failure})
	}
}

// hung is how many cases take too long. Each is a failure, which can't be reduced.
func (c *Campaign) hung() (n int) {
	for seed, since := range c.under {
		if time.Since(since) < patience {
			continue
		}
		n++
		failure := fail("hangs", "seed %d takes more than %v", seed, patience)
		if !c.total.knows(failure.Kind, seed) && c.total.count(failure.Kind, seed) == 1 && c.Found != nil {
			c.Found(&Found{Seed: seed, Case: &Case{Source: Generate(seed)}, Failure: failure})
		}
	}
	return n
}
