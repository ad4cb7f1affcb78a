// capture.tcc: a filter for a packet socket, which keeps headers of what it knows and all of the rest.
pipeline capture socket
default drop

map     flows hash[ip4]u32 max 4096
counter kept

stage start {
    eth := parse ethernet
    if eth.src == 02:00:00:00:00:01 { keep(14) }
    match eth.type {
        0x8100 | 0x88a8 => goto tagged
        0x0800 => goto v4
        0x86dd => goto v6
        _ => pass
    }
}

stage tagged {
    v := parse vlan
    if v.type == 0x0800 { goto v4 }
    keep(u32(v.id))
}

stage v4 {
    ip := parse ipv4 else drop
    flows[ip.src] = packet.len else drop
    match ip.proto {
        6 => goto tcp_in(ip)
        17 => goto udp_in
        _ => keep(u32(ip.ihl) * 4 + 14)
    }
}

stage tcp_in(ip ipv4) {
    t := parse tcp
    kept += 1
    if t.offset < 5 { drop }
    keep(14 + u32(ip.ihl) * 4 + u32(t.offset) * 4)
}

stage udp_in {
    u := parse udp
    need 20 else keep(42)
    if f := flows[192.0.2.7] { keep(f) }
    if u.dport == 53 { pass }
    keep(packet.len / 2)
}

stage v6 {
    ip := parse ipv6
    if ip.next == 17 { goto udp_in }
    pass
}
