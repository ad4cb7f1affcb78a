package syntax

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/alecthomas/participle/v2/lexer"
)

// TestPrintMutations prints declarations and statements with white space and comments in all places, and with some
// tokens changed where that still parses.
func TestPrintMutations(t *testing.T) {
	var units [][]lexer.Token
	file := mustParse(t, everything)
	Walk(file, func(n Node) bool {
		switch n := n.(type) {
		case *File, *Block, *MatchStmt, *StageDecl, *MatchRow, *IfStmt:
			return true
		case Decl:
			units = append(units, n.(interface{ tokens() []lexer.Token }).tokens())
		case Stmt:
			inStage := append(scan("f", "stage a {").tokens[:3:3], n.(interface{ tokens() []lexer.Token }).tokens()...)
			units = append(units, append(inStage, scan("f", "}").tokens[0]))
		}
		return true
	})
	const each = 40
	good := 0
	for i, unit := range units {
		for seed := range uint64(each) {
			src := mutate(rand.New(rand.NewPCG(seed, uint64(i))), unit)
			if _, diags := Parse("f", src); len(diags) == 0 {
				checkPrint(t, src)
				good++
			}
			if t.Failed() {
				return
			}
		}
	}
	if good < each*len(units)/2 {
		t.Errorf("only %d of %d sources parse", good, each*len(units))
	}
}

func (n *node) tokens() []lexer.Token { return n.Tokens }

// mutate writes tokens with random gaps, and sometimes drops, doubles or replaces one.
func mutate(r *rand.Rand, tokens []lexer.Token) string {
	gaps := []string{" ", " ", "\n", "\n\n", " // c\n", "\n\n\n", "\n// d\n", "\n\n  // e\n\n", "\t", " // f\n\n"}
	gaps = gaps[:2+r.IntN(len(gaps)-1)]
	changed := r.IntN(3 * len(tokens)) // most often beyond the end
	var b strings.Builder
	for i, tok := range tokens {
		words := []string{tok.Value}
		if i == changed {
			words = [][]string{{}, {tok.Value, tok.Value}, {tokens[r.IntN(len(tokens))].Value}, {tok.Value, ","}, {tok.Value, ";"}}[r.IntN(5)]
		}
		for _, w := range words {
			b.WriteString(w + gaps[r.IntN(len(gaps))])
		}
	}
	return b.String()
}
