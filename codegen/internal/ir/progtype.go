package ir

// ProgInfo is what programs of a type can do.
type ProgInfo struct {
	Section string // of the object, by which loaders know the type
	Context string // the C struct that the argument points to
	Direct  bool   // the packet is read and written through pointers; else it is only read, by Fetch
	Pull    bool   // a part of the packet may lie out of the pointers' reach until it is pulled
	CB      bool   // skb->cb is free to carry state
	Frags   bool   // a part of the packet may lie out of the pointers' reach for good: Fetch and StoreBytes reach it
	Notes   bool   // programs can leave notes for each other in front of the packet
}

// ProgTypes has a row for every type of pipelines.
var ProgTypes = map[string]ProgInfo{
	"xdp":        {Section: "xdp", Context: "xdp_md", Direct: true, Notes: true},
	"tc":         {Section: "tc", Context: "__sk_buff", Direct: true, Pull: true, CB: true},
	"cgroup_skb": {Section: "cgroup/skb", Context: "__sk_buff", CB: true},
	"socket":     {Section: "socket", Context: "__sk_buff", CB: true},
}

// Type is the row of the module's type.
func (m *Module) Type() ProgInfo {
	t := ProgTypes[m.ProgType]
	if m.Frags {
		t.Section, t.Frags = t.Section+FragsSuffix, true
	}
	return t
}

// FragsSuffix is what the section of programs has at its end that take packets in several buffers.
const FragsSuffix = ".frags"

// has reports whether programs of the module's type have an operation. A module without a type, in a test, has all.
func (m *Module) has(op Op) bool {
	_, typed := ProgTypes[m.ProgType]
	t := m.Type()
	switch {
	case !typed:
		return true
	case op == HeadLen:
		return t.Pull || t.Frags
	case op == BufLen || op == StoreBytes:
		return t.Frags
	case op == Pull || op == NetByte || op == CsumL4 || op == CsumAdd:
		return t.Pull
	case op == Data || op == DataEnd || op == Resize:
		return t.Direct
	case op == Notes || op == NotesGrow:
		return t.Notes
	case op == Fetch:
		return !t.Direct || t.Pull || t.Frags
	case op == Redirect || op == Fib:
		return t.Direct
	}
	return true
}
