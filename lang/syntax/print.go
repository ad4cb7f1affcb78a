package syntax

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// Print is the file in its canonical form: what `tcc fmt` writes. Comments stay where they are, and so do single blank
// lines. A file that Parse found a mistake in is returned as it is.
func Print(f *File) string {
	if !f.whole {
		return f.Source
	}
	p := &printer{planner: plan(f), scopes: []scope{{}}}
	for i := range p.tokens {
		p.commentsBefore(i)
		p.token(i)
	}
	p.commentsBefore(len(p.tokens))
	alignCells(p.lines, 0)
	alignComments(p.lines)
	return p.text()
}

// indentation is one level of it.
const indentation = "    "

// maxCell is the width of the widest text that others are aligned with.
const maxCell = 40

// A textLine is a line of the output, before its columns are aligned.
type textLine struct {
	blank   bool // an empty line comes before
	indent  int
	cells   []string
	comment string // behind the text
}

// A scope is the inside of braces that have lines of their own.
type scope struct{ indent, closing int }

// printer writes tokens and comments as planned.
type printer struct {
	*planner
	lines     []*textLine
	scopes    []scope
	done      int  // how many comments are written
	srcLine   int  // where the last token or comment stands in the source
	ended     bool // a comment ended the line
	opened    bool // the last thing was an opening brace with lines of its own
	alignable bool // the line is no continuation of another
}

// commentsBefore writes the comments in front of token i.
func (p *printer) commentsBefore(i int) {
	for ; p.done < len(p.comments); p.done++ {
		c := p.comments[p.done]
		if i < len(p.tokens) && c.Pos.Offset > p.tokens[i].Pos.Offset {
			return
		}
		if c.Pos.Line == p.srcLine {
			p.line().comment = c.Value
		} else {
			between := i == len(p.tokens) || p.marks[i].start || p.marks[i].brace == closeLines
			p.newLine(c, between)
			p.line().cells = []string{c.Value}
			p.opened = false
		}
		p.srcLine, p.ended = c.Pos.Line, true
	}
}

// line is the line that is being written.
func (p *printer) line() *textLine { return p.lines[len(p.lines)-1] }

// newLine begins a line with t: between two elements of a scope or in the middle of one.
func (p *printer) newLine(t lexer.Token, between bool) {
	indent := p.scopes[len(p.scopes)-1].indent
	if !between {
		indent++
	}
	blank := between && len(p.lines) > 0 && !p.opened && t.Pos.Line > p.srcLine+1
	p.lines = append(p.lines, &textLine{indent: indent, blank: blank, cells: []string{""}})
	p.alignable = between
}

// token writes token i and its separator.
func (p *printer) token(i int) {
	t, m := p.tokens[i], p.marks[i]
	if m.brace == closeLines {
		p.closeScope(t)
	} else if m.start || m.broken || p.ended || len(p.lines) == 0 {
		p.newLine(t, m.start)
	} else if m.cell && p.alignable {
		p.line().cells = append(p.line().cells, "")
	} else if !m.glue {
		p.write(" ")
	}
	p.write(t.Value + m.suffix)
	p.srcLine, p.ended = t.Pos.Line, false
	p.opened = m.brace == openBlock || m.brace == openList
	switch m.brace {
	case openBlock:
		p.openScope(p.scopes[len(p.scopes)-1].indent)
	case openList:
		p.openScope(p.line().indent)
	}
}

func (p *printer) write(s string) { p.line().cells[len(p.line().cells)-1] += s }

// openScope indents what follows from a level.
func (p *printer) openScope(indent int) {
	p.scopes = append(p.scopes, scope{indent: indent + 1, closing: indent})
}

// closeScope begins the line of a closing brace.
func (p *printer) closeScope(brace lexer.Token) {
	last := len(p.scopes) - 1
	p.opened = true // no blank line before it
	p.newLine(brace, true)
	p.line().indent = p.scopes[last].closing
	p.alignable = false
	p.scopes = p.scopes[:last]
}

// alignCells pads column c, and those after it, to the same width on neighbouring lines.
func alignCells(lines []*textLine, c int) {
	isCell := func(l *textLine) bool { return len(l.cells) > c+1 && utf8.RuneCountInString(l.cells[c]) <= maxCell }
	eachRun(lines, isCell, func(run []*textLine) {
		width := 0
		for _, l := range run {
			width = max(width, utf8.RuneCountInString(l.cells[c]))
		}
		for _, l := range run {
			l.cells[c] = pad(l.cells[c], width)
		}
		alignCells(run, c+1)
	})
}

// alignComments pads neighbouring lines that end in a comment to the same width.
func alignComments(lines []*textLine) {
	hasComment := func(l *textLine) bool { return l.comment != "" }
	eachRun(lines, hasComment, func(run []*textLine) {
		width := 0
		for _, l := range run {
			l.cells = []string{strings.Join(l.cells, " ")}
			width = max(width, utf8.RuneCountInString(l.cells[0]))
		}
		for _, l := range run {
			l.cells = []string{pad(l.cells[0], width), l.comment}
		}
	})
}

// eachRun calls do for each longest row of neighbouring lines that are all in.
func eachRun(lines []*textLine, in func(*textLine) bool, do func([]*textLine)) {
	for len(lines) > 0 {
		n := slices.IndexFunc(lines, in)
		if n < 0 {
			return
		}
		lines = lines[n:]
		n = 1
		for n < len(lines) && in(lines[n]) && !lines[n].blank && lines[n].indent == lines[0].indent {
			n++
		}
		do(lines[:n])
		lines = lines[n:]
	}
}

// pad makes s width characters wide.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// text joins the lines.
func (p *printer) text() string {
	var b strings.Builder
	for _, l := range p.lines {
		if l.blank {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Repeat(indentation, l.indent))
		b.WriteString(strings.Join(l.cells, " "))
		b.WriteByte('\n')
	}
	return b.String()
}
