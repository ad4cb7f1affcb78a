package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// The limits of a source file. They keep recursion over the tree shallow, here and in every later pass.
const (
	maxSource  = 4 << 20 // bytes
	maxNesting = 200     // levels of brackets, prefix operators, array types
	maxChain   = 1000    // operators in a row, `else` in a row
	maxErrors  = 50      // mistakes that are reported
)

// checkText refuses what isn't source text at all.
func checkText(name, src string) *diag.Diagnostic {
	if len(src) > maxSource {
		return textError(name, src, 0, 0, "E0107", fmt.Sprintf("the file has %d bytes, the most is %d", len(src), maxSource))
	}
	if i := strings.IndexByte(src, 0); i >= 0 {
		return textError(name, src, i, 1, "E0106", "the file holds a zero byte; source files are UTF-8 text")
	}
	for i, r := range src {
		if r == utf8.RuneError && !strings.HasPrefix(src[i:], "\uFFFD") {
			return textError(name, src, i, 1, "E0106", "the file is not valid UTF-8 here")
		}
	}
	return nil
}

// textError points at n bytes of unscanned text.
func textError(name, src string, offset, n int, code, message string) *diag.Diagnostic {
	before := src[:offset]
	start := diag.Pos{Offset: offset, Line: 1 + strings.Count(before, "\n"), Col: offset - strings.LastIndexByte(before, '\n')}
	end := diag.Pos{Offset: offset + n, Line: start.Line, Col: start.Col + n}
	return &diag.Diagnostic{Code: code, Span: diag.Span{File: name, Start: start, End: end}, Message: message}
}

// checkNesting refuses brackets and chains of `else` that nest too deep for the recursion of later passes.
func checkNesting(tokens []lexer.Token) *diag.Diagnostic {
	depth := 0
	elses := make([]int, maxNesting+1) // by depth: how many `else` follow one another
	for i, t := range tokens {
		switch t.Value {
		case "{", "(", "[":
			if depth++; depth > maxNesting {
				return limitError(t, fmt.Sprintf("brackets nest at most %d levels", maxNesting))
			}
			elses[depth] = 0
		case "}", ")", "]":
			depth = max(depth-1, 0)
		case "else":
			if elses[depth]++; elses[depth] > maxChain {
				return limitError(t, fmt.Sprintf("at most %d `else` can follow one another", maxChain))
			}
		case "if", "goto", "parse", "peek", "skip", "need", "=":
			if i > 0 && tokens[i-1].Value != "else" {
				elses[depth] = 0
			}
		}
	}
	return nil
}

func limitError(t lexer.Token, message string) *diag.Diagnostic {
	return &diag.Diagnostic{Code: "E0108", Span: tokenSpan(t), Message: message}
}
