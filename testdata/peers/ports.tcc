// ports.tcc: a filter of ports that counts its verdicts. The specification is at the top of ports.c.
pipeline ports xdp
default drop // never without a count

header l4 { sport u16; dport u16 }

counter verdicts[5] // by what the kernel is told

stage start {
    eth := parse ethernet else goto refuse
    type := eth.type
    if type == 0x8100 || type == 0x88a8 {
        outer := parse vlan else goto refuse
        type = outer.type
        if type == 0x8100 || type == 0x88a8 {
            inner := parse vlan else goto refuse
            type = inner.type
        }
    }
    match type {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => goto accept
    }
}

stage v4 {
    ip := parse ipv4 else goto refuse
    if ip.version != 4 { goto refuse }
    if ip.proto != 6 && ip.proto != 17 || ip.frag != 0 { goto accept }
    goto transport
}

stage v6 {
    ip := parse ipv6 else goto refuse
    if ip.version != 6 { goto refuse }
    if ip.next != 6 && ip.next != 17 { goto accept }
    goto transport
}

stage transport {
    to := parse l4 else goto refuse
    match to.dport {
        19 | 23 | 69 | 111 | 123 | 135 | 137 | 138 | 139 | 161 | 389 | 445 | 1900 | 3389 | 5353 | 11211 => goto refuse
        _ => goto accept
    }
}

stage accept {
    verdicts[2] += 1
    pass
}

stage refuse {
    verdicts[1] += 1
    drop
}

test "behind two tags and over IPv6" {
    packet ethernet{} vlan{} vlan{} ipv6{} udp{dport: 5353}
    expect drop
    packet ethernet{} vlan{} vlan{} ipv6{} udp{dport: 53}
    expect pass
    packet ethernet{} vlan{} vlan{} vlan{} ipv6{} udp{dport: 5353}
    expect pass
    expect verdicts[1] == 1
    expect verdicts[2] == 2
}
