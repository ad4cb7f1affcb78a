package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A rewrite names the views it writes, as they lie in the packet. So it is known which checksum covers what: an IPv4
// header has one of itself; that of a transport header covers it and all that is behind it, and but for ICMP the
// addresses of the IP header in front of it, its pseudo header.
//
// While the block runs, the differences between what was written over and what was written are summed up, in parts
// that are covered by the same checksums. Behind it each checksum is changed once, by the parts that it covers. One
// checksum may cover another: it sees the change of that one too.

// A Rewrite is what a rewrite statement writes, and what it keeps right.
type Rewrite struct {
	Views []*Rewritten // in the order of the statement
	Sums  []*Sum       // the checksums that cover what is written: of IP headers, then the others, the innermost first
	// Bytes is by how much the sum of all bytes of the views changes, if no checksum is left out, and apart from what
	// pseudo headers make those change by that may be left to the network card.
	Bytes []Term

	payload bool // is written
}

// Payload is the number by which parts and terms call the payload: as if it were a view behind all others. It starts at
// the cursor.
func (r *Rewrite) Payload() int { return len(r.Views) }

// A Rewritten is a view that a rewrite names.
type Rewritten struct {
	Local  *Local
	Header *types.Header
	Pseudo bool // its addresses are covered by the checksum of the transport header behind it

	transport         int  // the transport header behind an IP header, -1 if that isn't named
	fields, addresses bool // which parts are written
}

// A Part is a running sum of differences: of the bytes of a view, or of the addresses of one whose Pseudo is set.
// Applied is no running sum but what the checksum of a view, a UDP header, was changed by: nothing if there is none.
type Part struct {
	View int // of Rewrite.Views
	Kind PartKind
}

// PartKind tells the parts of a view.
type PartKind int

// The parts.
const (
	Fields PartKind = iota
	Addresses
	Applied
)

// A Term adds or takes away a part. As the Internet checksum sums up words of two bytes, it counts from where a view
// starts whether a byte is the first or the second of one: At is the view.
type Term struct {
	Part
	At       int
	Negative bool
}

// A Sum is a checksum that a rewrite changes, and by what.
type Sum struct {
	View   int
	Field  *types.HeaderField
	Covers []Term
	// Optional: 0 says that there is no checksum, and stays; one that is 0 is written as 0xffff.
	Optional bool
	// Offload: it may be left to the network card, and is then no sum of anything but the pseudo header yet.
	Offload bool
}

// sumKind tells how far the checksum of a header reaches.
type sumKind struct{ transport, pseudo, optional, offload bool }

// sumKinds are the headers that have a checksum.
var sumKinds = map[string]sumKind{
	"ipv4":  {},
	"tcp":   {transport: true, pseudo: true, offload: true},
	"udp":   {transport: true, pseudo: true, offload: true, optional: true},
	"icmp":  {transport: true},
	"icmp6": {transport: true, pseudo: true},
}

const checksumField = "checksum"

// kind is that of the view's checksum, if it has one.
func (v *Rewritten) kind() (sumKind, bool) {
	k, ok := sumKinds[v.Header.Name]
	return k, ok
}

func (v *Rewritten) isIP() bool { return v.Header.Name == "ipv4" || v.Header.Name == "ipv6" }

// isAddress reports whether a field is an address of an IP header.
func (v *Rewritten) isAddress(f *types.HeaderField) bool {
	return v.isIP() && (f.Name == "src" || f.Name == "dst")
}

// PartOf is the part to which a field of the i-th view belongs.
func (r *Rewrite) PartOf(i int, f *types.HeaderField) Part {
	if v := r.Views[i]; v.Pseudo && v.isAddress(f) {
		return Part{i, Addresses}
	}
	return Part{i, Fields}
}

// View is the number of a local among the views, -1 if it isn't named.
func (r *Rewrite) View(l *Local) int {
	for i, v := range r.Views {
		if v.Local == l {
			return i
		}
	}
	return -1
}

// rewrite checks `rewrite v, w { … }`.
func (c *checker) rewrite(s *syntax.RewriteStmt) {
	r := &Rewrite{}
	whole := true
	for _, id := range s.Views {
		whole = c.nameView(r, id) && whole
	}
	r.findTransports()
	outer := c.rewriting
	c.rewriting = &rewriting{r, s, whole, c.loops}
	c.loops = 0
	c.block(s.Body)
	c.loops = c.rewriting.loops
	c.rewriting = outer
	r.findSums()
	c.Rewrites[s] = r
}

// rewriting is the rewrite whose block is being checked.
type rewriting struct {
	*Rewrite
	stmt  *syntax.RewriteStmt
	whole bool // all its views are known
	loops int  // around it
}

// leaves is the word of a statement if it leaves a loop around the rewrite; "" if it doesn't.
func (r *rewriting) leaves(c *checker, word string) string {
	if r.loops > 0 && c.loops == 0 {
		return word
	}
	return ""
}

// nameView adds a view to a rewrite.
func (c *checker) nameView(r *Rewrite, id *syntax.Ident) bool {
	c.viewName(id)
	l, _ := c.Uses[id].(*Local)
	if l == nil {
		return false
	}
	h, ok := l.Type.(*types.Header)
	if !ok {
		return false
	}
	if r.View(l) >= 0 {
		c.errorf("E0530", id.Span(), "`%s` is named twice", id.Name)
		return false
	}
	r.Views = append(r.Views, &Rewritten{Local: l, Header: h, transport: -1})
	return true
}

// findTransports finds for each IP header the transport header behind it.
func (r *Rewrite) findTransports() {
	ip := -1
	for i, v := range r.Views {
		kind, _ := v.kind()
		switch {
		case v.isIP():
			ip = i
		case kind.transport && ip >= 0:
			r.Views[ip].transport, r.Views[ip].Pseudo = i, kind.pseudo
			ip = -1
		}
	}
}

// rewritable reports whether a field can be written where it is, and remembers that it is written.
func (c *checker) rewritable(e *syntax.Select, f *types.HeaderField) bool {
	r := c.rewriting
	id, ok := Unparen(e.X).(*syntax.Ident)
	if r == nil || !r.whole || !ok {
		return true
	}
	l, _ := c.Uses[id].(*Local)
	i := r.View(l)
	if i < 0 {
		d := c.errorf("E0531", id.Span(), "this `rewrite` does not name `%s`, and would not keep the checksums that cover it", id.Name)
		d.Hint = fmt.Sprintf("name it behind the header in front of it, or write `%s` outside of the block", c.text(e))
		note(d, namesOf(r.stmt), "the views that it names")
		return false
	}
	v := r.Views[i]
	if !c.keepable(e, r.Rewrite, v, f) {
		return false
	}
	if v.Pseudo && v.isAddress(f) {
		v.addresses = true
	} else {
		v.fields = true
	}
	return true
}

// rewritablePayload reports whether the payload can be written where it is.
func (c *checker) rewritablePayload(e *syntax.Index) bool {
	r := c.rewriting
	if r == nil || !r.whole {
		return true
	}
	for _, v := range r.Views {
		if kind, _ := v.kind(); kind.transport {
			r.payload = true
			return true
		}
	}
	d := c.errorf("E0531", e.X.Span(), "this `rewrite` names no header whose checksum covers the payload")
	d.Hint = "name the transport header, or write the payload outside of the block"
	note(d, namesOf(r.stmt), "the views that it names")
	return false
}

// writesPayload reports whether a fn does, or one that it calls.
func (c *checker) writesPayload(f *Fn, seen map[*Fn]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	found := false
	syntax.Walk(f.Decl.Body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			if e, ok := n.LHS.(*syntax.Index); ok {
				name, _ := c.payloadName(e.X)
				found = found || name != nil
			}
		case *syntax.Call:
			if g, ok := c.topLevel(n.Fun.Name).(*Fn); ok {
				found = found || c.writesPayload(g, seen)
			}
		}
		return !found
	})
	return found
}

// namesOf is where a rewrite names its views.
func namesOf(s *syntax.RewriteStmt) diag.Span {
	at := s.Views[0].Span()
	at.End = s.Views[len(s.Views)-1].Span().End
	return at
}

// keepable reports fields that no checksum can be kept over.
func (c *checker) keepable(e *syntax.Select, r *Rewrite, v *Rewritten, f *types.HeaderField) bool {
	kind, sum := v.kind()
	switch {
	case sum && f.Name == checksumField:
		c.errorf("E0532", e.Span(), "the checksum of `%s` is what `rewrite` itself writes", v.Local.Name).Hint =
			"write it outside of the block"
	case v.Header.Name == "ipv4" && f.Name == "ihl":
		c.errorf("E0532", e.Span(), "`%s` says how many bytes the checksum of `%s` covers", c.text(e), v.Local.Name)
	case kind.optional && f.Name == "len":
		c.errorf("E0532", e.Span(), "`%s` says how many bytes the checksum of `%s` covers", c.text(e), v.Local.Name)
	case v.transport >= 0 && (f.Name == "len" || f.Name == "proto" || f.Name == "next"):
		t := r.Views[v.transport].Local
		c.errorf("E0532", e.Span(), "`%s` says what the checksum of `%s` covers", c.text(e), t.Name).Hint =
			fmt.Sprintf("write it in a `rewrite` that does not name `%s`", t.Name)
	case v.isAddress(f) && r.Views[len(r.Views)-1] == v:
		c.errorf("E0533", e.Span(), "a checksum behind `%s` may cover `%s`: that of a TCP or UDP header does", v.Local.Name, c.text(e)).Hint =
			fmt.Sprintf("name the header that follows, as in `rewrite %s, t { … }`", v.Local.Name)
	default:
		return true
	}
	return false
}

// refuseInRewrite reports a statement by which control would leave the block, or what it names would change.
func (c *checker) refuseInRewrite(s syntax.Stmt) bool {
	what := ""
	switch s := s.(type) {
	case *syntax.VerdictStmt:
		what = s.Name
	case *syntax.GotoStmt:
		what = "goto"
	case *syntax.ReturnStmt:
		what = "return"
	case *syntax.ParseStmt:
		what = "parse"
		if s.Peek {
			what = "peek"
		}
	case *syntax.SkipStmt:
		what = "skip"
		if s.Need {
			what = "need"
		}
	case *syntax.RewriteStmt:
		what = "rewrite"
	case *syntax.PushStmt:
		what = "push"
	case *syntax.PopStmt:
		what = "pop"
	case *syntax.BreakStmt:
		what = c.rewriting.leaves(c, "break")
	case *syntax.ContinueStmt:
		what = c.rewriting.leaves(c, "continue")
	}
	if what == "" {
		return false
	}
	c.doubt = true
	c.errorf("E0534", firstWord(s, what), "`%s` inside of a `rewrite`: the checksums are right only behind it", what).Hint =
		"put it in front of the `rewrite` or behind it"
	return true
}

// refuseCall reports a fn that writes to the payload and is called inside of a rewrite.
func (c *checker) refuseCall(e *syntax.Call, f *Fn) {
	if c.rewriting != nil && c.writesPayload(f, map[*Fn]bool{}) {
		c.errorf("E0534", e.Span(), "`%s` writes to the payload unseen by the `rewrite`", f.Name).Hint =
			fmt.Sprintf("call `%s` in front of the `rewrite`", f.Name)
	}
}

// refuseViewArg reports a view that is passed to a fn inside of a rewrite.
func (c *checker) refuseViewArg(a syntax.Expr, param *Local, f *Fn) {
	if _, view := param.Type.(*types.Header); view && c.rewriting != nil {
		c.errorf("E0534", a.Span(), "`%s` may write to `%s` unseen by the `rewrite`", f.Name, c.text(a)).Hint =
			fmt.Sprintf("call `%s` in front of the `rewrite`", f.Name)
	}
}

// findSums finds the checksums that cover what is written.
func (r *Rewrite) findSums() {
	r.Sums, _ = r.sums(false)
	slices.SortStableFunc(r.Sums, func(a, b *Sum) int {
		return cmp.Compare(r.Views[a.View].rank(), r.Views[b.View].rank())
	})
	_, r.Bytes = r.sums(true)
	for _, sum := range r.Sums {
		if pseudo, _ := sum.Split(); sum.Offload {
			r.Bytes = join(r.Bytes, pseudo)
		}
	}
}

// rank orders the checksums: what one covers of another must be known.
func (v *Rewritten) rank() int {
	if v.isIP() {
		return 0
	}
	return 1
}

// Split tells what a checksum covers of a pseudo header from the rest.
func (s *Sum) Split() (pseudo, rest []Term) {
	for _, t := range s.Covers {
		if t.Kind == Addresses && t.At == s.View && t.View != s.View {
			pseudo = append(pseudo, t)
		} else {
			rest = append(rest, t)
		}
	}
	return pseudo, rest
}

// sums goes from the innermost view outwards. It gives the checksums that change, and by how much the sum of all bytes
// does: of what a checksum covers not at all, as the checksum makes up for it, but for a pseudo header that is elsewhere.
// What an optional checksum makes up for is known only when the program runs, unless all are taken to be there.
func (r *Rewrite) sums(all bool) (sums []*Sum, bytes []Term) {
	if n := r.Payload(); r.payload {
		bytes = []Term{{Part{n, Fields}, n, false}}
	}
	for i := len(r.Views) - 1; i >= 0; i-- {
		v := r.Views[i]
		own := r.written(i, i)
		kind, has := v.kind()
		covers := own
		if kind.transport {
			covers = append(r.pseudoOf(i), join(own, bytes)...)
		}
		if has && len(covers) > 0 {
			sums = append(sums, &Sum{View: i, Field: v.Header.Field(checksumField), Covers: covers, Optional: kind.optional, Offload: kind.offload})
			if kind.optional && !all {
				own = join(own, []Term{{Part{i, Applied}, i, true}})
			} else {
				own = join(own, negated(covers))
			}
		}
		bytes = join(own, bytes)
	}
	return sums, bytes
}

// written are the parts of a view that are written.
func (r *Rewrite) written(i, at int) (terms []Term) {
	if r.Views[i].fields {
		terms = append(terms, Term{Part{i, Fields}, at, false})
	}
	if r.Views[i].addresses {
		terms = append(terms, Term{Part{i, Addresses}, at, false})
	}
	return terms
}

// pseudoOf is what a transport header's checksum covers of the IP header in front of it.
func (r *Rewrite) pseudoOf(transport int) []Term {
	for i, v := range r.Views {
		if v.transport == transport && v.addresses {
			return []Term{{Part{i, Addresses}, transport, false}}
		}
	}
	return nil
}

// negated takes away what the terms add.
func negated(terms []Term) []Term {
	var out []Term
	for _, t := range terms {
		t.Negative = !t.Negative
		out = append(out, t)
	}
	return out
}

// join adds up terms. Those that make up for each other go.
func join(a, b []Term) []Term {
	out := append([]Term(nil), a...)
next:
	for _, t := range b {
		opposite := t
		opposite.Negative = !t.Negative
		for i, u := range out {
			if u == opposite {
				out = append(out[:i], out[i+1:]...)
				continue next
			}
		}
		out = append(out, t)
	}
	return out
}
