// egress.tcc: what the processes of a service may send, and where to
pipeline egress cgroup_skb
default drop // neither IPv4 nor IPv6, or too short: nothing that a service should send

var enforce bool = true // false: what would be refused is counted and told, but goes out

// What may be reached behind an address.
enum service u8 { all, web, names, mail }
enum reason { address, port, protocol }

map allowed4 lpm[ip4]service max 10000 // the longest prefix decides
map allowed6 lpm[ip6]service max 10000

counter sent[service]
counter refused[reason]
event   refusal4 { dst ip4; proto u8; dport u16; why reason }
event   refusal6 { dst ip6; proto u8; dport u16; why reason }

stage start {
    match packet.protocol {
        0x0800 => goto v4
        0x86dd => goto v6
        _      => drop
    }
}

stage v4 {
    ip := parse ipv4
    if ip.dst in 127.0.0.0/8 && ip.src in 127.0.0.0/8 { pass } // to itself
    if ip.frag != 0 { pass }                                   // the first fragment was decided on
    if s := allowed4[ip.dst] { goto ports4(ip, s) }
    goto refuse4(ip.dst, ip.proto, 0, reason.address)
}

stage ports4(ip ipv4, s service) {
    if s == service.all {
        sent[service.all] += 1
        pass
    }
    match ip.proto {
        6 | 17 => {}
        _      => goto refuse4(ip.dst, ip.proto, 0, reason.protocol)
    }
    p := peek ports
    if !offers(s, ip.proto, p.dport) { goto refuse4(ip.dst, ip.proto, p.dport, reason.port) }
    sent[s] += 1
    pass
}

stage v6 {
    ip := parse ipv6
    if ip.dst == ::1 { pass }
    if ip.next == 58 || ip.dst in ff02::/16 { pass } // the kernel finds its neighbours and tells what it listens to
    if s := allowed6[ip.dst] { goto ports6(ip, s) }
    goto refuse6(ip.dst, ip.next, 0, reason.address)
}

stage ports6(ip ipv6, s service) {
    if s == service.all {
        sent[service.all] += 1
        pass
    }
    match ip.next {
        6 | 17 => {}
        _      => goto refuse6(ip.dst, ip.next, 0, reason.protocol)
    }
    p := peek ports
    if !offers(s, ip.next, p.dport) { goto refuse6(ip.dst, ip.next, p.dport, reason.port) }
    sent[s] += 1
    pass
}

// The ports of TCP and UDP are in the same place.
header ports { sport u16; dport u16 }

// offers reports whether a port belongs to a service.
fn offers(s service, proto u8, dport u16) bool {
    match s {
        service.all   => { return true }
        service.web   => { return dport == 80 || dport == 443 }
        service.names => { return dport == 53 || dport == 853 && proto == 6 }
        service.mail  => { return proto == 6 && (dport == 25 || dport in 465..587) }
    }
}

stage refuse4(dst ip4, proto u8, dport u16, why reason) {
    emit refusal4{dst: dst, proto: proto, dport: dport, why: why}
    goto refuse(why)
}

stage refuse6(dst ip6, proto u8, dport u16, why reason) {
    emit refusal6{dst: dst, proto: proto, dport: dport, why: why}
    goto refuse(why)
}

stage refuse(why reason) {
    refused[why] += 1
    if enforce { drop }
    pass
}

test "only what an address offers" {
    map allowed4[192.0.2.0/24] = service.web
    packet ipv4{dst: 192.0.2.7} tcp{dport: 443}
    expect pass
    packet ipv4{dst: 192.0.2.7} tcp{dport: 22}
    expect drop
    packet ipv4{dst: 192.0.2.7} icmp{}
    expect drop
    packet ipv4{dst: 198.51.100.1} tcp{dport: 443}
    expect drop
    expect sent[service.web] == 1
    expect refused[reason.port] == 1
    expect refused[reason.protocol] == 1
    expect refused[reason.address] == 1
}

test "the longest prefix decides" {
    map allowed4[10.0.0.0/8] = service.all
    map allowed4[10.0.0.53/32] = service.names
    packet ipv4{dst: 10.0.0.1} tcp{dport: 22}
    expect pass
    packet ipv4{dst: 10.0.0.53} tcp{dport: 22}
    expect drop
    packet ipv4{dst: 10.0.0.53} udp{dport: 53}
    expect pass
    packet ipv4{dst: 10.0.0.53} udp{dport: 853}
    expect drop
}

test "IPv6" {
    map allowed6[2001:db8::/32] = service.mail
    packet ipv6{dst: 2001:db8::1} tcp{dport: 587}
    expect pass
    packet ipv6{dst: 2001:db8::1} udp{dport: 587}
    expect drop
    packet ipv6{dst: 2001:db9::1} tcp{dport: 587}
    expect drop
    packet ipv6{dst: ::1} tcp{dport: 587}
    expect pass
    expect refused[reason.address] == 1
}

test "itself, and later fragments" {
    packet ipv4{src: 127.0.0.1, dst: 127.0.0.1} udp{dport: 7}
    expect pass
    packet ipv4{dst: 192.0.2.7, frag: 100} udp{dport: 7}
    expect pass
}

test "watching" {
    var enforce = false
    packet ipv4{dst: 192.0.2.7} udp{dport: 7}
    expect pass
    expect refused[reason.address] == 1
}
