// Arrays: in structs, keys, values, events, vars and configs, of scalars, addresses and structs; literals and indexes.
pipeline arrays xdp
default abort

header msg { op u8  a u8  b u16  c u32  src ip4  m mac }

struct cell  { n u32  hot bool }
struct grid  { rows [3][2]u16  last i8 }
struct entry { cells [5]cell  seen [4]be16  from [2]ip4  bytes [7]u8 }

config weights [4]i16 = [1, -2, 3, 400]
config first   cell   = cell{n: 7}
var    totals  [6]u64
var    bits    [3]bool = [false, true, false]
var    sixes   [2]ip6  = [2001:db8::1, ::1]
var    macs    [3]mac
var    layout  grid

map table hash[u8]entry        max 40
map wide  array[u32][8]u32     max 3
map named hash[[4]u8]u16       max 100
map pairs lru_hash[cell][2]u64 max 100

counter hits

event seen { raw [3]u8  at [2]u32  m [2]mac }

fn sum(x [4]u16) u32 { return u32(x[0]) + x[1] + x[2] + x[3] }

fn at(i u32) i16 { return weights[i] }

stage start {
    p := parse msg
    if p.op in table { goto update(p) }
    table[p.op] = entry{from: [p.src, 10.0.0.1], bytes: [1, 2, 3, 4, 5, 6, p.a]}
    goto globals(p, [p.b, u16(p.a), 7, 9])
}

stage update(p msg) {
    if v := table[p.op] {
        v.cells[p.a].n += 2
        v.cells[2].n += u32(v.bytes[6])
        v.cells[p.a & 3].hot = !v.cells[p.a].hot
        v.seen[p.a % 4] += p.b
        v.seen[1] = v.seen[p.a & 1] + 1
        v.bytes[p.b & 7] = u8(p.c)
        v.from[p.a & 1] = p.src
        all := v.seen
        all[2] = p.b
        v.seen = all
        if v.cells[p.b & 3].hot { hits += 1 }
        emit seen{raw: [p.op, p.a, v.bytes[3]], at: [v.cells[1].n, v.cells[p.a].n], m: [p.m, macs[1]]}
        macs[p.a % 3] = p.m
    }
    goto globals(p, [p.b, 1, 2, u16(p.op)])
}

stage globals(p msg, quad [4]u16) {
    i := p.b & 7
    totals[i] += u64(sum(quad)) + first.n
    totals[5] -= totals[p.a & 3] >> 2
    totals[u32(p.a) % 6] *= 3
    bits[i % 3] = bits[1] || p.a > 9
    layout.rows[p.a & 3][i & 1] = quad[1] + layout.rows[0][1]
    layout.last += i8(at(u32(p.a & 3))) * i8(weights[2])
    quad[3] = u16(layout.rows[2][i & 1])
    if sixes[i & 1] == ::1 { sixes[0] = sixes[1] } else { sixes[1] = 2001:db8::2 }
    if w := wide[u32(p.op) & 3] {
        w[i] += sum(quad)
        w[p.a & 7] -= 5
        w[2] |= w[(i + 3) % 8]
    }
    if p.c == 99 { wide[1] = [1, 2, 3, 4, 5, 6, 7, p.c] }
    key := [p.op, p.a & 1, 3, u8(p.b & 3)]
    if n := named[key] {
        n += 1
    } else {
        named[key] = quad[3]
    }
    k := cell{n: p.c & 3, hot: bits[2]}
    if v := pairs[k] { v[p.a & 1] += 9 } else { pairs[k] = [u64(p.a), totals[5]] }
    p.a = key[3]
    pass
}

test "an index out of range" {
    packet msg{op: 1, b: 6}
    expect abort
    expect totals[0] == 0
}

test "elements" {
    var totals = [1, 2, 3, 4, 5, 6]
    map wide[1] = [10, 20, 30, 40, 50, 60, 70, 80]
    map table[1] = entry{cells: [cell{n: 1}, cell{n: 2, hot: true}, cell{n: 3}, cell{n: 4}, cell{}], bytes: [0, 0, 0, 0, 0, 0, 9]}
    packet msg{op: 1, a: 1, b: 2, c: 0x1ff, src: 10.9.8.7, m: 02:00:00:00:00:05}
    expect pass
    expect table[1].cells[1].n == 4
    expect table[1].cells[1].hot == false
    expect table[1].cells[2].n == 12
    expect table[1].seen[1] == 3
    expect table[1].seen[2] == 2
    expect table[1].bytes[2] == 255
    expect table[1].from[1] == 10.9.8.7
    expect macs[1] == 02:00:00:00:00:05
    expect totals[2] == 16
    expect totals[1] == 6
    expect layout.rows[1][0] == 1
    expect layout.last == -6
    expect wide[1][2] == 63
    expect named[[1, 1, 3, 2]] == 0
}
