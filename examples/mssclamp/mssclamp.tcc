// mssclamp.tcc: keeps TCP connections within the size of a path, whatever their ends believe
pipeline mssclamp xdp
default pass

config limit4 u16 = 1360 // the largest segment over IPv4, in bytes
config limit6 u16 = 1340 // and over IPv6

header option  { kind u8; len u8 }
header segment { kind u8; len u8; size u16 } // the option "maximum segment size" (RFC 9293)

counter clamped

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => pass
    }
}

stage v4 {
    ip := parse ipv4
    if ip.proto != 6 || ip.frag != 0 { pass }
    goto clamp(limit4)
}

stage v6 {
    ip := parse ipv6
    if ip.next != 6 { pass }
    goto clamp(limit6)
}

stage clamp(limit u16) {
    t := peek tcp
    left := u32(t.offset) * 4 // bytes up to the end of the options
    if !t.syn || left < 20 { pass }
    left -= 20
    skip 20
    for i in 0..40 { // there are 40 bytes of options at most, and each has one
        if left < 2 { break }
        o := peek option
        if o.kind == 0 { break }
        size := u32(o.len)
        if o.kind == 1 { size = 1 }
        if size == 0 || size > left { break }
        if o.kind == 2 && size == 4 { goto found(t, limit) }
        left -= size
        skip size
    }
    pass
}

// The option may lie at an odd offset: rewrite minds that.
stage found(t tcp, limit u16) {
    m := peek segment
    if m.size > limit {
        rewrite t, m { m.size = limit }
        clamped += 1
    }
    pass
}

// Behind the port numbers and so on, the options are written out.
test "a segment too large" {
    packet ethernet{} ipv4{proto: 6, src: 10.0.0.1, dst: 10.0.0.2} payload "\x9c\x40\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x60\x02\xff\xff\xe6\x27\x00\x00\x02\x04\x05\xb4"
    expect pass
    expect packet payload.u16[22] == 1360
    expect packet payload.u16[16] == 0xe68b // the checksum
    expect clamped == 1
}

test "behind others, at an odd offset" {
    packet ethernet{} ipv4{proto: 6, src: 10.0.0.1, dst: 10.0.0.2} payload "\x9c\x40\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x80\x02\xff\xff\x0f\xc5\x00\x00\x01\x03\x03\x07\x01\x02\x04\x05\xb4\x01\x01\x00"
    expect packet payload.u16[27] == 1360
    expect packet payload.u16[16] == 0x73c5
}

test "over IPv6" {
    packet ethernet{} ipv6{next: 6, src: 2001:db8::1, dst: 2001:db8::2} payload "\x9c\x40\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x60\x02\xff\xff\x9e\xb5\x00\x00\x02\x04\x05\xb4"
    expect packet payload.u16[22] == 1340
    expect packet payload.u16[16] == 0x9f2d
}

test "small enough, and none at all" {
    packet ethernet{} ipv4{proto: 6, src: 10.0.0.1, dst: 10.0.0.2} payload "\x9c\x40\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x60\x02\xff\xff\xe9\xc3\x00\x00\x02\x04\x02\x18"
    expect packet payload.u16[22] == 536
    expect packet payload.u16[16] == 0xe9c3
    packet ethernet{} ipv4{} tcp{syn: true}
    expect pass
    packet ethernet{} ipv4{} tcp{syn: true, offset: 15} // forty bytes of zeros
    expect pass
    expect clamped == 0
}

test "an option that is cut short" {
    packet ethernet{} ipv4{proto: 6} payload "\x9c\x40\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x60\x02\xff\xff\xe9\xc3\x00\x00\x01\x01\x02\x04\xff\xff"
    expect pass
    expect packet payload.u16[24] == 0xffff
}
