// Packets in several buffers: headers are read, written and rewritten wherever they lie.
pipeline far xdp frags
default drop

header jump { to u16; kind u8; flags u3; long bool; id u4 }
header blob { word u64; half u24; host ip4; hw mac; last u8 } length 22 + last % 4

counter kinds[4]

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { goto hop(eth) }
    ip := parse ipv4
    u := peek udp else goto hop(eth)
    rewrite ip, u {
        ip.ttl -= 1
        u.sport = u.dport
    }
    goto hop(eth)
}

stage hop(eth ethernet) {
    j := parse jump else goto odd(eth)
    kinds[j.kind & 3] += 1
    skip j.to & 0x1fff
    b := parse blob else pass
    match j.kind & 3 {
        0 => {
            b.word += 1
            b.half = u32(j.to)
            b.host = 192.0.2.1
            if b.last & 1 == 1 { goto hop(eth) max 2 }
            tx
        }
        1 => {
            b.hw = eth.src
            eth.dst = b.hw
            payload[0] = b.last else pass
            tx
        }
        2 => {
            push jump{to: 7, kind: j.kind, long: true, id: 3} after eth else abort
            if packet.len < 100 { pass }
            tx
        }
        _ => {
            if payload.u16[1] == 0 { drop }
            pop eth else pass
            b2 := peek blob else tx
            b2.last = 3
            pass
        }
    }
}

stage odd(eth ethernet) {
    if packet.len & 1 == 1 { drop }
    eth.type = 7
    pass
}

test "a packet with a jump" {
    packet ethernet{type: 0x9999} jump{to: 2, kind: 0} payload "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07abcdefghijklmnopqrstuvwxyz"
    expect tx
    expect kinds[0] == 1
}
