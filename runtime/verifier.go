package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// errInvalid is the kernel's bare answer to a program that doesn't fit a prog array.
var errInvalid = syscall.EINVAL

// VerifierError is the kernel's refusal of a program, at the place in the source that caused it.
type VerifierError struct {
	Program string // the program's name
	File    string // empty if the log doesn't tell
	Line    int    // from 1
	Col     int    // from 1; 0 if not known
	Source  string // the text of that line
	Reason  string // the verifier's last words
	Err     error  // the error from cilium/ebpf, with the whole log (print it with %+v)
}

// Error is one line for the place and the reason, and one for the source.
func (e *VerifierError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("the kernel's verifier refuses program `%s`: %s", e.Program, e.Reason)
	}
	return fmt.Sprintf("%s:%d:%d: the kernel's verifier refuses program `%s`: %s\n    %s", e.File, e.Line, max(e.Col, 1), e.Program, e.Reason, e.Source)
}

// Unwrap gives the *ebpf.VerifierError and, through it, the errno.
func (e *VerifierError) Unwrap() error { return e.Err }

// explain turns a verifier's rejection into a VerifierError; other errors are passed through.
func explain(spec *ebpf.CollectionSpec, err error) error {
	var ve *ebpf.VerifierError
	if !errors.As(err, &ve) {
		return err
	}
	e := &VerifierError{Program: rejected(spec, err), Reason: reason(ve.Log), Err: err}
	if ps := spec.Programs[e.Program]; ps != nil {
		if at, ok := lastInsn(ve.Log); ok {
			e.locate(ps, at)
		}
	}
	return e
}

var programName = regexp.MustCompile(`program (\S+?):`)

// rejected finds the program's name in cilium/ebpf's message: "program NAME: load program: …".
func rejected(spec *ebpf.CollectionSpec, err error) string {
	for _, m := range programName.FindAllStringSubmatch(err.Error(), -1) {
		if spec.Programs[m[1]] != nil {
			return m[1]
		}
	}
	return "?"
}

// reason is the last line of the log that says something: not an instruction, a register dump or a statistic.
func reason(log []string) string {
	for i := len(log) - 1; i >= 0; i-- {
		l := strings.TrimSpace(log[i])
		switch {
		case l == "", strings.HasPrefix(l, "processed "), strings.HasPrefix(l, "verification time"),
			strings.HasPrefix(l, "stack depth"), strings.HasPrefix(l, "(truncated"):
			continue
		}
		return l
	}
	return "no reason given"
}

var insnLine = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) `)

// lastInsn is the offset of the last instruction that the verifier looked at, in units of 8 bytes.
func lastInsn(log []string) (int, bool) {
	for i := len(log) - 1; i >= 0; i-- {
		if m := insnLine.FindStringSubmatch(log[i]); m != nil {
			n, err := strconv.Atoi(m[1])
			return n, err == nil
		}
	}
	return 0, false
}

// locate takes the place from the line information in effect at an instruction.
func (e *VerifierError) locate(ps *ebpf.ProgramSpec, at int) {
	for it := ps.Instructions.Iterate(); it.Next() && int(it.Offset) <= at; {
		if line, ok := it.Ins.Source().(*btf.Line); ok {
			e.File, e.Line, e.Col = line.FileName(), int(line.LineNumber()), int(line.LineColumn())
			e.Source = strings.TrimSpace(line.String())
		}
	}
}
