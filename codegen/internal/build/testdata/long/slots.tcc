// A loop whose body is a function, and that leads out to a slot.
pipeline longs tc
default drop

var last u32
slots table[4](ip ipv4, n u32) { 1 => other }

stage start {
    parse ethernet
    ip := parse ipv4
    u := parse udp
    for i in 8..u.len max 2000 {
        b := payload[i - 8]
        if b == 36 { goto table[u32(ip.ttl)](ip, u32(i)) }
        last += u32(b)
    }
    pass
}

stage other(ip ipv4, n u32) {
    last = n + u32(ip.ttl)
    pass
}

test "a slot" {
    packet ethernet{} ipv4{ttl: 1} udp{} payload "ab$c"
    expect pass
    expect last == 11
    packet ethernet{} ipv4{ttl: 2} udp{} payload "ab$c"
    expect drop
    expect last == 206
    packet ethernet{} ipv4{ttl: 1} udp{} payload "abc"
    expect pass
    expect last == 500
}
