// Fields of headers of every shape, read and written.
pipeline fields xdp
default abort

header bits { // everything within one byte, over two, three, four and five
    a u3
    b u5
    c u4
    d u12
    e u13
    f u3
    g u20
    h u4
    i bool
    j u31
    k u33
    l u23
}
header odd3 { x u24 }
header odd5 { x u40 }
header odd7 { f u4  x u48  g u4 }
header wide { a u8  x u56  y u64  m mac  v ip6  w ip4  z u48 }
header small { n u8 } length n + 1

var s8  u8
var s16 u16
var s32 u32
var s64 u64
var n   u32

stage start {
    b := parse bits else drop
    s8 = b.a ^ b.b ^ b.f
    s16 = u16(b.c) + b.d * 3 + b.e
    s32 = b.g + b.h
    s64 = b.j + b.k + b.l
    if b.i { n += 1 }
    b.a = b.b & 7
    b.b = b.h
    b.d = s16 & 0xfff
    b.c = u8(s16)
    b.e = b.e + 1
    b.f = s8
    b.g = b.g - 1
    b.i = !b.i
    b.j = b.j * 5
    b.k = b.k + 0x1_0000_0001
    b.l = u32(b.k)
    b.h += 1
    goto odd
}

stage odd {
    p := parse odd3 else pass
    q := parse odd5 else pass
    r := parse odd7 else pass
    s64 += p.x
    s64 ^= q.x
    s64 += r.x + r.f
    p.x = p.x + 0xffff
    q.x = q.x ^ r.x
    r.x = q.x << 3
    r.g = r.f
    r.f = 15
    goto wides
}

stage wides {
    w := parse wide else pass
    s64 += w.x + w.y
    w.x = w.x + 1
    w.y = w.y * 3
    w.z = w.y
    if w.m == 02:00:00:00:00:01 { n += 2 }
    if w.v == 2001:db8::1 { n += 4 }
    if w.w != 10.0.0.1 { n += 8 }
    w.m = 02:00:00:00:00:02
    w.v = fe80::1
    old := w.w
    w.w = w.w & 255.255.0.255
    s32 = u32(old)
    w.w = ip4(s32 + 1)
    tx
}

test "shapes" {
    packet bits{a: 5, b: 3, c: 9, d: 0xabc, e: 0x1234, f: 6, g: 0xabcde, h: 7, i: true, j: 0x7654321, k: 0x1_2345_6789, l: 0x123456}
    expect pass
    expect packet bits.a == 3
    expect packet bits.i == false
    expect packet bits.g == 0xabcdd
    expect packet bits.h == 8
    expect packet bits.e == 0x1235
    expect n == 1
}
