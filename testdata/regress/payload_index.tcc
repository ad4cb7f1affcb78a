// The index of a byte that is written is computed once, with all that this does.
pipeline p xdp
default abort

counter n

fn at() u32 {
    n += 1
    return 1
}

stage s {
    parse ethernet
    payload[at()] = 7
    payload[at()] += 7 else drop
    ip := peek ipv4 else pass
    u := peek udp
    rewrite ip, u { payload.u16[at()] = 7 }
    pass
}

// oracle: packet 1 2 0 0000000000000000000000000000aabbcc
// oracle: packet 1 2 0 000000000000000000000000080045000022000000004011000001010101020202020001000200070000aabbccddeeff
