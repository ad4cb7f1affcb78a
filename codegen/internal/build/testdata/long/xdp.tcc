// Loops whose body is a function: what they take in and give back, and all ways out of them.
pipeline longs xdp
default drop

header option { kind u8; len u8 }
struct pair   { a u16; b bool; c ip4 }
enum kind { none, some, all }

map     hosts hash[ip4]u32 max 16
counter blanks
counter kinds[kind]
event   found  { at u32; what u8; from ip4 }
var     sum    u64
var     last   u32
var     rounds u32

fn number(n u32, ip ipv4) u32 {
    x := u32(0)
    for i in 0..n max 3000 {
        b := payload[i]
        if b == 46 {
            blanks += 1
            return x + u32(ip.ttl)
        }
        if b == 47 { continue }
        if b == 32 {
            x += 1000
            break
        }
        x = 10 * x + u32(b - 48)
    }
    return x
}

stage start {
    parse ethernet
    ip := parse ipv4
    u := parse udp
    match u.dport {
        1 => { goto bytes(ip, u) }
        2 => { goto options(ip, u.len) }
        3 => {
            last = number(u32(u.len) - 8, ip)
            sum = u64(number(3, ip))
        }
        4 => { goto narrow(ip, u) }
        5 => { goto write(u.len) }
        6 => { goto pairs(ip, u) }
        _ => { abort }
    }
    pass
}

stage bytes(ip ipv4, u udp) {
    k := kind.none
    small := u8(250)
    t := u64(0)
    for i in 8..u.len max 2000 {
        b := payload[i - 8]
        small += 1
        t += u64(b)
        match b {
            33 => {
                emit found{at: u32(i), what: b, from: ip.src}
                goto behind(ip, i - 8, t)
            }
            34 => { drop }
            35 => { redirect(u32(small)) }
            37 => { k = kind.all }
            38 => { hosts[ip.src] = u32(i) }
            39 => {
                if n := hosts[ip.src] { n += 1 }
            }
            _ => {
                if k == kind.none { k = kind.some }
            }
        }
    }
    kinds[k] += 1
    sum = t
    last = u32(small)
    pass
}

stage behind(ip ipv4, n u16, t u64) {
    last = u32(n)
    sum = t + u64(ip.ttl)
    tx
}

// The cursor moves, and the number of rounds is not known before.
stage options(ip ipv4, len u16) {
    for i in 0..60000 max 60000 {
        rounds = i
        o := peek option else goto behind(ip, u16(i), 0)
        if o.kind == 0 { break }
        if o.kind == 1 {
            skip 1
            continue
        }
        for j in 0..4 {
            if o.kind == 100 + j { sum += u64(j) + 1 }
        }
        skip o.len
    }
    o := parse option else drop
    last = u32(o.len)
    pass
}

// A loop that counts in 8 bits, one without a round, and one after the other.
stage narrow(ip ipv4, u udp) {
    for i in ip.ttl..250 max 1500 { sum += u64(i) }
    for i in ip.ttl..ip.ttl max 1500 { sum += 1000 }
    x := u32(0)
    for i in 0..2000 {
        if i == 1999 { x = i }
        if x > 0 { last = x }
    }
    for i in u64(u.len)..18446744073709551615 max 1030 { rounds = u32(i) }
    pass
}

stage write(len u16) {
    for i in 8..len max 1100 { payload[i - 8] ^= 0x55 }
    tx
}

// Values of many leaves, two of which change.
stage pairs(ip ipv4, u udp) {
    p := pair{a: u.sport, b: false, c: ip.dst}
    src := ip.src
    six := 2001:db8::1
    seen := false
    for i in 0..u.sport max 65536 {
        if i == 7 {
            p = pair{a: i, b: true, c: src}
            seen = six == 2001:db8::1
            src = 192.0.2.77
        }
        if i == 9 { six = :: }
    }
    last = u32(p.a)
    if p.b && seen && p.c == ip.src && src == 192.0.2.77 { sum += 1 }
    if six == :: { sum += 2 }
    pass
}

test "a sum of bytes" {
    packet ethernet{} ipv4{} udp{dport: 1} payload "abc"
    expect pass
    expect sum == 294
    expect last == 253
    expect kinds[kind.some] == 1
    packet ethernet{} ipv4{} udp{dport: 1} payload "a%c"
    expect pass
    expect kinds[kind.all] == 1
    packet ethernet{} ipv4{} udp{dport: 1}
    expect pass
    expect sum == 0
    expect last == 250
    expect kinds[kind.none] == 1
}

test "ways out" {
    packet ethernet{} ipv4{ttl: 9, src: 192.0.2.5} udp{dport: 1} payload "ab!cd"
    expect tx
    expect last == 2
    expect sum == 237
    packet ethernet{} ipv4{} udp{dport: 1} payload "ab\"cd"
    expect drop
    packet ethernet{} ipv4{ttl: 9} udp{dport: 1} payload "ab#cd"
    expect redirect(253)
}

test "an entry" {
    packet ethernet{} ipv4{src: 192.0.2.5} udp{dport: 1} payload "ab&c'''"
    expect pass
    expect hosts[192.0.2.5] == 13
}

test "options" {
    packet ethernet{} ipv4{} udp{dport: 2} payload "\x01\x02\x04\x05\xb4\x67\x02\x65\x02\x00\x09"
    expect pass
    expect last == 9
    expect sum == 6
    expect rounds == 4
    packet ethernet{} ipv4{ttl: 64} udp{dport: 2} payload "\x01\x01\x01\x01"
    expect tx
    expect last == 3
}

test "a fn" {
    packet ethernet{} ipv4{ttl: 64} udp{dport: 3} payload "1234"
    expect pass
    expect last == 1234
    expect sum == 123
    packet ethernet{} ipv4{ttl: 64} udp{dport: 3} payload "12/.4"
    expect pass
    expect last == 76
    expect blanks == 1
    expect sum == 12
    packet ethernet{} ipv4{ttl: 64} udp{dport: 3} payload "12 .4"
    expect pass
    expect last == 1012
    packet ethernet{} ipv4{ttl: 64} udp{dport: 3, len: 100} payload "12"
    expect drop
}

test "numbers" {
    packet ethernet{} ipv4{ttl: 247} udp{dport: 4}
    expect pass
    expect sum == 744
    expect last == 1999
    expect rounds == 1037
}

test "writes" {
    packet ethernet{} ipv4{} udp{dport: 5} payload "\x55\xaa\x00\x01"
    expect tx
    expect packet payload.u32[0] == 0x00ff5554
}

test "values" {
    packet ethernet{} ipv4{src: 192.0.2.5} udp{sport: 8, dport: 6}
    expect pass
    expect last == 7
    expect sum == 1
    packet ethernet{} ipv4{src: 192.0.2.5} udp{sport: 11, dport: 6}
    expect pass
    expect sum == 4
    packet ethernet{} ipv4{src: 192.0.2.5} udp{sport: 0, dport: 6}
    expect pass
    expect last == 0
}
