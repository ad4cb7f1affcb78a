// Rows of a match on a multiple of 2^42: the verifier took it to be from 10 to 63 and a multiple, and contradicted itself.
pipeline p socket
default pass
var g1 u64 = 1
stage st0 {
    for x6 in 1..packet.ifindex max 1 {
        match g1 << 42 {
            0x40..2147483648 | 1   => pass
            17..0xfffffffffffffffd => pass
            10                     => keep(0)
            7                      => drop
            _ => pass
        }
    }
    pass
}
