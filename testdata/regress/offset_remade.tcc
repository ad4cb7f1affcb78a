// An offset that was compared in one program and is made anew in the next, of what the context holds, has lost its bound.
pipeline p tc
default drop
stage st0 {
    skip packet.queue
    if true {
        goto st6()
    }
    pass
}
stage st6 {
    goto st7()
}
stage st7 {
    x0 := parse udp
    goto st8()
}
stage st8 {
    x0 := parse ipv6
    goto st9(x0)
}
stage st9(p0 ipv6) {
    p0.class *= 1
    drop
}
