// Loops: over constants and numbers of the packet, with the cursor, locals, maps, inner loops, breaks and continues.
pipeline loops xdp
default abort

header opt { kind u8  len u8 }
header byte { value u8 }
header word { value u32 }
struct pair { a u32  b u16 }

var sum   u64
var where u32
var walks u64
map     seen   hash[u32]u64 max 64
counter kinds[8]
event   found { at u32  kind u8 }

stage start {
    o := peek opt
    match o.kind & 7 {
        0 => goto fixed
        1 => goto counted(o.len, o.kind)
        2 => goto options
        3 => goto words(o)
        4 => goto nested(o.len & 7)
        5 => goto lookup
        6 => goto hop
        _ => goto swap(o.len)
    }
}

stage fixed {
    total := u32(0)
    for i in 0..8 {
        w := peek word else goto done(total)
        if w.value & 1 == 1 { continue }
        if w.value == 0 { break }
        total += w.value ^ i
        skip 4
    }
    goto done(total)
}

stage counted(n u8, from u8) {
    total := u32(0)
    steps := u8(0)
    for i in from..n max 11 {
        if i & 3 == 1 { total += 5 } else { steps += 1 }
        total = total * 3 + i
    }
    if steps == 7 { drop }
    if steps > 9 { sum += 1 }
    goto done(total + steps)
}

stage options {
    kinds_seen := u8(0)
    left := u16(40)
    for i in 0..left max 12 {
        o := peek opt else goto done(1)
        if o.kind == 0 { break }
        if o.kind == 1 {
            skip 1
            left -= 1
            continue
        }
        if o.len < 2 || o.len > left { goto done(2) }
        if o.kind == 5 {
            emit found{at: i, kind: o.kind}
            o.kind = 6
            kinds_seen |= 1
        }
        if o.kind == 8 { kinds_seen |= 2 }
        if o.kind == 9 { kinds_seen |= 4 }
        kinds[o.kind & 7] += 1
        left -= o.len
        skip o.len
    }
    b := peek byte else goto done(3)
    sum += b.value
    if kinds_seen == 3 { drop }
    if kinds_seen & 4 == 4 { goto done(4) }
    goto done(kinds_seen)
}

stage words(o opt) {
    p := pair{a: 1, b: 2}
    parse opt
    for i in 0..o.len max 12 {
        w := parse word else drop
        p.a += w.value
        if i > 3 && p.b == 4 { o.len = u8(i) }
        p.b += 2
        if w.value == 0 { p = pair{a: p.b, b: u16(p.a)} }
    }
    goto done(p.a + p.b)
}

stage nested(n u8) {
    hits := u32(0)
    for i in 0..n max 5 {
        for j in i..6 max 4 {
            b := parse byte
            if b.value == 0 { break }
            if b.value > 200 { goto done(hits) }
            hits += b.value * u32(j)
        }
        if hits & 7 == 0 { continue }
        hits += 100
    }
    goto done(hits)
}

stage lookup {
    for i in 0..10 {
        w := peek word
        if v := seen[w.value & 7] {
            v += i
            for j in 0..3 { v += j }
        } else {
            seen[w.value & 7] = i
        }
        skip 2
    }
    goto done(0)
}

stage hop {
    for i in 0..6 {
        b := parse byte
        if b.value & 1 == 0 { skip b.value }
        need 3 else goto done(i)
    }
    b := parse byte
    goto done(b.value)
}

stage swap(n u8) {
    a := u64(1)
    b := u64(2)
    for i in 0..n max 9 {
        c := a
        a = b
        b = c + i
        if i == 7 { walks += 1 }
    }
    sum += a * 1000 + b
    for i in 250..260 { where += i }
    if true { for i in 0..4 { break } }
    for i in 0..2 { drop }
    pass
}

stage done(x u32) {
    walks += 1
    where ^= x
    b := parse byte else tx
    sum += b.value
    pass
}
