// Locals that are assigned on some ways and not on others, of every shape.
pipeline locals xdp
default abort

header msg { a u8  b u8  c u16  d u32  src ip4  dst ip6  m mac }
struct pair { x u32  y u16  s ip4  six ip6 }

var out u64
var o6  ip6
var om  mac

stage start {
    p := parse msg
    x := p.d
    y := u64(p.c)
    who := p.src
    six := p.dst
    mac1 := p.m
    z := pair{x: 1, s: 10.0.0.1}
    if p.a > 100 {
        x += 1
        who = 192.0.2.1
        if p.b > 100 { y = 9  z.x = x } else { mac1 = 02:00:00:00:00:09  z = pair{y: 3} }
        six = 2001:db8::7
    } else if p.a > 50 {
        y += x
        z.six = six
        z.y += 1
    } else {
        match p.b {
            0 => { x = 0 }
            1..9 => { y <<= 3  six = ::1 }
            _ => {}
        }
    }
    x -= 1
    flag := x > 10 && y < 1000
    if flag { flag = p.a == 3 }
    out += x + y + u32(who) + z.x + z.y
    if flag { out ^= 0xffff }
    o6 = six
    om = mac1
    goto next(z, six, flag, x, who)
}

stage next(z pair, a ip6, flag bool, x u32, who ip4) {
    if a == z.six || who == z.s { out += 77 }
    if flag {
        x *= 2
        z.s = who & 255.255.255.0
        a = a & ffff:ffff:ffff::
    }
    out += x + u32(z.s)
    o6 = a
    if x & 1 == 0 { goto next2(z) }
    x >>= 1
    if x & 1 == 0 { goto next2(z) } else { out += 3 }
    if x & 2 == 0 { goto next2(z) } else { drop }
}

stage unreached {
    goto next2(pair{x: 1})
}

stage next2(z pair) {
    now1 := now()
    out += z.x + now1 + random() + cpu()
    if now() < now1 { drop }
    pass
}
