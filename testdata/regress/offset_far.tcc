// The constant of a payload's index and that of a header in front of it can be more together than an instruction holds.
pipeline p tc
default pass
stage st0 {
    x0 := parse ipv4
    x1 := parse gre
    rewrite x0, x1 {
        x0.src = 10.2.108.0
        x0.src = 10.2.190.1
    }
    x2 := peek udp
    push vlan{} after x2
    packet.priority = payload.u32[32767]
    pass
}
// oracle: packet 1 2 0 4500003400000000400100007f0000017f000001010000000000000000000000000000000000000000000000000000000000000000000000
