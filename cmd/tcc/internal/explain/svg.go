package explain

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"unicode"
)

// style is the drawing's look by day and by night. Programs have colours of their own, which do for both.
const style = `
.bg { fill: #ffffff } .box { fill: #f6f8fa; stroke-width: 1.2 } .table { fill: #ffffff; stroke: #8c959f; stroke-dasharray: 5 4 }
text { font: 11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #24292f }
.h1 { font-size: 21px; font-weight: 700 } .name { font-size: 13.5px; font-weight: 700 } .dim { fill: #656d76 } .r { text-anchor: end } .m { text-anchor: middle }
.trough { fill: #d8dee4 } .call { fill: none; stroke: #57606a } .cold { stroke: #b6bec7; stroke-dasharray: 6 4 } .holds { stroke: #8c959f; stroke-dasharray: 2 4 }
.head { fill: #57606a } .coldhead { fill: #b6bec7 } .label { fill: #ffffff; stroke: #d0d7de } .coldlabel { fill: #656d76 } .miss { fill: none; stroke: #8c959f; stroke-dasharray: 2 3 } .dot { fill: #ffffff; stroke: #8c959f }
a:hover .box, g.program:hover .box { stroke-width: 2.4 }
@media (prefers-color-scheme: dark) {
.bg { fill: #0d1117 } .box { fill: #161b22 } .table { fill: #0d1117; stroke: #6e7681 } text { fill: #e6edf3 } .dim { fill: #8d96a0 }
.trough { fill: #30363d } .call { stroke: #9198a1 } .cold { stroke: #484f58 } .holds { stroke: #6e7681 } .head { fill: #9198a1 } .coldhead { fill: #484f58 }
.label { fill: #0d1117; stroke: #30363d } .coldlabel { fill: #8d96a0 } .miss { stroke: #6e7681 } .dot { fill: #0d1117; stroke: #6e7681 }
}
`

// A line is a row of text in a box.
type line struct {
	left, right string
	class       string  // of the left text
	shade       float64 // of the square in front; 0: none
}

// mostParts is how many parts of a program have a row each.
const mostParts = 7

// drawing writes the picture of a report.
type drawing struct {
	*graph
	strings.Builder
	r      *Report
	scale  int // processed instructions that fill a bar
	labels []rect

	width, height float64
}

// rect is a place that is taken.
type rect struct{ x, y, w, h float64 }

func (a rect) overlaps(b rect) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// look is what the drawings of a file share: the style, and the heads of arrows.
const look = `<style>` + style + `</style>
<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker>` +
	`<marker id="rarely" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="coldhead" d="M0 0L8 4L0 8z"/></marker></defs>
`

// SVG is the picture: a file that needs nothing else.
func (r *Report) SVG() []byte { return []byte(r.picture(false)) }

// picture is the picture; inside of a page, programs link to what is told of them.
func (r *Report) picture(links bool) string {
	d := r.draw(links)
	return fmt.Sprintf("%s<title>%s</title>\n%s%s</svg>\n", opening(d.width, d.height), clean(r.title()+": "+r.summary()), look, d)
}

// draw draws what is in the picture.
func (r *Report) draw(links bool) *drawing {
	d := &drawing{graph: newGraph(r), r: r}
	d.rule()
	d.fill()
	d.width, d.height = d.place(d.gap())
	d.height += legendHeight
	d.f(`<rect class="bg" width="100%%" height="100%%"/>` + "\n")
	d.title(d.width)
	d.calls()
	for _, n := range d.nodes {
		if n.program != nil {
			d.program(n, links)
		} else {
			d.table(n)
		}
	}
	d.legend(d.height)
	return d
}

func (d *drawing) f(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// rule finds what fills a bar: the budget, or if all programs are far below it the most expensive one.
func (d *drawing) rule() {
	most := 1
	for _, p := range d.r.Programs {
		most = max(most, p.EstimatedCost)
	}
	if d.scale = d.r.Budget; most < d.scale/4 {
		d.scale = most
	}
}

// fill writes the boxes' rows, and so gives them their sizes.
func (d *drawing) fill() {
	for _, n := range d.nodes {
		n.w = boxWidth
		if n.table != nil {
			n.h = pad + rowHeight*float64(2+len(n.table.Slots)) + pad
			continue
		}
		n.lines = d.rows(n.program)
		n.h = pad + 14 + 10 + barHeight + 2 + rowHeight*float64(len(n.lines)) + pad
	}
	for _, l := range d.layers {
		for _, n := range l {
			if n.isWaypoint() {
				n.w = laneWidth
			}
		}
	}
	for _, e := range d.edges {
		d.caption(e)
	}
}

// many is from how many programs on boxes are smaller.
const many = 16

// gap is the room between layers.
func (d *drawing) gap() float64 {
	if len(d.r.Programs) >= many {
		return 46
	}
	return 66
}

// rows tell about a program.
func (d *drawing) rows(p *Program) []line {
	cost := fmt.Sprintf("%s of %s processed", thousands(p.EstimatedCost), thousands(d.r.Budget))
	if p.Kernel != nil && p.Kernel.Processed > 0 {
		cost = fmt.Sprintf("%s of %s, in fact %s", thousands(p.EstimatedCost), thousands(d.r.Budget), thousands(p.Kernel.Processed))
	}
	size := count(p.Instructions, "insn")
	if len(cost)+len(size) > 33 { // there is no room for both
		cost = strings.TrimSuffix(cost, " processed")
	}
	rows := []line{{left: cost, right: size, class: "dim"}}
	rows = append(rows, d.parts(p)...)
	if len(p.Carried) > 0 {
		var names []string
		for _, c := range p.Carried {
			names = append(names, c.Name)
		}
		rows = append(rows, line{left: clip("takes "+strings.Join(names, ", "), 35), class: "dim"})
	}
	return rows
}

// parts are the rows about what is in a program; only one where there are many programs.
func (d *drawing) parts(p *Program) (rows []line) {
	if len(d.r.Programs) >= many {
		var names []string
		for _, part := range p.Parts {
			names = append(names, title(part))
		}
		return []line{{left: clip(strings.Join(names, ", "), 35)}}
	}
	for i, part := range p.Parts {
		if i == mostParts && len(p.Parts) > mostParts+1 {
			return append(rows, line{left: fmt.Sprintf("and %d more", len(p.Parts)-i), class: "dim"})
		}
		where := lines(part)
		if n := len(part.Lines); n > 1 {
			where = fmt.Sprintf("%d…%d", part.Lines[0][0], part.Lines[n-1][1])
		}
		rows = append(rows, line{left: clip(title(part), 22), right: where, shade: shade(i)})
	}
	return rows
}

// shade tells the parts of a program apart: how much of its colour the i-th has.
func shade(i int) float64 { return []float64{1, 0.55, 0.8, 0.38}[i%4] }

// clip shortens text to so many characters.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// clean is text for XML.
func clean(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// caption says what travels along an edge.
func (d *drawing) caption(e *edge) {
	if e.holds {
		var indexes []string
		for _, s := range e.from.table.Slots {
			if s.Program == e.to.program.Name {
				indexes = append(indexes, fmt.Sprint(s.Index))
			}
		}
		e.label = clip("slot "+strings.Join(indexes, ", "), 20)
		e.hint = fmt.Sprintf("%s[%s] is %s at first", e.from.table.Name, strings.Join(indexes, ", "), e.to.program.Name)
		return
	}
	e.label = percent(e.frequency)
	to, name := e.to.program, ""
	if t := e.to.table; t != nil {
		name = t.Name + "[]"
		for _, inside := range e.to.out { // all take the same
			to = inside.to.program
		}
	} else {
		name = to.Name
	}
	e.hint = fmt.Sprintf("%s calls %s: %s of packets", e.from.program.Name, name, e.label)
	if to == nil || to.CarriedBytes == 0 {
		return
	}
	e.label = fmt.Sprintf("%d B · %s", to.CarriedBytes, e.label)
	e.hint += fmt.Sprintf(", %s carried", count(to.CarriedBytes, "byte"))
	for _, c := range to.Carried {
		e.hint += "\n" + carriedLine(c)
	}
}

// title is the head of the picture.
func (d *drawing) title(width float64) {
	most := int((width - 2*margin) / 7)
	d.f(`<text class="h1" x="%v" y="%v">%s</text>`+"\n", margin, margin+18, clean(d.r.title()))
	d.f(`<text class="dim" x="%v" y="%v">%s</text>`+"\n", margin, margin+40,
		clean(fmt.Sprintf("%s · default %s · %s · budget %s · at most %s", d.r.Type, d.r.Default,
			count(len(d.r.Programs), "program"), thousands(d.r.Budget), count(d.r.TailCalls, "tail call"))))
	if len(d.r.Chain) > 1 {
		d.f(`<text class="dim" x="%v" y="%v">%s</text>`+"\n", margin, margin+58, clean(clip("longest: "+strings.Join(d.r.Chain, " → "), most)))
	}
}

// legend says how to read it.
func (d *drawing) legend(height float64) {
	y := height - legendHeight + 4
	d.f(`<text class="dim" x="%v" y="%v">bars: what the verifier processes, by stage · arrows: bytes carried, share of packets</text>`+"\n", margin, y)
	y += rowHeight
	d.f(`<path class="miss" d="M%v %vh16"/><circle class="dot" cx="%v" cy="%[2]v" r="3"/>`, margin, y-4, margin+19)
	d.f(`<text class="dim" x="%v" y="%v">a tail call that misses is counted, and the packet gets the default: %s</text>`+"\n", margin+30, y, clean(d.r.Default))
}

// program draws a box.
func (d *drawing) program(n *node, links bool) {
	p := n.program
	x, y := n.x-n.w/2, n.y
	if links {
		d.f(`<a href="#%s">`, clean(d.r.id("p-"+p.Name)))
	}
	d.f(`<g class="program"><title>%s</title>`+"\n", clean(hint(p)))
	d.f(`<rect class="box" x="%.1f" y="%.1f" width="%v" height="%.1f" rx="9" stroke="%s"/>`, x, y, n.w, n.h, colour(n.hue, 1))
	d.f(`<rect x="%.1f" y="%.1f" width="5" height="%.1f" rx="2.5" fill="%s"/>`+"\n", x+4, y+9, n.h-18, colour(n.hue, 1))
	left, right := x+pad+6, x+n.w-pad
	row := y + pad + 13
	d.f(`<text class="name" x="%.1f" y="%.1f">%s</text><text class="r" x="%.1f" y="%.1f">%s</text>`+"\n", left, row, clean(clip(p.Name, 24)), right, row, clean(p.frequency()))
	d.bar(n, left, row+10, right-left)
	row += 10 + barHeight + 2
	for _, l := range n.lines {
		row += rowHeight
		at := left
		if l.shade > 0 {
			d.f(`<rect x="%.1f" y="%.1f" width="9" height="9" rx="2" fill="%s"/>`, left, row-9, colour(n.hue, l.shade))
			at += 15
		}
		d.f(`<text class="%s" x="%.1f" y="%.1f">%s</text>`, cmp.Or(l.class, "part"), at, row, clean(l.left))
		if l.right != "" {
			d.f(`<text class="r dim" x="%.1f" y="%.1f">%s</text>`, right, row, clean(l.right))
		}
		d.f("\n")
	}
	if p.TailCalls > 0 {
		d.f(`<path class="miss" d="M%.1f %.1fh13"/><circle class="dot" cx="%.1f" cy="%.1f" r="3"/>`+"\n", x+n.w, y+n.h-14, x+n.w+16, y+n.h-14)
	}
	d.f("</g>")
	if links {
		d.f("</a>")
	}
	d.f("\n")
}

// bar draws the cost of a program, divided by its parts.
func (d *drawing) bar(n *node, x, y, w float64) {
	p := n.program
	d.f(`<rect class="trough" x="%.1f" y="%.1f" width="%.1f" height="%v" rx="3"/>`, x, y, w, barHeight)
	total := w * min(1, float64(p.EstimatedCost)/float64(d.scale))
	for i, part := range p.Parts {
		piece := total * float64(part.Instructions) / float64(p.Instructions)
		d.f(`<rect x="%.1f" y="%.1f" width="%.1f" height="%v" fill="%s"/>`, x, y, piece, barHeight, colour(n.hue, shade(i)))
		x += piece
	}
	d.f("\n")
}

// hint is what is shown of a program under the pointer.
func hint(p *Program) string {
	s := p.Name + ": " + p.Reason
	for _, part := range p.Parts {
		s += fmt.Sprintf("\n%s, %s: %s", title(part), linesOf(part), count(part.Instructions, "instruction"))
	}
	for _, c := range p.Carried {
		s += "\ntakes " + carriedLine(c)
	}
	for _, f := range p.Forgotten {
		s += fmt.Sprintf("\nforgets %s at line %d: %s", f.Name, f.Line, f.Why)
	}
	return s
}

// colour is a program's, or a part of it.
func colour(hue int, opacity float64) string {
	if opacity < 1 {
		return fmt.Sprintf("hsl(%d 58%% 52%% / %v)", hue, opacity)
	}
	return fmt.Sprintf("hsl(%d 58%% 52%%)", hue)
}

// table draws a table of slots.
func (d *drawing) table(n *node) {
	x, y := n.x-n.w/2, n.y
	d.f(`<g><title>%s</title>`, clean(n.table.Name+": slots that user space can refill while packets flow"))
	d.f(`<rect class="table" x="%.1f" y="%.1f" width="%v" height="%.1f" rx="9"/>`+"\n", x, y, n.w, n.h)
	left, right := x+pad+2, x+n.w-pad
	row := y + pad + 10
	d.f(`<text class="name" x="%.1f" y="%.1f">%s[]</text><text class="r dim" x="%.1f" y="%.1f">%s</text>`+"\n",
		left, row, clean(clip(n.table.Name, 22)), right, row, count(n.table.Len, "slot"))
	for _, s := range n.table.Slots {
		row += rowHeight
		d.f(`<text x="%.1f" y="%.1f">%d</text><text x="%.1f" y="%.1f">%s</text>`+"\n", left, row, s.Index, left+40, row, clean(clip(s.Program, 28)))
	}
	d.f(`<text class="dim" x="%.1f" y="%.1f">empty: the caller's else</text></g>`+"\n", left, row+rowHeight)
}

// calls draws the edges: the rare ones first, so that the others lie above them.
func (d *drawing) calls() {
	edges := slices.Clone(d.edges)
	slices.SortStableFunc(edges, func(a, b *edge) int { return cmp.Compare(weight(a), weight(b)) })
	for _, e := range edges {
		d.path(e)
	}
	for _, e := range slices.Backward(edges) {
		d.label(e)
	}
}

// weight is the order in which edges are drawn.
func weight(e *edge) float64 {
	if e.cold {
		return e.frequency - 2
	}
	return e.frequency
}

// A curve is a piece of an edge between two layers: a Bézier curve that begins and ends upright.
type curve struct{ x0, y0, x1, y1 float64 }

func (c curve) at(t float64) (x, y float64) {
	u, mid := 1-t, (c.y0+c.y1)/2
	b0, b1, b2, b3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return b0*c.x0 + b1*c.x0 + b2*c.x1 + b3*c.x1, b0*c.y0 + (b1+b2)*mid + b3*c.y1
}

// curves are the pieces of an edge.
func (e *edge) curves() []curve {
	var list []curve
	x, y := e.port(e.from.out, e.from, 1), e.from.y+e.from.h
	for i, n := range e.path[1:] {
		if i == len(e.path)-2 {
			list = append(list, curve{x, y, e.port(e.to.into, e.to, len(e.path)-2), n.y - 1})
		} else {
			list = append(list, curve{x, y, n.x, n.y})
			x, y = n.x, n.y+n.h
		}
	}
	return list
}

// port is where along a box the edge meets it. Those of a side are spread in the order of where they lead to.
func (e *edge) port(side []*edge, n *node, via int) float64 {
	near := func(o *edge) float64 {
		if via == 1 {
			return o.path[1].x
		}
		return o.path[len(o.path)-2].x
	}
	ordered := slices.Clone(side)
	slices.SortStableFunc(ordered, func(a, b *edge) int { return cmp.Compare(near(a), near(b)) })
	i := slices.Index(ordered, e)
	room := n.w * 0.62
	return n.x - room/2 + room*float64(i+1)/float64(len(ordered)+1)
}

func (d *drawing) path(e *edge) {
	class, head := "call", "to"
	switch {
	case e.holds:
		class += " holds"
	case e.cold:
		class, head = class+" cold", "rarely"
	}
	d.f(`<path class="%s" stroke-width="%.1f" marker-end="url(#%s)" d="`, class, 1.1+2*math.Sqrt(e.frequency), head)
	for i, c := range e.curves() {
		if i == 0 {
			d.f("M%.1f %.1f", c.x0, c.y0)
		} else {
			d.f("L%.1f %.1f", c.x0, c.y0)
		}
		mid := (c.y0 + c.y1) / 2
		d.f("C%.1f %.1f %.1f %.1f %.1f %.1f", c.x0, mid, c.x1, mid, c.x1, c.y1)
	}
	d.f(`"><title>%s</title></path>`+"\n", clean(e.hint))
}

// label writes on an edge, where there is room for it.
func (d *drawing) label(e *edge) {
	w := float64(len([]rune(e.label)))*7 + 10
	curves := e.curves()
	var box rect
	for _, t := range []float64{0.5, 0.35, 0.65, 0.25, 0.75} {
		x, y := curves[len(curves)-1].at(t)
		box = rect{x - w/2, y - 9, w, 18}
		if !slices.ContainsFunc(d.labels, box.overlaps) {
			break
		}
	}
	d.labels = append(d.labels, box)
	class := ""
	if e.cold || e.holds {
		class = "coldlabel"
	}
	d.f(`<rect class="label" x="%.1f" y="%.1f" width="%.1f" height="18" rx="9"/><text class="m %s" x="%.1f" y="%.1f">%s</text>`+"\n",
		box.x, box.y, w, class, box.x+w/2, box.y+13, clean(e.label))
}
