// An offset is compared as it is used: as 64 bits, where the kernel's verifier knows nothing of the upper half.
pipeline p tc
default next
enum e0 { m0 }
struct s2 { f0 e0 }
var g1 s2
stage st0 {
    x0 := peek mpls else goto st1
    skip 1 % u8(g1.f0)
    goto st1
}
stage st1 {
    x0 := parse arp
    x3 := parse icmp6 else goto sl0[x0.proto_len]()
    next
}
slots sl0[1] {}
