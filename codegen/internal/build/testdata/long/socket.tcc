// A loop whose body is a function, where packets can only be copied from.
pipeline longs socket
default drop
var     total u32
counter dots

fn digits(n u32, ip ipv4) u32 {
    x := u32(0)
    for i in 0..n max 3000 {
        b := payload[i]
        if b == 46 {
            dots += 1
            return x + u32(ip.ttl)
        }
        if b == 47 { continue }
        if b == 32 { break }
        x = 10 * x + u32(b - 48)
    }
    return x
}

stage start {
    parse ethernet
    ip := parse ipv4
    u := parse udp
    total = digits(u32(u.len) - 8, ip)
    keep(100)
}

test "all" {
    packet ethernet{} ipv4{ttl: 64} udp{} payload "123"
    expect keep(100)
    expect total == 123
    packet ethernet{} ipv4{ttl: 64} udp{} payload "12/4.5"
    expect keep(100)
    expect total == 188
    packet ethernet{} ipv4{ttl: 64} udp{} payload "12 4.5"
    expect keep(100)
    expect total == 12
    expect dots == 1
}
