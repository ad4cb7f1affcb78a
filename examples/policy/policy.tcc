// policy.tcc: sorts what a campus network sends into classes and marks each packet, for queues and routes to act on.
// The first row of the table that fits decides, as in a packet filter.
pipeline policy tc
default next // not IPv4, or too short: not ours to decide

var enforce bool = true // false: blocked packets are marked and counted, but go on

enum class { other, infra, voice, interactive, web, bulk, blocked }

counter packets[class]
counter bytes[class]

stage parse {
    eth := parse ethernet
    match eth.type {
        0x0800          => goto v4
        0x8100 | 0x88a8 => goto tagged
        _               => next
    }
}

stage tagged {
    tag := parse vlan
    match tag.type {
        0x0800 => goto v4
        _      => next
    }
}

stage v4 {
    ip := parse ipv4
    if ip.frag != 0 { goto rules(ip, 0) } // only the first fragment has ports
    match ip.proto {
        6  => goto tcp_out(ip)
        17 => goto udp_out(ip)
        _  => goto rules(ip, 0)
    }
}

stage tcp_out(ip ipv4) {
    t := parse tcp
    goto rules(ip, t.dport)
}

stage udp_out(ip ipv4) {
    u := parse udp
    goto rules(ip, u.dport)
}

stage rules(ip ipv4, dport u16) {
    match ip.src, ip.dst, ip.proto, dport {
        // the management network is closed
        _, 10.1.0.0/16, _, _ => goto decide(class.blocked)
        // name, time and log servers
        10.0.0.0/8, 10.0.0.53, 17, 53 => goto decide(class.infra)
        10.0.0.0/8, 10.0.0.53, 6,  53 => goto decide(class.infra)
        10.0.0.0/8, 10.0.0.54, 17, 53 => goto decide(class.infra)
        10.0.0.0/8, 10.0.0.54, 6,  53 => goto decide(class.infra)
        // no other resolver
        _,          _,          17, 53   => goto decide(class.blocked)
        _,          _,          6,  853  => goto decide(class.blocked)
        10.0.0.0/8, 10.0.0.123, 17, 123  => goto decide(class.infra)
        _,          _,          17, 123  => goto decide(class.blocked)
        10.0.0.0/8, 10.0.0.14,  17, 514  => goto decide(class.infra)
        10.0.0.0/8, 10.0.0.14,  6,  6514 => goto decide(class.infra)
        // the office: DHCP relays and directory
        10.20.0.0/16, 10.0.4.0/24, 17, 67..68     => goto decide(class.infra)
        10.20.0.0/16, 10.0.5.0/24, 6,  88         => goto decide(class.infra)
        10.20.0.0/16, 10.0.5.0/24, 17, 88         => goto decide(class.infra)
        10.20.0.0/16, 10.0.5.0/24, 6,  389        => goto decide(class.infra)
        10.20.0.0/16, 10.0.5.0/24, 6,  636        => goto decide(class.infra)
        10.20.0.0/16, 10.0.5.0/24, 6,  3268..3269 => goto decide(class.infra)
        10.20.0.0/16, 10.0.6.0/24, 6,  445        => goto decide(class.bulk)
        _,            _,           6,  445        => goto decide(class.blocked)
        _,            _,           6,  137..139   => goto decide(class.blocked)
        _,            _,           17, 137..138   => goto decide(class.blocked)
        // telephones
        10.20.10.0/24, _,           17, 16384..32767 => goto decide(class.voice)
        10.20.10.0/24, 10.0.7.0/24, 17, 5060         => goto decide(class.voice)
        10.20.10.0/24, 10.0.7.0/24, 6,  5060..5061   => goto decide(class.voice)
        10.20.10.0/24, _,           _,  _            => goto decide(class.blocked)
        // meetings
        10.20.0.0/16, _, 17, 3478..3481   => goto decide(class.voice)
        10.20.0.0/16, _, 17, 8801..8810   => goto decide(class.voice)
        10.20.0.0/16, _, 17, 19302..19309 => goto decide(class.voice)
        // the laboratory may do as it likes inside
        10.30.0.0/16, 10.30.0.0/16, _, _        => goto decide(class.bulk)
        10.30.1.0/24, 10.0.8.0/24,  6, 2049     => goto decide(class.bulk)
        10.30.0.0/16, 10.0.8.10,    6, 22       => goto decide(class.interactive)
        10.30.0.0/16, _,            6, 22       => goto decide(class.blocked)
        10.30.0.0/16, _,            6, 80 | 443 => goto decide(class.web)
        10.30.0.0/16, _,            _, _        => goto decide(class.blocked)
        // guests reach the outside only
        10.20.99.0/24, 10.0.0.0/8, _,  _          => goto decide(class.blocked)
        10.20.99.0/24, _,          6,  80 | 443   => goto decide(class.web)
        10.20.99.0/24, _,          17, 443        => goto decide(class.web)
        10.20.99.0/24, _,          17, 500 | 4500 => goto decide(class.web)
        10.20.99.0/24, _,          _,  _          => goto decide(class.blocked)
        // backups and repositories
        10.0.0.0/8, 10.0.9.0/24, 6, 873  => goto decide(class.bulk)
        10.0.0.0/8, 10.0.9.0/24, 6, 9418 => goto decide(class.bulk)
        // what is left
        10.0.0.0/8, _, 6,  22              => goto decide(class.interactive)
        10.0.0.0/8, _, 6,  3389            => goto decide(class.interactive)
        10.0.0.0/8, _, 6,  25              => goto decide(class.blocked)
        10.0.0.0/8, _, 6,  465 | 587       => goto decide(class.web)
        10.0.0.0/8, _, 6,  80 | 443 | 8080 => goto decide(class.web)
        10.0.0.0/8, _, 17, 443             => goto decide(class.web)
        10.0.0.0/8, _, 1,  _               => goto decide(class.interactive)
        10.0.0.0/8, _, 6,  1024..65535     => goto decide(class.bulk)
        _,          _, _,  _               => goto decide(class.other)
    }
}

stage decide(c class) {
    packets[c] += 1
    bytes[c] += packet.len
    packet.mark = u32(c)
    if c == class.blocked && enforce { drop }
    next
}

test "a telephone call" {
    packet ethernet{} ipv4{src: 10.20.10.7, dst: 198.51.100.1} udp{dport: 20000}
    expect next
    expect packet.mark == u32(class.voice)
    expect packets[class.voice] == 1
    expect packets[class.blocked] == 0
}

test "the first row that fits decides" {
    packet ethernet{} ipv4{src: 10.20.10.7, dst: 10.1.2.3} udp{dport: 20000}
    expect drop
    expect packets[class.blocked] == 1
}

test "watching only" {
    var enforce = false
    packet ethernet{} ipv4{src: 10.20.99.1, dst: 10.0.0.1} tcp{dport: 443}
    expect next
    expect packet.mark == u32(class.blocked)
    expect packets[class.blocked] == 1
}

test "a guest on the web, through a VLAN" {
    packet ethernet{} vlan{id: 99} ipv4{src: 10.20.99.1, dst: 203.0.113.5} tcp{dport: 443}
    expect next
    expect packets[class.web] == 1
    expect bytes[class.web] == 58
}

test "a later fragment has no ports" {
    packet ethernet{} ipv4{src: 10.20.0.1, dst: 203.0.113.5, proto: 17, frag: 100}
    expect next
    expect packets[class.other] == 1
}
