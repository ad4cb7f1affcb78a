// Package output writes files whole or not at all.
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file to be written.
type File struct {
	Path string
	Data []byte
}

// Write writes all files or, if one can't be written, none of them: each is written beside its place first, and all
// are moved there at the end. Missing folders are made.
func Write(files ...File) (err error) {
	var temps []string
	defer func() {
		for _, t := range temps {
			os.Remove(t) // gone already where the move succeeded
		}
	}()
	for _, f := range files {
		t, err := writeTemp(f)
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		temps = append(temps, t)
	}
	for i, f := range files {
		if err := os.Rename(temps[i], f.Path); err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
	}
	return nil
}

func writeTemp(f File) (path string, err error) {
	dir := filepath.Dir(f.Path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	if st, err := os.Stat(f.Path); err == nil && st.IsDir() {
		return "", errors.New("it is a folder")
	}
	t, err := os.CreateTemp(dir, "."+filepath.Base(f.Path)+".*")
	if err != nil {
		return "", err
	}
	_, err = t.Write(f.Data)
	if err == nil {
		err = t.Chmod(modeOf(f.Path))
	}
	if err = errors.Join(err, t.Close()); err != nil {
		os.Remove(t.Name())
		return "", err
	}
	return t.Name(), nil
}

// modeOf is the mode of the file that is there, or that of a new one.
func modeOf(path string) fs.FileMode {
	if st, err := os.Stat(path); err == nil {
		return st.Mode().Perm()
	}
	return 0o644
}

// Differing lists the paths of those files that are missing on disk or have other contents.
func Differing(files ...File) (paths []string, err error) {
	for _, f := range files {
		b, err := os.ReadFile(f.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(b, f.Data) {
			paths = append(paths, f.Path)
		}
	}
	return paths, nil
}
