// Fns that are called: arguments and results of all widths, views, the cursor, effects, failure, calls in calls.
pipeline called xdp
default abort

header msg { op u8; a u8; b u16; c u32; src ip4; m mac }

enum size { small, medium, large }

map seen hash[u32]u64 max 8

counter calls
counter sizes[size]
event   big { a u32 }

var total  u64
var order  u32
var limits [4]u32

fn double(x u16) u16 call { return x * 2 }

fn clamp(x u32, lo u32, hi u32) u32 call {
    if x < lo { return lo } else if x > hi { return hi }
    return x
}

fn measure(p msg) size call {
    calls += 1
    match p.a {
        0..9   => { return size.small }
        10..99 => { return size.medium }
        _      => { return size.large }
    }
}

// note writes down in which order its calls come.
fn note(digit u32) u32 call {
    order = order * 10 + digit
    return digit
}

fn remember(p msg, by u64) call {
    if v := seen[p.c] {
        v += by
        return
    }
    seen[p.c] = by
    if by > 1000 { emit big{a: p.c} }
}

fn owner(p msg, other ip4) ip4 call {
    if p.src == other { return 192.0.2.1 }
    return p.src
}

fn byte(i u32) u8 call { return payload[i] }

fn pair(i u32) i16 call { return i16(byte(i)) - i16(byte(i + 1)) }

fn bump(i u8) call { limits[i] += u32(double(i)) }

fn signed(a i8, b i64) i64 call {
    if a < 0 { return b - 1 }
    return b * i64(a)
}

fn wide(a u64, b u64) u64 call { return a * b ^ now() }

fn near(p msg) bool call { return p.b < 100 && p.src in 10.0.0.0/8 }

fn turn(p msg) call {
    p.b = double(p.b)
    p.op += 1
}

stage start {
    p := parse msg
    if p.op == 1 { goto numbers(p, double(p.b)) }
    if p.op == 2 { goto bytes(p) }
    if p.op == 3 {
        bump(p.a)
        if limits[2] > 3 { drop }
        pass
    }
    if p.op == 4 {
        turn(p)
        turn(p)
        if near(p) { tx }
    }
    pass
}

stage numbers(p msg, b u16) {
    sizes[measure(p)] += 1
    n := clamp(b, 10, 200) + clamp(p.c, note(1), note(2))
    total += wide(n, 3)
    remember(p, total)
    if owner(p, 10.0.0.1) == 192.0.2.1 { drop }
    if signed(i8(p.a), -5) < -1000 { tx }
    pass
}

stage bytes(p msg) {
    total = 0
    for i in 0..p.a max 6 {
        if pair(i) < 0 { total += u64(byte(i)) } else { total += 100 }
    }
    if total > 100 { drop }
    pass
}

test "numbers" {
    packet msg{op: 1, a: 5, b: 4, c: 7, src: 10.0.0.1}
    expect drop
    expect order == 12
    expect sizes[size.small] == 1
    expect calls == 1
    expect seen[7] == 36
    packet msg{op: 1, a: 100, b: 300, c: 7, src: 10.0.0.2}
    expect pass
    expect order == 1212
    expect total == 642
    expect seen[7] == 678
    packet msg{op: 1, a: 0xfe, c: 1, src: 10.0.0.2}
    expect pass
    expect sizes[size.large] == 2
}

test "bytes" {
    packet msg{op: 2, a: 2} payload "abc"
    expect drop
    expect total == 195
    packet msg{op: 2, a: 6} payload "abcde"
    expect abort
    packet msg{op: 2, a: 3} payload "\x05\x04\x03\x03"
    expect drop
    packet msg{op: 2} payload "abcde"
    expect pass
}

test "an index out of range" {
    packet msg{op: 3, a: 2}
    expect drop
    expect limits[2] == 4
    packet msg{op: 3, a: 4}
    expect abort
}

test "views" {
    packet msg{op: 4, b: 20, src: 10.1.2.3}
    expect tx
    expect packet msg.b == 80
    expect packet msg.op == 6
    packet msg{op: 4, b: 30, src: 10.1.2.3}
    expect pass
}
