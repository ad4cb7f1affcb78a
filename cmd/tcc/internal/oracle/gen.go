package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A gen writes one program.
type gen struct {
	*rand.Rand
	pool
	typ  *check.PipelineType
	text strings.Builder
	size int // statements that may still be written

	frags  bool   // the packet may lie in several buffers
	guests bool   // some stages can be compiled apart
	side   side   // of what is being written
	prefix string // of the names that are being declared

	enums    []*types.Enum
	structs  []*types.Struct
	headers  []*types.Header // the prelude's and the program's own
	globals  []*global
	maps     []*mapDecl
	counters []*counter

	targetMaps []*mapDecl // of xdp; user space puts nothing there
	events     []*types.Struct
	fns        []*fn
	stages     []*stage
	tables     []*table

	stage  *stage // that is being written
	fn     *fn    // that is being written, nil in a stage
	indent int
	scope  []*local
	names  int              // locals of the stage so far
	mods   map[*mapDecl]int // updates and deletes in the stage so far
	moves  int              // pushes and pops in the stage so far
	still  bool             // none of these may be written
	named  []*local         // the views of the rewrite around the statement; nil outside of one
	loops  int              // around the statement
	rounds int              // of these, in all
	copies int              // of stages, because of gotos back so far
	small  bool             // few statements, which may be written out often
}

type (
	global struct {
		name   string
		typ    types.Type
		config bool
		side   side
	}
	mapDecl struct {
		name       string
		kind       check.MapKind
		key, value types.Type
		max        int
	}
	counter struct {
		name string
		enum *types.Enum
		len  int // 0: not indexed
	}
	// A stage can go to those with a higher rank, and to others with a bound.
	stage struct {
		name   string
		rank   int
		params []param
		side   side
	}
	param struct {
		name string
		typ  types.Type // *types.Header for a view
	}
	// A table is `slots`, or `slot` if len is 0. Its rank is the lowest of its stages'.
	table struct {
		name    string
		len     int
		rank    int
		params  []param
		entries map[int]*stage
		side    side
	}
)

// Generate writes the program of a seed.
func Generate(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &gen{Rand: r, pool: newPool(r), typ: pick(r, check.PipelineTypes), copies: 1, guests: withGuests(seed)}
	g.headers = append(g.headers, prelude()...)
	g.frags = g.typ.Name == "xdp" && g.chance(1, 4)
	if g.frags {
		g.line("pipeline p xdp frags")
	} else {
		g.line("pipeline p %s", g.typ.Name)
	}
	g.line("default %s", g.plainVerdict().Name)
	g.plan()
	g.declarations()
	g.writeFns()
	g.writeStages()
	g.writeTables()
	return markCalls(r, g.text.String())
}

// sizes are how many statements programs have; largeSizes are those of a few, which run out of registers. Ten small programs
// find more than one large one, in the same time.
var sizes, largeSizes = []int{3, 4, 4, 6, 6, 8, 8, 10, 12, 12, 16, 20}, []int{30, 30, 45, 100}

// plan decides how large the program becomes, and how many stages it has.
func (g *gen) plan() {
	g.size = pick(g.Rand, sizes)
	if g.chance(1, 20) {
		g.size = pick(g.Rand, largeSizes)
	}
	if g.frags {
		g.size = min(g.size, 8) // each access looks for its bytes itself, which makes much code
	}
	g.small = g.size <= 30
	n := 1 + g.IntN(2+g.size/8)
	for i := range n {
		g.stages = append(g.stages, &stage{name: fmt.Sprintf("st%d", i), rank: i})
	}
	if g.guests {
		g.planGuests()
	}
}

// A first buffer holds at most 3,520 bytes of a test's packet. What a stage skips up to there is filled by traffic.
const farEnough, maxFar = 3000, 3530

// line writes a line.
func (g *gen) line(format string, args ...any) {
	g.text.WriteString(strings.Repeat("    ", g.indent))
	fmt.Fprintf(&g.text, format, args...)
	g.text.WriteByte('\n')
}

// chance is true n times out of m.
func (g *gen) chance(n, m int) bool { return g.IntN(m) < n }

// A production writes one statement. It tells whether control never goes on behind it.
type production struct {
	weight int
	can    func(*gen) bool // nil: everywhere
	write  func(g *gen, depth int) bool
}

// families are all productions. Depth is how deep blocks may still nest.
var families [][]production

func init() {
	families = [][]production{localStmts, packetStmts, payloadStmts, fibStmts, stateStmts, matchStmts, flowStmts, fnStmts, loopStmts, pushStmts, rewriteStmts}
}

// statement writes a statement.
func (g *gen) statement(depth int) (ends bool) {
	g.size--
	total := 0
	var can []production
	for _, f := range families {
		for _, p := range f {
			if p.can == nil || p.can(g) {
				can = append(can, p)
				total += p.weight
			}
		}
	}
	n := g.IntN(total)
	for _, p := range can {
		if n -= p.weight; n < 0 {
			return p.write(g, depth)
		}
	}
	return false
}

// block writes statements until one ends the block, there are enough of them or the program is long enough. If it must
// end, it does.
func (g *gen) block(depth int, mustEnd bool) (ends bool) {
	outer := len(g.scope)
	g.indent++
	for n := 1 + g.IntN(5); n > 0 && g.size > 0 && !ends; n-- {
		ends = g.statement(depth)
	}
	if mustEnd && !ends {
		g.exit()
		ends = true
	}
	g.indent--
	g.scope = g.scope[:outer]
	return ends
}

// share is how many statements a stage may have, of those that are left for all.
func (g *gen) share(s *stage) int {
	left := len(g.stages) - s.rank
	return max(2, g.size/left+g.IntN(3))
}

func (g *gen) writeStage(s *stage) {
	g.stage, g.scope, g.names, g.mods = s, nil, 0, map[*mapDecl]int{}
	g.loops, g.rounds, g.moves = 0, 1, 0
	for _, p := range s.params {
		g.scope = append(g.scope, &local{name: p.name, typ: p.typ})
	}
	g.line("stage %s%s {", s.name, paramList(s.params))
	g.indent++
	if g.frags && s.rank == 0 && g.chance(1, 2) {
		g.line("skip %d", maxFar-60+g.IntN(50))
	}
	if g.chance(5, 6) {
		g.parse(g.someHeader()) // something that differs from packet to packet
	}
	ends := false
	for end := g.size - g.share(s); g.size > end && !ends; {
		ends = g.statement(4)
	}
	if !ends {
		if g.chance(1, 2) {
			g.mix()
		}
		g.exit()
	}
	g.indent--
	g.line("}")
}

func paramList(params []param) string {
	if len(params) == 0 {
		return ""
	}
	var list []string
	for _, p := range params {
		list = append(list, p.name+" "+p.typ.String())
	}
	return "(" + commas(list) + ")"
}
