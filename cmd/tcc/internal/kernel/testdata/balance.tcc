// balance.tcc: packets sent on to devices, CPUs and sockets, if there are any.
pipeline balance xdp
default drop
map     devs  devmap max 8
map     cpus  cpumap max 4
map     socks xskmap max 4
counter n
stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => redirect(devs[packet.queue + 9])
        0x0806 => redirect(socks[packet.queue])
        _      => pass
    }
}
stage v4 {
    ip := parse ipv4
    n += 1
    if ip.ttl == 1 { redirect(u32(ip.ttl)) }
    if ip.ttl == 2 { redirect(cpus[ip.ttl - 1]) }
    redirect(devs[ip.proto])
}
test "targets, and the default where there are none" {
    map devs[6] = 1
    map cpus[1] = 64
    packet ethernet{} ipv4{} tcp{}
    expect redirect(devs[6])
    packet ethernet{} ipv4{} udp{}
    expect drop
    packet ethernet{} ipv6{} udp{}
    expect drop
    packet ethernet{} arp{}
    expect drop
    packet ethernet{} ipv4{ttl: 1} udp{}
    expect redirect(1)
    packet ethernet{} ipv4{ttl: 2} udp{}
    expect redirect(cpus[1])
}
