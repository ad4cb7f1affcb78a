// A number travels as two parameters of a stage, from a program with little stack.
pipeline p socket
default pass
struct  s0   { f0 [4]i8; f1 u64 }
struct  s1   { f0 u16; f1 u16; f2 bool; f3 [5]mac }
config  c0   s0
var     g0   u32
var     g1   bool          = false
map     map0 array[u32]u64 max 1
counter n0[8]
fn fn0(p0 [1][1]u8) bool call {
    return true
}
stage st0 {
    x0 := parse vlan
    if (((payload.u16[0] & 64) == 64)) {
        x1 := peek ethernet else goto st0 max 2
        x2 := parse udp else keep(((x1.type - 0b110101) - payload[packet.len]))
        x3 := peek ipv4
        goto st1([0, 0, ~x3.ecn, (x3.ttl ^ x0.pcp)], s1{f0: x3.ecn}, x1, u8(g0), (payload[1] << x3.frag), x2, 10, x2, 2001:db8:1:0:f1::2, x3) else goto st1([u8(now()), (1), u8(x3.dscp), (x3.ttl >> 7)], s1{f0: (x3.checksum + x2.dport), f1: (x3.dscp >> 4)}, x1, 233, 2, x2, (x2.len + 0), x2, 2001:db8:0:0:e4::, x3)
    }
    x7 := g0
    x8 := x0.id
    x9 := x8
    pass
}
stage st1(p0 [4]u8, p1 s1, p2 ethernet, p3 u8, p4 u16, p5 udp, p6 u32, p7 udp, p8 ip6, p9 ipv4) {
    x0 := parse ethernet else goto st2(p0[2], p8, p9)
    n0[((p4 + (0 + 0)) & 15)] += 1
    n0[((g0 & (p1.f0 + p9.len)) & 15)] += 1
    if x1 := map0[(g0 & 1)] {
        map0[0] = 0 else goto st2(p0[3], p8, p9)
        if x2 := map0[(0)] {
            skip (1) else pass
        }
        match p7.checksum, p7.sport, (p5.sport & 7) {
            8 | 30434, 207,   0     => pass
            30434,     _,     1 | 0 => drop
            1,         19433, 1     => pass
            30_434, _, 0b101 => {
                g1 = ((-p5.sport & (p3 % 7)) == 6)
            }
            _, 65_535, _ => {
                x1 = ~(u16((p8 == 2001:db8:1:0:f1::2)) + -x1)
                x3 := fn0([[0b1]])
            }
            19_433, _, _ => {
                x1 ^= p1.f1
            }
            _, _, 1..2 => {
                p1 = s1{f3: [p2.dst, x0.dst, 02:00:32:00:00:00, 02:00:32:00:00:00, p2.dst]}
            }
            _, 6 | 3, _ => pass
            _, 5..119, _ => pass
            _, 207, _ => {
                p0[2] ^= ((p9.ecn / payload[(p3 - 59)]) >> -x1)
            }
            443, 8..65534, _ => {
                x1 += p3
            }
            _, _, _ => pass
        }
    }
    x6 := parse ipv4 else keep(-(payload.u32[(p6 & 31)] + 34068))
    goto st2((p0[0] / payload[11]), p8, x6)
}
stage st2(p3 u8, p8 ip6, p9 ipv4) {
    parse udp
    if ((c0.f0[1] << packet.mark) > (c0.f0[3] << 0)) {
        drop
    }
    g0 ^= u32(i64(payload.u64[(p3 & 3)]) / c0.f0[p3])
    drop
}
// oracle: set c0 00879c0200000000ffffff7f0000000003000000000000000100000000000000
// oracle: packet 8628 2606393023636128460 1 503f86dd4be982f4000061d84318000300015ffe1f14ec9ec1768fbdfffffffd0000000000000000000000000001000200000000453f00050040200802019861000000020000000f00000000c3a2d0cb7578d5922149209bcc180639f9760dea9c2cb223965d4a124af90a4d9f3289da1949a3c1898f5e2993e2e4a21799b8a0889323b01e5b6f
// oracle: packet 3818688143982 627101507494178316 1 1001080000000000000001000000000186dd4800000500002003022095b80000001f0000000000000000000000000000000045fd00010001e00800010c0b8b1a42c1000000100000000000000000000000008b7ed94da05a00000000000076e245ff00000000a003000019dd000000010000001f0000000000000000000000000512000100006004071513e80000001f74900b3c00070006000013d472a8f04a6014d2f11e03078f2ec5179fac7686dad9b14f2af131a9c4704bfbc207
// oracle: packet 2056242198915463950 16481732940818162272 0 100186ddffff000276e201bb00030002000087f93509000100009ffe20140adb000000070000000100000000000000000000000070010800000077c50000cd220200b90000000000000000040035420300050000a0032015fdcd0000000f000000020000000000060001000098a14f080040000040350011f06f00007fff00000002000000000000000000000000001086dd003f0001000400000200aa00000302003200000000000004000000011237430900000002e0012106baeb000000ff000000020000000000000000000000008e42466740f868113aa1b6d40ec31dbd521a
