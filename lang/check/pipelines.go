package check

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// PipelineTypes are the types of pipelines that can be compiled.
var PipelineTypes = []*PipelineType{
	{
		Name:     "xdp",
		Verdicts: []*Verdict{{Name: "pass", Code: 2}, {Name: "drop", Code: 1}, {Name: "tx", Code: 3}, {Name: "abort"}, {Name: "redirect", Code: 4, Args: 1}},
		Packet:   packetFields("len", "ifindex", "queue"),
	},
	{
		Name:     "tc",
		Verdicts: []*Verdict{{Name: "pass", Code: 0}, {Name: "drop", Code: 2}, {Name: "next", Code: -1}, {Name: "redirect", Code: 7, Args: 1}},
		Packet:   packetFields("len", "ifindex", "queue", "mark!", "priority!", "protocol", "hash", "vlan"),
		Offload:  true,
	},
	{
		Name:     "cgroup_skb",
		Verdicts: []*Verdict{{Name: "pass", Code: 1}, {Name: "drop", Code: 0}},
		Packet:   packetFields("len", "ifindex", "queue", "mark!", "priority!", "protocol", "hash", "vlan"),
		ReadOnly: true,
	},
	{
		Name:     "socket",
		Verdicts: []*Verdict{{Name: "pass", Code: -1}, {Name: "drop", Code: 0}, {Name: "keep", Args: 1, Computed: true}},
		Packet:   packetFields("len", "ifindex", "queue", "mark", "priority", "protocol", "hash", "vlan"),
		ReadOnly: true,
	},
}

// packetFields makes fields of the context, all u32; a mark tells the writable ones.
func packetFields(names ...string) []*PacketField {
	fields := make([]*PacketField, len(names))
	for i, name := range names {
		plain := strings.TrimSuffix(name, "!")
		fields[i] = &PacketField{Name: plain, Type: types.U32, Writable: plain != name}
	}
	return fields
}

// Verdict finds a verdict by name.
func (t *PipelineType) Verdict(name string) *Verdict {
	for _, v := range t.Verdicts {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// PacketField finds a field of `packet` by name.
func (t *PipelineType) PacketField(name string) *PacketField {
	for _, f := range t.Packet {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Returned is the verdict that a code stands for, nil if there is none.
func (t *PipelineType) Returned(code int32) *Verdict {
	var computed *Verdict
	for _, v := range t.Verdicts {
		switch {
		case v.Computed:
			computed = v
		case v.Code == code:
			return v
		}
	}
	return computed
}

// FormatVerdict is a code as the language writes it.
func (t *PipelineType) FormatVerdict(code int32) string {
	switch v := t.Returned(code); {
	case v == nil:
		return fmt.Sprint(code)
	case v.Computed:
		return fmt.Sprintf("%s(%d)", v.Name, uint32(code))
	default:
		return v.Name
	}
}

func (c *checker) declarePipeline(d *syntax.PipelineDecl) {
	if !c.once("pipeline", d) {
		return
	}
	c.declare(d.Name, &pipelineName{d.Name.Name})
	c.prog.Name = d.Name.Name
	c.prog.Type = c.pipelineType(d.Type)
	c.prog.Frags = d.Frags
	if d.Frags && c.prog.Type != nil && c.prog.Type.Name != "xdp" {
		c.errorf("E0222", fragsSpan(d), "only xdp pipelines have `frags`").Hint =
			"on " + c.prog.Type.Name + ", packets in parts are seen whole anyway"
	}
}

// fragsSpan is the place of `frags`, the last word of its line.
func fragsSpan(d *syntax.PipelineDecl) diag.Span {
	at := d.Span()
	const width = len("frags")
	at.Start = at.End
	at.Start.Offset -= width
	at.Start.Col -= width
	return at
}

func (c *checker) pipelineType(id *syntax.Ident) *PipelineType {
	var names []string
	for _, t := range PipelineTypes {
		if t.Name == id.Name {
			return t
		}
		names = append(names, t.Name)
	}
	d := c.errorf("E0208", id.Span(), "unknown pipeline type `%s`", id.Name)
	d.Hint = "the types are " + quoted(names)
	return nil
}

// isRoot reports whether something stands in the root file.
func (c *checker) isRoot(n syntax.Node) bool { return n.Span().File == c.files[0].Name }

// inRoot refuses a line that only the root file has.
func (c *checker) inRoot(d syntax.Decl, word string) {
	x := c.errorf("E0221", d.Span(), "`%s` stands in the root file, and this one is imported", word)
	x.Hint = "an import brings in declarations alone; what two pipelines share can stand in a file that both import"
}

// once enters a line that a file has once; it reports a second one.
func (c *checker) once(what string, d syntax.Decl) bool {
	first, dup := c.heads[what]
	if dup {
		note(c.errorf("E0202", d.Span(), "a second `%s`", what), first.Span(), "the first is here")
		return false
	}
	c.heads[what] = d
	return true
}

// requireHead reports what every file needs and this one lacks.
func (c *checker) requireHead() {
	start := diag.Span{File: c.files[0].Name, Start: diag.Pos{Line: 1, Col: 1}, End: diag.Pos{Line: 1, Col: 1}}
	pipeline, ok := c.heads["pipeline"]
	if !ok {
		c.errorf("E0206", start, "the file has no `pipeline`").Hint = "start with `pipeline NAME xdp` or `pipeline NAME tc`"
		return
	}
	if _, ok := c.heads["default"]; !ok {
		d := c.errorf("E0206", pipeline.Span(), "the pipeline has no `default`")
		d.Hint = "say what becomes of a packet that nothing decided on: `default pass` or `default drop`"
	}
	if len(c.prog.Stages) == 0 || !c.isRoot(c.prog.Stages[0].Decl) {
		d := c.errorf("E0206", pipeline.Span(), "the pipeline has no stage")
		if len(c.prog.Stages) > 0 {
			d.Hint = "a packet enters at the first stage of the root file, not of an imported one"
		}
	}
}

// verdict resolves a verdict, nil if the pipeline's type has no such one.
func (c *checker) verdict(s *syntax.VerdictStmt) *Verdict {
	if c.prog.Type == nil {
		return nil
	}
	v := c.prog.Type.Verdict(s.Name)
	if v == nil {
		d := c.errorf("E0403", s.Span(), "`%s` is not a verdict of %s pipelines", s.Name, c.prog.Type.Name)
		d.Hint = c.prog.Type.Name + " has " + quoted(c.prog.Type.verdictNames())
		return nil
	}
	if v.Name == "redirect" {
		if c.redirect(s) {
			c.Verdict[s] = v
		}
		return v
	}
	if v.Args != len(s.Args) {
		c.errorf("E0311", s.Span(), "`%s` takes %s, not %d", s.Name, plural(v.Args, "argument"), len(s.Args))
		return v
	}
	for _, a := range s.Args {
		if c.stage == nil { // in a test
			c.constant(a, types.U32)
		} else {
			c.use(a, types.U32)
		}
	}
	c.Verdict[s] = v
	return v
}

// defaultVerdict resolves the verdict of `default`, which is a constant.
func (c *checker) defaultVerdict(d *syntax.DefaultDecl) *Verdict {
	v := c.verdict(d.Verdict)
	if v != nil && v.Args > 0 {
		c.errorf("E0403", d.Verdict.Span(), "`%s` cannot be the default: its argument is computed", v.Name)
	}
	return v
}

func (t *PipelineType) verdictNames() []string {
	var names []string
	for _, v := range t.Verdicts {
		names = append(names, v.Name)
	}
	return names
}

func (t *PipelineType) packetNames() []string {
	var names []string
	for _, f := range t.Packet {
		names = append(names, f.Name)
	}
	return names
}

// quoted lists names in backticks: `a`, `b` and `c`.
func quoted(names []string) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString("`" + n + "`")
	}
	return b.String()
}

// plural is "no arguments", "1 argument", "2 arguments".
func plural(n int, word string) string {
	switch n {
	case 0:
		return "no " + word + "s"
	case 1:
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
