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
// With one subject both are exact: the values that are taken so far are a set of intervals. With several, a row is
// called unreachable only if a single earlier row takes all it takes (what several rows together leave over is not
// asked), and exhaustiveness is decided by cutting the first column at all ends of intervals, and going on with the
// rows that hold each piece; the number of steps is limited, and past it a table needs a row of `_`.

// A row is a row of a match as sets, one a column.
type row struct {
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
	var rows []row
	for _, r := range s.Rows {
		cells, ok := c.patterns(r, subjects)
		sound = sound && ok
		rows = append(rows, row{cells, patternsSpan(r)})
		c.stmt(r.Body)
	}
	if !sound {
		return
	}
	if len(subjects) == 1 {
		c.checkColumn(s, subjects[0])
	} else {
		c.checkTable(rows)
	}
	if !exhaustive(subjects, rows) {
		c.notExhaustive(s, subjects, rows)
	}
}

// patternsSpan is the part of a row in front of its `=>`.
func patternsSpan(r *syntax.MatchRow) diag.Span {
	if len(r.Patterns) == 0 {
		return r.Span()
	}
	return r.Patterns[0].Span().To(r.Patterns[len(r.Patterns)-1].Span())
}

// patterns types the patterns of a row.
func (c *checker) patterns(r *syntax.MatchRow, subjects []types.Type) ([]spanSet, bool) {
	if len(r.Patterns) != len(subjects) {
		c.errorf("E0408", patternsSpan(r), "%s for %s", count(len(r.Patterns), "pattern"), count(len(subjects), "value"))
		return nil, false
	}
	cells, sound := make([]spanSet, len(r.Patterns)), true
	for i, p := range r.Patterns {
		for _, alt := range p.Alts {
			s, ok := c.alternative(alt, subjects[i])
			sound = sound && ok
			if ok && len(subjects) > 1 && cells[i].covers(s) {
				c.errorf("E0406", alt.Span(), "this alternative is covered by those before it")
			}
			if ok {
				cells[i] = cells[i].add(s)
			}
		}
	}
	return cells, sound
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

// checkColumn reports patterns of a match of one subject that earlier ones cover.
func (c *checker) checkColumn(s *syntax.MatchStmt, t types.Type) {
	var taken spanSet
	for i, r := range s.Rows {
		for _, alt := range r.Patterns[0].Alts {
			sp := c.spanOfPattern(alt, t)
			if taken.covers(sp) {
				d := c.errorf("E0406", alt.Span(), "nothing gets here: what this matches is taken by the rows above")
				c.noteTaker(d, s.Rows[:i+1], alt, sp, t)
			}
			taken = taken.add(sp)
		}
	}
}

// noteTaker points at the pattern that takes all of sp, if a single one does.
func (c *checker) noteTaker(d *diag.Diagnostic, rows []*syntax.MatchRow, until syntax.Expr, sp span, t types.Type) {
	for _, r := range rows {
		for _, alt := range r.Patterns[0].Alts {
			if alt == until {
				return
			}
			if c.spanOfPattern(alt, t).covers(sp) {
				note(d, alt.Span(), "taken here")
				return
			}
		}
	}
}

// spanOfPattern is the interval of a pattern that is known to be sound.
func (c *checker) spanOfPattern(e syntax.Expr, t types.Type) span {
	switch x := Unparen(e).(type) {
	case *syntax.Wildcard:
		return whole(t)
	case *syntax.Range:
		return span{keyOf(c.Consts[x.Lo]), keyOf(c.Consts[x.Hi])}
	}
	return spanOf(c.Consts[e])
}

// checkTable reports rows that an earlier one covers. Rows of single values are found by value; only rows that
// take more can cover a different one.
func (c *checker) checkTable(rows []row) {
	exact, wide := map[string]int{}, []int{}
	for i, r := range rows {
		by, covered := -1, false
		point, isPoint := r.point()
		if isPoint {
			by, covered = exact[point]
		}
		if !covered {
			w := slices.IndexFunc(wide, func(w int) bool { return rows[w].covers(r) })
			if covered = w >= 0; covered {
				by = wide[w]
			}
		}
		switch {
		case covered:
			d := c.errorf("E0406", r.at, "nothing gets here: an earlier row takes all that this one matches")
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

func (c *checker) notExhaustive(s *syntax.MatchStmt, subjects []types.Type, rows []row) {
	c.doubt = true
	d := c.errorf("E0407", s.Subjects[0].Span().To(s.Subjects[len(s.Subjects)-1].Span()), "the rows leave out some values")
	if e, ok := subjects[0].(*types.Enum); ok && len(subjects) == 1 {
		for _, m := range e.Members {
			if !slices.ContainsFunc(rows, func(r row) bool { return r.columns[0].covers(pointSpan(m.Value)) }) {
				d.Message = "no row matches `" + e.Name + "." + m.Name + "`"
				break
			}
		}
	}
	d.Hint = "end with a row of `_`"
}

func pointSpan(v uint64) span { return span{key{lo: v}, key{lo: v}} }

// exhaustive reports whether the rows take every value of the subjects. Of an enum, its members are the values.
func exhaustive(subjects []types.Type, rows []row) bool {
	steps := 0
	return exhaust(subjects, rows, 0, &steps)
}

func exhaust(subjects []types.Type, rows []row, col int, steps *int) bool {
	if len(rows) == 0 {
		return false
	}
	if slices.ContainsFunc(rows, func(r row) bool { return r.takesAll(subjects, col) }) {
		return true
	}
	for _, piece := range pieces(subjects[col], rows, col) {
		var holding []row
		for _, r := range rows {
			if *steps++; *steps > maxMatching {
				return false
			}
			if r.columns[col].covers(piece) {
				holding = append(holding, r)
			}
		}
		if !exhaust(subjects, holding, col+1, steps) {
			return false
		}
	}
	return true
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
	if e, ok := t.(*types.Enum); ok {
		var ps []span
		for _, m := range e.Members {
			ps = append(ps, pointSpan(m.Value))
		}
		return ps
	}
	all := whole(t)
	starts := []key{all.lo}
	for _, r := range rows {
		for _, s := range r.columns[col] {
			starts = append(starts, s.lo)
			if s.hi != all.hi {
				starts = append(starts, s.hi.next())
			}
		}
	}
	slices.SortFunc(starts, key.compare)
	starts = slices.Compact(starts)
	ps := make([]span, len(starts))
	for i, lo := range starts {
		ps[i] = span{lo, all.hi}
		if i+1 < len(starts) {
			ps[i].hi = starts[i+1].previous()
		}
	}
	return ps
}
