// dnsguard.tcc: a stage for the firewall's slots, compiled apart: of DNS it lets only plain queries in, and counts them
pipeline dnsguard xdp
default pass

import "../firewall/firewall.tcc"

map     queries lru_hash[ip4]u64 max 4096
counter not_dns

stage start { // the way to the stage in tests; packets come from the firewall
    parse ethernet
    ip := parse ipv4
    goto dns(ip)
}

stage dns(ip ipv4) for others {
    u := parse udp
    if u.dport != 53 {
        not_dns += 1
        pass
    }
    q := parse dns
    if q.qr || q.opcode != 0 || q.questions != 1 { goto refuse(ip.src, reason.blocked) } // a stage of the firewall
    if n := queries[ip.src] { n += 1 } else { queries[ip.src] = 1 }
    pass
}

test "a query" {
    packet ethernet{} ipv4{src: 192.0.2.1} udp{dport: 53} dns{questions: 1}
    packet ethernet{} ipv4{src: 192.0.2.1} udp{dport: 53} dns{questions: 1, rd: true}
    expect pass
    expect queries[192.0.2.1] == 2
}

test "what is no query" {
    packet ethernet{} ipv4{src: 192.0.2.1} udp{dport: 53} dns{questions: 1, qr: true}
    expect drop
    packet ethernet{} ipv4{src: 192.0.2.1} udp{dport: 53} dns{questions: 70}
    expect drop
    expect dropped[reason.blocked] == 2
}

test "what is no DNS" {
    packet ethernet{} ipv4{} udp{dport: 123}
    expect pass
    expect not_dns == 1
}
