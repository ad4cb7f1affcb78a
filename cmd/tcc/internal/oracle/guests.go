package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Guests. Some programs have stages that can be compiled apart, as a pipeline of their own, which Case.Apart does. They, the
// stages of the host that they go to, and all fns keep to what a host shares: neither its vars nor its tables.

// A side is where a stage, a table or a variable belongs.
type side int

const (
	hostSide side = iota
	guestSide
	sharedSide // of the host, but guests may go there
)

// guestPrefix begins the names of guests and of what only they use. The first guest is in a slot of the host.
const guestPrefix, firstGuest, guestTable = "guest_", "guest_0", "to_guest"

// withGuests reports whether the program of a seed has guests.
func withGuests(seed uint64) bool { return rand.New(rand.NewPCG(seed, 4)).IntN(8) == 0 }

// planGuests adds guests and shared stages to those of the host, and room for them.
func (g *gen) planGuests() {
	g.size += 8
	add := func(n int, side side, format string) {
		for i := range n {
			g.stages = append(g.stages, &stage{name: fmt.Sprintf(format, i), rank: len(g.stages), side: side})
		}
	}
	if len(g.stages) == 1 && g.chance(1, 2) {
		g.stages = append(g.stages, &stage{name: "st1", rank: 1})
	}
	add(1+g.IntN(3), guestSide, guestPrefix+"%d")
	add(g.IntN(3), sharedSide, "shared%d")
}

// planGuestTable plans the host's table that holds the first guest, and perhaps a stage of the host.
func (g *gen) planGuestTable() {
	first := slices.IndexFunc(g.stages, func(s *stage) bool { return s.side == guestSide })
	guest := g.stages[first]
	t := &table{name: guestTable, rank: first, entries: map[int]*stage{}}
	switch host := g.stages[first-1]; {
	case first > 1 && g.chance(2, 3):
		guest.params, t.rank = host.params, host.rank
		t.len = 2 + g.IntN(6)
		t.entries[g.IntN(t.len)] = host
	case g.chance(1, 2):
		t.len = 1 + g.IntN(6)
	}
	t.params = guest.params
	t.entries[g.IntN(max(1, t.len))] = guest
	g.tables = append(g.tables, t)
}

// declareGuests declares what only guests use.
func (g *gen) declareGuests() {
	for i := range g.IntN(3) {
		g.declareMap(i)
	}
	for i := range g.IntN(2) {
		g.declareCounter(i)
	}
	for i := range g.IntN(3) {
		g.declareGlobal(i, g.chance(1, 3))
	}
	for i := range g.IntN(2) {
		g.events = append(g.events, g.fields("event", fmt.Sprintf("%sev%d", g.prefix, i), 1+g.IntN(3)))
	}
	within := slices.DeleteFunc(slices.Clone(g.stages), func(s *stage) bool { return s.side == hostSide || s.name == firstGuest })
	if len(within) > 0 && g.chance(1, 2) {
		s := pick(g.Rand, within)
		t := &table{name: g.prefix + "sl", side: guestSide, rank: s.rank, params: s.params, len: 1 + g.IntN(4), entries: map[int]*stage{}}
		t.entries[g.IntN(t.len)] = s
		g.tables = append(g.tables, t)
	}
}

// writeStages writes all stages in the order of their ranks.
func (g *gen) writeStages() {
	maps, counters, events := g.maps, g.counters, g.events
	for _, s := range g.stages {
		if s.side != g.side {
			g.side, g.prefix = s.side, ""
			g.maps, g.counters, g.events = maps, counters, events
			if g.side == guestSide {
				g.prefix = guestPrefix
				g.declareGuests()
			}
		}
		g.writeStage(s)
	}
}

// knows reports whether what is being written can name a config or var.
func (g *gen) knows(v *global) bool { return v.side == g.side || v.config && v.side == hostSide }

// reaches reports whether the stage that is being written can go to one of a higher rank.
func (g *gen) reaches(s *stage) bool { return s.side == g.side || s.side == sharedSide }

// hasTables reports whether there are tables on the side that is being written.
func (g *gen) hasTables() bool {
	return slices.ContainsFunc(g.tables, func(t *table) bool { return t.side == g.side })
}
