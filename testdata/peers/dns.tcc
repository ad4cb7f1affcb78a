// dns.tcc: drops DNS queries for names on a list. The specification is at the top of dns.c.
pipeline dns xdp
default drop // too short

// The names, by the FNV-1a hash (64 bits) of their wire format in lower case, without the zero at its end.
map blocklist hash[u64]u32 max 65536

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { pass }
    ip := parse ipv4
    if ip.version != 4 { drop }
    if ip.proto != 17 || ip.frag != 0 { pass }
    u := parse udp
    if u.dport != 53 { pass }
    goto query
}

stage query {
    q := parse dns
    if q.qr || q.questions != 1 { pass }
    h := 0xcbf29ce484222325
    left := u8(0) // of the label's bytes
    for i in 0..64 {
        c := payload[i]
        if left == 0 {
            if c == 0 { goto look_up(h) }
            if c > 63 { drop } // a compression pointer, which a question has no use for
            left = c
        } else {
            left -= 1
            if c in 0x41..0x5a { c |= 0x20 }
        }
        h = (h ^ c) * 0x100000001b3
    }
    pass // longer than any name on the list
}

stage look_up(h u64) {
    if h in blocklist { drop }
    pass
}

test "a name on the list, whatever its case" {
    map blocklist[0xec366fde01fb2074] = 1 // evil.example
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect drop
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04EviL\x07eXample\x00\x00\x01\x00\x01"
    expect drop
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04good\x07example\x00\x00\x01\x00\x01"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1, qr: true} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 54} dns{questions: 1} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect pass
}

test "names that end too soon, and such as aren't any" {
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04evil\x07examp"
    expect drop
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\xc0\x0c\x00\x01"
    expect drop
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x00"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1}
    expect drop
}
