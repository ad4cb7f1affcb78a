// conntrack.tcc: a stateful firewall for TCP over IPv4. The specification is at the top of conntrack.c.
pipeline conntrack xdp
default drop // too short

enum state { syn = 1, established, closing }

// A flow has one key for both directions: a is the smaller of the two endpoints.
struct flow { addr_a ip4; addr_b ip4; port_a be16; port_b be16; proto u8 }
struct conn { packets u64; bytes u64; last_seen u64; state state }

map allowed array[u32]u64      max 1024 // a bit for each port
map conns   lru_hash[flow]conn max 65536

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { pass }
    ip := parse ipv4
    if ip.version != 4 { drop }
    if ip.proto != 6 { pass }
    if ip.mf || ip.frag != 0 { drop }
    t := peek tcp // whatever its length says
    goto track(ip, t)
}

stage track(ip ipv4, t tcp) {
    key := flow{addr_a: ip.src, addr_b: ip.dst, port_a: t.sport, port_b: t.dport, proto: 6}
    if u64(u32(ip.src)) << 16 | t.sport > u64(u32(ip.dst)) << 16 | t.dport {
        key = flow{addr_a: ip.dst, addr_b: ip.src, port_a: t.dport, port_b: t.sport, proto: 6}
    }
    if c := conns[key] {
        c.packets += 1
        c.bytes += packet.len
        c.last_seen = now()
        if t.fin || t.rst {
            c.state = state.closing
        } else if c.state == state.syn && t.ack {
            c.state = state.established
        }
        pass
    }
    if !t.syn || t.ack || t.fin || t.rst { drop }
    if bits := allowed[t.dport >> 6] {
        if bits >> (t.dport & 63) & 1 == 0 { drop }
        conns[key] = conn{packets: 1, bytes: packet.len, last_seen: now(), state: state.syn} else drop
        pass
    }
    drop
}

test "a connection is opened from either side of its key" {
    map allowed[443 >> 6] = 1 << (443 & 63)
    packet ethernet{} ipv4{src: 192.0.2.9, dst: 10.0.0.1} tcp{sport: 40000, dport: 443, syn: true}
    expect pass
    packet ethernet{} ipv4{src: 10.0.0.1, dst: 192.0.2.9} tcp{sport: 443, dport: 40000, syn: true, ack: true}
    expect pass
    expect conns[flow{addr_a: 10.0.0.1, addr_b: 192.0.2.9, port_a: 443, port_b: 40000, proto: 6}].packets == 2
    expect conns[flow{addr_a: 10.0.0.1, addr_b: 192.0.2.9, port_a: 443, port_b: 40000, proto: 6}].state == state.established
}
