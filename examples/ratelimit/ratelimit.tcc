// ratelimit.tcc: a token bucket for each of some prefixes of source addresses
pipeline ratelimit xdp
default pass // not IP, or too short: not ours to limit

// A bucket is kept as times: what a token costs, how long an empty bucket takes to fill, and the moment at which it is
// full again. Taking a token moves that moment by its cost; there is none left when it would be too far away. So nothing
// has to fill the bucket while no packets come.
struct bucket { cost u64; depth u64; full u64 } // nanoseconds

map limited4 lpm[ip4]u32      max 10000 // the bucket of a prefix
map limited6 lpm[ip6]u32      max 10000
map buckets  array[u32]bucket max 1024

counter passed[1024] // by bucket
counter dropped[1024]

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => pass
    }
}

stage v4 {
    ip := parse ipv4
    if id := limited4[ip.src] { goto take(id) }
    pass
}

stage v6 {
    ip := parse ipv6
    if id := limited6[ip.src] { goto take(id) }
    pass
}

// Two CPUs that take from a bucket at once may pay one token for two packets.
stage take(id u32) {
    if b := buckets[id] {
        time := now()
        full := b.full
        if full < time { full = time }
        full += b.cost
        if full > time + b.depth {
            dropped[id] += 1
            drop
        }
        b.full = full
        passed[id] += 1
    }
    pass
}

test "three at once, then one a second" {
    map limited4[192.0.2.0/24] = 7
    map buckets[7] = bucket{cost: 1s, depth: 3s}
    now = 1h
    packet ethernet{} ipv4{src: 192.0.2.1}
    packet ethernet{} ipv4{src: 192.0.2.2}
    packet ethernet{} ipv4{src: 192.0.2.3}
    expect pass
    packet ethernet{} ipv4{src: 192.0.2.4}
    expect drop
    now = 3601s
    packet ethernet{} ipv4{src: 192.0.2.4}
    expect pass
    packet ethernet{} ipv4{src: 192.0.2.4}
    expect drop
    expect passed[7] == 4
    expect dropped[7] == 2
}

test "an idle bucket doesn't overflow" {
    map limited4[192.0.2.0/24] = 0
    map buckets[0] = bucket{cost: 1s, depth: 2s}
    now = 1h
    packet ethernet{} ipv4{src: 192.0.2.1}
    now = 2h
    packet ethernet{} ipv4{src: 192.0.2.1}
    packet ethernet{} ipv4{src: 192.0.2.1}
    expect pass
    packet ethernet{} ipv4{src: 192.0.2.1}
    expect drop
}

test "the longest prefix decides, others pass" {
    map limited4[10.0.0.0/8] = 1
    map limited4[10.1.0.0/16] = 2
    map limited6[2001:db8::/32] = 2
    map buckets[1] = bucket{cost: 1s, depth: 0}
    map buckets[2] = bucket{cost: 1s, depth: 1s}
    packet ethernet{} ipv4{src: 10.2.0.1}
    expect drop
    packet ethernet{} ipv4{src: 192.0.2.1}
    expect pass
    packet ethernet{} ipv4{src: 10.1.0.1}
    expect pass
    packet ethernet{} ipv6{src: 2001:db8::1}
    expect drop
}
