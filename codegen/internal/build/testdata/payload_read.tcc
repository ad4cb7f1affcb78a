// The payload where packets are read only: each access is a copy.
pipeline payload_read socket
default drop

counter paths[4]
var     last u64

fn at(i u32) u32 { return payload.u32[i] }

stage start {
    parse ethernet
    ip := parse ipv4 else goto raw(0)
    kind := payload[0] else goto raw(1)
    last = u64(payload.u16[u32(ip.id & 15) * 40]) else goto raw(kind)
    if kind > 16 || payload[ip.ttl & 63] == kind && payload.u64[u32(kind & 7) * 100] > last { paths[0] += 1 }
    for i in 0..ip.ttl max 12 {
        if payload[i] == 0 { break }
        last = last * 31 + u64(payload[i])
    }
    keep(at(u32(kind)) & 127)
}

stage raw(n u8) {
    paths[1] += 1
    skip payload[2] else pass
    paths[2] += 1
    x := payload.u32[n] else pass
    keep(x)
}
