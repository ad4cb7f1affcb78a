// The pointer that a view gets in a branch, after the packet has moved there, is none behind the branch.
pipeline p tc
default drop

stage start {
    ip := parse ipv4
    c := parse icmp
    if c.type == 1 {
        t := parse tcp
        rewrite t { t.cwr = false }
        rewrite c {}
    } else {
        ip.ttl ^= c.type
    }
    drop
}
// oracle: packet 1 2 0 4500003400000000400100007f0000017f000001010000000000000000000000000000000000000000000000000000000000000000000000
// oracle: packet 1 2 0 4500003400000000400100007f0000017f000001020000000000000000000000000000000000000000000000000000000000000000000000
