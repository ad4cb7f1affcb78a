// What a slot passes can be any number of its type.
pipeline p xdp
default pass
struct s1 { f0 bool }
var g0 u64
map map2 percpu_hash[s1]u32 max 5
stage st0 {
    map2[s1{}] = 7
    if x1 := map2[s1{}] {
        goto sl0(1)
    }
    pass
}
stage st1(p2 u8) {
    goto sl1(-p2)
}
stage st2(p1 u16) {
    g0 ^= p1
    pass
}
slot sl0(p2 u8) = st1
slot sl1(p1 u16) = st2
// oracle: packet 1719491 11108633965125638411 2 0000000000000000000000000000
