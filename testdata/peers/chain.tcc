// chain.tcc: a firewall, a rate limiter and a load balancer, one behind the other. The specification is at the top of
// chain.h. C programs of such a size are cut by hand (chain.c).
pipeline chain xdp
default drop // too short

import "chain_rules.tcc" // stage acl

enum state { syn = 1, established, closing }

header ports { source u16; dest u16 }

struct conn_key { addr_a ip4; addr_b ip4; port_a be16; port_b be16; proto u8 }
struct conn     { packets u64; bytes u64; last_seen u64; state state }
struct limits   { cost u64; burst u64 } // nanoseconds
struct bucket   { credit u64; last u64 }
struct vip      { addr ip4; port be16; proto u8 }
struct flow     { src ip4; dst ip4; sport be16; dport be16; proto u8 }
struct real     { addr ip4; mac mac }

map allowed  array[u32]u64          max 1024
map ct       lru_hash[conn_key]conn max 65536
map config   array[u32]limits       max 1
map buckets  lru_hash[ip4]bucket    max 65536
map vips     hash[vip]u32           max 512
map lb_conns lru_hash[flow]u32      max 65536
map ring     array[u32]u32          max 65537
map reals    array[u32]real         max 256

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { pass }
    ip := parse ipv4
    if ip.version != 4 || ip.ihl != 5 { drop }
    if ip.len < 20 || ip.len + u32(14) > packet.len { drop }
    if ip.mf || ip.frag != 0 { drop }
    match ip.proto {
        6  => { need 20 }
        17 => { need 8 }
        _  => pass
    }
    to := peek ports
    goto acl(eth, ip, to)
}

// track is for TCP only.
stage track(eth ethernet, ip ipv4, to ports) {
    if ip.proto != 6 { goto limit(eth, ip, to) }
    t := peek tcp // whatever its length says
    key := conn_key{addr_a: ip.src, addr_b: ip.dst, port_a: to.source, port_b: to.dest, proto: 6}
    if u64(u32(ip.src)) << 16 | to.source > u64(u32(ip.dst)) << 16 | to.dest {
        key = conn_key{addr_a: ip.dst, addr_b: ip.src, port_a: to.dest, port_b: to.source, proto: 6}
    }
    if c := ct[key] {
        c.packets += 1
        c.bytes += packet.len
        c.last_seen = now()
        if t.fin || t.rst {
            c.state = state.closing
        } else if c.state == state.syn && t.ack {
            c.state = state.established
        }
        goto limit(eth, ip, to)
    }
    if !t.syn || t.ack || t.fin || t.rst { drop }
    if bits := allowed[to.dest >> 6] {
        if bits >> (to.dest & 63) & 1 == 0 { drop }
        ct[key] = conn{packets: 1, bytes: packet.len, last_seen: now(), state: state.syn} else drop
        goto limit(eth, ip, to)
    }
    drop
}

stage limit(eth ethernet, ip ipv4, to ports) {
    net := ip.src & 255.255.255.0
    if c := config[0] {
        cost := c.cost
        burst := c.burst
        if b := buckets[net] {
            credit := b.credit
            time := now()
            if time > b.last {
                credit += time - b.last
                b.last = time
            }
            if credit > burst { credit = burst }
            if credit < cost {
                b.credit = credit
                drop
            }
            b.credit = credit - cost
            goto find(eth, ip, to)
        }
        buckets[net] = bucket{credit: burst - cost, last: now()}
        goto find(eth, ip, to)
    }
    drop
}

stage find(eth ethernet, ip ipv4, to ports) {
    if seed := vips[vip{addr: ip.dst, port: to.dest, proto: ip.proto}] { goto choose(eth, ip, to, seed) }
    pass
}

// choose keeps to the server that the connection has, or takes the one that the ring has for it.
stage choose(eth ethernet, ip ipv4, to ports, seed u32) {
    key := flow{src: ip.src, dst: ip.dst, sport: to.source, dport: to.dest, proto: ip.proto}
    if server := lb_conns[key] { goto deliver(eth, ip, server) }
    words := swapped(u32(to.source) << 16 | to.dest)
    slot := jhash(swapped(u32(ip.src)), swapped(u32(ip.dst)), words, u32(ip.proto), seed) % 65537
    if server := ring[slot] {
        index := server
        lb_conns[key] = index
        goto deliver(eth, ip, index)
    }
    drop
}

stage deliver(eth ethernet, ip ipv4, server u32) {
    if r := reals[server] {
        if r.addr == 0.0.0.0 { drop }
        goto wrap(eth, ip, r.addr, r.mac)
    }
    drop
}

// wrap puts an IP header around the packet and sends it back to where it came from.
stage wrap(eth ethernet, ip ipv4, addr ip4, hw mac) {
    self := eth.dst
    eth.dst = hw
    eth.src = self
    tos := ip.dscp << 2 | ip.ecn
    len := ip.len + 20
    checksum := ~sum4(tos, len, u32(addr))
    push ipv4{
        version:  4,
        ihl:      5,
        dscp:     tos >> 2,
        ecn:      tos & 3,
        len:      len,
        ttl:      64,
        proto:    4,
        checksum: checksum,
        src:      10.200.0.1,
        dst:      addr,
    } after eth else drop
    tx
}

// sum4 is the sum of an IPv4 header as wrap makes it, folded: 10.200.0.1 is its source, 64 its ttl and 4 its protocol.
fn sum4(tos u8, len u16, dst u32) u16 {
    sum := u32(0x4500 + 0x4004 + 0x0ac8 + 0x0001) + tos + len + (dst >> 16) + (dst & 0xffff)
    sum = (sum & 0xffff) + (sum >> 16)
    return u16((sum & 0xffff) + (sum >> 16))
}

// jhash is what the Linux kernel's jhash2() makes of four words. Those of an address or a pair of ports in memory are
// little-endian there: swapped.
fn jhash(k0 u32, k1 u32, k2 u32, k3 u32, seed u32) u32 {
    a := 0xdeadbeef + 16 + seed
    b := a
    c := a
    a += k0
    b += k1
    c += k2
    // mix
    a -= c
    a ^= rol(c, 4)
    c += b
    b -= a
    b ^= rol(a, 6)
    a += c
    c -= b
    c ^= rol(b, 8)
    b += a
    a -= c
    a ^= rol(c, 16)
    c += b
    b -= a
    b ^= rol(a, 19)
    a += c
    c -= b
    c ^= rol(b, 4)
    b += a
    a += k3
    // final
    c ^= b
    c -= rol(b, 14)
    a ^= c
    a -= rol(c, 11)
    b ^= a
    b -= rol(a, 25)
    c ^= b
    c -= rol(b, 16)
    a ^= c
    a -= rol(c, 4)
    b ^= a
    b -= rol(a, 14)
    c ^= b
    return c - rol(b, 24)
}

fn rol(x u32, n u32) u32 { return x << n | x >> (32 - n) }

fn swapped(x u32) u32 { return x << 24 | (x & 0xff00) << 8 | (x >> 8) & 0xff00 | x >> 24 }
