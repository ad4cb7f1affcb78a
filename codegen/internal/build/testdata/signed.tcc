// Signed integers of all widths: arithmetic, order, shifts, conversions, patterns, memory.
pipeline signeds xdp
default abort

header msg { op u8  a u8  b u16  c u32  d u64  e u64 }

struct all { i8f i8  i16f i16  i32f i32  i64f i64 }

config least i8  = -128
config few   i64 = -3
var    tiny  i8
var    short i16 = -300
var    word  i32
var    long  i64

map table hash[i16]all   max 200
map plain array[u32]i32  max 4
map atom  array[u32]i64  max 4

counter rows[20]
event   seen { a i8  b i64  c i16 }

fn sign(x i64) i8 { if x < 0 { return -1 } if x == 0 { return 0 } return 1 }

fn abs(x i32) i32 { if x < 0 { return -x } return x }

stage start {
    p := parse msg
    match p.op & 3 {
        0 => goto bytes(p, i8(p.a), i8(p.b))
        1 => goto halves(p, i16(p.b), i16(p.a))
        2 => goto words(p, i32(p.c), i32(p.b) - 1000)
        _ => goto longs(p, i64(p.d), i64(p.e))
    }
}

stage bytes(p msg, x i8, y i8) {
    tiny = x + y * 3 - (x / y) ^ (y % x)
    tiny += x << p.b
    tiny -= y >> (p.b & 7)
    tiny = ~tiny | -x & y
    if x < y { rows[0] += 1 }
    if x >= -3 && y > least { rows[1] += u64(u8(y)) }
    if x in -20..100 { rows[2] += u64(x) }
    short = x
    long = i64(x) * y
    word = y
    match x {
        -128       => { rows[3] += 1 }
        -127..-100 => { rows[4] += 1 }
        -1 | 1     => { rows[5] += 1 }
        0          => { rows[6] += 1 }
        127        => { rows[7] += 1 }
        -99..-2    => { rows[8] += 1 }
        _          => { rows[9] += 1 }
    }
    match x, y {
        -50..50, -50..50 => { rows[10] += 1 }
        _, -128..-1      => { rows[11] += 1 }
        _, _             => { rows[12] += 1 }
    }
    goto store(p, x, short, word, long)
}

stage halves(p msg, x i16, y i16) {
    short = x * y + x / y - x % y
    short = short >> y ^ (short << (x & 15))
    tiny = i8(x)
    word = i32(u16(x)) - y
    long = -x
    if x <= y || i32(x) - y < -5 { rows[13] += 1 }
    p.b = u16(x >> 1)
    goto store(p, tiny, x, word, long)
}

stage words(p msg, x i32, y i32) {
    word = (x + y) / (x - y) + x % y
    word ^= x >> p.a
    word -= abs(y) << 3
    tiny = sign(x)
    if x == -2147483648 || x > y { rows[14] += u64(u32(abs(x))) }
    if y in -1000..-1 { rows[15] += 1 }
    short = i16(u16(x))
    long = i64(u32(x))
    if v := plain[u32(p.a & 7)] {
        v += x
        v -= y
        v *= 3
        long += v
    }
    goto store(p, tiny, short, x, long)
}

stage longs(p msg, x i64, y i64) {
    long = x / y * 7 - x % y
    long ^= (x >> p.a) + (y << p.b)
    long = long / few
    if x < y { rows[16] += 1 }
    if x in -5..500 || y > 1 << 40 { rows[17] += 1 }
    word = i32(x)
    tiny = i8(y) - sign(x)
    if v := atom[u32(p.a & 3)] {
        v += x
        v -= word
    }
    goto store(p, tiny, short, word, x)
}

stage store(p msg, a i8, b i16, c i32, d i64) {
    key := i16(p.a) - 100
    if v := table[key] {
        v.i8f += a
        v.i16f -= b
        v.i32f *= c
        v.i64f /= d
        if v.i8f < v.i16f { rows[18] += 1 }
        b = v.i16f
    } else {
        table[key] = all{i8f: a, i16f: b, i32f: c, i64f: d}
    }
    emit seen{a: a, b: c, c: b}
    match d {
        -9223372036854775808..-1 => drop
        0                        => tx
        _                        => pass
    }
}

test "bytes" {
    packet msg{op: 0, a: 0x85, b: 0x0a}
    expect drop
    expect rows[0] == 1
    expect rows[4] == 1
    expect rows[12] == 1
    expect short == -123
    expect long == -1230
    expect word == 10
    expect table[33].i8f == -123
    expect table[33].i64f == -1230
}

test "words" {
    map plain[2] = -5
    packet msg{op: 2, a: 2, b: 990, c: 0xffff_fff0}
    expect pass
    expect tiny == -1
    expect long == 4294967247
    expect plain[2] == -33
    expect rows[15] == 1
}

test "the least number" {
    var tiny = -1
    packet msg{op: 3, a: 0, b: 0, d: 0x8000_0000_0000_0000, e: 0xffff_ffff_ffff_ffff}
    expect drop
    expect long == 0
    expect word == 0
    expect tiny == 0
    expect atom[0] == -9223372036854775808
}
