// What tc has more: fields of the context that can be written, packets that aren't linear.
pipeline shaper tc
default next

var sum u64

stage start {
    eth := parse ethernet
    if packet.protocol == 0x0800 { sum += 1 }
    if packet.vlan != 0 || packet.hash == 5 { sum += 2 }
    packet.mark = eth.type
    packet.priority = packet.mark + packet.len
    packet.mark += 1
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        _ => drop
    }
}

stage v4 {
    ip := parse ipv4 else drop
    ip.ttl -= 1
    match ip.proto {
        6 => { t := parse tcp  t.syn = !t.syn  sum += t.window  pass }
        17 => { u := parse udp else pass  goto table[u.dport](ip) else drop }
        _ => next
    }
}

stage v6 {
    ip := parse ipv6
    if ip.src in fe80::/10 && ip.dst in 2001:db8::..2001:db8::ffff { sum += ip.flow }
    ip.flow = ip.flow + 1
    ip.class = 0xff
    skip 40
    d := parse dns else goto done
    d.rcode = 3
    goto done
}

stage done { pass }

stage port(ip ipv4) {
    u := parse vxlan else pass
    u.vni = u32(ip.id)
    pass
}

slots table[100](ip ipv4) { 53 => port }
