// What tunnels.tcc does, on tc.
pipeline tunnels_tc tc
default drop

header shim  { kind u3; long bool; id u12; next u16; host ip4; tag u24; last u8 }
header label { value u20; bottom u1; rest u3 }
header tlv   { kind u8; len u8 } length len

counter failed

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4(eth)
        0x86dd => goto v6
        0x8100 => goto untag
        _      => goto other(eth.type)
    }
}

stage v4(eth ethernet) {
    ip := parse ipv4 else goto other(4)
    match ip.proto {
        6 => goto behind_options(ip)
        17 => {
            src := ip.src
            ttl := ip.ttl
            push ipv4{version: 4, ihl: 5, ttl: ttl, proto: 4, len: ip.len + 20, src: ip.dst, dst: src} after eth else goto failing(ip)
            outer := peek udp
            if outer.sport == 22 { pass }
            next
        }
        _ => {
            pop ip else goto failing(ip)
            need 2 else pass
            next
        }
    }
}

stage failing(ip ipv4) {
    failed += 1
    ip.ttl = 7
    pass
}

stage behind_options(ip ipv4) {
    t := peek tcp else drop
    if t.syn {
        push shim{kind: u8(t.sport), long: true, id: t.dport, host: ip.dst, tag: u32(t.window) * 3} after ip else drop
        again := peek tcp else drop
        again.dport = 99
        pass
    }
    push tlv{kind: 1, len: 2}
    push label{value: 77}
    pass
}

stage v6 {
    parse ipv6
    for i in 0..4 {
        o := peek tlv
        if o.kind == u8(i) { break }
        push label{value: i, bottom: i == 3}
    }
    pass
}

stage untag {
    v := parse vlan
    again := v.type == 0x8100
    pop v else drop
    if again { goto untag max 3 }
    ip := parse ipv4 else pass
    if ip.ihl > 5 {
        t := parse tcp else pass
        pop t else next
    }
    pass
}

stage other(kind u16) {
    o := parse tlv else pass
    p := parse tlv else pass
    if kind & 1 == 0 { pop p else next } else { pop o else next }
    q := peek tlv else pass
    q.kind = 0xee
    pass
}

test "an address in front" {
    packet ethernet{} ipv4{src: 192.0.2.1, dst: 192.0.2.2, ttl: 9} udp{}
    expect next
    expect packet ipv4.src == 192.0.2.2
    expect packet ipv4.len == 48
    packet ethernet{} ipv4{ihl: 7, dst: 10.0.0.1} tcp{syn: true, offset: 6, dport: 80}
    expect pass
    packet ethernet{} vlan{}
    expect drop
}
