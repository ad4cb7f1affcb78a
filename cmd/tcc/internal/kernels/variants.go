package main

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
)

// A choice is a pipeline in variants, of which kernels have to take one or the other.
type choice struct {
	title, source string
	variants      []codegen.Variant
	from          []string // the target from which on kernels take each variant but for the last; empty: none does
}

// choices has a variant for each reason to leave one out.
func choices() []choice {
	to := func(target string) codegen.Options {
		t, _ := codegen.ParseTarget(target)
		return codegen.Options{Target: t, Pinned: true}
	}
	return []choice{
		{
			title: "variants: an instruction of 6.6", source: divide("10"),
			variants: []codegen.Variant{{Name: "new", Options: to("6.6")}, {Name: "old", Options: to("5.10")}},
			from:     []string{"6.6"},
		},
		{
			title: "variants: divisions that harm kernels before 6.12", source: divide("y"),
			variants: []codegen.Variant{{Name: "new", Options: to("6.12")}, {Name: "old", Options: to("5.10")}},
			from:     []string{"6.12"},
		},
		{
			title: "variants: too complex for all kernels", source: flags(),
			variants: []codegen.Variant{
				{Name: "coarse", Options: codegen.Options{Budget: 100_000_000, Pinned: true}},
				{Name: "fine", Options: codegen.Options{Budget: 100, Pinned: true}},
			},
			from: []string{""},
		},
	}
}

// divide divides a signed number.
func divide(by string) string {
	return `pipeline divide xdp
default pass
var x i32 = -70
var y i32 = 10
stage start {
    x = x / ` + by + `
    if x == -7 { drop }
    pass
}
test "division" {
    packet ethernet{}
    expect drop
    packet ethernet{}
    expect pass
    expect x == 0
}
`
}

// flags has a program of which the verifier sees 2^20 states.
func flags() string {
	const k = 20
	var fields, tests strings.Builder
	for i := range k {
		fmt.Fprintf(&fields, "    b%d u8\n", i)
		fmt.Fprintf(&tests, "    if h.b%d == 1 { flags |= %#x }\n", i, 1<<i)
	}
	return "pipeline flags xdp\ndefault pass\nheader blob {\n" + fields.String() + "}\nstage start {\n    h := parse blob\n    flags := u32(0)\n" +
		tests.String() + "    if flags == 6 { drop }\n    pass\n}\ntest \"flags\" {\n    packet blob{b1: 1, b2: 1}\n    expect drop\n    packet blob{b1: 1}\n    expect pass\n}\n"
}

// variants runs pipelines of which kernels take one or the other variant.
func (r *recorder) variants() error {
	for _, c := range choices() {
		if !r.only.MatchString(c.title) {
			continue
		}
		p, list := check.Source("choice.tcc", c.source)
		if err := list.Err(); err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
		all, err := codegen.CompileVariants(p, c.variants)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
		if err := r.tests(c.title, p, codegen.Target{}, all, c.from...); err != nil {
			r.fails(c.title, err)
		}
	}
	return nil
}
