// dns.tcc: drops DNS queries for names on a list
pipeline dns xdp
default pass // not DNS, or too short to tell

// The names, by the FNV-1a hash (64 bits) of their wire format: each label behind its length, all letters small,
// without the zero at the end.
map blocked hash[u64]u32 max 65536 // the number of the entry

counter queries
counter dropped[65536] // by number
counter malformed

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
    if ip.proto != 17 || ip.frag != 0 { pass }
    goto datagram
}

stage v6 {
    ip := parse ipv6
    if ip.next != 17 { pass }
    goto datagram
}

stage datagram {
    u := parse udp
    if u.dport != 53 { pass }
    q := parse dns
    if q.qr || q.questions != 1 { pass }
    queries += 1
    goto name
}

// The name lies behind the header. The loop goes through it byte by byte: a label's length, its letters, the next length.
stage name {
    h := 0xcbf29ce484222325
    left := u8(0) // letters of the label that are still to come
    for i in 0..128 {
        c := payload[i] else goto bad
        if left > 0 {
            left -= 1
            if c in 0x41..0x5a { c |= 0x20 }
        } else {
            if c == 0 { goto look_up(h) }
            if c > 63 { goto bad } // no label is as long, and a question has no pointers
            left = c
        }
        h = (h ^ c) * 0x100000001b3
    }
    pass // longer than any name on the list
}

stage look_up(h u64) {
    if number := blocked[h] {
        dropped[number] += 1
        drop
    }
    pass
}

stage bad {
    malformed += 1
    drop
}

test "a name on the list, whatever its case" {
    map blocked[0xec366fde01fb2074] = 7 // evil.example
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect drop
    packet ethernet{} ipv6{} udp{dport: 53} dns{questions: 1} payload "\x04EviL\x07eXample\x00\x00\x01\x00\x01"
    expect drop
    expect dropped[7] == 2
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x03www\x04evil\x07example\x00\x00\x01\x00\x01"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x0cevil.example\x00\x00\x01\x00\x01"
    expect pass
    expect queries == 4
}

test "what is no query" {
    map blocked[0xec366fde01fb2074] = 0
    packet ethernet{} ipv4{} udp{sport: 53} dns{questions: 1, qr: true} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1, qr: true} payload "\x04evil\x07example\x00\x00\x01\x00\x01"
    expect pass
    packet ethernet{} ipv4{} udp{dport: 53} payload "evil"
    expect pass
    packet ethernet{} ipv4{frag: 9} udp{dport: 53} dns{questions: 1} payload "\x04evil\x07example\x00"
    expect pass
    expect queries == 0
}

test "names that are cut, and such as are none" {
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x04evil\x07examp"
    expect drop
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\xc0\x0c\x00\x01"
    expect drop
    expect malformed == 2
    packet ethernet{} ipv4{} udp{dport: 53} dns{questions: 1} payload "\x00\x00\x02\x00\x01"
    expect pass // the root
}
