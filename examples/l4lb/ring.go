package main

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/runtime"
)

// ringSize is the size of the ring, a prime.
const ringSize = 65537

// ring gives each slot a server, after Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer"
// (2016): each server has an order of its own in which it would like to have the slots, and they take turns. So all have
// the same share, and when one comes or goes, few slots change hands among the others.
func ring(servers []server) []uint32 {
	slots := make([]uint32, ringSize)
	taken := make([]bool, ringSize)
	next := make([]uint64, len(servers))
	for left := ringSize; left > 0 && len(servers) > 0; {
		for i, r := range servers {
			slot := wish(r, &next[i])
			for taken[slot] {
				slot = wish(r, &next[i])
			}
			slots[slot], taken[slot] = uint32(i), true
			if left--; left == 0 {
				break
			}
		}
	}
	return slots
}

// wish is the next slot that a server would like to have.
func wish(r server, next *uint64) uint64 {
	addr := r.addr.As4()
	word := binary.BigEndian.Uint32(addr[:])
	first, step := uint64(runtime.Hash(word)), uint64(runtime.Hash(word, 1))%(ringSize-1)+1
	slot := (first + *next*step) % ringSize
	*next++
	return slot
}
