// A loop whose body is a function, over packets in several buffers.
pipeline longs xdp frags
default drop
var     total u32
var     where u32
counter spaces

stage start {
    parse ethernet
    ip := parse ipv4
    u := parse udp
    sum := u32(0)
    for i in 8..u.len max 9000 {
        b := payload[i - 8]
        if b == 32 {
            spaces += 1
            continue
        }
        sum += u32(b)
        if b == 33 {
            where = i - 8
            goto found(ip, i - 8)
        }
        if b == 34 { drop }
    }
    total = sum
    if sum > 1000 && ip.ttl > 3 { drop }
    pass
}
stage found(ip ipv4, n u32) {
    if ip.ttl == n { tx }
    pass
}

test "all" {
    packet ethernet{} ipv4{} udp{} payload "abc def"
    expect pass
    expect total == 597
    expect spaces == 1
    packet ethernet{} ipv4{ttl: 3} udp{} payload "abc!def"
    expect tx
    expect where == 3
    packet ethernet{} ipv4{} udp{} payload "abc!\"def"
    expect pass
    packet ethernet{} ipv4{} udp{} payload "abc\"!def"
    expect drop
}
