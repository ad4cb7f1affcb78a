/* The rules of acl100_rules.json: first match wins, no match returns XDP_DROP.
 *
 * The fields are read again from memory (the packet or a map value, not the stack) for
 * every test. With values in registers the rules are shorter, but clang keeps masked
 * copies that many rules share, the verifier learns something about them at every test
 * and finds no two states at a rule's start alike: even 100 rules then run into its
 * limit of a million instructions. */
#pragma once

#define RULE_ARGS \
	const volatile __be32 *saddr, const volatile __be32 *daddr, \
	const volatile __be16 *sport, const volatile __be16 *dport, const volatile __u8 *proto

static __always_inline int in(__be16 port, __u16 lo, __u16 hi)
{
	__u16 p = bpf_ntohs(port);
	return p >= lo && p <= hi;
}

static __always_inline int acl100(RULE_ARGS)
{
	if ((*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xac0c7a60) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x6452f200) && in(*dport, 7816, 9645) && in(*sport, 42644, 44574) && *proto == 17)
		return XDP_DROP; /* 0 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0x64428a00) && (*saddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xc62ece00) && in(*dport, 6545, 8407) && *proto == 6)
		return XDP_PASS; /* 1 */
	if ((*saddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0xacb00000) && (*daddr & bpf_htonl(0xfff00000)) == bpf_htonl(0x0a600000) && in(*dport, 16573, 18081) && in(*sport, 12299, 16274) && *proto == 6)
		return XDP_PASS; /* 2 */
	if (*saddr == bpf_htonl(0xacaaf160) && (*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xc0325d88) && in(*sport, 2920, 5899) && *proto == 6)
		return XDP_PASS; /* 3 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xc6337560) && (*daddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0x0a7b3800) && *dport == bpf_htons(57896) && *sport == bpf_htons(27202) && *proto == 17)
		return XDP_PASS; /* 4 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb6cc200) && *dport == bpf_htons(25) && (*saddr & bpf_htonl(0xff000000)) == bpf_htonl(0xc0000000) && *proto == 17)
		return XDP_PASS; /* 5 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xac071960) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc0154600) && *dport == bpf_htons(80) && *proto == 6)
		return XDP_PASS; /* 6 */
	if ((*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0xc0225400) && *dport == bpf_htons(38729) && (*daddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xc6b00000) && *proto == 17)
		return XDP_PASS; /* 7 */
	if (*saddr == bpf_htonl(0xc0781c3a) && (*daddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0x64cc5b80) && *dport == bpf_htons(42679))
		return XDP_DROP; /* 8 */
	if ((*daddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xc6b506c0) && *dport == bpf_htons(123) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xac200000))
		return XDP_PASS; /* 9 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb944900) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc02c2f00) && in(*dport, 8724, 10564) && *proto == 17)
		return XDP_PASS; /* 10 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0x64ff46a0) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xacc00000) && *proto == 6)
		return XDP_PASS; /* 11 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb581f00) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xacb80400) && in(*sport, 10794, 11803) && in(*dport, 5113, 9974) && *proto == 17)
		return XDP_PASS; /* 12 */
	if ((*saddr & bpf_htonl(0xfffffff8)) == bpf_htonl(0x0ac95588) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xac44e900) && *dport == bpf_htons(31889) && *sport == bpf_htons(32493) && *proto == 6)
		return XDP_DROP; /* 13 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a762700) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc6ae0000) && *proto == 17)
		return XDP_DROP; /* 14 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb2f1a00) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc0680000) && *dport == bpf_htons(55224) && *proto == 17)
		return XDP_DROP; /* 15 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc6509400) && (*saddr & bpf_htonl(0xff000000)) == bpf_htonl(0xcb000000) && in(*dport, 22984, 23882))
		return XDP_PASS; /* 16 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64a60b00) && (*saddr & bpf_htonl(0xfffff000)) == bpf_htonl(0x64720000) && *dport == bpf_htons(6379) && in(*sport, 30223, 32582) && *proto == 17)
		return XDP_PASS; /* 17 */
	if (*daddr == bpf_htonl(0x0a33c6a6) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64bb3800) && *dport == bpf_htons(9829) && *proto == 17)
		return XDP_PASS; /* 18 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64a25c00) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xac400000) && *proto == 6)
		return XDP_DROP; /* 19 */
	if ((*saddr & bpf_htonl(0xfffffff8)) == bpf_htonl(0xc0e8a5d0) && *dport == bpf_htons(27546) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0xcbac0000) && *proto == 17)
		return XDP_PASS; /* 20 */
	if (*saddr == bpf_htonl(0xc6618db0) && *dport == bpf_htons(22) && (*daddr & bpf_htonl(0xff000000)) == bpf_htonl(0xc6000000) && *proto == 6)
		return XDP_PASS; /* 21 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0x64a0eee0) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcbff0000) && *dport == bpf_htons(1433) && *proto == 6)
		return XDP_DROP; /* 22 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a580000) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x64b00000) && *proto == 17)
		return XDP_PASS; /* 23 */
	if (*daddr == bpf_htonl(0xac7a4f2e) && (*saddr & bpf_htonl(0xffffc000)) == bpf_htonl(0xc0a10000) && *dport == bpf_htons(1030) && *proto == 6)
		return XDP_DROP; /* 24 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xacf3d000) && (*saddr & bpf_htonl(0xfffff000)) == bpf_htonl(0xac335000) && *sport == bpf_htons(10052) && in(*dport, 27916, 30352))
		return XDP_PASS; /* 25 */
	if (*daddr == bpf_htonl(0xc0d92b94) && (*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0x0ab66400) && *dport == bpf_htons(6379) && *proto == 6)
		return XDP_PASS; /* 26 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xacfb7600) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xac962a00) && *dport == bpf_htons(443) && *proto == 6)
		return XDP_PASS; /* 27 */
	if ((*saddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xcbf3d580) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcbd9f700) && *dport == bpf_htons(9090) && *proto == 6)
		return XDP_DROP; /* 28 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xc6b0a360) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcb130000) && *dport == bpf_htons(62320))
		return XDP_DROP; /* 29 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc0140000) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xac210000) && in(*dport, 45242, 49659) && *proto == 17)
		return XDP_DROP; /* 30 */
	if (*saddr == bpf_htonl(0xc696cf78) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb69d300) && in(*dport, 45740, 46968) && *proto == 6)
		return XDP_PASS; /* 31 */
	if ((*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xc0c0c930) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc07b5c00) && *dport == bpf_htons(56848) && in(*sport, 10050, 13017) && *proto == 6)
		return XDP_DROP; /* 32 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb66c800) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a2d0700) && *dport == bpf_htons(443) && *proto == 6)
		return XDP_PASS; /* 33 */
	if ((*saddr & bpf_htonl(0xfffffff8)) == bpf_htonl(0x648c63d0) && *dport == bpf_htons(445) && (*daddr & bpf_htonl(0xff000000)) == bpf_htonl(0x0a000000) && *proto == 6)
		return XDP_DROP; /* 34 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb5dda00) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a380000) && *dport == bpf_htons(22) && *proto == 17)
		return XDP_DROP; /* 35 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xcb7e6900) && (*saddr & bpf_htonl(0xffffc000)) == bpf_htonl(0x644b4000) && *dport == bpf_htons(143) && *proto == 6)
		return XDP_PASS; /* 36 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0x642c89dc) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb0f3400) && *dport == bpf_htons(36998) && *proto == 6)
		return XDP_DROP; /* 37 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a400000) && *dport == bpf_htons(39899) && (*daddr & bpf_htonl(0xff000000)) == bpf_htonl(0xc6000000) && in(*sport, 36488, 36618) && *proto == 6)
		return XDP_DROP; /* 38 */
	if (*saddr == bpf_htonl(0xace98e01) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc0cf9a00) && *dport == bpf_htons(8080) && in(*sport, 56188, 56676) && *proto == 6)
		return XDP_DROP; /* 39 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc0100000) && (*daddr & bpf_htonl(0xff000000)) == bpf_htonl(0x64000000) && in(*dport, 12198, 13677) && *proto == 6)
		return XDP_DROP; /* 40 */
	if (*saddr == bpf_htonl(0xac75fa8f) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xac750000) && *dport == bpf_htons(25) && *sport == bpf_htons(13090))
		return XDP_PASS; /* 41 */
	if (*saddr == bpf_htonl(0xc00db5da) && *daddr == bpf_htonl(0xcbf9c8f2) && in(*dport, 16246, 18934) && in(*sport, 57577, 60920) && *proto == 17)
		return XDP_PASS; /* 42 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0abb3900) && *dport == bpf_htons(40009) && (*saddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0xcb2c0000) && *proto == 17)
		return XDP_PASS; /* 43 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0x0aed6848) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcba80000) && *proto == 17)
		return XDP_PASS; /* 44 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0x64a45784) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64df6300) && *dport == bpf_htons(110) && *proto == 17)
		return XDP_PASS; /* 45 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x648c8500) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x64180000) && *dport == bpf_htons(59712))
		return XDP_PASS; /* 46 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x642c1600) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xac8a0000) && in(*dport, 13917, 18198) && *proto == 17)
		return XDP_DROP; /* 47 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc0f13c00) && (*daddr & bpf_htonl(0xfffff000)) == bpf_htonl(0xc0234000) && *dport == bpf_htons(36757) && *proto == 17)
		return XDP_PASS; /* 48 */
	if (*saddr == bpf_htonl(0xc01eaf90) && (*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xc0dac9c0) && *dport == bpf_htons(8080) && in(*sport, 26107, 27273) && *proto == 17)
		return XDP_PASS; /* 49 */
	if (*saddr == bpf_htonl(0xc00fa371) && (*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0x0ac67500))
		return XDP_DROP; /* 50 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xac432760) && (*daddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xcb9e6200) && *dport == bpf_htons(443))
		return XDP_DROP; /* 51 */
	if ((*daddr & bpf_htonl(0xffffc000)) == bpf_htonl(0xcb758000) && *dport == bpf_htons(5432) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xc6500000) && *proto == 17)
		return XDP_PASS; /* 52 */
	if ((*saddr & bpf_htonl(0xff000000)) == bpf_htonl(0xc0000000) && (*daddr & bpf_htonl(0xff000000)) == bpf_htonl(0xcb000000) && in(*dport, 6351, 8105) && *proto == 17)
		return XDP_PASS; /* 53 */
	if ((*saddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xc017efac) && (*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xcbc92994) && *dport == bpf_htons(445) && *proto == 17)
		return XDP_PASS; /* 54 */
	if (*daddr == bpf_htonl(0xc01b3637) && (*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0x6427a800) && *dport == bpf_htons(14195) && *proto == 6)
		return XDP_PASS; /* 55 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xac4e9300) && (*daddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0xac704c00) && *dport == bpf_htons(25188) && *proto == 6)
		return XDP_PASS; /* 56 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb25b400) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcbc80000) && *dport == bpf_htons(8080) && *sport == bpf_htons(15679) && *proto == 6)
		return XDP_DROP; /* 57 */
	if (*saddr == bpf_htonl(0xac19e946) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc09f0000) && *dport == bpf_htons(123) && *proto == 17)
		return XDP_DROP; /* 58 */
	if ((*saddr & bpf_htonl(0xffffc000)) == bpf_htonl(0xcb868000) && *dport == bpf_htons(27017) && (*daddr & bpf_htonl(0xfff00000)) == bpf_htonl(0x64700000))
		return XDP_PASS; /* 59 */
	if ((*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xcba83440) && (*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0xc035c000) && *dport == bpf_htons(39667) && *proto == 6)
		return XDP_PASS; /* 60 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64a61100) && (*daddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xc6e00000) && *proto == 6)
		return XDP_PASS; /* 61 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xc6559ae0) && (*saddr & bpf_htonl(0xfffff000)) == bpf_htonl(0xc66bc000) && in(*dport, 18163, 22281) && *proto == 17)
		return XDP_PASS; /* 62 */
	if (*saddr == bpf_htonl(0xc644775a) && *dport == bpf_htons(45094) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0x64440000))
		return XDP_PASS; /* 63 */
	if ((*saddr & bpf_htonl(0xffffc000)) == bpf_htonl(0x64b94000) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x648f0000) && *dport == bpf_htons(443) && *proto == 6)
		return XDP_DROP; /* 64 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a15cc00) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x64ad0000) && *dport == bpf_htons(1433) && *proto == 6)
		return XDP_DROP; /* 65 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xc6becc70) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xac1c0000) && *proto == 6)
		return XDP_PASS; /* 66 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcb245300) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a040000) && *sport == bpf_htons(50713) && in(*dport, 5159, 9941))
		return XDP_PASS; /* 67 */
	if ((*saddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xac57b5a0) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a4ed500) && *proto == 17)
		return XDP_PASS; /* 68 */
	if (*daddr == bpf_htonl(0x64213602) && *dport == bpf_htons(9090) && (*saddr & bpf_htonl(0xff000000)) == bpf_htonl(0x0a000000) && *proto == 6)
		return XDP_PASS; /* 69 */
	if ((*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0x647ef280) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x64730000) && in(*dport, 59011, 60419) && *proto == 17)
		return XDP_PASS; /* 70 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcbfff100) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64677e00) && *dport == bpf_htons(8080) && *proto == 17)
		return XDP_DROP; /* 71 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a64eb00) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x642d0000) && *dport == bpf_htons(18780) && *proto == 6)
		return XDP_PASS; /* 72 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc6410a00) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcb850000) && *dport == bpf_htons(38102) && *sport == bpf_htons(9006))
		return XDP_PASS; /* 73 */
	if (*daddr == bpf_htonl(0xc02b709d) && (*saddr & bpf_htonl(0xfffff000)) == bpf_htonl(0xcb588000) && *sport == bpf_htons(40946) && in(*dport, 51540, 53479) && *proto == 6)
		return XDP_PASS; /* 74 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcbc22300) && *dport == bpf_htons(53) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0x64e00000) && *proto == 17)
		return XDP_DROP; /* 75 */
	if (*daddr == bpf_htonl(0xc6cc77a4) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xacdf6100) && *dport == bpf_htons(8080) && *sport == bpf_htons(16020) && *proto == 6)
		return XDP_PASS; /* 76 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64a69400) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a28de00) && *proto == 6)
		return XDP_DROP; /* 77 */
	if (*daddr == bpf_htonl(0x64d59137) && *dport == bpf_htons(8080) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xace00000))
		return XDP_PASS; /* 78 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xc0560000) && *dport == bpf_htons(61180) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0x0a900000) && *proto == 6)
		return XDP_PASS; /* 79 */
	if ((*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0xacd96c00) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0xc0400000) && in(*dport, 56839, 59323) && *proto == 6)
		return XDP_PASS; /* 80 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xcb836f88) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xac158c00) && in(*dport, 28258, 31747) && *proto == 17)
		return XDP_PASS; /* 81 */
	if ((*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64f95200) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcb090000) && in(*dport, 34824, 36279) && *proto == 17)
		return XDP_PASS; /* 82 */
	if ((*daddr & bpf_htonl(0xfffff000)) == bpf_htonl(0x64f95000) && (*saddr & bpf_htonl(0xff000000)) == bpf_htonl(0xc6000000) && in(*dport, 50131, 50595) && *proto == 6)
		return XDP_DROP; /* 83 */
	if ((*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xcb3a2ec0) && (*saddr & bpf_htonl(0xfffffc00)) == bpf_htonl(0xc05f1000) && *dport == bpf_htons(3389) && *proto == 17)
		return XDP_PASS; /* 84 */
	if ((*daddr & bpf_htonl(0xfffffff8)) == bpf_htonl(0xc01b4cf8) && (*saddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xac57acc0) && *proto == 6)
		return XDP_PASS; /* 85 */
	if (*daddr == bpf_htonl(0xc0762c5e) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x0a438a00) && *proto == 6)
		return XDP_PASS; /* 86 */
	if ((*daddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xc033e440) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcbe60000) && *dport == bpf_htons(11182) && in(*sport, 49101, 53965) && *proto == 6)
		return XDP_PASS; /* 87 */
	if (*dport == bpf_htons(143) && (*saddr & bpf_htonl(0xfff00000)) == bpf_htonl(0x0a700000) && (*daddr & bpf_htonl(0xfff00000)) == bpf_htonl(0xacd00000) && *proto == 17)
		return XDP_PASS; /* 88 */
	if ((*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a110000) && *dport == bpf_htons(110) && (*daddr & bpf_htonl(0xfffc0000)) == bpf_htonl(0xc6900000) && *proto == 17)
		return XDP_PASS; /* 89 */
	if ((*saddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xc617779c) && (*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xc0d48a80) && *dport == bpf_htons(9090) && *proto == 17)
		return XDP_PASS; /* 90 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xc0a66400) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xac0d0000) && *dport == bpf_htons(389) && *sport == bpf_htons(12738) && *proto == 17)
		return XDP_DROP; /* 91 */
	if ((*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0x64139a00) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x0a630000) && *dport == bpf_htons(27017) && *proto == 17)
		return XDP_DROP; /* 92 */
	if ((*daddr & bpf_htonl(0xfffff000)) == bpf_htonl(0x6454e000) && (*saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xcb480000) && *dport == bpf_htons(19434) && *proto == 6)
		return XDP_PASS; /* 93 */
	if ((*daddr & bpf_htonl(0xffffffc0)) == bpf_htonl(0xc0be2f40) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xac5bee00) && *sport == bpf_htons(42329) && *proto == 6)
		return XDP_PASS; /* 94 */
	if (*saddr == bpf_htonl(0xac4bcc53) && (*daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0x648e0000) && *dport == bpf_htons(6379) && *proto == 17)
		return XDP_PASS; /* 95 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xac5aef60) && (*daddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0x0adfa160) && *dport == bpf_htons(8080) && in(*sport, 2092, 5394) && *proto == 6)
		return XDP_DROP; /* 96 */
	if ((*daddr & bpf_htonl(0xfffffff0)) == bpf_htonl(0xcb365e00) && (*saddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xace9d600) && in(*dport, 1337, 2135))
		return XDP_DROP; /* 97 */
	if ((*daddr & bpf_htonl(0xfffffffc)) == bpf_htonl(0xc08f64a8) && (*saddr & bpf_htonl(0xffffc000)) == bpf_htonl(0xcb7ac000) && *dport == bpf_htons(3389) && in(*sport, 55457, 57272) && *proto == 17)
		return XDP_DROP; /* 98 */
	if ((*saddr & bpf_htonl(0xffffffe0)) == bpf_htonl(0xac331e60) && (*daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xcbdc1700) && *dport == bpf_htons(59365) && *proto == 17)
		return XDP_PASS; /* 99 */
	return XDP_DROP;
}
