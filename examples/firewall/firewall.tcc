// firewall.tcc: a stateful XDP firewall
pipeline firewall xdp
default pass // a packet that nothing decided on: too short, a missed tail call, an empty slot

config guard_ssh bool = true  // set before load, constant to the verifier
var    panic     bool = false // may change while the pipeline runs

enum reason { blocked, ssh, no_state }
struct flow_key { src ip4; dst ip4; sport u16; dport u16; proto u8 }
struct flow     { packets u64; bytes u64; last_seen u64 }

map     flows  lru_hash[flow_key]flow max 65536
map     banned lpm[ip4]u32            max 10000
counter dropped[reason]
event   refused { src ip4; why reason }

stage parse {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => pass
    }
}

stage v4 {
    ip := parse ipv4 else drop
    if ip.src in banned { goto refuse(ip.src, reason.blocked) }
    match ip.proto {
        6 => goto tcp_in(ip)
        _ => goto others[ip.proto](ip) else pass
    }
}

stage v6 {
    ip := parse ipv6 else drop
    if panic && !(ip.src in fe80::/10) { drop } // link-local keeps neighbour discovery alive
    pass
}

stage tcp_in(ip ipv4) {
    t := parse tcp
    if guard_ssh && t.dport == 22 && !(ip.src in 10.0.0.0/8) { goto refuse(ip.src, reason.ssh) }
    key := flow_key{src: ip.src, dst: ip.dst, sport: t.sport, dport: t.dport, proto: ip.proto}
    if f := flows[key] {
        f.packets += 1
        f.bytes += packet.len
        f.last_seen = now()
        pass
    }
    if !t.syn { goto refuse(ip.src, reason.no_state) }
    flows[key] = flow{packets: 1, bytes: packet.len, last_seen: now()}
    pass
}

stage udp_in(ip ipv4) {
    u := parse udp
    key := flow_key{src: ip.src, dst: ip.dst, sport: u.sport, dport: u.dport, proto: ip.proto}
    if f := flows[key] {
        f.packets += 1
        f.bytes += packet.len
        f.last_seen = now()
        pass
    }
    if panic { goto refuse(ip.src, reason.blocked) }
    flows[key] = flow{packets: 1, bytes: packet.len, last_seen: now()}
    pass
}

stage refuse(src ip4, why reason) {
    dropped[why] += 1
    emit refused{src: src, why: why}
    drop
}

slots others[256](ip ipv4) { 17 => udp_in } // a prog array that user space can refill while traffic flows

test "ssh from outside is refused" {
    packet ethernet{} ipv4{src: 192.0.2.7} tcp{dport: 22, syn: true}
    expect drop
    expect dropped[reason.ssh] == 1
}

test "ssh from inside opens a flow" {
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 10.0.0.1} tcp{sport: 40000, dport: 22, syn: true}
    expect pass
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 10.0.0.1} tcp{sport: 40000, dport: 22, ack: true}
    expect pass
    expect dropped[reason.ssh] == 0
    expect dropped[reason.no_state] == 0
}

test "a segment of no known flow is refused" {
    packet ethernet{} ipv4{src: 198.51.100.9} tcp{dport: 443, ack: true}
    expect drop
    expect dropped[reason.no_state] == 1
}

test "a banned network is refused" {
    map banned[203.0.113.0/24] = 1
    packet ethernet{} ipv4{src: 203.0.113.9} udp{dport: 53}
    expect drop
    expect dropped[reason.blocked] == 1
}

test "udp is let in unless there is panic" {
    packet ethernet{} ipv4{src: 192.0.2.7} udp{sport: 1000, dport: 53}
    expect pass
    var panic = true
    packet ethernet{} ipv4{src: 192.0.2.7} udp{sport: 1001, dport: 53}
    expect drop
    packet ethernet{} ipv4{src: 192.0.2.7} udp{sport: 1000, dport: 53}
    expect pass
    packet ethernet{} ipv6{src: 2001:db8::1}
    expect drop
    packet ethernet{} ipv6{src: fe80::1}
    expect pass
}
