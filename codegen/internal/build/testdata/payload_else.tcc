// Where an access to the payload leads that fails: to the else of its statement, from a fn and from an else to the default.
pipeline payload_else xdp
default abort // no else leads there

map one  hash[u8]u8 max 1
var what u32

fn at(i u32) u8 { return payload[i] }

stage start {
    parse ethernet
    kind := payload[0]
    what = u32(kind)
    match kind {
        1 => goto let
        2 => goto assign
        3 => goto update
        4 => goto move
        5 => goto pass_on
        6 => goto circle(0)
        7 => goto call
        8 => goto end(payload[200]) else drop
        9 => goto nested
        _ => pass
    }
}

stage let {
    x := payload[payload[1]] else drop // either of the two
    what = u32(x)
    pass
}

stage assign {
    payload[payload.u16[1]] = payload[3] else drop
    what += payload[4]
    payload.u32[what - 2] += 1 else tx
    pass
}

stage update {
    one[payload[1]] = payload[2] else drop // the map is full, or the payload too short
    pass
}

stage move {
    skip payload[1] else drop
    need payload[0] else tx
    what = u32(payload[0])
    pass
}

stage pass_on { goto end(payload[1] + 1) else goto end(payload[2]) }

stage end(x u8) {
    what = u32(x)
    if x > 100 { tx }
    pass
}

stage circle(n u8) {
    what += 1
    goto circle(payload[n] + n) max 3 else drop
}

stage call {
    x := at(1) + payload[2] else drop
    what = u32(x)
    pass
}

// nested tests payload in conditions, of which the right side is computed only if need be, and behind them.
stage nested {
    if payload[1] == 1 && payload[60] == 2 || payload[2] == 3 {
        if !(payload[2] == 3) { drop }
        what = u32(payload[3])
    } else if payload[3] == 9 {
        tx
    }
    if payload[1] == 1 && payload[3] == 4 { pass }
    payload[1] = 5
    if payload.u16[0] == 0x905 { drop }
    pass
}

test "let" {
    packet ethernet{} payload "\x01\x02\x07"
    expect pass
    expect what == 7
    packet ethernet{} payload "\x01\x03\x07"
    expect drop
    packet ethernet{} payload "\x01"
    expect drop
    packet ethernet{}
    expect abort
}

test "assignment" {
    packet ethernet{} payload "\x02\x00\x05\x09\x04\x01\x00\x00"
    expect pass
    expect packet payload[5] == 9
    expect packet payload.u32[4] == 0x04090001
    packet ethernet{} payload "\x02\x00\x05\x09\x04\x01\x00"
    expect tx
    packet ethernet{} payload "\x02\x00\x07\x09\x04\x01\x00"
    expect drop
    packet ethernet{} payload "\x02\x00\x02"
    expect drop
    packet ethernet{} payload "\x02\x00\x02\x03"
    expect abort
}

test "update" {
    packet ethernet{} payload "\x03\x01"
    expect drop
    packet ethernet{} payload "\x03\x01\x02"
    expect pass
    expect one[1] == 2
    packet ethernet{} payload "\x03\x02\x02"
    expect drop
}

test "skip and need" {
    packet ethernet{} payload "\x04\x02\x01"
    expect pass
    expect what == 1
    packet ethernet{} payload "\x04\x02\x02"
    expect tx
    packet ethernet{} payload "\x04"
    expect drop
    packet ethernet{} payload "\x04\x03\x02"
    expect tx
}

test "goto" {
    packet ethernet{} payload "\x05\x07"
    expect pass
    expect what == 8
    packet ethernet{} payload "\x05"
    expect abort
    packet ethernet{} payload "\x06\x01\x00"
    expect drop
    packet ethernet{} payload "\x08\x01\x00"
    expect drop
    packet ethernet{} payload "\x06"
    expect drop
}

test "fn" {
    packet ethernet{} payload "\x07\x01\x02"
    expect pass
    expect what == 3
    packet ethernet{} payload "\x07\x01"
    expect drop
    packet ethernet{} payload "\x07"
    expect abort
}

test "conditions" {
    packet ethernet{} payload "\x09\x02\x03\x04"
    expect drop
    expect what == 4
    packet ethernet{} payload "\x09\x01\x03\x04"
    expect abort
    packet ethernet{} payload "\x09\x02\x02\x09"
    expect tx
    packet ethernet{} payload "\x09\x02\x02"
    expect abort
}
