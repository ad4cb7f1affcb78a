package check

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A match is a table: a column for each subject, a row of patterns for each outcome. Two questions are asked of it,
// whether a row can be reached at all, and whether the rows leave a value out.
//
// With one subject both are answered exactly: each row takes values, and must find some that are free. With several, a
// row is called unreachable only if a single earlier row takes all it takes (what several rows together leave over is
// not asked), and exhaustiveness is decided by cutting the first column at all ends of intervals, and going on with
// the rows that hold each piece. The steps of both are limited: past the limit rows are taken for reachable, and a
// table needs a row of `_`.

// A row is a row of a match. Each column has an interval for each alternative, and the set of them all.
type row struct {
	alts    [][]span
	columns []spanSet
	at      diag.Span
}

// match checks `match a, b { p, q => … }`.
func (c *checker) match(s *syntax.MatchStmt) {
	subjects := make([]types.Type, len(s.Subjects))
	sound := true
	for i, x := range s.Subjects {
		subjects[i] = c.operand(x)
		sound = sound && subjects[i] != types.Invalid
	}
	rows := make([]row, len(s.Rows))
	for i, r := range s.Rows {
		sound = c.patterns(&rows[i], r, subjects) && sound
		c.stmt(r.Body)
	}
	switch {
	case !sound:
		c.doubt = true
	case len(subjects) == 1:
		c.checkColumn(s, subjects[0], rows)
	default:
		c.checkTable(s, subjects, rows)
	}
}

// patternsSpan is the part of a row in front of its `=>`.
func patternsSpan(r *syntax.MatchRow) diag.Span {
	if len(r.Patterns) == 0 {
		return r.Span()
	}
	return r.Patterns[0].Span().To(r.Patterns[len(r.Patterns)-1].Span())
}

// patterns types the patterns of a row, and reports whether they are sound.
func (c *checker) patterns(to *row, r *syntax.MatchRow, subjects []types.Type) bool {
	to.at = patternsSpan(r)
	if len(r.Patterns) != len(subjects) {
		c.errorf("E0408", to.at, "the row has %s, but the `match` has %s", count(len(r.Patterns), "pattern"), count(len(subjects), "subject"))
		return false
	}
	sound := true
	for i, p := range r.Patterns {
		alts := make([]span, len(p.Alts))
		for j, alt := range p.Alts {
			s, ok := c.alternative(alt, subjects[i])
			alts[j] = s
			sound = sound && ok
			if !ok && c.lastIs("E0301", "E0310") {
				subjects[i] = types.Invalid // it may be the subject that is wrong: one message will do
			}
		}
		to.alts = append(to.alts, alts)
		to.columns = append(to.columns, setOf(alts))
	}
	return sound
}

// alternative types a value, range, prefix or `_` that is matched against a subject of type t.
func (c *checker) alternative(e syntax.Expr, t types.Type) (span, bool) {
	switch x := Unparen(e).(type) {
	case *syntax.Wildcard:
		return whole(t), t != types.Invalid
	case *syntax.Range:
		return c.rangeSpan(x, t)
	case *syntax.Literal:
		if x.Kind == syntax.Prefix4Lit || x.Kind == syntax.Prefix6Lit {
			return c.prefixPattern(e, t)
		}
	}
	k := c.constant(e, t)
	if k == nil {
		return span{}, false
	}
	return spanOf(k), true
}

func (c *checker) prefixPattern(e syntax.Expr, t types.Type) (span, bool) {
	have := c.expr(e)
	if have == types.Invalid || t == types.Invalid {
		return span{}, false
	}
	if have != t {
		c.errorf("E0301", e.Span(), "expected %s, found a prefix of %s", typeString(t), typeString(have))
		return span{}, false
	}
	return spanOf(c.Consts[e]), true
}

// checkColumn reports patterns of a match of one subject that earlier ones cover, and values left over.
func (c *checker) checkColumn(s *syntax.MatchStmt, t types.Type, rows []row) {
	var all []span
	for _, r := range rows {
		all = append(all, r.alts[0]...)
	}
	taken, said := newCover(t, all), len(c.diags)
	for i, r := range s.Rows {
		for j, alt := range r.Patterns[0].Alts {
			if !taken.take(rows[i].alts[0][j]) {
				d := c.errorf("E0406", alt.Span(), "this never matches: the patterns before it take all of it")
				c.noteTaker(d, s, rows, rows[i].alts[0][j])
			}
		}
	}
	if len(c.diags) > said {
		c.doubt = true // a row that is wrong may be the one that is missing
		return
	}
	e, ok := t.(*types.Enum)
	if !ok {
		if !taken.full() {
			c.notExhaustive(s, "no row matches `"+taken.left(t).text(t)+"`")
		}
		return
	}
	for _, m := range e.Members {
		if !taken.has(key{lo: m.Value}) {
			c.notExhaustive(s, "no row matches `"+e.Name+"."+m.Name+"`")
			return
		}
	}
}

// noteTaker points at the first pattern that takes all of sp, if it isn't the one at the diagnostic's own place.
func (c *checker) noteTaker(d *diag.Diagnostic, s *syntax.MatchStmt, rows []row, sp span) {
	if len(c.diags) > maxAdvice {
		return
	}
	for i, r := range s.Rows {
		for j, alt := range r.Patterns[0].Alts {
			if rows[i].alts[0][j].covers(sp) {
				if alt.Span() != d.Span {
					note(d, alt.Span(), "taken here")
				}
				return
			}
		}
	}
}

// checkTable reports rows and alternatives that earlier ones cover, and values left over.
func (c *checker) checkTable(s *syntax.MatchStmt, subjects []types.Type, rows []row) {
	said := len(c.diags)
	for i, r := range s.Rows {
		for col, p := range r.Patterns {
			c.checkAlternatives(p, subjects[col], rows[i].alts[col])
		}
	}
	c.checkRows(rows)
	if len(c.diags) > said {
		c.doubt = true
		return
	}
	switch left, all := leftOver(subjects, rows); {
	case all:
	case left == nil:
		c.notExhaustive(s, "the table is too large to see whether its rows take every value")
	default:
		c.notExhaustive(s, "no row matches `"+textOf(subjects, left)+"`")
	}
}

func (c *checker) checkAlternatives(p *syntax.Pattern, t types.Type, alts []span) {
	if len(alts) == 1 {
		return
	}
	taken := newCover(t, alts)
	for i, alt := range p.Alts {
		if !taken.take(alts[i]) {
			c.errorf("E0406", alt.Span(), "this never matches: the patterns before it take all of it")
		}
	}
}

// checkRows reports rows of a table that an earlier one covers. Rows of single values are found by value; only rows
// that take more can cover a different one.
func (c *checker) checkRows(rows []row) {
	exact, wide, steps := map[string]int{}, []int{}, 0
	for i, r := range rows {
		point, isPoint := r.point()
		by, covered := exact[point]
		if !covered || !isPoint {
			if steps += len(wide); steps > maxSteps {
				return
			}
			w := slices.IndexFunc(wide, func(w int) bool { return rows[w].covers(r) })
			if covered = w >= 0; covered {
				by = wide[w]
			}
		}
		switch {
		case covered:
			d := c.errorf("E0406", r.at, "this row never matches: an earlier one takes all of it")
			note(d, rows[by].at, "taken here")
		case isPoint:
			exact[point] = i
		default:
			wide = append(wide, i)
		}
	}
}

// point is the one value of each column, if each has only one.
func (r row) point() (string, bool) {
	var b []byte
	for _, col := range r.columns {
		if len(col) != 1 || col[0].lo != col[0].hi {
			return "", false
		}
		b = col[0].lo.append(b)
	}
	return string(b), true
}

func (r row) covers(other row) bool {
	for i, col := range r.columns {
		for _, s := range other.columns[i] {
			if !col.covers(s) {
				return false
			}
		}
	}
	return true
}

func (c *checker) notExhaustive(s *syntax.MatchStmt, message string) {
	c.doubt = true
	at := s.Subjects[0].Span().To(s.Subjects[len(s.Subjects)-1].Span())
	c.errorf("E0407", at, "%s", message).Hint = "end with a row of `_`"
}

// textOf is what a table leaves out as the row that would take it.
func textOf(subjects []types.Type, left []span) string {
	var text string
	for i, t := range subjects {
		if i > 0 {
			text += ", "
		}
		if i < len(left) && left[i] != whole(t) {
			text += left[i].text(t)
		} else {
			text += "_"
		}
	}
	return text
}

// leftOver finds values of the subjects that no row takes; all if there are none. Of an enum, its members are the values.
// It gives up with nil and false where that takes too many steps.
func leftOver(subjects []types.Type, rows []row) (left []span, all bool) {
	steps := 0
	return leftFrom(subjects, rows, 0, &steps)
}

// leftFrom does so for the columns from col on; those that don't matter are missing at the end.
func leftFrom(subjects []types.Type, rows []row, col int, steps *int) (left []span, all bool) {
	if len(rows) == 0 {
		return []span{}, false
	}
	if slices.ContainsFunc(rows, func(r row) bool { return r.takesAll(subjects, col) }) {
		return nil, true
	}
	for _, piece := range pieces(subjects[col], rows, col) {
		var holding []row
		for _, r := range rows {
			if *steps++; *steps > maxSteps {
				return nil, false
			}
			if r.columns[col].covers(piece) {
				holding = append(holding, r)
			}
		}
		switch left, all := leftFrom(subjects, holding, col+1, steps); {
		case all:
		case left == nil:
			return nil, false
		default:
			return append([]span{piece}, left...), false
		}
	}
	return nil, true
}

// takesAll reports whether a row takes every value of the columns from col on.
func (r row) takesAll(subjects []types.Type, col int) bool {
	for i := col; i < len(subjects); i++ {
		if !r.columns[i].covers(whole(subjects[i])) {
			return false
		}
	}
	return true
}

// pieces cuts the values of a type so that each row holds all of a piece or none of it.
func pieces(t types.Type, rows []row, col int) []span {
	var ps []span
	if e, ok := t.(*types.Enum); ok {
		for _, m := range e.Members {
			ps = append(ps, span{key{lo: m.Value}, key{lo: m.Value}})
		}
		return ps
	}
	var all []span
	for _, r := range rows {
		all = append(all, r.alts[col]...)
	}
	starts := cut(t, all)
	for i, lo := range starts {
		p := span{lo, whole(t).hi}
		if i+1 < len(starts) {
			p.hi = starts[i+1].previous()
		}
		ps = append(ps, p)
	}
	return ps
}
