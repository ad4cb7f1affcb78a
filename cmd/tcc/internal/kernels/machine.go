package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A machine is a virtual one. Its whole file system is an archive in memory: the guest's program as /init, and the
// recordings.
type machine struct {
	kernel, init, recordings string
	patience                 time.Duration
}

// run boots the machine, and copies to out what its program says, each line with a name in front. It is an error if anything differs there, or if the
// program doesn't come to its end.
func (m *machine) run(name string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "tcc-machine")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	initrd, console := filepath.Join(dir, "initrd"), filepath.Join(dir, "console")
	if err := archive(initrd, map[string]string{"init": m.init, "recordings": m.recordings}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), m.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64",
		"-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max",
		"-smp", "1", "-m", "1536M", "-kernel", m.kernel, "-initrd", initrd,
		"-append", "console=ttyS0 quiet panic=-1 oops=panic nokaslr tsc=reliable random.trust_cpu=on mitigations=off",
		"-chardev", "file,id=console,path="+console, "-chardev", "stdio,id=out,signal=off",
		"-device", "isa-serial,chardev=console,index=0", "-device", "isa-serial,chardev=out,index=1")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (apt-get install qemu-system-x86)", err)
	}
	result := ""
	for s := bufio.NewScanner(pipe); s.Scan(); {
		line := strings.TrimRight(s.Text(), "\r")
		if rest, ok := strings.CutPrefix(line, resultMark); ok {
			result = rest
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", name, line)
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("it isn't done after %v", m.patience)
	case result == "equal":
		return nil
	case result != "":
		return fmt.Errorf("%s", result)
	}
	log, _ := os.ReadFile(console)
	return fmt.Errorf("the machine stopped (%v):\n%s", err, tail(string(log), 40))
}

// resultMark begins the line of a guest with its result.
const resultMark = "result: "

// tail is the last lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
