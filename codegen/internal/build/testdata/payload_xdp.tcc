// The payload on xdp: reads in expressions, loops and fns, writes after which views are used again.
pipeline payload_xdp xdp
default drop

header chunk { kind u8; len u8 }

map     seen lru_hash[u64]u32 max 100
counter paths[6]
var     last  u64
var     probe u32

fn at(i u32) u32 { return payload.u32[i] }

fn patch(i u32, x u8) { payload[i] = x }

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        _      => goto raw
    }
}

stage v4 {
    ip := parse ipv4 else goto raw
    kind := payload[0] else goto raw
    far := payload.u16[u32(ip.id & 15) * 40] else goto near(ip)
    paths[0] += 1
    last = u64(far)
    if kind > 16 && payload[far & 63] == kind || payload.u64[u32(kind & 7) * 100] > last { paths[1] += 1 }
    payload[u32(ip.id & 15) * 40 + 5] = ip.ttl else goto near(ip)
    ip.ttl -= 1
    ip.id = payload.u16[2]
    payload.u32[u32(far & 255) * 3] += u32(ip.len) else goto near(ip)
    if ip.ttl > kind {
        patch(packet.len - 60, ip.dscp)
    }
    pass
}

stage near(ip ipv4) {
    paths[2] += 1
    c := parse chunk else tx
    for i in 0..c.len max 12 {
        if payload[i] == 0 { break }
        if payload[i] == 7 {
            payload[i * 100] = c.kind
            paths[3] += 1
            continue
        }
        last = last * 31 + u64(payload[i])
    }
    seen[payload.u64[0]] = at(u32(c.kind & 3) * 200) else pass
    ip.dscp = u8(last)
    goto raw
}

stage raw {
    paths[4] += 1
    n := payload[1] else tx
    need 3
    skip payload[2] else tx
    x := payload.u32[u32(n & 3) * 250] else goto last_try(n)
    paths[5] += 1
    probe = x
    payload.u64[u32(n & 3) * 250 + 1] ^= u64(x) else tx
    if payload[0] > 3 { payload[1] = 3 }
    goto last_try(n)
}

stage last_try(n u8) {
    match payload.u16[0], payload[n] {
        0..1000, 1 | 2 | 3 => pass
        _,       0..9      => tx
        _,       _         => drop
    }
}
