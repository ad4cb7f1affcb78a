package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf"
)

// pinner is what can be pinned: prog arrays and links.
type pinner interface {
	Pin(path string) error
	Unpin() error
}

// Pin pins the prog arrays and the attached links into dir, a folder on a bpffs (usually below /sys/fs/bpf) that is
// made if need be, so that the pipeline goes on when this process ends. What a stage compiled apart needs is pinned by its
// own pipeline's Pin. Either all is pinned or, after an error,
// nothing. Unpin undoes it.
func (p *Pipeline) Pin(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("pin pipeline %s: %w", p.layout.Name, err)
	}
	var done []pinner
	for _, it := range p.pinned() {
		if err := it.Pin(filepath.Join(dir, it.name)); err != nil {
			for _, d := range done {
				err = errors.Join(err, d.Unpin())
			}
			return fmt.Errorf("pin `%s` of pipeline %s: %w", it.name, p.layout.Name, err)
		}
		done = append(done, it.pinner)
	}
	return nil
}

// Unpin removes what Pin pinned. The pipeline goes on for as long as this process holds it.
func (p *Pipeline) Unpin() error {
	var errs []error
	for _, it := range p.pinned() {
		errs = append(errs, it.Unpin())
	}
	return errors.Join(errs...)
}

type named struct {
	name string
	pinner
}

func (p *Pipeline) pinned() (all []named) {
	for name, m := range p.coll.Maps {
		if m.Type() == ebpf.ProgramArray {
			all = append(all, named{name, m})
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.links {
		all = append(all, named{fmt.Sprintf("link_%d", i), l})
	}
	return all
}

// holdPins leaves maps that are pinned by name, and of which there is no pin yet, unpinned until all is loaded: cilium/ebpf
// pins a map when it makes it, and leaves the pin behind if it fails afterwards. The result is their paths, by name.
func holdPins(spec *ebpf.CollectionSpec, opts ebpf.CollectionOptions) map[string]string {
	pins := map[string]string{}
	for name, m := range spec.Maps {
		if m.Pinning != ebpf.PinByName || m.Name == "" || opts.Maps.PinPath == "" || opts.MapReplacements[name] != nil {
			continue // there is nothing to pin, or an error to come
		}
		path := filepath.Join(opts.Maps.PinPath, m.Name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			m.Pinning = ebpf.PinNone
			pins[name] = path
		}
	}
	return pins
}

// pinMaps pins maps at paths, by name: all of them or, after an error, none.
func (p *Pipeline) pinMaps(pins map[string]string) error {
	var done []*ebpf.Map
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		m := p.coll.Maps[name]
		if err := m.Pin(pins[name]); err != nil {
			for _, d := range done {
				err = errors.Join(err, d.Unpin())
			}
			return fmt.Errorf("pin map `%s`: %w", name, err)
		}
		done = append(done, m)
	}
	return nil
}
