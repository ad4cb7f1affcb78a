package syntax

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// The types of tokens. Comments are tokens too, but the grammar never sees them.
const (
	tokIdent lexer.TokenType = iota + 1
	tokKeyword
	tokBool
	tokInt
	tokDuration
	tokIP4
	tokIP6
	tokPrefix4
	tokPrefix6
	tokMAC
	tokString
	tokBlank  // _
	tokAssign // = += -= …
	tokOp     // all other punctuation
	tokComment
)

// symbols are the names that the grammar's tags give to token types.
var symbols = map[string]lexer.TokenType{
	"EOF": lexer.EOF, "Ident": tokIdent, "Keyword": tokKeyword, "Bool": tokBool, "Int": tokInt, "Duration": tokDuration,
	"IP4": tokIP4, "IP6": tokIP6, "Prefix4": tokPrefix4, "Prefix6": tokPrefix6, "MAC": tokMAC, "String": tokString,
	"Blank": tokBlank, "Assign": tokAssign, "Op": tokOp,
}

// keywords can't be names. All other words of the language can, where they can't be mistaken for the word.
var keywords = map[string]bool{
	"if": true, "else": true, "match": true, "for": true, "in": true, "goto": true,
	"break": true, "continue": true, "return": true,
}

// operators by length, so that the longest one is found first.
var operators = [...][]string{
	{"<<=", ">>="},
	{"..", "=>", ":=", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="},
	{"{", "}", "(", ")", "[", "]", ",", ";", ":", ".", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~"},
}

// assignments are the operators of an AssignStmt.
var assignments = map[string]bool{
	"=": true, "+=": true, "-=": true, "*=": true, "/=": true, "%=": true,
	"&=": true, "|=": true, "^=": true, "<<=": true, ">>=": true,
}

// scanner cuts source text into tokens. A malformed literal is reported and becomes a token of the kind that was meant,
// so that the parser doesn't complain about it again.
type scanner struct {
	name, src string
	pos       int
	line      int // the line of pos
	lineStart int // the offset at which that line starts
	tokens    []lexer.Token
	comments  []lexer.Token
	diags     diag.List
}

// scan cuts src into tokens, an EOF at the end of them, and comments.
func scan(name, src string) *scanner {
	s := &scanner{name: name, src: src, line: 1, tokens: make([]lexer.Token, 0, len(src)/4+1)}
	s.pos = len(src) - len(strings.TrimPrefix(src, "\ufeff"))
	for s.skipSpace(); s.pos < len(src) && len(s.diags) < maxErrors; s.skipSpace() {
		s.next()
	}
	s.tokens = append(s.tokens, lexer.EOFToken(s.end()))
	return s
}

// end is where the last token ends: a mistake at the end of the file is shown there, not on some empty line.
func (s *scanner) end() lexer.Position {
	if len(s.tokens) == 0 {
		return lexer.Position{Filename: s.name, Line: 1, Column: 1}
	}
	last := s.tokens[len(s.tokens)-1]
	end := last.Pos
	end.Offset += len(last.Value)
	end.Column += len(last.Value)
	return end
}

// skipSpace moves past blanks and counts lines.
func (s *scanner) skipSpace() {
	for ; s.pos < len(s.src); s.pos++ {
		switch s.src[s.pos] {
		case ' ', '\t', '\r':
		case '\n':
			s.line++
			s.lineStart = s.pos + 1
		default:
			return
		}
	}
}

// next reads one token or comment.
func (s *scanner) next() {
	rest := s.src[s.pos:]
	c := rest[0]
	switch {
	case strings.HasPrefix(rest, "//"):
		s.comments = append(s.comments, lexer.Token{Type: tokComment, Value: commentText(rest), Pos: s.at(s.pos)})
		s.pos += lineLen(rest)
	case strings.HasPrefix(rest, "/*"):
		s.report("E0111", 2, "a comment starts with `//` and ends with the line", "write `//` in front of each line")
		s.pos += 2
	case c == '"':
		s.str(rest)
	case (c == '\'' || c == '`') && s.quoted(rest):
	case isAddressByte(c) && s.address(rest):
	case isDigit(c):
		s.number(rest)
	case isLetter(c):
		s.word(rest)
	default:
		s.operator(rest)
	}
}

// at is the position of an offset on the current line.
func (s *scanner) at(offset int) lexer.Position {
	return lexer.Position{Filename: s.name, Offset: offset, Line: s.line, Column: offset - s.lineStart + 1}
}

// emit adds a token of n bytes and moves past it.
func (s *scanner) emit(typ lexer.TokenType, n int) {
	s.tokens = append(s.tokens, lexer.Token{Type: typ, Value: s.src[s.pos : s.pos+n], Pos: s.at(s.pos)})
	s.pos += n
}

// report adds an error about the next n bytes.
func (s *scanner) report(code string, n int, message, hint string) {
	span := tokenSpan(lexer.Token{Value: s.src[s.pos : s.pos+n], Pos: s.at(s.pos)})
	s.diags = append(s.diags, &diag.Diagnostic{Code: code, Span: span, Message: message, Hint: hint})
}

// commentText is the comment that s starts with, without blanks at its end.
func commentText(s string) string { return strings.TrimRight(s[:lineLen(s)], " \t\r") }

// lineLen is the length of the first line of s.
func lineLen(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// word reads a name, a keyword, true, false or `_`.
func (s *scanner) word(rest string) {
	n := prefixLen(rest, isWordByte)
	switch w := rest[:n]; {
	case w == "_":
		s.emit(tokBlank, n)
	case w == "true" || w == "false":
		s.emit(tokBool, n)
	case keywords[w]:
		s.emit(tokKeyword, n)
	default:
		s.emit(tokIdent, n)
	}
}

// operator reads punctuation, or reports a character that means nothing.
func (s *scanner) operator(rest string) {
	for i, ops := range operators {
		n := len(operators) - i
		if len(rest) < n {
			continue
		}
		for _, op := range ops {
			if rest[:n] != op {
				continue
			}
			if assignments[op] {
				s.emit(tokAssign, n)
			} else {
				s.emit(tokOp, n)
			}
			return
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	hint, skip := "", n
	switch r {
	case '\'', '`', '“', '”', '‘', '’', '„', '«', '»':
		hint = "strings stand in double quotes"
	case '#':
		hint, skip = hash(rest)
	}
	s.report("E0102", n, fmt.Sprintf("unexpected character %s", quoteRune(r)), hint)
	s.pos += skip
}

// hash is advice about a #, and how many bytes to skip: the whole line if it is a directive of C.
func hash(rest string) (hint string, skip int) {
	line, _, _ := strings.Cut(rest, "\n")
	switch {
	case strings.HasPrefix(line, "#include"):
		return "headers like `ipv4` are known; `import \"file.tcc\"` brings in what another file declares", len(line)
	case strings.HasPrefix(line, "#define"):
		return "a constant is a `config` or a member of an `enum`", len(line)
	}
	return "a comment starts with `//`", 1
}

// quoteRune shows a character, or its number if it can't be seen.
func quoteRune(r rune) string {
	if strconv.IsPrint(r) {
		return "`" + string(r) + "`"
	}
	return fmt.Sprintf("%U", r)
}

// str reads a string with Go's escapes.
func (s *scanner) str(rest string) {
	n := 1
	for ; n < len(rest) && rest[n] != '"'; n++ {
		if rest[n] == '\n' {
			break
		}
		if rest[n] == '\\' && n+1 < len(rest) && rest[n+1] != '\n' {
			n++
		}
	}
	if n >= len(rest) || rest[n] != '"' {
		n = len(strings.TrimRight(rest[:min(n, len(rest))], " \t\r"))
		s.report("E0105", n, "the string has no closing `\"`", "")
		s.emit(tokString, n)
		return
	}
	n++
	if _, err := strconv.Unquote(rest[:n]); err != nil {
		s.report("E0105", n, "the string has an unknown escape", `known are \n \t \r \" \\ \xNN \uNNNN and Go's others`)
	}
	s.emit(tokString, n)
}

// quoted reports text in quotes that are no string's, if they are closed on the same line.
func (s *scanner) quoted(rest string) bool {
	n := 1
	for n < len(rest) && rest[n] != rest[0] && rest[n] != '\n' {
		n++
	}
	if n == len(rest) || rest[n] == '\n' {
		return false
	}
	s.report("E0105", n+1, "strings stand in double quotes", "")
	s.emit(tokString, n+1)
	return true
}

func isDigit(c byte) bool    { return c >= '0' && c <= '9' }
func isLetter(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) }
func isHex(c byte) bool      { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// prefixLen is the length of the longest prefix of s whose bytes are all ok.
func prefixLen(s string, ok func(byte) bool) int {
	for i := range len(s) {
		if !ok(s[i]) {
			return i
		}
	}
	return len(s)
}

// Symbols is for participle: the token types by name.
func (definition) Symbols() map[string]lexer.TokenType { return symbols }

// Lex is for participle.
func (definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	tokens := tokenReader(scan(name, string(src)).tokens)
	return &tokens, nil
}

// definition shows the scanner to participle.
type definition struct{}

// tokenReader hands out tokens that were read before.
type tokenReader []lexer.Token

// Next is the next token; the last one is EOF.
func (r *tokenReader) Next() (lexer.Token, error) {
	t := (*r)[0]
	*r = (*r)[1:]
	return t, nil
}
