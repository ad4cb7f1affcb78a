// What is called copies the headers it looks at, where the packet can't be pointed at.
pipeline called socket
default drop

counter short

fn wanted(ip ipv4, u udp) bool call {
    if u.len < 8 {
        short += 1
        return false
    }
    return ip.ttl > 1 && first() == u8(ip.id)
}

fn first() u8 call { return payload[0] }

stage start {
    parse ethernet
    ip := parse ipv4
    u := parse udp
    if wanted(ip, u) { keep(100) }
    if wanted(ip, u) { keep(200) }
    pass
}

test "wanted" {
    packet ethernet{} ipv4{id: 7} udp{} payload "\x07"
    expect keep(100)
    packet ethernet{} ipv4{id: 7} udp{} payload "\x08"
    expect pass
    packet ethernet{} ipv4{id: 7} udp{}
    expect drop
    packet ethernet{} ipv4{id: 7} udp{len: 3}
    expect pass
    expect short == 2
}
