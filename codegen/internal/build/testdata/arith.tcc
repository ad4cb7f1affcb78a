// Operators at every width, compound assignments, conversions, and bools as values.
pipeline arith xdp
default abort

header msg { a u8  b u8  c u16  d u16  e u32  f u32  g u64  h u64 }

var r8  u8
var r16 u16
var r32 u32
var r64 u64
var yes u32
config limit u32 = 77
enum color u16 { red, green = 7, blue }
struct pt { x u8  y u16 }
var paint color = color.green

stage start {
    p := parse msg
    r8 = p.a + p.b
    r8 ^= p.a - p.b
    r8 += p.a * p.b
    r8 |= p.a / p.b
    r8 = r8 ^ (p.a % p.b)
    r8 = r8 + (p.a << p.b) + (p.a >> p.b)
    r8 &= ~p.b | 0x55
    r8 -= -p.a
    r8 += p.b << 3
    r8 += p.b >> (p.a & 7)
    if p.a > p.c || p.c == p.a { yes += 3 }
    r16 = p.c * p.d + p.a
    r16 += p.c << p.b
    r16 ^= (p.c >> p.d) / (p.d % 7)
    r16 -= p.d
    r16 *= 3
    r32 = p.e * p.f - p.c
    r32 += p.e << p.b
    r32 ^= p.f >> p.g
    r32 %= p.f
    r32 -= limit
    r32 += 1
    r64 = p.g * p.h + p.e
    r64 ^= p.g / p.h + p.g % p.h
    r64 += p.g << p.a
    r64 ^= p.h >> p.e
    r64 -= p.a
    r64 <<= p.b
    r64 >>= 1
    r64 += ~p.g - -p.h
    goto narrow(p)
}

stage narrow(p msg) {
    x := u8(p.g)
    x += u8(p.c)
    y := u16(p.e) + x
    z := u32(p.h) - y
    w := u64(z) + u32(p.a)
    r64 += w
    eq := p.a == p.b
    lt := p.c < p.d
    both := eq && lt || p.e >= p.f
    some := p.g != p.h && !(p.a > 100 || p.b <= 3)
    if eq { yes += 1 }
    if lt != both { yes += 2 }
    if both == true { yes += 4 }
    if some { yes += 8 }
    if !lt { yes += 16 }
    not := !some
    yes += u32(not) + u8(lt)
    paint = color.blue
    if p.a > 128 { paint = color.red }
    yes += u32(paint)
    mask := p.a & 1 == 1
    if mask != (u8(p.c) in 3..9) { yes ^= 0x1000 }
    if p.e in 0..100 || p.g in 5..18_446_744_073_709_551_615 { yes += 64 }
    if p.c in 1000..60000 && !(p.d in 0..65535 && p.h in 7..7) { yes += 128 }
    if (pt{x: p.a, y: p.b}).y == 4 { yes += 512 }
    if (p.e in 1..9) == (p.f in 1..9) { yes += 1024 }
    if true { yes += 2048 }
    if false || p.a == 1 { yes += 4096 }
    if ip4(p.a) == 0.0.0.9 || ip4(p.e) in 1.0.0.0/8 { yes += 8192 }
    yes += u32(ip4(p.c)) + u32(p.a < 9)
    wide := p.a
    wide <<= 9
    r16 += wide
    pass
}
