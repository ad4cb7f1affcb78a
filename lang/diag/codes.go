package diag

// Codes say what kind of mistake a diagnostic is about. They never change their meaning:
//
//	E01xx syntax
//	E02xx names and declarations
//	E03xx types
//	E04xx control
//	E05xx packets, headers and views
//	E06xx maps, counters and events
//	E07xx tests
//	E08xx limits

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

	"E0201": "unknown name",
	"E0202": "declared twice",
	"E0203": "reserved name",
	"E0204": "a local hides a declaration",
	"E0205": "the same name in Go",
	"E0206": "an incomplete pipeline",
	"E0208": "unknown type of pipeline",
	"E0209": "a struct that contains itself",
	"E0210": "another kind of name",
	"E0211": "nothing in it",
	"E0212": "two members with one value",
	"E0213": "no such field",
	"E0214": "unused local",
	"E0215": "stage out of reach",
	"E0220": "a file that cannot be imported",
	"E0221": "a line of the root file in another",
	"E0222": "frags of another type than xdp",

	"E0301": "mismatched types",
	"E0302": "implicit narrowing",
	"E0303": "a constant that does not fit",
	"E0304": "operator and operands",
	"E0305": "malformed literal",
	"E0306": "no such conversion",
	"E0307": "not a constant",
	"E0308": "not a value",
	"E0309": "not assignable",
	"E0310": "set or range",
	"E0311": "number of arguments",
	"E0312": "a type out of place",
	"E0313": "a field given twice",
	"E0320": "signed and unsigned",
	"E0321": "elements of an array",
	"E0322": "a variable index into a local array",

	"E0401": "a path without an end",
	"E0402": "unreachable statement",
	"E0403": "no such verdict",
	"E0404": "arguments of a goto",
	"E0405": "parameters of the entry",
	"E0406": "unreachable row",
	"E0407": "match not exhaustive",
	"E0408": "patterns of a row",
	"E0409": "an else where nothing fails",
	"E0410": "index of a goto",
	"E0411": "outside of what it leaves",
	"E0412": "parameters of a slot's stage",
	"E0414": "slot filled twice",
	"E0415": "a circle of stages without a bound",
	"E0416": "a circle of stages through a slots table",
	"E0417": "a bound that bounds nothing",
	"E0418": "range of a loop",

	"E0430": "a fn that decides on the packet",
	"E0431": "value of a return",
	"E0432": "a fn without a result",
	"E0433": "a value that is not used",
	"E0434": "a fn that calls itself",
	"E0435": "a fn that cannot be called",
	"E0436": "a long loop whose body cannot be a function",

	"E0440": "a stage for a slot of another pipeline",

	"E0501": "header not of whole bytes",
	"E0502": "field out of reach of a load",
	"E0503": "view out of place",
	"E0504": "no such field of the packet",
	"E0505": "read-only field of the packet",
	"E0506": "length of a header",
	"E0507": "read-only packet",
	"E0508": "use of the payload",

	"E0530": "views of a rewrite",
	"E0531": "a write that its rewrite does not keep up with",
	"E0532": "a field that no checksum can follow",
	"E0533": "addresses without their transport header",
	"E0534": "a statement out of place in a rewrite",
	"E0509": "stale view",

	"E0601": "key of a map",
	"E0602": "entry of a map read without a test",
	"E0603": "kind of a map",
	"E0604": "entry of an array deleted",
	"E0605": "counter out of place",
	"E0606": "index beyond the end",
	"E0607": "entry of a map changed without a test",
	"E0620": "stale reference",
	"E0608": "map of targets",
	"E0609": "lookup of a route",

	"E0701": "two tests of one name",
	"E0702": "expectation without a packet",
	"E0703": "not to be expected",
	"E0704": "expectation not met", // printed by tcc test

	"E0801": "size of a map",
	"E0802": "size of a struct",
	"E0803": "size of a counter",
	"E0804": "size of a slots table",
	"E0805": "length of a name",
	"E0806": "too many parameters",
	"E0808": "size of a header",
	"E0809": "size of a map's entry",
	"E0810": "calls that become too much code",
	"E0811": "size of an array",
	"E0812": "a value with too many parts",
	"E0813": "number of rounds",
	"E0814": "too many rounds of too much",
	"E0815": "too much imported",
	"E0816": "too much in one pipeline",
	"E0820": "no plan", // of the compiler: no cuts keep to the budget and the kernel's limits

}

// Title is the short name of a code, "" if there is no such code.
func Title(code string) string { return titles[code] }
