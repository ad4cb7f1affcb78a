// Linux 6.1 knows the bound of an offset that was compared, but not that of its copy on the stack, which is what is left
// behind a helper call.
pipeline p tc
default pass
struct s { f [3]u16; }
var g s
stage start {
    x := g.f[packet.len & 1]
    g.f[packet.len & 1] += 1 - x
    packet.mark = x & g.f[x % 3]
    payload.u64[x] ^= u64(x)
    packet.priority *= x
    y := parse vlan
    y.pcp >>= 2
    pass
}
