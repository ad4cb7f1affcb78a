// access.tcc: what the processes of a cgroup may talk to. Fields lie aligned and not, on the way in and out of slots.
pipeline access cgroup_skb
default pass

enum reason { banned, port, neighbour }
struct talk { peer ip4; port u16; proto u8 }

map     allowed hash[talk]u64 max 4096
map     nets    lpm[ip4]u32   max 16
counter dropped[reason]
counter seen[256]
event   refused { peer ip4; port u16; why reason }

stage start {
    ip := peek ipv4
    match ip.version {
        4 => goto v4
        6 => goto v6
        _ => drop
    }
}

stage v4 {
    ip := parse ipv4 else drop
    seen[ip.proto] += 1
    if ip.dst in nets { goto refuse(ip.dst, 0, reason.banned) }
    if ip.frag != 0 { pass }
    goto protocols[ip.proto](ip) else pass
}

stage tcp_out(ip ipv4) {
    t := parse tcp
    packet.mark = u32(t.dport) << 16 | packet.protocol
    key := talk{peer: ip.dst, port: t.dport, proto: ip.proto}
    if n := allowed[key] {
        n += u64(packet.len)
        pass
    }
    allowed[key] = u64(packet.len) else drop
    if t.dport in 1..1023 && t.syn && !t.ack { goto refuse(ip.dst, t.dport, reason.port) }
    pass
}

stage udp_out(ip ipv4) {
    u := parse udp
    match ip.dst, u.dport {
        10.0.0.0/8, 53 => pass
        _, 5353 => goto refuse(ip.dst, u.dport, reason.port)
        _, _ => goto inner(u, ip.ttl)
    }
}

stage inner(u udp, ttl u8) {
    a := peek arp else pass
    if a.sender_mac == a.target_mac { goto refuse(a.sender_ip, u.dport, reason.neighbour) }
    packet.priority = u32(ttl)
    pass
}

stage v6 {
    ip := parse ipv6
    match ip.src {
        2001:db8::/32 => drop
        _ => pass
    }
}

stage refuse(peer ip4, port u16, why reason) {
    dropped[why] += 1
    emit refused{peer: peer, port: port, why: why}
    drop
}

slots protocols[32](ip ipv4) { 6 => tcp_out; 17 => udp_out }
