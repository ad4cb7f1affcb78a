package ir

// ProgInfo is what programs of a type can do.
type ProgInfo struct {
	Section string // of the object, by which loaders know the type
	Context string // the C struct that the argument points to
	Direct  bool   // the packet is read and written through pointers; else it is only read, by Fetch
	Pull    bool   // a part of the packet may lie out of the pointers' reach until it is pulled
	CB      bool   // skb->cb is free to carry state
}

// ProgTypes has a row for every type of pipelines.
var ProgTypes = map[string]ProgInfo{
	"xdp":        {Section: "xdp", Context: "xdp_md", Direct: true},
	"tc":         {Section: "tc", Context: "__sk_buff", Direct: true, Pull: true, CB: true},
	"cgroup_skb": {Section: "cgroup/skb", Context: "__sk_buff", CB: true},
	"socket":     {Section: "socket", Context: "__sk_buff", CB: true},
}

// Type is the row of the module's type.
func (m *Module) Type() ProgInfo { return ProgTypes[m.ProgType] }

// has reports whether programs of the module's type have an operation. A module without a type, in a test, has all.
func (m *Module) has(op Op) bool {
	t, typed := ProgTypes[m.ProgType]
	switch {
	case !typed:
		return true
	case op == Pull || op == HeadLen || op == NetByte || op == CsumL4 || op == CsumAdd:
		return t.Pull
	case op == Data || op == DataEnd || op == Resize:
		return t.Direct
	case op == Fetch:
		return !t.Direct || t.Pull
	case op == Redirect || op == Fib:
		return t.Direct
	}
	return true
}
