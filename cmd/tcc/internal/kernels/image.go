package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fetch gets a kernel from Debian, unless it is in the cache: the path of its image, and the package it came from.
func fetch(root, cache string, v version) (image, pkg string, err error) {
	dir := filepath.Join(cache, v.name)
	image = filepath.Join(dir, "vmlinuz")
	if _, err := os.Stat(image); err != nil {
		script := filepath.Join(root, "cmd/tcc/internal/kernels/image.sh")
		if out, err := exec.Command("bash", script, dir, v.suite, v.meta).CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
		}
	}
	name, err := os.ReadFile(filepath.Join(dir, "package"))
	_, err2 := os.Stat(image)
	return image, strings.TrimSpace(string(name)), errors.Join(err, err2)
}
