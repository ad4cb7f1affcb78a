// Circles of stages: one stage, several, two bounds, an else, parameters, the cursor, and a slot that leads in.
pipeline circles tc
default drop

header piece { len u8 }
header pair { a u8  b u8 }

var sum  u64
var laps u32
slots entry[4](x u8) { 1 => ping }

stage start {
    p := parse pair
    match p.a & 3 {
        0 => goto label(0, 17)
        1 => goto ping(p.b)
        2 => goto inner(p, 0, p.b)
        _ => goto entry[p.b & 3](p.a) else goto tail(9)
    }
}

// The labels of a name.
stage label(n u8, h u32) {
    l := parse piece else goto tail(h)
    if l.len == 0 { goto name(n, h) }
    if l.len > 63 { drop }
    k := h
    if l.len & 1 == 1 { k = k * 31 + l.len } else { k ^= 0x55 }
    skip l.len
    if l.len == 9 { goto name(n, 1) }
    goto label(n + 1, k) max 11 else next
}

stage name(labels u8, h u32) {
    laps += labels
    if labels == 3 { sum += 1000 }
    goto tail(h)
}

stage ping(x u8) {
    laps += 1
    b := peek piece else pass
    if b.len > 100 { goto pong(x + 1, b) max 2 else next }
    if b.len > 50 { goto pong(x + 2, b) }
    parse pair
    goto pong(x, b)
}

stage pong(x u8, l piece) {
    sum += l.len
    if x & 1 == 0 { goto ping(x / 2) max 1 }
    if x < 20 { goto ping(x + 3) max 2 else goto tail(x) }
    goto tail(l.len)
}

stage inner(p pair, depth u8, fuel u8) {
    for i in 0..4 {
        if fuel == 0 { goto tail(depth) }
        fuel -= 1
        if fuel & 3 == i { goto inner(p, depth + 1, fuel) max 3 else goto tail(i) }
    }
    p.b += depth
    goto tail(p.a)
}

stage tail(x u32) {
    sum += x
    l := parse piece else next
    laps ^= l.len
    pass
}
