// The headers that every pipeline knows. Fields are in wire order, the first one first, and are read and written as
// ordinary numbers: byte order is not the author's problem. A field of one bit is a bool. `length` is the length of the
// whole header in bytes, options included; a header without one is as long as its fields.

// Ethernet II (IEEE 802.3). type says what follows: 0x0800 ipv4, 0x0806 arp, 0x8100 vlan, 0x86dd ipv6, 0x8847 mpls.
header ethernet {
    dst  mac
    src  mac
    type u16
}

// A VLAN tag (IEEE 802.1Q), behind type 0x8100 or, the outer one of two, 0x88a8.
header vlan {
    pcp  u3 // priority
    dei  u1 // may be dropped first
    id   u12
    type u16 // what follows, as in ethernet
}

// ARP for IPv4 over Ethernet (RFC 826).
header arp {
    hardware   u16 // 1: Ethernet
    protocol   u16 // 0x0800: IPv4
    hw_len     u8  // 6
    proto_len  u8  // 4
    op         u16 // 1: request, 2: reply
    sender_mac mac
    sender_ip  ip4
    target_mac mac
    target_ip  ip4
}

// One entry of an MPLS label stack (RFC 3032).
header mpls {
    label  u20
    tc     u3 // traffic class
    bottom u1 // the last entry: no other follows
    ttl    u8
}

// IPv4 (RFC 791). proto says what follows: 1 icmp, 6 tcp, 17 udp, 47 gre.
header ipv4 {
    version  u4 // 4
    ihl      u4 // length of the header in 4-byte words, 5 without options
    dscp     u6
    ecn      u2
    len      u16 // of the header and all behind it
    id       u16 // shared by the fragments of a packet
    reserved u1
    df       u1  // don't fragment
    mf       u1  // more fragments follow
    frag     u13 // offset of this fragment in 8-byte words; only at 0 does a transport header follow
    ttl      u8
    proto    u8
    checksum u16 // of the header
    src      ip4
    dst      ip4
} length ihl * 4

// IPv6 (RFC 8200), without extension headers. next says what follows: 6 tcp, 17 udp, 58 icmp6.
header ipv6 {
    version u4 // 6
    class   u8 // DSCP and ECN
    flow    u20
    len     u16 // of all behind the header
    next    u8
    hops    u8 // hop limit
    src     ip6
    dst     ip6
}

// TCP (RFC 9293).
header tcp {
    sport    u16
    dport    u16
    seq      u32
    ack_seq  u32
    offset   u4 // length of the header in 4-byte words, 5 without options
    reserved u4
    cwr      u1
    ece      u1
    urg      u1
    ack      u1
    psh      u1
    rst      u1
    syn      u1
    fin      u1
    window   u16
    checksum u16 // of a pseudo header, the header and the data
    urgent   u16
} length offset * 4

// UDP (RFC 768).
header udp {
    sport    u16
    dport    u16
    len      u16 // of the header and the data
    checksum u16 // of a pseudo header, the header and the data; 0 on IPv4: none
}

// ICMP (RFC 792). rest depends on type; in an echo it is an identifier and a number, 16 bits each.
header icmp {
    type     u8 // 0: echo reply, 3: unreachable, 8: echo request, 11: time exceeded
    code     u8
    checksum u16
    rest     u32
}

// ICMPv6 (RFC 4443), neighbour discovery included (RFC 4861).
header icmp6 {
    type     u8 // 1: unreachable, 2: too big, 128: echo request, 129: echo reply, 133 to 137: neighbour discovery
    code     u8
    checksum u16
    rest     u32
}

// GRE (RFC 2784, RFC 2890). Checksum, key and sequence number are there if their bit of flags is set, 4 bytes each.
header gre {
    flags    u4 // 8: checksum, 2: key, 1: sequence number
    reserved u9
    version  u3
    type     u16 // what follows, as in ethernet; 0x6558: ethernet
} length 4 + (flags >> 3 & 1) * 4 + (flags >> 1 & 1) * 4 + (flags & 1) * 4

// VXLAN (RFC 7348), over UDP port 4789; ethernet follows.
header vxlan {
    flags     u8 // 0x08: vni is valid
    reserved  u24
    vni       u24 // the network
    reserved2 u8
}

// The fixed part of a DNS message (RFC 1035, RFC 4035).
header dns {
    id          u16
    qr          u1 // a response
    opcode      u4
    aa          u1 // from an authority
    tc          u1 // truncated
    rd          u1 // recursion desired
    ra          u1 // recursion available
    z           u1
    ad          u1 // authentic data
    cd          u1 // checking disabled
    rcode       u4
    questions   u16
    answers     u16
    authorities u16
    additionals u16
}
