// What is called finds the packet by itself, on tc beyond its linear part too, and changes the context.
pipeline called tc
default next

map table array[u32]u64 max 4

slots more[4](ip ipv4, n u32) { 1 => other; 2 => third }

fn hop(ip ipv4) u8 call {
    ip.ttl -= 1
    return ip.ttl
}

fn far(at u32) u32 call {
    packet.mark += 1
    return payload.u32[at]
}

fn count(at u32) u32 call {
    if v := table[at & 3] { v += 1 }
    return far(at) + packet.mark
}

stage start {
    parse ethernet
    ip := parse ipv4 else drop
    if hop(ip) == 0 { drop }
    packet.mark = 5
    n := count(ip.dscp)
    if n != packet.mark + 1 { goto more[n](ip, n) else drop }
    pass
}

stage other(ip ipv4, n u32) {
    if hop(ip) == n { pass }
    drop
}

stage third(ip ipv4, n u32) {
    skip 2
    if count(n) == packet.mark { goto other(ip, count(0)) }
    pass
}

test "on its way" {
    packet ethernet{} ipv4{ttl: 2} payload "\x00\x00\x00\x01"
    expect pass
    packet ethernet{} ipv4{ttl: 1} payload "\x00\x00\x00\x01"
    expect drop
    packet ethernet{} ipv4{ttl: 9} payload "\x00\x00\x01"
    expect next
    packet ethernet{} ipv4{ttl: 9, dscp: 4} payload "\x00\x00\x00\x01\xff\xff\xff\xfb"
    expect drop
    expect table[0] == 3
    expect packet ipv4.ttl == 7
}

test "a slot that calls" {
    packet ethernet{} ipv4{ttl: 9} payload "\xff\xff\xff\xfc\x00\x00\x00\x00\x00\x00"
    expect drop
    expect table[0] == 2
    expect table[2] == 1
}
