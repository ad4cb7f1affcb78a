// The hash of values of all kinds: what runtime.Hash gives for the same words.
pipeline hashes xdp
default abort

header msg { op u8; a u8; b u16; c u32; src ip4; m mac; six ip6; long u64 }

enum kind { one, two }

var zero    u32
var known   u32
var tuple   u32
var strange u32
var low     i8 = -2

stage start {
    p := parse msg
    zero = hash(p.c & 0)
    known = hash(0x87654321 & 0xffff_ffff + u32(0))
    tuple = hash(p.src, 10.0.0.1, u16(443), p.b, p.op)
    strange = hash(p.six, p.m, low, p.long)
    if hash(p.a, p.a > 3, kind.two) % 4 == hash(tuple) & 3 { drop }
    pass
}

test "vectors" {
    packet msg{op: 6, b: 53, src: 192.0.2.1, m: 02:00:00:00:00:01, six: 2001:db8::1, long: 0x8000_0000_0000_0007}
    expect zero == 0x2362f9de
    expect known == 0xf55b516b
    expect tuple == 0x737a27ce
    expect strange == 0xfc22cee1
}
