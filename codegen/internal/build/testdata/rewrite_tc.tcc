// All that `rewrite` does, where the network card may compute checksums.
pipeline rewrites tc
default pass

header option  { kind u8; len u8 }
header segment { kind u8; len u8; size u16 }
header scale   { kind u8; len u8; shift u8 }
header label   { len u8 }
header mixed   { a u4; b u12; c u24; d u64; e mac; f u7; g u1; h u8 }
struct target  { addr ip4; addr6 ip6; port u16 }
var    to      target
var    times   [4]u32

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => goto rest
    }
}

stage v4 {
    ip := parse ipv4
    match ip.proto {
        1  => goto ping(ip)
        6  => goto tcp_in(ip)
        17 => goto udp_in(ip)
        _  => {}
    }
    rewrite ip {
        ip.ttl -= 1
        ip.dscp = 46
        if ip.ttl == 3 { ip.len = 20 }
    }
    drop
}

stage tcp_in(ip ipv4) {
    t := parse tcp
    rewrite ip, t {
        ip.src = to.addr
        if t.dport > 30 {
            t.sport = to.port
            ip.dst = 10.0.0.1
        } else {
            t.seq += 1
            t.syn = false
        }
        for i in 0..u32(t.window & 3) max 3 { t.urgent = u16(i) + t.urgent }
    }
    o := peek segment
    l := peek label
    rewrite t, l, o {
        l.len += 1
        if o.size > 3 { o.size = 3 }
    }
    pass
}

stage udp_in(ip ipv4) {
    u := parse udp
    rewrite ip, u {
        ip.src = 192.0.2.1
        u.dport = to.port
        times[ip.ttl] = u32(u.sport)
    }
    rewrite ip, u {
        payload[3] = 7
        payload.u16[5] += 1
        for i in 1..3 { payload.u32[i] = u32(u.sport) + i }
        ip.ttl = 9
        payload.u64[u32(u.dport) & 7] ^= 0x1122334455667788
        u.sport = 8
    }
    s := peek scale
    rewrite u, s { s.shift = 14 }
    skip 1
    m := peek mixed
    rewrite u, m {
        m.a = 3
        m.b -= 1
        m.c = 70000
        m.d += 1
        m.e = 02:00:00:00:00:01
        m.f = 9
        m.g = true
        m.h = 200
    }
    drop
}

// The packet that an ICMP error is about lies in it, and has checksums of its own.
stage ping(ip ipv4) {
    c := parse icmp
    rewrite ip, c {
        ip.dst = 10.0.0.9
        c.code += 1
        c.rest = 9
    }
    inner := parse ipv4
    match inner.proto {
        6 => {
            t := parse tcp
            rewrite ip, c, inner, t {
                inner.src = to.addr
                t.sport = to.port
            }
        }
        _ => {
            u := parse udp
            rewrite ip, c, inner, u {
                inner.dst = 10.0.0.8
                u.sport = to.port
            }
            next
        }
    }
    next
}

stage v6 {
    ip := parse ipv6
    rewrite ip {
        ip.hops -= 1
        ip.class = 3
    }
    match ip.next {
        6 => {
            t := parse tcp
            rewrite ip, t {
                ip.src = to.addr6
                ip.dst = ip.src
                t.dport += 1
            }
        }
        17 => {
            u := parse udp
            rewrite ip, u { ip.src = to.addr6 }
        }
        _ => {
            c := parse icmp6
            rewrite ip, c {
                ip.dst = to.addr6
                c.type = 129
            }
        }
    }
    drop
}

// At an odd offset, with what is known only when the program runs.
stage rest {
    o := parse option
    skip o.len & 7
    u := peek udp
    t := peek tcp
    l := peek label
    rewrite u, l { l.len = 7 }
    rewrite t {
        t.dport = 9
        t.psh = true
    }
    skip o.kind & 1
    rewrite u, t { payload[u32(o.kind)] += 1 }
    s := peek segment
    rewrite u, t, s {
        s.len = 3
        s.size -= 1
    }
    pass
}

test "tcp" {
    var to = target{addr: 198.51.100.7, port: 1024}
    packet ethernet{} ipv4{src: 10.1.2.3, dst: 192.0.2.9} tcp{sport: 40000, dport: 80} payload "xxxx\x00\x00"
    expect pass
    expect packet ipv4.src == 198.51.100.7
    expect packet ipv4.dst == 10.0.0.1
    expect packet ipv4.checksum == 0x468f
    expect packet tcp.sport == 1024
}

test "udp" {
    var to = target{port: 0x1234}
    packet ethernet{} ipv4{ttl: 2, src: 10.1.2.3, dst: 192.0.2.9} udp{sport: 9, dport: 53} payload "abcdefghijklmnopqrstuvwxyz"
    expect drop
    packet ethernet{} ipv4{ttl: 2, src: 10.1.2.3, dst: 192.0.2.9} udp{dport: 53, checksum: 0} payload "abcdefghijklmnopqrstuvwxyz"
    expect drop
    expect packet udp.checksum == 0
    packet ethernet{} ipv4{ttl: 9, src: 10.1.2.3} udp{dport: 53} // an index out of range: the checksums are right all the same
    expect pass
    expect packet ipv4.src == 192.0.2.1
}
