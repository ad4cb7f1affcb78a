package diag

// Codes say what kind of mistake a diagnostic is about. They never change their meaning:
//
//	E01xx syntax

// titles are the codes and what they stand for.
var titles = map[string]string{
	"E0101": "unexpected token",
	"E0102": "unexpected character",
	"E0103": "malformed number",
	"E0104": "malformed address",
	"E0105": "malformed string",
	"E0106": "not a text file",
	"E0107": "file too large",
	"E0108": "nested too deep",
	"E0110": "struct literal in front of a block",
	"E0111": "unknown form of comment",
}

// Title is the short name of a code, "" if there is no such code.
func Title(code string) string { return titles[code] }
