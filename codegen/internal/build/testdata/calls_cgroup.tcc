// What is called on cgroup_skb, whose packets can be read only.
pipeline called cgroup_skb
default drop

counter marked

fn local(a ip4) bool call { return a in 10.0.0.0/8 || a in 127.0.0.0/8 }

fn decide(ip ipv4, at u32) u16 call {
    if local(ip.dst) { return 1 }
    packet.mark = ip.id
    marked += 1
    return payload.u16[at]
}

stage start {
    ip := parse ipv4
    if decide(ip, 0) == 1 || decide(ip, 2) == packet.mark { pass }
    drop
}

test "to a neighbour" {
    packet ipv4{dst: 10.1.2.3}
    expect pass
    expect marked == 0
}

test "by the payload" {
    packet ipv4{dst: 192.0.2.1, id: 0x0102} payload "\x00\x05\x01\x02"
    expect pass
    packet ipv4{dst: 192.0.2.1, id: 0x0103} payload "\x00\x05\x01\x02"
    expect drop
    expect marked == 4
    packet ipv4{dst: 192.0.2.1} payload "\x00\x05\x01"
    expect drop
    expect marked == 6
}
