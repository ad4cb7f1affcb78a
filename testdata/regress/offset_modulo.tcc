// A remainder is no larger than the number that is divided, but the kernel's verifier doesn't know: an offset made of one
// has to be compared with the largest offset. The same is true of a quotient, a shift by a number that isn't constant,
// and of a number in wire order.
pipeline p xdp
default tx

stage entry {
    ip := peek ipv6
    one := u8(0)
    one = 1
    skip one % ip.class
    h := parse udp else goto quotient(ip)
    h.sport = 1
    goto quotient(ip)
}

stage quotient(ip ipv6) {
    skip ip.class / 9
    h := parse udp else goto shift(ip)
    h.dport = 2
    goto shift(ip)
}

stage shift(ip ipv6) {
    skip ip.class >> (ip.hops & 7)
    h := parse udp else goto swapped(ip)
    h.len = 3
    goto swapped(ip)
}

stage swapped(ip ipv6) {
    skip ip.len >> 5
    h := parse udp else drop
    h.checksum = 4
    pass
}
// oracle: packet 1 2 0 62300000001011ff20010db800000000000000000000000120010db80000000000000000000000020000000000000000000000000000000000000000000000000000000000000000
// oracle: packet 1 2 0 6ff000000fff110720010db800000000000000000000000120010db80000000000000000000000020000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
