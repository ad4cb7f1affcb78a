// snat.tcc: the hosts of a network share one address to the outside
pipeline snat tc
default next // whatever isn't for us

config outside ip4 = 192.0.2.1 // their address
config inside  ip4 = 10.0.0.0  // the network: its addresses begin like this one
config mask    ip4 = 255.0.0.0

// One end of a flow, here or there, and the other end of it. An ICMP echo has its identifier for a port, and no other.
struct flow   { addr ip4; peer ip4; port u16; peer_port u16; proto u8 }
struct origin { addr ip4; port u16 }

header ends { sport u16; dport u16 } // what TCP and UDP headers begin with

map     ports   lru_hash[flow]u16    max 65536 // by what the host sends: the port that the flow has outside
map     origins lru_hash[flow]origin max 65536 // by what is seen outside: the host
counter translated
counter exhausted // flows for which no free port was found

// port_of is the port of a flow outside: its own if that is free, else one of eight others. 0: none is free.
fn port_of(f flow) u16 {
    seen := flow{addr: outside, peer: f.peer, port: f.port, peer_port: f.peer_port, proto: f.proto}
    known := false
    if p := ports[f] {
        seen.port = p
        known = true
    }
    start := hash(f.addr, f.port, f.peer, f.peer_port)
    for i in 0..9 {
        if i > 0 && !known { seen.port = u16(32768 + ((start + i) & 0x7fff)) }
        if o := origins[seen] {
            if o.addr == f.addr && o.port == f.port {
                if !known { ports[f] = seen.port }
                return seen.port
            }
            known = false // the port went to another host
        } else {
            origins[seen] = origin{addr: f.addr, port: f.port}
            ports[f] = seen.port
            return seen.port
        }
    }
    return 0
}

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { next }
    ip := parse ipv4
    leaves := ip.src & mask == inside && ip.dst & mask != inside
    if !leaves && ip.dst != outside { next }
    if ip.mf || ip.frag != 0 { drop } // only the first fragment has ports
    match ip.proto {
        6 | 17 => {
            p := peek ends
            if leaves {
                goto leave(ip, flow{addr: ip.src, peer: ip.dst, port: p.sport, peer_port: p.dport, proto: ip.proto})
            }
            goto arrive(ip, flow{addr: outside, peer: ip.src, port: p.dport, peer_port: p.sport, proto: ip.proto})
        }
        1 => {
            c := peek icmp
            id := u16(c.rest >> 16)
            if leaves && c.type == 8 { goto leave(ip, flow{addr: ip.src, peer: ip.dst, port: id, proto: 1}) }
            if !leaves && c.type == 0 { goto arrive(ip, flow{addr: outside, peer: ip.src, port: id, proto: 1}) }
        }
        _ => {}
    }
    if leaves { drop }
    next
}

stage leave(ip ipv4, f flow) {
    port := port_of(f)
    if port == 0 {
        exhausted += 1
        drop
    }
    match f.proto {
        6 => {
            t := parse tcp
            rewrite ip, t {
                ip.src = outside
                t.sport = port
            }
        }
        17 => {
            u := parse udp
            rewrite ip, u {
                ip.src = outside
                u.sport = port
            }
        }
        _ => {
            c := parse icmp
            rewrite ip, c {
                ip.src = outside
                c.rest = u32(port) << 16 | c.rest & 0xffff
            }
        }
    }
    translated += 1
    next
}

stage arrive(ip ipv4, f flow) {
    if o := origins[f] {
        match f.proto {
            6 => {
                t := parse tcp
                rewrite ip, t {
                    ip.dst = o.addr
                    t.dport = o.port
                }
            }
            17 => {
                u := parse udp
                rewrite ip, u {
                    ip.dst = o.addr
                    u.dport = o.port
                }
            }
            _ => {
                c := parse icmp
                rewrite ip, c {
                    ip.dst = o.addr
                    c.rest = u32(o.port) << 16 | c.rest & 0xffff
                }
            }
        }
        translated += 1
    }
    next // else it is for this machine itself
}

test "there and back" {
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 198.51.100.1} tcp{sport: 40000, dport: 80, syn: true}
    expect packet ipv4.src == 192.0.2.1
    expect packet tcp.sport == 40000
    expect packet ipv4.checksum == 0x8e9a
    expect packet tcp.checksum == 0x271c
    packet ethernet{} ipv4{src: 198.51.100.1, dst: 192.0.2.1} tcp{sport: 80, dport: 40000, syn: true, ack: true}
    expect packet ipv4.dst == 10.1.2.3
    packet ethernet{} ipv4{src: 198.51.100.1, dst: 192.0.2.1} tcp{sport: 81, dport: 40000} // nobody asked
    expect packet ipv4.dst == 192.0.2.1
    expect translated == 2
}

test "two hosts with one port" {
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 198.51.100.1} udp{sport: 5353, dport: 53} payload "q"
    expect packet udp.sport == 5353
    packet ethernet{} ipv4{src: 10.1.2.4, dst: 198.51.100.1} udp{sport: 5353, dport: 53} payload "q"
    expect packet udp.sport == 41692
    packet ethernet{} ipv4{src: 10.1.2.4, dst: 198.51.100.1} udp{sport: 5353, dport: 53} payload "again"
    expect packet udp.sport == 41692
    packet ethernet{} ipv4{src: 198.51.100.1, dst: 192.0.2.1} udp{sport: 53, dport: 41692, checksum: 0} payload "a"
    expect packet ipv4.dst == 10.1.2.4
    expect packet udp.dport == 5353
    expect packet udp.checksum == 0
}

test "echo" {
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 198.51.100.1} icmp{type: 8, rest: 0x12340001}
    expect packet ipv4.src == 192.0.2.1
    packet ethernet{} ipv4{src: 10.1.2.4, dst: 198.51.100.1} icmp{type: 8, rest: 0x12340001}
    packet ethernet{} ipv4{src: 198.51.100.1, dst: 192.0.2.1} icmp{type: 0, rest: 0x12340001}
    expect packet ipv4.dst == 10.1.2.3
}

test "not ours" {
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 10.9.9.9} tcp{}
    expect packet ipv4.src == 10.1.2.3
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 198.51.100.1, mf: true} udp{}
    expect drop
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 198.51.100.1} gre{}
    expect drop
}
