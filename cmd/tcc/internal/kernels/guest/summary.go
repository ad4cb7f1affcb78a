package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A summary is the titles of runs, by what was said of them.
type summary map[string][]string

// place is where in a source a message points to. changing is what else differs in messages of a kind: names, numbers, registers.
var (
	place    = regexp.MustCompile(`\b[\w.]+\.tcc:\d+:\d+: `)
	changing = regexp.MustCompile("`[^`]*`" + `|\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b|\b[rR][0-9]+\b`)
)

// add adds a run. The kind of its difference is the first two lines of it: what differs, and what the kernel says.
func (s summary) add(title string, err error) {
	lines := strings.SplitN(err.Error(), "\n", 3)
	for i, line := range lines {
		lines[i] = strings.TrimSpace(changing.ReplaceAllString(place.ReplaceAllString(line, ""), "…"))
	}
	kind := strings.Join(lines[:min(2, len(lines))], ": ")
	s[kind] = append(s[kind], title)
}

// runs is how many there are.
func (s summary) runs() (n int) {
	for _, titles := range s {
		n += len(titles)
	}
	return n
}

// print prints all kinds, those of many runs first, and what came of the runs.
func (s summary) print(out io.Writer, what string) {
	kinds := slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(s[b]), len(s[a])), cmp.Compare(a, b))
	})
	for _, kind := range kinds {
		fmt.Fprintf(out, "%d %s: %.300s\n", len(s[kind]), what, kind)
		for _, title := range s[kind] {
			fmt.Fprintf(out, "\t%s\n", title)
		}
	}
}
