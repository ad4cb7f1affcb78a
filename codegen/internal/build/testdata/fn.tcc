// Functions: values of all kinds, views, early returns, effects in the middle of expressions, calls in calls.
pipeline fns xdp
default abort

header msg { op u8  a u8  b u16  c u32  src ip4  m mac }

struct pair { x u32  y u16 }
enum size { small, medium, large }

map seen   hash[u32]pair max 8
map counts array[u32]u64 max 4

counter calls
counter sizes[size]
event big { a u32 }

var total u64
var order u32
var name  mac

fn double(x u16) u16 { return x * 2 }

fn clamp(x u32, lo u32, hi u32) u32 {
    if x < lo { return lo } else if x > hi { return hi }
    return x
}

fn measure(p msg) size {
    calls += 1
    match p.a {
        0..9   => { return size.small }
        10..99 => { return size.medium }
        _      => { return size.large }
    }
}

fn swapped(p pair) pair {
    x := p.x
    p.x = u32(p.y)
    p.y = u16(x)
    return p
}

// note writes down in which order its calls come.
fn note(digit u32) u32 {
    order = order * 10 + digit
    return digit
}

fn remember(p msg) {
    if v := seen[u32(p.a)] {
        v.x += 1
        return
    }
    seen[u32(p.a)] = swapped(pair{x: u32(p.b), y: double(p.b)})
    if p.b > 500 {
        emit big{a: u32(p.b)}
    }
}

fn mark(p msg) bool {
    p.c = p.c + 1
    p.m = name
    return p.c in 5..500
}

fn most(i u32) u64 {
    if v := counts[i] {
        v += u64(i)
        return v
    }
    return 0
}

fn collatz(n u32) u32 { if n % 2 == 0 { return n / 2 } return 3 * n + 1 }

fn chain(n u32) u32 { return collatz(collatz(collatz(n))) }

stage start {
    p := parse msg
    if p.op > 250 && mark(p) { tx }
    goto more(p, measure(p))
}

stage more(p msg, s size) {
    sizes[s] += u64(double(p.b))
    remember(p)
    remember(p)
    total += most(p.c) + most(u32(p.a & 3)) * 2
    if order > 10000 { order = 0 }
    x := note(1) - note(2) * clamp(note(3), u32(p.a), u32(p.b)) + order
    if x == 4 || note(4) == order || mark(p) && note(5) < clamp(order, 3, 70) { total ^= u64(x) }
    match p.c, mark(p), p.c {
        1..3, true, _   => { total += 1 }
        _, false, 7..90 => drop
        _, _, _         => { total += u64(chain(p.c)) }
    }
    pair := swapped(swapped(swapped(pair{x: p.c, y: p.b})))
    if pair.y == 77 { drop }
    p.b = u16(swapped(pair).x)
    pass
}

test "calls" {
    var name = 02:00:00:00:00:09
    packet msg{op: 1, a: 12, b: 600, c: 7}
    expect pass
    expect calls == 1
    expect sizes[size.medium] == 1200
    expect seen[12].x == 1201
    expect seen[12].y == 600
    expect packet msg.c == 9
    expect packet msg.m == 02:00:00:00:00:09
    expect packet msg.b == 9
}
