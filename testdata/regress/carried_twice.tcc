// A number may travel in the place of what is computed from it. Once it has, it must be what travels on.
pipeline p xdp
default pass
enum e0 { m2 }
struct s0 { f0 be16; f1 u8; f3 u64; f4 mac }
var g0 u16 = 1
var g2 mac
counter n1[e0]
event ev1 { f0 s0; f1 s0 }
stage st0 {
    x0 := 1
    x0 = (1 ^ packet.len | 1) << 1
    if false {} else {
        x5 := parse ipv6
        if x5.hops != 0 {
            emit ev1{f0: s0{f0: x5.version, f1: x5.version ^ 1, f3: 1 << g0 ^ x5.next}, f1: s0{f4: g2, f3: now() >> 1, f0: u16(x0)}}
        }
        goto st1()
    }
    pass
}
stage st1 {
    x0 := parse icmp
    n1[e0.m2] += 1
    pass
}
