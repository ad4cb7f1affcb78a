// Maps of every kind, references, counters, events, structs in structs.
pipeline state xdp
default abort

header msg { op u8  a u8  b u16  c u32  src ip4  dst ip6  m mac }

enum kind u8 { one = 1, two, nine = 9 }
enum huge u64 { small, large = 20 }
struct strange { h huge  n u32 }
struct inner { x u8  y be16  z be32 }
struct key   { k kind  m mac  i inner  w be64 }
struct val   { n u64  c u32  h u16  o u8  b bool  e be32  k key  six ip6 }

map table  hash[key]val            max 40
map lru    lru_hash[u16]u32        max 4096
map arr    array[u32]val           max 8
map flat   percpu_array[u32]u64    max 5
map each   percpu_hash[ip4]u32     max 1000
map nets   lpm[ip4]u32             max 100
map nets6  lpm[ip6]u16             max 100
map macs   percpu_lru_hash[mac]ip6 max 1000
map odd    array[u32]strange       max 2
map bytes  hash[u8]u8              max 100

counter all
counter kinds[kind]
counter larges[huge]
counter some[7]

event plain { a u8 }
event rich  { k key  a ip6  m mac  b bool  n u64 }

var full u32

stage start {
    p := parse msg
    all += 1
    some[p.a] += p.b
    if p.op in 0..9 { goto tables(p) }
    goto more(p, kind.two)
}

stage tables(p msg) {
    k := key{k: kind.two, m: p.m, i: inner{x: p.a & 3, y: p.b & 1, z: 7}}
    k.w = 0x0102_0304_0506_0708
    k.i.z = p.c & 1
    if v := table[k] {
        v.n += 1
        v.c -= 3
        v.h += p.b
        v.o = v.o * 3 + 1
        v.b = !v.b
        v.e = v.e + p.c
        v.k.i.y += 5
        copy := v.k
        copy.k = kind.nine
        v.k = copy
        v.six = p.dst
        kinds[v.k.k] += v.c
        if p.a > 200 {
            v.n += 100
            seen := v.n
            emit rich{n: seen, k: v.k}
            delete table[k]
            if k in table { full += 1000 }
        }
    } else {
        table[k] = val{n: 1, k: k, six: p.dst, c: p.c} else goto overflow
    }
    i := u32(p.a & 15)
    arr[i] = val{n: p.c, h: p.b} else goto overflow
    if v := arr[i] { v.n += 1 }
    if v := flat[p.a] { v += 2 }
    pass
}

stage overflow {
    full += 1
    emit plain{a: 1}
    drop
}

stage more(p msg, k kind) {
    lru[p.b] = p.c
    if v := lru[u16(p.a)] {
        v += 1
        x := v
        v = x ^ 0x55
        some[x] += 1
    }
    each[p.src] = p.c
    if v := each[p.src] { v -= 1 }
    if p.src in nets { full += 7 }
    nets[p.src] = p.c
    if p.dst in nets6 { full += 9 } else { nets6[p.dst] = p.b }
    if v := nets6[p.dst] { full += v }
    macs[p.m] = p.dst
    if v := macs[p.m] {
        if v == p.dst { full += 11 }
        v = v & ffff:ffff::
    }
    bytes[p.a] = u8(p.b)
    if v := bytes[p.op] { v += 200 }
    if p.a & 1 == 1 { delete bytes[p.a] }
    delete nets[p.src]
    larges[huge.large] += 5
    h := huge.small
    if p.b > 7 { h = huge.large }
    if v := odd[p.a & 1] {
        v.n += p.c
        h = v.h
        v.h = h
    }
    larges[h] += 1
    kinds[k] += 1
    emit rich{a: p.dst, m: p.m, b: p.a > 7, k: key{k: k, w: p.c}}
    emit plain{a: p.a}
    abort
}
