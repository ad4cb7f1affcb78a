// Matches: trees, chains and tables; rows that go on; what no row takes.
pipeline matches xdp
default abort

header msg { a u8  b u16  c u32  d u64  src ip4  dst ip6  m mac  flag u1  rest u7 }
enum level u16 { low, mid = 5, high, a, b, c }

var r u32
var l level

stage start {
    p := parse msg
    match p.a {
        1 | 3 | 5 => { r += 1 }
        10..20 => { r += 2 }
        15..30 => { r += 3 }
        255 => { r += 4 }
        0 => tx
        _ => {}
    }
    match p.c {
        0..9 => { r += 10 }
        0x1000 | 0x1001 | 0x1002 | 0x2000 => { r += 20 }
        0xffff_ff00..0xffff_ffff => { r += 30 }
        _ => { r += 40 }
    }
    match p.d {
        0 | 1 => { r += 100 }
        2..0xff | 0x1_0000_0000 => { r += 200 }
        0x8000_0000_0000_0000..0xffff_ffff_ffff_ffff => { r += 300 }
        3..1000 => { r += 400 }
        _ => { r += 500 }
    }
    match p.src {
        10.0.0.1 | 10.0.0.3 => { r += 1000 }
        10.0.0.0/8 => { r += 2000 }
        192.168.0.0/16 => { r += 3000 }
        192.0.2.0..192.0.2.9 => { r += 4000 }
        0.0.0.0 => { r += 5000 }
        0.0.0.0/0 => { r += 6000 }
    }
    goto chains(p)
}

stage chains(p msg) {
    match l {
        level.low | level.high => { r += 3 }
        level.a | level.b => { r += 7 }
        level.c => { r += 13 }
        level.mid => drop
    }
    match l, p.a { level.low, 3 => { r += 8 }  _, _ => { r += 9 } }
    if p.src in 10.0.0.2..10.0.0.9 { r += 1 } else if p.a < 20 { tx }
    if p.a < 250 {
        r += 1
        r += 2
        r += 3
        r += 4
    } else if p.a > 248 { tx }
    match p.b { 6 => { r += 1 }  17 => drop  _ => { r += 2 } }
    match p.dst {
        ::1 => { r += 10 }
        2001:db8::/32 => { r += 20 }
        2001:db9::..2001:dbb::1 => { r += 30 }
        fe80::/10 | ff00::/8 => { r += 40 }
        ::/0 => { r += 50 }
    }
    match p.m {
        02:00:00:00:00:01 | 02:00:00:00:00:02 => { r += 100 }
        _ => { r += 200 }
    }
    match p.flag { true => { r += 1000 }  false => { r += 2000 } }
    if p.dst in ::/0 && p.src in 0.0.0.0/0 { r += 7 }
    same := p.dst == ::1 || p.m != 02:00:00:00:00:01
    if same { r += 3 }
    either := p.dst != 2001:db8::1
    if either { r += 5 }
    match p.dst, p.rest { _, 3 => { r += 9 }  _, _ => {} }
    l = level.low
    if p.rest > 50 { l = level.high }
    match l {
        level.low => { r += 10000 }
        level.mid | level.a | level.b | level.c => drop
        level.high => goto tables(p, p.b)
    }
    match l { level.low => goto tables(p, 7)  level.mid | level.high | level.a | level.b | level.c => pass }
}

stage tables(p msg, q u16) {
    match p.a & 7, p.flag {
        1 | 2, true => { r += 1 }
        3..5, _ => { r += 2 }
        _, false => { r += 3 }
        _, true => { r += 4 }
    }
    match p.src, p.dst, q, u8(p.c), p.m {
        10.0.0.0/8, _, 0..1023, 1 | 2 | 3, _ => { r += 10 }
        10.0.0.0/8, 2001:db8::/32, _, _, _ => { r += 20 }
        _, _, 6 | 17, 7, 02:00:00:00:00:01 => tx
        _, ::1, _, 0..127, _ => { r += 30 }
        10.0.0.1 | 10.0.0.3, _, _, _, _ => { r += 40 }
        _, fe80::/10, 7, 9..200, _ => drop
        _, _, _, 5, _ => { r += 50 }
        _, _, _, _, _ => { r += 60 }
    }
    match p.rest, l {
        0..63, level.low => pass
        _, level.mid => drop
        _, _ => tx
    }
}
