//go:build !linux

package runtime

import "errors"

// awaitPackets has no packets to wait for where no program can be loaded.
func awaitPackets() error { return errors.ErrUnsupported }
