// A rewrite in a fn that can't be done, for the checksum lies at an odd offset, ends the stage and not only the fn.
pipeline p tc
default drop
var seen u32

fn clear(t tcp) u8 {
    rewrite t { t.window = 0 }
    return 1
}

stage start {
    skip 15
    t := parse tcp
    seen += clear(t)
    pass
}
// oracle: packet 1 2 0 00000000000000000000000000000000000000000000000000000050000900000000000000000000000000000000000000000000000000000000000000000000000000000000
