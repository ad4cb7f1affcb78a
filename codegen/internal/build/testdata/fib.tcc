// Lookups of routes, in stages and fns, of IPv4 and IPv6.
pipeline fib_tc tc
default next

var     ways u64
var     smac mac
var     dmac mac
counter paths[4]

// out is the interface to an address, 0 if there is no way.
fn out(dst ip4) u32 {
    if hop := fib(0.0.0.0, dst) { return hop.ifindex }
    return 0
}

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4(eth)
        0x86dd => goto v6(eth)
        _      => next
    }
}

stage v4(eth ethernet) {
    ip := parse ipv4
    ways = u64(out(ip.src)) << 32 | out(ip.dst)
    if hop := fib(ip.src, ip.dst, ip.len, ip.dscp << 2, ip.proto, ip.id, 53) {
        paths[0] += 1
        hop.ifindex += 1
        dmac = hop.dmac
        smac = hop.smac
        eth.src = hop.smac
        eth.dst = hop.dmac
        if hop.dmac == hop.smac { paths[1] += 1 }
        ip.ttl -= 1
        redirect(hop.ifindex)
    } else if ip.ttl > 9 {
        paths[2] += 1
    }
    drop
}

stage v6(eth ethernet) {
    ip := parse ipv6
    for i in 0..3 {
        if hop := fib(ip.src, ip.dst, ip.len + 40, ip.class) {
            eth.dst = hop.dmac
            if hop.ifindex == i { redirect(i) }
            ways += hop.ifindex
        } else { break }
    }
    drop
}

test "ways" {
    route 192.0.2.0/24 = hop{ifindex: 7, smac: 02:11:22:33:44:55, dmac: 02:01:03:05:07:09}
    route 192.0.2.9 = hop{ifindex: 8, dmac: 00:00:00:00:00:00}
    route 2001:db8::/32 = hop{ifindex: 2, dmac: 02:00:00:00:00:09}
    packet ethernet{} ipv4{src: 192.0.2.1, dst: 192.0.2.7}
    expect redirect(8)
    expect packet ethernet.dst == 02:01:03:05:07:09
    expect packet ethernet.src == 02:11:22:33:44:55
    expect ways == 0x700000007
    expect dmac == 02:01:03:05:07:09
    expect smac == 02:11:22:33:44:55
    packet ethernet{} ipv4{dst: 192.0.2.9}
    expect redirect(9)
    packet ethernet{} ipv4{dst: 192.0.3.9}
    expect drop
    packet ethernet{} ipv6{dst: 2001:db8::1}
    expect redirect(2)
    packet ethernet{} ipv6{dst: 2001:db9::1}
    expect drop
    expect paths[0] == 2
    expect paths[1] == 1
    expect paths[2] == 1
    expect ways == 4
}
