// An offset that is bounded as a whole isn't split into parts of which each could be the largest.
pipeline p xdp
default pass
var g0 u64
stage st0 {
    x0 := payload.u64[32767] else goto st1
    g0 = x0
    goto st0 max 3 else tx
}
stage st1 { pass }
