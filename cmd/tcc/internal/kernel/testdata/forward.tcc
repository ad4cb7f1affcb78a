// forward.tcc: packets sent out of one interface, or into another.
pipeline forward tc
default pass
var out u32 = 1
stage start {
    eth := parse ethernet
    if eth.type == 0x0800 { redirect(out) }
    redirect(out + 1, ingress)
}
test "out and in" {
    packet ethernet{} ipv4{} tcp{}
    expect redirect(1)
    packet ethernet{} ipv6{}
    expect redirect(2, ingress)
}
