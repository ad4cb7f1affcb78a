// Linux 6.12 ties a sum to the number that a constant was added to. A compare of the sum left it with a number that it knew
// exactly, but without bounds, and a packet pointer with that offset was none.
pipeline p xdp
default pass
stage start {
    skip payload[0] else tx
    if payload.u16[32767] == 1 { drop }
    if payload[4] == 1 { drop }
    pass
}
