// An offset that is nearly the largest is compared as a whole. Split into two parts, either of which may be large for all
// that the kernel's verifier knows, it would be no offset.
pipeline p xdp
default drop
map seen hash[u16]u16    max 3
map last array[u32]u16 max 6

stage start {
    if x := seen[payload[packet.len] + payload[4] + payload.u16[32767]] {
        last[x] = 0 else goto start max 3
    }
    if n := last[2] { n += 1 }
    skip payload[3]
    if x := seen[payload.u16[32767]] { goto start max 2 }
    pass
}
// oracle: packet 1 2 0 0000000000000000000000000000
