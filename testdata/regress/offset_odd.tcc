// Of a test of the lowest bit of an offset (JSET), the kernel's verifier concludes something of the number that the
// offset was made of: that it may be negative, and is no offset any more. On tc a rewrite makes pointers of it again.
pipeline p tc
default next
struct limits { rounds u16 }
var most limits

stage start {
    for i in 1..most.rounds max 3 {
        parse udp else goto aside
    }
    next
}

stage aside {
    c := parse icmp
    u := peek udp
    rewrite c, u { u.dport = 0 }
    pass
}
// oracle: packet 1 2 0 62300000001011ff20010db800000000000000000000000120010db80000
