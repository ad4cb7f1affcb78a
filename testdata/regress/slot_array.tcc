// A stage with an array as a parameter goes back into its slot.
pipeline p xdp
default tx
stage st0 {
    goto sl1([true, true, true])
}
stage st1(p2 [3]bool) {
    redirect(1)
}
slot sl1(p2 [3]bool) = st1
// oracle: then clear sl1 0
// oracle: packet 1 2 0 0000000000000000000000000000
// oracle: then fill sl1 0 st1
// oracle: packet 1 2 2 0000000000000000000000000000
