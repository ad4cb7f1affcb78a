// A stage of a slot comes to 50 times its estimate, as its blocks lie in another order once it is a program. It must be cut
// all the same.
pipeline p xdp frags
default tx
struct  s0   { f0 [5]bool; f1 mac; f2 u64; f3 be16; f4 u16 }
header  h0   { f0 u15; f1 u29; f2 u4 }
var     g0   i64
var     g1   u64
var     g2   s0
map     map0 percpu_hash[i16]u8         max 6
map     map1 percpu_hash[u64][5]u64     max 2
map     map2 percpu_lru_hash[[4]i8]bool max 2048
map     map3 array[u32]be64             max 1
map     to0  devmap                     max 3
map     to1  cpumap                     max 2
map     to2  xskmap                     max 3
counter n0[1]
event   ev0 { f0 u8; f1 u64 }
stage st0 {
    skip 3472
    x0 := parse dns else tx
    if x1 := map1[~x0.opcode] {
        x0.authorities |= 65533
        x2 := (x1[2] << 16)
    }
    goto st1
}
stage st1 {
    parse tcp else goto shared1(02:00:43:00:00:02)
    if x0 := fib((10.0.59.3 & 10.2.158.2), 10.0.59.3, (payload.u16[(packet.len & 7)] & g2.f3)) {
        payload.u32[8] = x0.ifindex
        g1 ^= u64(x0.ifindex)
    }
    g0 = ((i32(g2.f4) | g0) & i32((payload[(packet.len & 31)] <= g1)))
    goto shared1(g2.f1)
}
config guest_c0 u32  = 0b110
config guest_c1 bool = true
stage guest_0 {
    x0 := parse ipv4 else goto shared1(02:00:88:00:00:00)
    match x0.ecn, (x0.checksum & 3), x0.mf, x0.len {
        0, _, false, 0x800 | 29_397 => {
            rewrite x0 {
                x0.id <<= 11
                x0.frag = x0.ecn
                x0.df = ((x0.id & 7) == 7)
            }
            if (x0.id <= 0xffff) {
                match ((guest_c0 + x0.ecn) >> ((payload[600] + guest_c0) & 63)) {
                    1..4294967_295 => {
                        n0[((guest_c0 - guest_c0) % 1)] += 1
                    }
                    _ => {
                        rewrite x0 {
                            emit ev0{f0: ((payload[7] & x0.version) ^ x0.dscp)}
                            x0.ttl = (x0.proto % 0x5e)
                        }
                        if x1 := map3[(x0.version % 1)] {
                            x2 := parse ipv4 else drop
                            x3 := parse tcp else goto shared1((02:00:43:00:00:02 & 02:00:88:00:00:00))
                            rewrite x2, x3 {
                                x2.dst = ip4(guest_c0)
                            }
                        } else {}
                    }
                }
            } else {}
            x4 := parse icmp else goto shared1(02:00:88:00:00:00)
            x5 := parse vxlan else redirect(219758383)
            x6 := parse vlan else goto shared1(02:00:43:00:00:02)
            goto guest_2(x4, x5, [((x5.vni < 0x800) || ((x0.ihl & 0b1000) == 0)), ((x4.type & 8) != 0), ((x0.proto & 2) < 2), ((guest_c0 >> 4) <= 2), ((u64(x0.dscp) + 1) > 9)], packet.len, s0{f0: [(x4.rest != 0x800), ((x0.frag & 0x40) == 0), ((u64(x0.checksum) + 3) <= 6), ((x4.code < 5) && ((x0.ecn & 1) == 0)), ((u64(x5.reserved2) + 2) <= 256)], f1: 02:00:05:00:00:02, f2: guest_c0, f3: (x0.proto & x4.checksum)}, -i16(payload.u16[3]), x6, (x5.flags >> (x0.id & 15)))
        }
        6, 3..3, false, 2..6 | 6..65534 => tx
        _, _,    false, _               => pass
        _, _,    _,     _               => goto shared1(02:00:43:00:00:02)
    }
}
stage guest_2(p0 icmp, p1 vxlan, p2 [5]bool, p3 u32, p4 s0, p5 i32, p6 vlan, p7 u16) {
    x0 := parse ipv6 else goto shared1(02:00:88:00:00:00)
    x0.dst = x0.src
    payload.u32[(p3 & 1)] -= ((payload.u32[9] >> (p0.type & 63)) / (p6.pcp << (p0.rest & 15))) else goto shared0(p0, p1, p2, (guest_c0 | p1.flags), p4, p5, p6, (p6.type + p4.f3))
    p6.pcp %= ((0 & x0.next) - (payload[7] * p1.flags)) else drop
    x1 := parse vlan else goto shared1(02:00:05:00:00:02)
    goto shared0(p0, p1, p2, (p4.f3 % p4.f4), s0{f0: p2, f2: (p0.type - p4.f2), f3: x1.id}, (p5 % -127), x1, p4.f3)
}
stage shared0(p0 icmp, p1 vxlan, p2 [5]bool, p3 u32, p4 s0, p5 i32, p6 vlan, p7 u16) {
    x0 := parse mpls
    rewrite p1 {
        p1.flags = p0.code
    }
    x1 := parse ipv4
    x2 := parse udp
    x3 := peek ipv6 else goto shared1(p4.f1)
    rewrite x1, x2, x3 {
        x1.frag = 2048
    }
    p4 = p4
    goto shared1((p4.f1 & 01:00:00:00:00:00))
}
stage shared1(p0 mac) {
    x0 := parse ipv4 else tx
    x0.ecn = 2
    match packet.queue {
        9..0xfffffffd => tx
        1             => abort
        _             => goto shared1(p0) max 3 else drop
    }
}
slot sl0(p0 icmp, p1 vxlan, p2 [5]bool, p3 u32, p4 s0, p5 i32, p6 vlan, p7 u16)
slot sl1 = st1
slots to_guest[7] { 2 => guest_0; 3 => st1 }
slots guest_sl[2](p0 icmp, p1 vxlan, p2 [5]bool, p3 u32, p4 s0, p5 i32, p6 vlan, p7 u16) { 0 => guest_2 }
