// l4lb.tcc: spreads connections to virtual addresses over real servers, each packet in a tunnel of IP in IP.
// The specification is at the top of testdata/peers/l4lb.c.
pipeline l4lb xdp
default drop

header ports { source u16; dest u16 } // with which both TCP and UDP begin

struct vip  { addr ip4; port be16; proto u8 }
struct flow { src ip4; dst ip4; sport be16; dport be16; proto u8 }
struct real { addr ip4; mac mac }

map vips  hash[vip]u32      max 512   // a seed for each, so that their flows don't go to the same servers
map conns lru_hash[flow]u32 max 65536 // the server of a connection, whatever becomes of the ring
map ring  array[u32]u32     max 65537 // of servers: a consistent hash
map reals array[u32]real    max 256

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { pass }
    ip := peek ipv4
    if ip.version != 4 || ip.ihl != 5 { drop }
    if ip.len < 20 || ip.len + u32(14) > packet.len { drop }
    if ip.mf || ip.frag != 0 { drop }
    if ip.proto != 6 && ip.proto != 17 { pass }
    skip 20
    to := peek ports
    if seed := vips[vip{addr: ip.dst, port: to.dest, proto: ip.proto}] { goto choose(eth, ip, to, seed) }
    pass
}

// choose keeps to the server that the connection has, or takes the one that the ring has for it.
stage choose(eth ethernet, ip ipv4, to ports, seed u32) {
    key := flow{src: ip.src, dst: ip.dst, sport: to.source, dport: to.dest, proto: ip.proto}
    if server := conns[key] { goto deliver(eth, ip, server) }
    words := swapped(u32(to.source) << 16 | to.dest)
    slot := jhash(swapped(u32(ip.src)), swapped(u32(ip.dst)), words, u32(ip.proto), seed) % 65537
    if server := ring[slot] {
        index := server
        conns[key] = index
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

test "to the server of the ring, then to that of the connection" {
    map vips[vip{addr: 192.0.2.80, port: 443, proto: 6}] = 7
    map ring[30424] = 3
    map reals[3] = real{addr: 10.0.0.3, mac: 02:00:00:00:00:03}
    packet ethernet{src: 02:00:00:00:00:01, dst: 02:00:00:00:00:aa} ipv4{src: 198.51.100.9, dst: 192.0.2.80} tcp{sport: 4000, dport: 443}
    expect tx
    expect packet ethernet.dst == 02:00:00:00:00:03
    expect packet ethernet.src == 02:00:00:00:00:aa
    expect packet ipv4.src == 10.200.0.1
    expect packet ipv4.dst == 10.0.0.3
    expect packet ipv4.proto == 4
    expect packet ipv4.len == 60
    expect conns[flow{src: 198.51.100.9, dst: 192.0.2.80, sport: 4000, dport: 443, proto: 6}] == 3
}

test "a known connection, whatever the ring says" {
    map vips[vip{addr: 192.0.2.80, port: 53, proto: 17}] = 7
    map conns[flow{src: 198.51.100.9, dst: 192.0.2.80, sport: 4000, dport: 53, proto: 17}] = 5
    map reals[5] = real{addr: 10.0.0.5, mac: 02:00:00:00:00:05}
    packet ethernet{} ipv4{src: 198.51.100.9, dst: 192.0.2.80} udp{sport: 4000, dport: 53}
    expect tx
    expect packet ipv4.dst == 10.0.0.5
}

test "what goes past, and what is dropped" {
    packet ethernet{} ipv4{dst: 192.0.2.80} tcp{dport: 80}
    expect pass
    packet ethernet{} ipv4{ihl: 6, dst: 192.0.2.80} tcp{dport: 80}
    expect drop
    packet ethernet{} ipv4{mf: true, dst: 192.0.2.80} tcp{dport: 80}
    expect drop
    packet ethernet{} ipv4{} icmp{}
    expect pass
}
