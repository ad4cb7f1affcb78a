// More numbers are kept than the stack has room for, while slots are called: those that miss must leave them alone.
pipeline p tc
default pass
header word { v u64 }
map m hash[u32]u64 max 8
counter odd
slots some[4](a u64, b u64, c u64) { 1 => other }
stage start {
    w0 := parse word
    v0 := w0.v
    w1 := parse word
    v1 := w1.v
    w2 := parse word
    v2 := w2.v ^ v1
    w3 := parse word
    v3 := w3.v
    w4 := parse word
    v4 := w4.v
    w5 := parse word
    v5 := w5.v ^ v4
    w6 := parse word
    v6 := w6.v
    w7 := parse word
    v7 := w7.v
    w8 := parse word
    v8 := w8.v ^ v7
    w9 := parse word
    v9 := w9.v
    w10 := parse word
    v10 := w10.v
    w11 := parse word
    v11 := w11.v ^ v10
    w12 := parse word
    v12 := w12.v
    w13 := parse word
    v13 := w13.v
    w14 := parse word
    v14 := w14.v ^ v13
    w15 := parse word
    v15 := w15.v
    w16 := parse word
    v16 := w16.v
    w17 := parse word
    v17 := w17.v ^ v16
    w18 := parse word
    v18 := w18.v
    w19 := parse word
    v19 := w19.v
    w20 := parse word
    v20 := w20.v ^ v19
    w21 := parse word
    v21 := w21.v
    w22 := parse word
    v22 := w22.v
    w23 := parse word
    v23 := w23.v ^ v22
    w24 := parse word
    v24 := w24.v
    w25 := parse word
    v25 := w25.v
    w26 := parse word
    v26 := w26.v ^ v25
    w27 := parse word
    v27 := w27.v
    w28 := parse word
    v28 := w28.v
    w29 := parse word
    v29 := w29.v ^ v28
    w30 := parse word
    v30 := w30.v
    w31 := parse word
    v31 := w31.v
    w32 := parse word
    v32 := w32.v ^ v31
    w33 := parse word
    v33 := w33.v
    w34 := parse word
    v34 := w34.v
    w35 := parse word
    v35 := w35.v ^ v34
    w36 := parse word
    v36 := w36.v
    w37 := parse word
    v37 := w37.v
    w38 := parse word
    v38 := w38.v ^ v37
    w39 := parse word
    v39 := w39.v
    w40 := parse word
    v40 := w40.v
    w41 := parse word
    v41 := w41.v ^ v40
    w42 := parse word
    v42 := w42.v
    w43 := parse word
    v43 := w43.v
    w44 := parse word
    v44 := w44.v ^ v43
    w45 := parse word
    v45 := w45.v
    w46 := parse word
    v46 := w46.v
    w47 := parse word
    v47 := w47.v ^ v46
    w48 := parse word
    v48 := w48.v
    w49 := parse word
    v49 := w49.v
    w50 := parse word
    v50 := w50.v ^ v49
    w51 := parse word
    v51 := w51.v
    w52 := parse word
    v52 := w52.v
    w53 := parse word
    v53 := w53.v ^ v52
    w54 := parse word
    v54 := w54.v
    w55 := parse word
    v55 := w55.v
    w56 := parse word
    v56 := w56.v ^ v55
    w57 := parse word
    v57 := w57.v
    w58 := parse word
    v58 := w58.v
    w59 := parse word
    v59 := w59.v ^ v58
    w60 := parse word
    v60 := w60.v
    w61 := parse word
    v61 := w61.v
    w62 := parse word
    v62 := w62.v ^ v61
    w63 := parse word
    v63 := w63.v
    w64 := parse word
    v64 := w64.v
    w65 := parse word
    v65 := w65.v ^ v64
    w66 := parse word
    v66 := w66.v
    w67 := parse word
    v67 := w67.v
    w68 := parse word
    v68 := w68.v ^ v67
    w69 := parse word
    v69 := w69.v
    w70 := parse word
    v70 := w70.v
    w71 := parse word
    v71 := w71.v ^ v70
    w0.v = 9
    m[1] = v1
    w1.v = v1 + 1
    sum := v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11 + v12 + v13 + v14 + v15 + v16 + v17 + v18 + v19 + v20 + v21 + v22 + v23 + v24 + v25 + v26 + v27 + v28 + v29 + v30 + v31 + v32 + v33 + v34 + v35 + v36 + v37 + v38 + v39 + v40 + v41 + v42 + v43 + v44 + v45 + v46 + v47 + v48 + v49 + v50 + v51 + v52 + v53 + v54 + v55 + v56 + v57 + v58 + v59 + v60 + v61 + v62 + v63 + v64 + v65 + v66 + v67 + v68 + v69 + v70 + v71
    if sum & 1 == 1 { odd += 1 }
    if v0 == sum { odd += 1 }
    if v1 == sum { odd += 2 }
    if v2 == sum { odd += 3 }
    if v3 == sum { odd += 4 }
    if v4 == sum { odd += 5 }
    if v5 == sum { odd += 6 }
    if v6 == sum { odd += 7 }
    if v7 == sum { odd += 8 }
    if v8 == sum { odd += 9 }
    if v9 == sum { odd += 10 }
    if v10 == sum { odd += 11 }
    if v11 == sum { odd += 12 }
    if v12 == sum { odd += 13 }
    if v13 == sum { odd += 14 }
    if v14 == sum { odd += 15 }
    if v15 == sum { odd += 16 }
    if v16 == sum { odd += 17 }
    if v17 == sum { odd += 18 }
    if v18 == sum { odd += 19 }
    if v19 == sum { odd += 20 }
    if v20 == sum { odd += 21 }
    if v21 == sum { odd += 22 }
    if v22 == sum { odd += 23 }
    if v23 == sum { odd += 24 }
    if v24 == sum { odd += 25 }
    if v25 == sum { odd += 26 }
    if v26 == sum { odd += 27 }
    if v27 == sum { odd += 28 }
    if v28 == sum { odd += 29 }
    if v29 == sum { odd += 30 }
    if v30 == sum { odd += 31 }
    if v31 == sum { odd += 32 }
    if v32 == sum { odd += 33 }
    if v33 == sum { odd += 34 }
    if v34 == sum { odd += 35 }
    if v35 == sum { odd += 36 }
    if v36 == sum { odd += 37 }
    if v37 == sum { odd += 38 }
    if v38 == sum { odd += 39 }
    if v39 == sum { odd += 40 }
    if v40 == sum { odd += 41 }
    if v41 == sum { odd += 42 }
    if v42 == sum { odd += 43 }
    if v43 == sum { odd += 44 }
    if v44 == sum { odd += 45 }
    if v45 == sum { odd += 46 }
    if v46 == sum { odd += 47 }
    if v47 == sum { odd += 48 }
    if v48 == sum { odd += 49 }
    if v49 == sum { odd += 50 }
    if v50 == sum { odd += 51 }
    if v51 == sum { odd += 52 }
    if v52 == sum { odd += 53 }
    if v53 == sum { odd += 54 }
    if v54 == sum { odd += 55 }
    if v55 == sum { odd += 56 }
    if v56 == sum { odd += 57 }
    if v57 == sum { odd += 58 }
    if v58 == sum { odd += 59 }
    if v59 == sum { odd += 60 }
    if v60 == sum { odd += 61 }
    if v61 == sum { odd += 62 }
    if v62 == sum { odd += 63 }
    if v63 == sum { odd += 64 }
    if v64 == sum { odd += 65 }
    if v65 == sum { odd += 66 }
    if v66 == sum { odd += 67 }
    if v67 == sum { odd += 68 }
    if v68 == sum { odd += 69 }
    if v69 == sum { odd += 70 }
    if v70 == sum { odd += 71 }
    if v71 == sum { odd += 72 }
    m[2] = (v0 << 0) ^ (v1 << 1) ^ (v2 << 2) ^ (v3 << 3) ^ (v4 << 4) ^ (v5 << 0) ^ (v6 << 1) ^ (v7 << 2) ^ (v8 << 3) ^ (v9 << 4) ^ (v10 << 0) ^ (v11 << 1) ^ (v12 << 2) ^ (v13 << 3) ^ (v14 << 4) ^ (v15 << 0) ^ (v16 << 1) ^ (v17 << 2) ^ (v18 << 3) ^ (v19 << 4) ^ (v20 << 0) ^ (v21 << 1) ^ (v22 << 2) ^ (v23 << 3) ^ (v24 << 4) ^ (v25 << 0) ^ (v26 << 1) ^ (v27 << 2) ^ (v28 << 3) ^ (v29 << 4) ^ (v30 << 0) ^ (v31 << 1) ^ (v32 << 2) ^ (v33 << 3) ^ (v34 << 4) ^ (v35 << 0) ^ (v36 << 1) ^ (v37 << 2) ^ (v38 << 3) ^ (v39 << 4) ^ (v40 << 0) ^ (v41 << 1) ^ (v42 << 2) ^ (v43 << 3) ^ (v44 << 4) ^ (v45 << 0) ^ (v46 << 1) ^ (v47 << 2) ^ (v48 << 3) ^ (v49 << 4) ^ (v50 << 0) ^ (v51 << 1) ^ (v52 << 2) ^ (v53 << 3) ^ (v54 << 4) ^ (v55 << 0) ^ (v56 << 1) ^ (v57 << 2) ^ (v58 << 3) ^ (v59 << 4) ^ (v60 << 0) ^ (v61 << 1) ^ (v62 << 2) ^ (v63 << 3) ^ (v64 << 4) ^ (v65 << 0) ^ (v66 << 1) ^ (v67 << 2) ^ (v68 << 3) ^ (v69 << 4) ^ (v70 << 0) ^ (v71 << 1)
    goto last(v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31, v32, v33, v34, v35, v36, v37, v38, v39, v40, v41, v42, v43, v44, v45, v46, v47, v48, v49, v50, v51, v52, v53, v54, v55, v56, v57, v58, v59)
}
stage last(x0 u64, x1 u64, x2 u64, x3 u64, x4 u64, x5 u64, x6 u64, x7 u64, x8 u64, x9 u64, x10 u64, x11 u64, x12 u64, x13 u64, x14 u64, x15 u64, x16 u64, x17 u64, x18 u64, x19 u64, x20 u64, x21 u64, x22 u64, x23 u64, x24 u64, x25 u64, x26 u64, x27 u64, x28 u64, x29 u64, x30 u64, x31 u64, x32 u64, x33 u64, x34 u64, x35 u64, x36 u64, x37 u64, x38 u64, x39 u64, x40 u64, x41 u64, x42 u64, x43 u64, x44 u64, x45 u64, x46 u64, x47 u64, x48 u64, x49 u64, x50 u64, x51 u64, x52 u64, x53 u64, x54 u64, x55 u64, x56 u64, x57 u64, x58 u64, x59 u64) {
    goto some[u32(x0 & 3)](x1, x2, x3) else goto rest(x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, x31, x32, x33, x34, x35, x36, x37, x38, x39, x40, x41, x42, x43, x44, x45, x46, x47, x48, x49, x50, x51, x52, x53, x54, x55, x56, x57, x58, x59)
}
stage rest(x0 u64, x1 u64, x2 u64, x3 u64, x4 u64, x5 u64, x6 u64, x7 u64, x8 u64, x9 u64, x10 u64, x11 u64, x12 u64, x13 u64, x14 u64, x15 u64, x16 u64, x17 u64, x18 u64, x19 u64, x20 u64, x21 u64, x22 u64, x23 u64, x24 u64, x25 u64, x26 u64, x27 u64, x28 u64, x29 u64, x30 u64, x31 u64, x32 u64, x33 u64, x34 u64, x35 u64, x36 u64, x37 u64, x38 u64, x39 u64, x40 u64, x41 u64, x42 u64, x43 u64, x44 u64, x45 u64, x46 u64, x47 u64, x48 u64, x49 u64, x50 u64, x51 u64, x52 u64, x53 u64, x54 u64, x55 u64, x56 u64, x57 u64, x58 u64, x59 u64) {
    w := parse word
    w.v = x0 ^ x1 ^ x2 ^ x3 ^ x4 ^ x5 ^ x6 ^ x7 ^ x8 ^ x9 ^ x10 ^ x11 ^ x12 ^ x13 ^ x14 ^ x15 ^ x16 ^ x17 ^ x18 ^ x19 ^ x20 ^ x21 ^ x22 ^ x23 ^ x24 ^ x25 ^ x26 ^ x27 ^ x28 ^ x29 ^ x30 ^ x31 ^ x32 ^ x33 ^ x34 ^ x35 ^ x36 ^ x37 ^ x38 ^ x39 ^ x40 ^ x41 ^ x42 ^ x43 ^ x44 ^ x45 ^ x46 ^ x47 ^ x48 ^ x49 ^ x50 ^ x51 ^ x52 ^ x53 ^ x54 ^ x55 ^ x56 ^ x57 ^ x58 ^ x59
    m[3] = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11 + x12 + x13 + x14 + x15 + x16 + x17 + x18 + x19 + x20 + x21 + x22 + x23 + x24 + x25 + x26 + x27 + x28 + x29 + x30 + x31 + x32 + x33 + x34 + x35 + x36 + x37 + x38 + x39 + x40 + x41 + x42 + x43 + x44 + x45 + x46 + x47 + x48 + x49 + x50 + x51 + x52 + x53 + x54 + x55 + x56 + x57 + x58 + x59
    drop
}
stage other(a u64, b u64, c u64) {
    w := parse word
    w.v = a ^ b ^ c
    m[4] = a + b + c
    pass
}
// oracle: packet 1 2 0 00000000000000000acd941e71b88d5836866d0d858b63549e94be2cacc67f5b7ef28f2d9903959f63d3d893dce752779c84162917ec8ff1af4a6422d367e18d5eb6dfa465a5331f758e793ea95a94eb0d15b62a92a709a593a44ed2279662e3954580c351a904ba16e856bab99431e06ad96a3a1e1f1c564c14fb7fa4123e95d166f4677be0d2fb1270d7e37fdb6eff60101282817c6a76d58548a61aa13bce14fdc62fdc6b54ac97f1a1d76e89adc8fe268f6116ca41891e55edf1cec76f016c5006833bcac3711b6752a9f1e10d281139fa834715b9280598b1262be8c3699fc677f9cc30273abbded4e322649af5d83c55be535a4ca7fdad840256029f3d38f9f7267dd296b6755c001ba0ef9ce1e2c84880b9ae44dd2a495a92be65b32f27ce5ba8bea759990b0a2db732515dfd273b58f5719bcf79fa719ebc75a7e7cccda091e0d206805eeabacec60e4f22eab19f2e84f771f4214c7a2399431853cb86097d50316910a2293e8a1f93584cd44229ba014fd24e6e98f722c0565383c89bcda857c61fd80e8e099b4e2b503b07767604f45ee7c2ac586036f3b69cd3136c829df4ad2a78a13513a5f3b4295a16ff7f136624ac469d3b0024738c091105f44a6db87fb098c6ce1158d3fc2098906adfa4596d09f5df8da9d0d1a46b838f2c0fce869343a02c542f6c816eff3aae04e968552f7d303aa1974d265b0d5c698611a6a8ba53576e191b521d86fc356646c8f5fda5b9dccf12135c4eb7709779ba63b0c4ba397261b25e6c0a0d3c6197a4fe159cc95347c0edb3b602e445e50fd66c3aa9971b28f6521f5c7baa0a0bc3df764615445d9277
// oracle: packet 1 2 0 0000000000000001104dbb64fdf13d25645149471ab129184c5a861d97f38f6bf1901f4793d51701b1b82466dd28d9109165645867292f050195d9212fad56661f1f2147df4535a6ad8d443c240250168bd99bb74eb9e97ee757f70d6385e7aa529b52a199a16bf79589bc54a13177a8635ae1319e100217015b727dbec9c57be2dd942daf16315e1cd002c853de1671bfafb24300b1ba31c16dfab4dd2ec8502ce5c66b0d2f92334041e9e0b2d0a2cd9eca34aec027f9debc7453db913fab12795ef576b5d8e1d53ffd06dcb7f08f6448aab84e87f745fac5f4b210de825f5a09eb9c43170177ae4fa1a7e6768c1c2012e1387c73f2205359640263617007f7a7b287cf43ad3c8087311dac1cc423697f19fac6bb232b4be4dbc03757491156e9f1e1bbdd7e808a0388cbaa923d506052c7425e6024249c0f29eb30038e8764603b82cc8a8b0334ccb953fbaf61fb7d5456aa106b60eea54157badce6baa727ebf88b854e3982e0faea2b89bf329a0451c45ac4f65b10a3707ccc5561f0ea9ac68baadf6a121c6111fcaa831d40bf1acdd6be7fb2e0bbcb0dc64146f1d08056e3b9bc345c4b9b4e20fc138f6601dcd08aff550e3745d08ce725a684e0570bae818285c6af1e5ada8733793432fd8dd13fc7dfefe553f35992b38e24e16297c585efab1fa6ecbfb1487077bc2684d7e593d557cd71c790a04782e16d67f533fd502083084ca2cba8bb47281fefbd52b1ba2cb737eee1f85f40a3d14399ed555873e061d0420f9e517bab4f74a1db3314b09957e03193685723a12f0f4546245a865718ada18beff24c38a194819e1d02e38400b821851ee2
// oracle: packet 1 2 0 00000000000000026c55ca92b5fa108b4bd66ed7bc356dd7867ce43c5c3b27f54ace327575545655228840876d98292cd9c9e892c96c24c5e3e9f78c98b6628b60f87162f9a4dd49bcfc708578f30c4d791cb2efcb0d9e754d2060da6553563bf19540104a6bb0c38b0aa9c26fcb9945da509a3d37793185cac88b635fa122830f90e9e8b872c894def8ac22dfcc0d4109fcb4a742d77094b9f66b76c52749b2667d88304589d7f45f3405353b30d82a426a98de3342bd50eb0eff93d170fa5bc7f00672818afa583a1c21af7951da48f3e3d09733a542fae3445e6f31c972c2838c321dbde0011dacf3fddb5956d64fb28e94fcd5c8d553573368e54fb3bb19ea04b9da65c19b4801c5464330a9951afd1f96f598dee3663d0c5979a36c41f6209b83956c1b6e7011147ca474135aaf4153c2aa901bf9e9855ffd89bc0b6b7a5aaf27770c29154de994b45d47fa12dd63a582a31c40cd3b0554a26a60216216f507a1ce8fd3fe0dddc01c94624141c1fe26dfece648dd7c678c28bb21ed5f4033babea15b97878380970a2b6c76dd7e498649d75b219142594c3cc81c692b6c06c0a74f84bc3c85184da124f218852ff585d95a5c7bb8f0c4f73c70d7cccc125dd9f3f7b05c4e58f54f87022646439ff99e47efa550bb13e15e6da6a0534276a20a22bba4057fa7abd4c828515c1d5cabd10380b6499c4ed0324572212607a9008a355977911664261b1a4ef1ac6cdfd5a4165b9e831f9697ad33e7eca6771ae2066f85f366b4b878dfa6ad8c563775c1e7336e97b6fcf6e3d1a3fa9cb909e425a1193fc8af71cde6ea9b601f6f90b78a1f25203a01b03f
// oracle: packet 1 2 0 00000000000000035d17ff4b46bd8589205375a3e18bc4ce26e3429e2dc8a41b55fdd6d4f2fcc02e13e1609ca5410a879ab61707461b8db4442da95b1e3419da22fccbdf160d312264e7a219d32c52fabd134b37071429a6ae961d5071f0c5f0048b12c20d5e2a0a6f0d4604629b44a75833d81484942854ec58af99284b9035392baf2e3ec227c4270e8a70c93abecbe5903eb3d2c6715ed97778465f6c0d1428361c9d68e0967d7986d5bfebbff7ba3e001387df3a14efe5b8a4c38b9c4e2084f662dc1d3d13370d7dfeb3b75a195fa53c7315dedc6c3cbe01dd3627dc8c040fad8a2f406c38ef2f4bcc3273c85048b26d4f118aff301e2da3168054a70ee1538329c6b950aa010e1347009dbce9adbfe0ac49d7db46ec8cbaf29da5265c46a7a619779dd217193049ce1ba173b232f47272dd3270ab857232f5673871642f6ecd47cedb69e79ed40bbff42038eedfc244b1e0019b4041cba48017ed981f0d2ec212b4a460a04975ded77ecb0b3862003b376008c54ceec9ef82ae942de6e8d62df1f3d736f8a5edf1a05e08444c4f86f6b57203ae02c1d12213ad67e32c4b579f60b48fa2206ee4e574917f0079d350fc84ca8621c3cbad6480dae63e8403a07822a5849da1b5e587eb75d1c058c8e99872690da92e9868f70c44443ff3361a355bcfc31114934abf9886995bda36d588fca7adc500669ad960dd7b816d3d635db6e603ecc5528ed73189654f4841db1b5e6c8ff68025a292d510dc992e0098bcfade7a18895ac3256e8bc1f1ffbc932775c6dce87b2588f7fe7decf9ee093d4ed6c98f301ac6b0416c320148844ff14259f110012330
// oracle: packet 1 2 0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
