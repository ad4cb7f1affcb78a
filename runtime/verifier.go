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

// VerifierError is the kernel's refusal of a program, at the place in the source that caused it. Where the log doesn't tell,
// as of a program that is too complex, that is the place where the program begins.
type VerifierError struct {
	Program string // the program's name
	File    string // empty if it is not known
	Line    int    // from 1
	Col     int    // from 1; 0 if not known
	Source  string // the text of that line
	Reason  string // the verifier's last words
	Err     error  // the error from cilium/ebpf, with the whole log (print it with %+v)

	said bool // the reason is the verifier's own
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

// newCollection loads a spec. At first the verifier is to write down its last words only: before it finds a program too
// complex it takes a million steps, and to have them all in a log takes seconds and hundreds of megabytes. It is asked for
// them, and so for the place, if it refuses a program for anything else.
func newCollection(spec *ebpf.CollectionSpec, opts ebpf.CollectionOptions) (*ebpf.Collection, error) {
	if opts.Programs.LogDisabled || opts.Programs.LogLevel != 0 {
		return ebpf.NewCollectionWithOptions(spec, opts)
	}
	brief := opts
	brief.Programs.LogLevel = ebpf.LogLevelStats
	coll, err := ebpf.NewCollectionWithOptions(spec, brief)
	var ve *ebpf.VerifierError
	if !errors.As(err, &ve) || tooComplex.MatchString(reason(ve.Log)) {
		return coll, err
	}
	return ebpf.NewCollectionWithOptions(spec, opts)
}

// tooComplex is what the verifier says when it gives up, wherever it happens to be (kernel/bpf/verifier.c).
var tooComplex = regexp.MustCompile(`^BPF program is too large\. Processed|jumps is too complex`)

// explain turns a verifier's rejection into a VerifierError; other errors are passed through.
func explain(spec *ebpf.CollectionSpec, err error) error {
	var ve *ebpf.VerifierError
	e := &VerifierError{Program: rejected(spec, err), Err: err}
	switch {
	case errors.As(err, &ve):
		e.Reason = reason(ve.Log)
	case errors.Is(err, syscall.EFAULT) && spec.Programs[e.Program] != nil: // of which cilium/ebpf keeps no log
		e.Reason = "it has more than 8,192 branches to come back to (or a bug of its own)"
		return e
	default:
		return err
	}
	if e.said = e.Reason != ""; !e.said {
		e.Reason = fmt.Sprintf("no reason given (%v)", ve.Cause)
	}
	if ps := spec.Programs[e.Program]; ps != nil {
		e.locate(ps, lastInsn(ve.Log))
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

// reason is the last line of the log that says something: not an instruction, a register dump or a statistic. It is empty
// if there is none.
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
	return ""
}

var insnLine = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) `)

// lastInsn is the offset of the last instruction that the verifier looked at, in units of 8 bytes; 0 if the log doesn't tell.
func lastInsn(log []string) int {
	for i := len(log) - 1; i >= 0; i-- {
		if m := insnLine.FindStringSubmatch(log[i]); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
	}
	return 0
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
