package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
)

// wanted are constructs that a few hundred programs must execute, by the names that cover gives them.
func wanted() (names []string) {
	add := func(format string, args ...any) { names = append(names, fmt.Sprintf(format, args...)) }
	for _, t := range ints {
		for _, op := range []string{"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "in"} {
			add("%v %s", t, op)
		}
		for _, op := range []string{"=", "+=", "-=", "^=", "&="} {
			add("local %s %v", op, t)
		}
		add("%v prefix -", t)
		add("%v prefix ~", t)
		add("var ^= %v", t)
		add("reference += %v", t)
		add("match %v", t)
		add("parameter %v", t)
		for _, from := range ints {
			add("%v of %v", t, from)
		}
		add("payload %v", t)
		add("payload = %v", t)
		add("payload ^= %v else", t)
		add("%v of bool", t)
		add("%v of enum", t)
	}
	for _, t := range []string{"u8", "u32", "u64", "i16", "ip4", "bool", "view"} {
		add("call with %s", t)
	}
	for _, t := range []string{"u8", "u32", "u64", "i32", "i64", "ip4", "bool", "enum", "nothing"} {
		add("call for %s", t)
	}
	for _, kind := range mapKinds {
		for _, what := range []string{"lookup", "update", "update else", "update else goto", "in"} {
			add("%s %s", kind, what)
		}
		if kind != check.ArrayMap && kind != check.PerCPUArray {
			add("%s delete", kind)
		}
	}
	for _, t := range []string{"ip4", "ip6", "mac", "bool", "enum"} {
		for _, op := range []string{"==", "!="} {
			add("%s %s", t, op)
		}
		add("local = %s", t)
		add("var = %s", t)
		add("match %s", t)
		add("parameter %s", t)
	}
	add("pipeline xdp frags")
	for _, t := range check.PipelineTypes {
		add("pipeline %s", t.Name)
		for _, v := range t.Verdicts {
			add("%s %s", t.Name, v.Name)
		}
	}
	for _, word := range []string{"parse", "parse with length", "peek", "peek with length", "let", "skip", "need", "push in front", "push after", "pop", "pop with length", "goto slot", "goto slots"} {
		add("%s", word)
		add("%s else", word)
		add("%s else goto", word)
	}
	for _, word := range []string{"parse", "parse with length", "peek", "skip", "need", "push in front", "push after", "pop", "pop with length", "goto slot", "goto slots", "goto back", "hash update",
		"percpu_hash update", "lpm update", "array update"} {
		add("%s failed", word)
	}
	return append(names, "for", "for in for", "five blocks deep", "element by a computed index", "bool &&", "bool ||", "bool prefix !", "ip4 in", "ip6 in", "ip4 &", "ip6 &", "mac &", "u32 of ip4", "ip4 of u32",
		"let", "if", "if else", "goto", "emit", "counter of enum", "counter of numbers", "struct literal", "fib ip4", "fib ip4 else", "fib ip4 found", "fib ip6 found", "fib ip6", "fib ip6 else", "now()", "random()", "cpu()",
		"match table", "match large table", "match many rows", "pattern value", "pattern range", "pattern prefix",
		"parameter struct", "parameter view", "local = struct", "reference = struct",
		"read u1 in 1 bytes", "read u4 in 1 bytes", "read u16", "read u32", "read ip4", "read ip6", "read mac",
		"write u1 in 1 bytes", "write u16", "write u32", "write ip4", "write ip6", "write mac", "write packet.mark", "write packet.priority",
		"read packet.len", "read packet.mark",
		"call with the packet", "call with the cursor", "call with failure",
		"rewrite", "rewrite of ipv4", "rewrite of ipv6", "rewrite of tcp", "rewrite of udp", "rewrite of icmp", "rewrite of icmp6")
}
