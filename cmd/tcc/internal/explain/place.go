package explain

import "slices"

// Measures of the drawing, in pixels.
const (
	boxWidth     = 268.0
	laneWidth    = 26.0 // of a waypoint
	gapAcross    = 30.0
	margin       = 24.0
	headHeight   = 78.0 // of the title above the boxes
	pad          = 12.0 // inside of a box
	rowHeight    = 17.0
	barHeight    = 11.0
	leastWidth   = 720.0
	legendHeight = 44.0
)

// place gives every node its place: layers from the top down, and in them each node as near to its neighbours as the
// order and the gaps allow. Gaps between layers have gapDown pixels.
func (g *graph) place(gapDown float64) (width, height float64) {
	y := headHeight + margin
	for _, l := range g.layers {
		tallest := 0.0
		for _, n := range l {
			n.y = y
			tallest = max(tallest, n.h)
		}
		for _, n := range l {
			if n.isWaypoint() {
				n.h = tallest
			}
		}
		y += tallest + gapDown
	}
	for i := range sweeps {
		if i%2 == 0 {
			for _, l := range g.layers {
				settle(l, func(n *node) []*node { return n.up })
			}
		} else {
			for _, l := range slices.Backward(g.layers) {
				settle(l, func(n *node) []*node { return n.down })
			}
		}
	}
	left, right := g.extent()
	width = max(right-left+2*margin, leastWidth)
	for _, l := range g.layers {
		for _, n := range l {
			n.x += (width - left - right) / 2
		}
	}
	return width, y - gapDown + margin
}

func (n *node) isWaypoint() bool { return n.program == nil && n.table == nil }

// extent is how far the nodes reach to either side.
func (g *graph) extent() (left, right float64) {
	for i, l := range g.layers {
		for j, n := range l {
			if i == 0 && j == 0 {
				left, right = n.x-n.w/2, n.x+n.w/2
			}
			left, right = min(left, n.x-n.w/2), max(right, n.x+n.w/2)
		}
	}
	return left, right
}

// settle moves the nodes of a layer to the means of their neighbours, or as near as their order and their widths allow.
// That is an isotonic regression: seen without their widths, nodes that want to pass each other end in one block, at the
// mean of what they want.
func settle(layer []*node, of func(*node) []*node) {
	type block struct {
		sum  float64
		size int
	}
	var blocks []block
	offsets := make([]float64, len(layer)) // from the first node's middle, packed
	for i, n := range layer {
		if i > 0 {
			offsets[i] = offsets[i-1] + (layer[i-1].w+n.w)/2 + gapAcross
		}
		want := n.x
		if near := of(n); len(near) > 0 {
			want = 0
			for _, m := range near {
				want += m.x / float64(len(near))
			}
		}
		blocks = append(blocks, block{want - offsets[i], 1})
		for k := len(blocks) - 1; k > 0; k-- {
			a, b := blocks[k-1], blocks[k]
			if a.sum/float64(a.size) <= b.sum/float64(b.size) {
				break
			}
			blocks = append(blocks[:k-1], block{a.sum + b.sum, a.size + b.size})
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.size {
			layer[i].x = b.sum/float64(b.size) + offsets[i]
			i++
		}
	}
}
