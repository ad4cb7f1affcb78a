package runtime

import "golang.org/x/sys/unix"

// membarrierGlobal is MEMBARRIER_CMD_GLOBAL of linux/membarrier.h.
const membarrierGlobal = 1

// awaitPackets waits until every packet that is in a program now has left it. Programs run within an RCU section, and
// membarrier(2) waits for all of these; it fails where CPUs run without a tick (nohz_full).
func awaitPackets() error {
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
