// A parameter of one byte is no larger than what is passed, for the kernel's verifier, whatever its type says.
pipeline p tc
default drop
struct s0 { f0 u8 }
stage st6 {
    x0 := parse ipv6
    goto st7(s0{f0: 1 >> x0.version})
}
stage st7(p0 s0) {
    skip p0.f0
    goto st8()
}
stage st8 {
    x3 := parse ipv4
    drop
}
