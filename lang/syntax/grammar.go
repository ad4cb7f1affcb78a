package syntax

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// handWritten are the productions that expr.go reads; %s are the operators, by precedence.
const handWritten = `Expr = Expr2 (%s Expr2)* .
Expr2 = Expr3 (%s Expr3)* .
Expr3 = Expr4 (%s Expr4 | "in" Set)* .
Expr4 = Expr5 (%s Expr5)* .
Expr5 = Unary (%s Unary)* .
Unary = ("!" | "-" | "~")* Operand .
Operand = Primary ("." Ident | "[" Expr "]")* .
Primary = Ident | Literal | Call | StructLit | ArrayLit | "(" Expr ")" .
Call = Ident "(" (Expr ("," Expr)* ","?)? ")" .
ArrayLit = "[" Expr ("," Expr)* ","? "]" .
Literal = <int> | <bool> | <duration> | <ip4> | <ip6> | <prefix4> | <prefix6> | <mac> | <string> .   // behind a word, a <string>
Set = Expr4 (".." Expr4)? .
Range = Expr4 ".." Expr4 .
Index = Operand .   // that ends in "[" Expr "]"
HeadExpr = Expr .   // with struct literals in parentheses only
Pattern = ("_" | Set) ("|" ("_" | Set))* .   // here "|" is an operator in parentheses only
TypeExpr = ("[" Expr "]")* Ident .
BreakStmt = "break" .
ContinueStmt = "continue" .`

// Grammar is the language's grammar in EBNF, one production a line: what participle made of the tags, without the
// look-ahead that only says which alternative to take, and the productions that are written by hand.
func Grammar() string {
	lines := []string{`File = ";"* Item* .`}
	for line := range strings.Lines(grammar().item.String()) {
		lines = append(lines, tidyProduction(strings.TrimSuffix(line, "\n")))
	}
	return strings.Join(append(lines, fmt.Sprintf(handWritten, operatorLists()...)), "\n") + "\n"
}

// operatorLists are the binary operators of each precedence but `in`, the loosest first.
func operatorLists() []any {
	lists := make([][]string, 6)
	for op, prec := range precedences {
		if op != "in" {
			lists[prec] = append(lists[prec], `"`+op+`"`)
		}
	}
	var out []any
	for _, ops := range lists[1:] {
		slices.Sort(ops)
		text := strings.Join(ops, " | ")
		if len(ops) > 1 {
			text = "(" + text + ")"
		}
		out = append(out, text)
	}
	return out
}

var (
	lookAhead = regexp.MustCompile(`\(\?[=!] (?:"[^"]*"|[^()"]|\((?:"[^"]*"|[^()"]|\((?:"[^"]*"|[^()"])*\))*\))*\) ?`)
	needless  = regexp.MustCompile(`([ (])\(("[^"]*"|\w+)\)`)
)

// tidyProduction drops look-ahead groups, and the parentheses that are left around a single term.
func tidyProduction(line string) string {
	return needless.ReplaceAllString(lookAhead.ReplaceAllString(line, ""), "$1$2")
}
