// The cursor: parse, peek, skip and need, with else and without; where it is after joins, gotos and slots.
pipeline cursor xdp
default abort

header tag { kind u8  len u8 } length len * 2
header opt { kind u8 }
header big { a u32  b u32  c u32 }

var seen  u64
var where u32

stage start {
    e := peek ethernet else drop
    if e.type == 0x8100 {
        parse ethernet
        v := parse vlan else goto off(1)
        seen += v.id
        if v.type == 0x8100 {
            skip 4
            seen += 1
        }
    } else {
        o := parse opt
        if o.kind > 7 {
            parse tag else goto off(2)
        } else if o.kind > 3 {
            skip o.kind else goto off(3)
        }
        seen += o.kind
    }
    need 3 else goto off(4)
    t := parse tag else goto off(5)
    seen = seen * 31 + t.len
    skip u32(t.kind) * 300 else goto off(6)
    goto more(t, t.kind)
}

stage more(first tag, k u8) {
    if k > 9 {
        skip 2
        k -= 9
        seen ^= k
    }
    b := peek big else goto last(first, first)
    seen += b.c + first.kind
    u := parse tag else goto off(7)
    match k & 7 {
        0 => goto last(first, u)
        1 => {
            skip u.kind
            goto last(u, u)
        }
        3 => goto far
        2 => goto table[k](first, u) else goto off(8)
        _ => goto single(u) else pass
    }
}

stage last(a tag, b tag) {
    parse opt else tx
    c := parse opt else tx
    a.kind = b.len + c.kind
    b.len += 1
    seen += packet.len
    pass
}

stage alone(a tag) {
    c := parse opt else drop
    c.kind = a.kind
    need 30000 else goto off(u32(a.len))
    pass
}

stage far {
    skip 16000
    parse opt else abort
    skip 1000
    parse big else pass
    o := parse opt else pass
    o.kind += 1
    skip 0
    skip where & 0xffff else goto off(20)
    q := parse opt else goto off(21)
    q.kind = 7
    skip 40000 else goto off(22)
    pass
}

stage off(n u32) {
    where = n
    o := peek opt else abort
    o.kind = u8(n)
    tx
}

slots table[16](a tag, b tag) { 2 => last  6 => last }
slot single(a tag) = alone
