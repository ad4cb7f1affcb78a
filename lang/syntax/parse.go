package syntax

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// item is the root of the grammar: one declaration.
type item struct {
	Decl Decl `parser:"@@ ';'*"`
}

// grammars are the parsers for the productions that are read one by one.
type grammars struct {
	item      *participle.Parser[item]
	structLit *participle.Parser[StructLit]
}

// grammar is built when it is first needed.
var grammar func() grammars

// The productions that are written by hand ask for the grammar, so that it can't be set where it is declared.
func init() { grammar = sync.OnceValue(buildGrammar) }

// buildGrammar compiles the `parser` tags of the AST.
func buildGrammar() grammars {
	p := participle.MustBuild[item](
		participle.Lexer(definition{}),
		participle.UseLookahead(0),
		participle.ParseTypeWith(readExpr),
		participle.ParseTypeWith(readHead),
		participle.ParseTypeWith(readOperand),
		participle.ParseTypeWith(readType),
		participle.Union[Decl](&StageDecl{}, &MapDecl{}, &CounterDecl{}, &ConfigDecl{}, &VarDecl{}, &StructDecl{}, &EnumDecl{},
			&EventDecl{}, &HeaderDecl{}, &TestDecl{}, &SlotsDecl{}, &SlotDecl{}, &FnDecl{}, &PipelineDecl{}, &DefaultDecl{},
			&LicenseDecl{}, &ImportDecl{}),
		participle.Union[TestStep](&TestPacket{}, &ExpectVerdict{}, &ExpectEqual{}, &TestMap{}, &TestConfig{}, &TestVar{},
			&TestNow{}, &TestRoute{}),
		// Assignments come first, so that all words but keywords can be names.
		participle.Union[Stmt](&LetStmt{}, &AssignStmt{}, &IfStmt{}, &ParseStmt{}, &GotoStmt{}, &VerdictStmt{}, &MatchStmt{},
			&EmitStmt{}, &SkipStmt{}, &DeleteStmt{}, &ForStmt{}, &BreakStmt{}, &ContinueStmt{}, &ReturnStmt{}, &RewriteStmt{},
			&PushStmt{}, &PopStmt{}, &CallStmt{}),
		participle.Union[Exit](&VerdictStmt{}, &GotoStmt{}),
		participle.Union[RowBody](&GotoStmt{}, &VerdictStmt{}, &Block{}, &BreakStmt{}, &ContinueStmt{}),
		participle.Union[ElseBranch](&Block{}, &IfStmt{}),
	)
	lit, err := participle.ParserForProduction[StructLit](p)
	if err != nil {
		panic(err) // the grammar holds no StructLit: a mistake in the tags
	}
	return grammars{item: p, structLit: lit}
}

// Parse reads a source file. The file holds what could be read, the list what is wrong with the rest. It reports at most
// one mistake a declaration, or all malformed tokens in it, and goes on with the next one.
func Parse(name, src string) (*File, diag.List) {
	file := &File{Name: name, Source: src}
	if d := checkText(name, src); d != nil {
		return file, diag.List{d}
	}
	s := scan(name, src)
	for i, c := range s.comments {
		file.Comments = append(file.Comments, &Comment{node: node{Tokens: s.comments[i : i+1]}, Text: c.Value})
	}
	if len(s.diags) >= maxErrors { // the rest isn't cut into tokens
		return file, s.diags
	}
	if d := checkNesting(s.tokens); d != nil {
		return file, append(s.diags, d)
	}
	p := &fileParser{file: file, tokens: s.tokens, diags: s.diags, scanned: len(s.diags)}
	p.run()
	file.whole = len(p.diags) == 0
	p.diags.Sort()
	return file, p.diags
}

// fileParser reads declaration after declaration.
type fileParser struct {
	file    *File
	tokens  []lexer.Token
	diags   diag.List
	scanned int // how many of them are about malformed tokens
}

// run reads all declarations.
func (p *fileParser) run() {
	reader := tokenReader(p.tokens)
	lex, err := lexer.Upgrade(&reader)
	if err != nil {
		panic(err) // a tokenReader has no errors
	}
	p.file.Tokens = lex.Range(0, lexer.RawCursor(len(p.tokens)-1))
	for skipSemicolons(lex); !lex.Peek().EOF() && len(p.diags) < maxErrors; {
		start := int(lex.RawCursor())
		it, err := grammar().item.ParseFromLexer(lex, participle.AllowTrailing(true))
		if err == nil {
			p.file.Decls = append(p.file.Decls, it.Decl)
			continue
		}
		next := p.resume(start, p.report(start, err))
		for int(lex.RawCursor()) < next {
			lex.Next()
		}
	}
}

func skipSemicolons(lex *lexer.PeekingLexer) {
	for lex.Peek().Value == ";" {
		lex.Next()
	}
}

// declWords start declarations.
var declWords = map[string]bool{
	"pipeline": true, "default": true, "license": true, "import": true, "config": true, "var": true, "enum": true,
	"struct": true, "header": true, "map": true, "counter": true, "event": true, "stage": true, "slots": true, "slot": true,
	"fn": true, "test": true,
}

// resume is the token at which the next declaration starts, after a mistake at token bad in the one that starts at token
// start. A declaration starts with its word outside of all braces; or in the first column, should a brace be missing.
func (p *fileParser) resume(start, bad int) int {
	depth := 0
	for i := start; i < len(p.tokens); i++ {
		t := p.tokens[i]
		switch {
		case t.EOF():
			return i
		case i > start && i >= bad && p.startsDecl(i) && (depth <= 0 || t.Pos.Column == 1):
			return i
		case t.Type != tokOp:
		case t.Value == "{" || t.Value == "(" || t.Value == "[":
			depth++
		case t.Value == "}" || t.Value == ")" || t.Value == "]":
			depth--
		}
	}
	return len(p.tokens) - 1
}

// startsDecl tells whether token i is a declaration's word, followed by a name or a string.
func (p *fileParser) startsDecl(i int) bool {
	if t := p.tokens[i]; t.Type != tokIdent || !declWords[t.Value] {
		return false
	}
	next := p.tokens[i+1].Type
	return next == tokIdent || next == tokString || next == tokKeyword
}
