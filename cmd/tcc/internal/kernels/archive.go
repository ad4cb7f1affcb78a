package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"maps"
)

// archive writes files into a cpio archive, as the kernel unpacks it into its first file system
// (Documentation/driver-api/early-userspace/buffer-format.rst): names in it, and paths here. All are executable.
func archive(path string, files map[string]string) error {
	var b bytes.Buffer
	entry := func(name string, mode int, data []byte) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
		b.WriteString(name + "\x00")
		align(&b)
		b.Write(data)
		align(&b)
	}
	const folder, executable = 0o040755, 0o100755
	for _, dir := range []string{"dev", "proc", "sys"} {
		entry(dir, folder, nil)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data, err := os.ReadFile(files[name])
		if err != nil {
			return err
		}
		entry(name, executable, data)
	}
	entry("TRAILER!!!", 0, nil)
	return errors.Join(os.WriteFile(path, b.Bytes(), 0o600))
}

// align fills up to the next multiple of four.
func align(b *bytes.Buffer) {
	for b.Len()%4 != 0 {
		b.WriteByte(0)
	}
}
