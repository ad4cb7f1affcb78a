package explain

import (
	"cmp"
	"math"
	"slices"
)

// The drawing is a layered graph, after Sugiyama, Tagawa and Toda (1981): tail calls go from a layer to a later one,
// those over several layers pass through waypoints, and the nodes of each layer are put in an order in which few lines
// cross. All is computed in a fixed order, so that the same report gives the same picture.

// A node is a program, a slots table, or a waypoint of an edge.
type node struct {
	program *Program // nil: a table or a waypoint
	table   *Table
	hue     int // degrees on the colour wheel

	layer     int
	up, down  []*node // neighbours in the layers above and below
	x         float64 // of its middle
	y, w, h   float64
	lines     []line // what is written in a program's box
	out, into []*edge
}

// An edge is a tail call, or that a table holds a program.
type edge struct {
	from, to  *node
	frequency float64 // how many packets take it; 0: not known
	cold      bool
	holds     bool // a slot holds the program
	label     string
	hint      string
	path      []*node // from, the waypoints, to
}

// mostAbreast is how many boxes stand beside each other at most.
const mostAbreast = 5

// graph is the nodes in the order of the report, and by layer.
type graph struct {
	nodes  []*node
	edges  []*edge
	layers [][]*node
}

// newGraph makes a node a program and table, and an edge a call.
func newGraph(r *Report) *graph {
	g := &graph{}
	byName := map[string]*node{}
	for i, p := range r.Programs {
		n := &node{program: p, hue: hue(i)}
		g.nodes, byName[p.Name] = append(g.nodes, n), n
	}
	for i := range r.Slots {
		n := &node{table: &r.Slots[i]}
		g.nodes, byName[r.Slots[i].Name] = append(g.nodes, n), n
	}
	for _, n := range g.nodes {
		switch {
		case n.table != nil:
			for _, s := range n.table.Slots {
				g.connect(&edge{from: n, to: byName[s.Program], holds: true})
			}
		default:
			for _, c := range n.program.Calls {
				g.connect(&edge{from: n, to: byName[c.To], frequency: c.Frequency, cold: c.Cold})
			}
		}
	}
	g.layer()
	g.waypoints()
	g.arrange()
	return g
}

// hue is the colour of the i-th program: neighbours are far apart on the wheel, by the golden angle.
func hue(i int) int { return int(math.Mod(210+float64(i)*137.508, 360)) }

// connect adds an edge, unless it is there already: a program can be in several slots of a table.
func (g *graph) connect(e *edge) {
	if slices.ContainsFunc(e.from.out, func(o *edge) bool { return o.to == e.to }) {
		return
	}
	e.from.out, e.to.into = append(e.from.out, e), append(e.to.into, e)
	g.edges = append(g.edges, e)
}

// layer puts every node below all that lead to it, in the first layer that has room.
func (g *graph) layer() {
	waits := map[*node]int{}
	var ready []*node
	for _, n := range g.nodes {
		if waits[n] = len(n.into); waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		for n.layer < len(g.layers) && len(g.layers[n.layer]) == mostAbreast {
			n.layer++
		}
		for len(g.layers) <= n.layer {
			g.layers = append(g.layers, nil)
		}
		g.layers[n.layer] = append(g.layers[n.layer], n)
		for _, e := range n.out {
			e.to.layer = max(e.to.layer, n.layer+1)
			if waits[e.to]--; waits[e.to] == 0 {
				ready = append(ready, e.to)
			}
		}
	}
}

// waypoints leads each edge through all layers between its ends.
func (g *graph) waypoints() {
	for _, e := range g.edges {
		last := e.from
		e.path = []*node{last}
		step := func(n *node) {
			last.down, n.up = append(last.down, n), append(n.up, last)
			e.path = append(e.path, n)
			last = n
		}
		for l := e.from.layer + 1; l < e.to.layer; l++ {
			n := &node{layer: l}
			g.layers[l] = append(g.layers[l], n)
			step(n)
		}
		step(e.to)
	}
}

// sweeps is how often the order of all layers is improved.
const sweeps = 12

// arrange orders the nodes of each layer by where their neighbours stand, down and up again, and keeps the best.
func (g *graph) arrange() {
	best, fewest := g.copyLayers(), g.crossings()
	for i := range sweeps {
		if i%2 == 0 {
			for _, l := range g.layers[1:] {
				g.byNeighbours(l, func(n *node) []*node { return n.up })
			}
		} else {
			for _, l := range slices.Backward(g.layers[:len(g.layers)-1]) {
				g.byNeighbours(l, func(n *node) []*node { return n.down })
			}
		}
		if n := g.crossings(); n < fewest {
			best, fewest = g.copyLayers(), n
		}
	}
	g.layers = best
}

func (g *graph) copyLayers() [][]*node {
	var all [][]*node
	for _, l := range g.layers {
		all = append(all, slices.Clone(l))
	}
	return all
}

// places is where each node stands in its layer.
func (g *graph) places() map[*node]int {
	at := map[*node]int{}
	for _, l := range g.layers {
		for i, n := range l {
			at[n] = i
		}
	}
	return at
}

// byNeighbours orders a layer by the mean places of neighbours. A node without any stays where it is.
func (g *graph) byNeighbours(layer []*node, of func(*node) []*node) {
	at := g.places()
	mean := map[*node]float64{}
	for _, n := range layer {
		mean[n] = float64(at[n])
		if near := of(n); len(near) > 0 {
			sum := 0
			for _, m := range near {
				sum += at[m]
			}
			mean[n] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(layer, func(a, b *node) int { return cmp.Compare(mean[a], mean[b]) })
}

// crossings counts the lines that cross.
func (g *graph) crossings() int {
	at := g.places()
	total := 0
	for _, l := range g.layers {
		type span struct{ from, to int }
		var spans []span
		for i, n := range l {
			for _, d := range n.down {
				spans = append(spans, span{i, at[d]})
			}
		}
		for i, a := range spans {
			for _, b := range spans[i+1:] {
				if (a.from-b.from)*(a.to-b.to) < 0 {
					total++
				}
			}
		}
	}
	return total
}
