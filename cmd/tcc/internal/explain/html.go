package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// pageStyle is the look of the page around the drawing.
const pageStyle = `
:root { color-scheme: light dark; --fg: #24292f; --bg: #ffffff; --soft: #656d76; --rule: #d8dee4; --tint: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --bg: #0d1117; --soft: #8d96a0; --rule: #30363d; --tint: #161b22 } }
body { margin: 2rem auto; max-width: 78rem; padding: 0 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg) }
h2 { margin-top: 2.5rem } .picture { overflow: auto; border: 1px solid var(--rule); border-radius: 9px } .picture svg { display: block; margin: auto }
table { border-collapse: collapse } th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top } th { font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--rule) }
.number { text-align: right } code, .source { font: 12.5px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
details { margin: .6rem 0; padding: .5rem .9rem; background: var(--tint); border-left: 5px solid; border-radius: 6px } summary { cursor: pointer; font-weight: 600; color: var(--fg) } details > * { color: var(--fg) }
.why { color: var(--soft); font-weight: 400 } details table { margin-top: .5rem } a { color: inherit }
.source { width: 100%; overflow: auto } .source table { border-spacing: 0; border-collapse: separate } .source td { padding: 0 .8rem 0 0; height: 1.3rem; line-height: 1.3rem; white-space: pre; vertical-align: top } .source tr:target td { background: var(--tint) }
.source .at { color: var(--soft); text-align: right; user-select: none } .marks { font-size: 0 } .marks a { display: inline-block; width: 7px; height: 1.3rem; margin-right: 2px } .marks a:hover { outline: 2px solid var(--fg) }
.square { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .45em }
`

// page writes the HTML.
type page struct {
	strings.Builder
	r     *Report
	files []string // that programs have code of, the report's first
}

// section is what the page has of a report.
func (r *Report) section(sources map[string]string) string {
	p := &page{r: r, files: []string{r.Source}}
	for _, pr := range r.Programs {
		for _, part := range pr.Parts {
			if !slices.Contains(p.files, part.File) {
				p.files = append(p.files, part.File)
			}
		}
	}
	if r.Variant == "" {
		p.f("<h1>%s</h1>\n", clean(r.Pipeline))
	} else {
		p.f("<h1 id=\"v-%s\">%s</h1>\n<p>%s.</p>\n", clean(r.Variant), clean(r.title()), clean(upper(r.aside())))
	}
	p.f("<p>%s: %s, default %s. %s.</p>\n", clean(r.Source), clean(r.Type), clean(r.Default), clean(upper(r.summary())))
	p.f("<div class=\"picture\">\n%s</div>\n", r.picture(true))
	p.programs()
	p.fns()
	p.tables()
	for _, f := range p.files {
		p.source(f, sources[f])
	}
	return p.String()
}

// link leads to what is told of a program.
func (p *page) link(name, text string) string {
	return fmt.Sprintf(`<a href="#%s">%s</a>`, clean(p.r.id("p-"+name)), text)
}

func (p *page) f(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// row writes cells; those that begin with a tab are numbers.
func (p *page) row(tag string, cells ...string) {
	p.f("<tr>")
	for _, c := range cells {
		class := ""
		if rest, ok := strings.CutPrefix(c, "\t"); ok {
			class, c = ` class="number"`, rest
		}
		p.f("<%s%s>%s</%[1]s>", tag, class, c)
	}
	p.f("</tr>\n")
}

// programs is a table of all, and then each.
func (p *page) programs() {
	p.f("<h2>Programs</h2>\n<table>\n")
	inKernel := p.r.Programs[0].Kernel != nil
	head := []string{"program", "\tpackets", "\tinstructions", "\testimated", "\tof budget"}
	if inKernel {
		head = append(head, "\tprocessed", "\tjitted bytes")
	}
	p.row("th", append(head, "\tstack", "\tmaps", "\tcarried", "\ttail calls")...)
	for i, pr := range p.r.Programs {
		cells := []string{
			p.link(pr.Name, square(i)+clean(pr.Name)), "\t" + clean(pr.frequency()), number(pr.Instructions),
			number(pr.EstimatedCost), "\t" + clean(percent(float64(pr.EstimatedCost)/float64(p.r.Budget))),
		}
		if inKernel {
			cells = append(cells, "\t"+orUnknown(pr.Kernel.Processed), "\t"+orUnknown(pr.Kernel.JITBytes))
		}
		p.row("td", append(cells, number(pr.Stack), number(pr.Maps), number(pr.CarriedBytes), number(pr.TailCalls))...)
	}
	p.f("</table>\n")
	if len(p.r.Chain) > 1 {
		p.f("<p>The longest chain of tail calls: %s</p>\n", clean(strings.Join(p.r.Chain, " → ")))
	}
	open := ""
	if len(p.r.Programs) < many {
		open = " open"
	}
	for i, pr := range p.r.Programs {
		p.f("<details%s style=\"border-color: %s\"><summary>%s <span class=\"why\">%s</span></summary>\n<div id=\"%s\">\n",
			open, colour(hue(i), 1), clean(pr.Name), clean(pr.Reason), clean(p.r.id("p-"+pr.Name)))
		p.program(pr)
		p.f("</div></details>\n")
	}
}

func number(n int) string { return "\t" + thousands(n) }

// square is a program's colour.
func square(i int) string {
	return fmt.Sprintf(`<span class="square" style="background: %s"></span>`, colour(hue(i), 1))
}

// program is what is told of a program.
func (p *page) program(pr *Program) {
	p.f("<table>\n")
	p.row("th", "has", "lines", "\tinstructions")
	for _, part := range pr.Parts {
		p.row("td", clean(title(part)), p.lines(part.File, part.Lines), number(part.Instructions))
	}
	p.f("</table>\n")
	if len(pr.Carried) > 0 {
		p.f("<table>\n")
		p.row("th", "takes", "type", "\tbytes", "at", "from line")
		for _, c := range pr.Carried {
			p.row("td", "<code>"+clean(c.Name)+"</code>", clean(c.Type), number(c.Bytes), clean(carrier(c)), p.line(c.File, c.Line))
		}
		p.f("</table>\n")
	}
	if len(pr.Calls) > 0 {
		p.f("<table>\n")
		p.row("th", "calls", "\tpackets", "", "at line")
		for _, c := range pr.Calls {
			p.row("td", clean(calls(c.To, c.Slots)), "\t"+clean(percent(c.Frequency)), rare(c.Cold), p.line(c.File, c.Line))
		}
		p.f("</table>\n")
	}
	if len(pr.Forgotten) > 0 {
		p.f("<table>\n")
		p.row("th", "forgets", "type", "at line", "why")
		for _, f := range pr.Forgotten {
			p.row("td", "<code>"+clean(f.Name)+"</code>", clean(f.Type), p.line(f.File, f.Line), clean(f.Why))
		}
		p.f("</table>\n")
	}
}

// lines are links to lines of a file.
func (p *page) lines(file string, runs [][2]int) string {
	var list []string
	for _, l := range runs {
		text := fmt.Sprint(l[0])
		if l[1] > l[0] {
			text = fmt.Sprintf("%d–%d", l[0], l[1])
		}
		list = append(list, fmt.Sprintf(`<a href="#%s">%s</a>`, p.anchor(file, l[0]), text))
	}
	return strings.Join(list, ", ")
}

// line is a link to a line. That of a file which no program has code of leads nowhere, and is text.
func (p *page) line(file string, n int) string {
	if !slices.Contains(p.files, file) {
		return clean(p.r.at(file, n))
	}
	link := p.lines(file, [][2]int{{n, n}})
	if file != p.r.Source {
		link = clean(file) + " " + link
	}
	return link
}

// anchor is the name of a line in the page.
func (p *page) anchor(file string, line int) string {
	return p.r.id(fmt.Sprintf("f%d-%d", slices.Index(p.files, file), line))
}

// tables are the slots tables.
func (p *page) tables() {
	for _, t := range p.r.Slots {
		p.f("<h2>%s[]</h2>\n<p>%s, which user space can refill while packets flow. Where one is empty, the caller goes on with its else, or the packet gets the default.</p>\n",
			clean(t.Name), count(t.Len, "slot"))
		p.f("<table>\n")
		p.row("th", "\tslot", "program at first")
		for _, s := range t.Slots {
			p.row("td", number(s.Index), p.link(s.Program, clean(s.Program)))
		}
		p.f("</table>\n")
	}
}

// source is a file, beside each line the colours of the programs that it is in.
func (p *page) source(file, text string) {
	p.f("<h2>%s</h2>\n<div class=\"source\"><table>\n", clean(file))
	marks := p.marks(file)
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		p.f(`<tr id="%s"><td class="marks">`, p.anchor(file, i+1))
		for _, k := range marks[i+1] {
			name := clean(p.r.Programs[k].Name)
			p.f(`<a href="#%s" title="%s" style="background: %s"></a>`, clean(p.r.id("p-"+p.r.Programs[k].Name)), name, colour(hue(k), 1))
		}
		p.f(`</td><td class="at">%d</td><td>%s</td></tr>`+"\n", i+1, clean(line))
	}
	p.f("</table></div>\n")
}

// marks are the programs by line, those in which a stage is for its most part first.
func (p *page) marks(file string) map[int][]int {
	marks := map[int][]int{}
	size := map[[2]int]int{}
	for k, pr := range p.r.Programs {
		for _, part := range pr.Parts {
			for _, run := range part.Lines {
				for l := run[0]; l <= run[1] && part.File == file; l++ {
					if !slices.Contains(marks[l], k) {
						marks[l] = append(marks[l], k)
					}
					size[[2]int{l, k}] += part.Instructions
				}
			}
		}
	}
	for l, list := range marks {
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(size[[2]int{l, b}], size[[2]int{l, a}]) })
	}
	return marks
}
