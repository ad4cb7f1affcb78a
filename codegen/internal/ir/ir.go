// Package ir is the compiler's intermediate representation: SSA with block parameters.
//
// A Module is one pipeline. Before the splitter it holds a single Func with every stage in it: `goto stage(args)` is a
// jump with arguments to the stage's first block. After the splitter it holds one Func a program, and some of those
// jumps have become stores of carried state and a tail call. Nothing else changes: both are ordinary IR, printed,
// parsed, verified and optimised by the same code.
//
// A subprogram is a Func of its own from the beginning on, and the splitter leaves it whole. The parameters of its first
// block are its arguments, and its Ret returns a number to the caller. The body of a loop can be one too: its argument is
// the number of the round, and what it returns is whether that was the last.
//
// Values are numbers (I32, I64) or pointers into one of three memories: the packet, map values, and stack objects.
// An I32 is always zero-extended in its 64-bit register, as the machine does it. Narrower language types are I32s whose
// upper bits are kept zero by explicit `and`s. Numbers that are addresses (ip4, …) are kept as their bytes lie in
// memory; constants of that kind are WConst, so that the IR is the same for both byte orders.
package ir

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// Module is one pipeline.
type Module struct {
	Name     string // the pipeline's, and the entry program's
	ProgType string // "xdp", "tc", "cgroup_skb" or "socket"; ProgTypes has what each can do
	Frags    bool   // xdp: packets may come in several buffers
	License  string
	Target   Target // the kernels it is for
	Default  int32  // the verdict code of `default`
	Maps     []*Map
	Globals  []*Global
	Funcs    []*Func // Funcs[0] holds the entry
	Subs     []*Func // what programs call; a subprogram after those that it calls
}

// Sub finds a subprogram by name, nil if there is none.
func (m *Module) Sub(name string) *Func {
	for _, f := range m.Subs {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// All are the programs and the subprograms.
func (m *Module) All() []*Func { return slices.Concat(m.Funcs, m.Subs) }

// IsTargets reports whether a map holds targets of Redirect, and nothing that a program can read.
func (k MapKind) IsTargets() bool { return k == DevMap || k == CPUMap || k == XSKMap }

// MapKind names a kernel map type as the language or the compiler uses it.
type MapKind string

// Kinds beyond those of the language (check.MapKind has hash, lru_hash, …).
const (
	ProgArray MapKind = "prog_array"
	RingBuf   MapKind = "ringbuf"
	DevMap    MapKind = "devmap"
	CPUMap    MapKind = "cpumap"
	XSKMap    MapKind = "xskmap"
)

// Map is a map the programs refer to by name. Layouts of keys and values stay with the artifact; here only sizes count.
type Map struct {
	Name               string
	Kind               MapKind
	KeySize, ValueSize int // bytes
	Max                uint32
	Programs           map[uint32]string // initial slots of a prog array: index → Func name
	Args               []int             // bytes of each argument of a call through a slots table, the cursor last
	Foreign            bool              // a slots table of another pipeline, for which there are roots here; not a map of this one
}

// Global is a config (read-only) or var.
type Global struct {
	Name  string
	Size  int // bytes
	Const bool
}

// A Func is a control-flow graph. Before the splitter the roots beside the entry are the stages of slots.
type Func struct {
	Name   string
	Index  int      // in tcc_stages; -1: not reached through it
	Blocks []*Block // Blocks[0] is the entry; the rest in any order
	Roots  []*Root  // further entries (slot stages); empty after the splitter
	Result int      // a subprogram: bytes of what it returns, zero-extended; 0: this is a program
	Ctx    bool     // a subprogram: before its other arguments it gets the context, which it passes on and looks at the packet by
	Loop   bool     // a subprogram with Ctx: it is the body of a Loop, and finds the context in the object of that, not among its arguments

	nextValue, nextBlock int
}

// Root is an entry of a Func besides Blocks[0]: a stage that a slots table calls. Its block has no predecessors, and
// its parameters, in order, are the calling convention of the table.
type Root struct {
	Stage string
	Table string // the slots table whose convention it follows
	Block *Block
}

// Block is a basic block.
type Block struct {
	ID     int
	Params []*Value // Op == Param
	Insts  []*Value
	Term   Term
	Stage  string // the stage it came from; for names and reports
	Start  bool   // the first block of its stage
	Cold   bool   // leads to default, drop or an else only
}

// Value is an instruction or a block parameter. It is its own result.
type Value struct {
	ID     int
	Op     Op
	Type   Type
	Cond   Cond   // Cmp
	Size   int    // Load, Store, XAdd, WConst, CallFn: bytes; MemAdd: of an element; Obj: of the whole object; Param: bytes of the source type, if known
	Imm    int64  // Const, WConst: the number; Load, Store, XAdd: displacement
	Sym    string // the map, global, context field or subprogram
	Args   []*Value
	Fields []ObjField // Obj: where each argument lies
	Block  *Block
	Span   diag.Span
	Name   string // the source variable's, for reports; may be empty
}

// ObjField places one argument of an Obj. Bytes not covered are zero.
type ObjField struct{ Offset, Size int }

// Term ends a block.
type Term struct {
	Op    TermOp
	Cond  Cond   // Br
	Imm   int64  // Check: bytes needed from the pointer on
	Sym   string // SlotCall: the slots table; TailCall: the prog array
	Args  []*Value
	Succs []Edge
	Span  diag.Span
}

// Edge goes to a block with one argument a parameter.
type Edge struct {
	To   *Block
	Args []*Value
}

// Type is the type of a value.
type Type uint8

// Types. None is the type of instructions without a result.
const (
	None Type = iota
	I32
	I64
	Pkt // pointer into the packet; never carried, never a block parameter
	End // the packet's end; never carried, never a block parameter
	Mem // pointer to a map value or global; null if Lookup missed; never carried, never a block parameter
	Obj // an immutable object on the stack: key, value, event or copy of a header; made anew after a cut
)

// Cond is the condition of Br and Cmp. The comparison is 32 or 64 bits wide by the type of its operands.
type Cond uint8

// Conditions. Set is `x & y != 0`.
const (
	NoCond Cond = iota
	Eq
	Ne
	ULt
	ULe
	UGt
	UGe
	SLt
	SLe
	SGt
	SGe
	Set
)

// Op is an operation.
type Op uint8

// The operations. Optable has what the compiler must know of each.
const (
	Invalid Op = iota
	Param      // a block's parameter
	Const      // Imm
	WConst     // the number Imm in wire order, Size bytes: what lies in memory when Imm is stored big-endian

	Add
	Sub
	Mul
	Div  // x / 0 = 0
	Mod  // x % 0 = x
	SDiv // of signed numbers, rounded towards zero; x / 0 = 0, and the least number / -1 is itself
	SMod // its rest, with the sign of x; x % 0 = x
	And
	Or
	Xor
	Shl // counts are masked
	Shr
	Sar
	Zext  // I32 → I64
	Trunc // I64 → I32
	BE16  // between host and wire order, both ways; the result is zero-extended
	BE32
	BE64
	Cmp    // Args[0] Cond Args[1]: 0 or 1 (I32)
	Forget // Args[0], but the verifier no longer knows anything about it

	Data    // start of the packet
	DataEnd // end of the packet
	HeadLen // bytes between Data and DataEnd (I32)
	PktAdd  // Args[0] + Args[1]; Args[1] is an I64 of at most CursorMax
	MemAdd  // element Args[1] (I64) of the Imm elements of Size bytes that lie at Args[0] (Mem); one out of range is the first
	Load    // Size bytes at Args[0]+Imm, zero-extended: I32, or I64 if Size is 8. In an Obj, Imm is a multiple of Size
	Store   // Args[1] to Args[0]+Imm
	XAdd    // atomic add of Args[1] to Size (4 or 8) bytes at Args[0]+Imm

	CtxLoad    // the context field Sym (for "cb" Size bytes at byte Imm): I32, or I64 if Size is 8
	CtxStore   // Args[0] to the context field Sym
	GlobalAddr // address of the global Sym (Mem, never null)
	MakeObj    // Size bytes with Args at Fields
	Lookup     // in map Sym the key Args[0] (Obj): Mem or null
	Update     // in map Sym the key Args[0], value Args[1]: 0 or negative (I64)
	Delete     // in map Sym the key Args[0]: 0 or negative (I64)
	Output     // the record Args[0] to ring buffer Sym: 0 or negative (I64)
	Now        // nanoseconds, monotonic (I64)
	Random     // I32
	CPU        // I32
	Pull       // tc: make Args[0] (I32) bytes of the packet linear
	Resize     // the packet by Args[0] (I32, signed) bytes: on xdp at its front, on tc behind 14 bytes. 0 or negative (I64)
	NetByte    // tc: 0 if Args[0] (I32) bytes behind the start of the network header is a linear byte, else negative (I64)
	Fetch      // Size bytes of the packet, which are there, from the offset Args[0]+Imm on (Obj); where packets are read-only
	CsumL4     // tc: the TCP or UDP checksum at the offset Args[0]+Imm, which is even, changes by Args[1] (I32); Sym has its CsumFlags
	CsumAdd    // tc: the sum of all bytes behind the Ethernet header, if the kernel holds it, changes by Args[0] (I32)
	BufLen     // xdp with frags: the length of the packet (I32)
	StoreBytes // xdp with frags: the object Args[1] to the offset Args[0]+Imm of the packet, which is there
	Notes      // the Size bytes in front of the packet that programs leave notes in (Mem); null if there are fewer
	NotesGrow  // Imm bytes more in front of the packet, or less if negative: 0 or negative (I64)
	Redirect   // the packet to interface Args[0] (I32) with flags Imm, or to its entry of map Sym, Imm if there is none: verdict code (I32)
	CallFn     // the result of subprogram Sym with Args, which are numbers: a number of Size bytes, zero-extended
	Fib        // a copy of MakeObj's object, of FibSize bytes, after bpf_fib_lookup has worked on it; at FibParams its status, 0 if there is a route
	Loop       // a copy of MakeObj's object, of Size bytes, after sub Sym, the body of a loop, has worked on it Imm times, or until it returned 1; LoopContext bytes at its begin are its own
	LoopState  // in the body of a loop: the object of the Loop (Mem, never null)
	opCount
)

// LoopContext is where the fields of a Loop's object begin, in bytes: before lies what the body finds the context by.
const LoopContext = 8

// Sizes of Fib: struct bpf_fib_lookup, and all of the object.
const (
	FibParams = 64
	FibSize   = 72
)

// TermOp is the kind of a terminator.
type TermOp uint8

// The terminators.
const (
	NoTerm   TermOp = iota
	Jump            // Succs[0]
	Br              // Args[0] Cond Args[1] ? Succs[0] : Succs[1]
	Check           // Args[0] (Pkt) + Imm <= Args[1] (End) ? Succs[0] : Succs[1]
	Ret             // verdict code Args[0] (I32); of a subprogram, its result
	SlotCall        // slot Args[0] (I32) of table Sym with Args[1:] by its convention; a miss goes to Succs[0], where all Pkt and End are dead. Gone after the splitter
	TailCall        // program Args[0] (I32) of prog array Sym; a miss goes to Succs[0], where all Pkt and End are dead
)

// OpInfo is what the compiler must know of an operation.
type OpInfo struct {
	Name   string
	Args   int  // number of arguments; -1: any
	Pure   bool // no effect, and the result depends on the arguments (and Imm, Sym…) alone: may be merged, moved, dropped
	Drop   bool // no effect, but reads memory or the clock: may be dropped if unused, not moved over stores and calls
	Commut bool
	Call   bool // lowers to a helper call: r0–r5 die
	Moves  bool // the packet may lie elsewhere afterwards: every Pkt and End value is dead
}

// Optable has a row for every Op.
var Optable = [opCount]OpInfo{
	Invalid:    {Name: "invalid"},
	Param:      {Name: "param"},
	Const:      {Name: "const", Pure: true},
	WConst:     {Name: "wconst", Pure: true},
	Add:        {Name: "add", Args: 2, Pure: true, Commut: true},
	Sub:        {Name: "sub", Args: 2, Pure: true},
	Mul:        {Name: "mul", Args: 2, Pure: true, Commut: true},
	Div:        {Name: "div", Args: 2, Pure: true},
	Mod:        {Name: "mod", Args: 2, Pure: true},
	SDiv:       {Name: "sdiv", Args: 2, Pure: true},
	SMod:       {Name: "smod", Args: 2, Pure: true},
	And:        {Name: "and", Args: 2, Pure: true, Commut: true},
	Or:         {Name: "or", Args: 2, Pure: true, Commut: true},
	Xor:        {Name: "xor", Args: 2, Pure: true, Commut: true},
	Shl:        {Name: "shl", Args: 2, Pure: true},
	Shr:        {Name: "shr", Args: 2, Pure: true},
	Sar:        {Name: "sar", Args: 2, Pure: true},
	Zext:       {Name: "zext", Args: 1, Pure: true},
	Trunc:      {Name: "trunc", Args: 1, Pure: true},
	BE16:       {Name: "be16", Args: 1, Pure: true},
	BE32:       {Name: "be32", Args: 1, Pure: true},
	BE64:       {Name: "be64", Args: 1, Pure: true},
	Cmp:        {Name: "cmp", Args: 2, Pure: true},
	Forget:     {Name: "forget", Args: 1, Drop: true},
	Data:       {Name: "data", Drop: true}, // pure but for what Moves
	DataEnd:    {Name: "dataend", Drop: true},
	HeadLen:    {Name: "headlen", Drop: true},
	PktAdd:     {Name: "pktadd", Args: 2, Pure: true},
	MemAdd:     {Name: "memadd", Args: 2, Pure: true},
	Load:       {Name: "load", Args: 1, Drop: true},
	Store:      {Name: "store", Args: 2},
	XAdd:       {Name: "xadd", Args: 2},
	CtxLoad:    {Name: "ctxload", Drop: true},
	CtxStore:   {Name: "ctxstore", Args: 1},
	GlobalAddr: {Name: "global", Pure: true},
	MakeObj:    {Name: "obj", Args: -1, Pure: true},
	Lookup:     {Name: "lookup", Args: 1, Drop: true, Call: true},
	Update:     {Name: "update", Args: 2, Call: true},
	Delete:     {Name: "delete", Args: 1, Call: true},
	Output:     {Name: "output", Args: 1, Call: true},
	Now:        {Name: "now", Drop: true, Call: true},
	Random:     {Name: "random", Drop: true, Call: true},
	CPU:        {Name: "cpu", Drop: true, Call: true},
	Pull:       {Name: "pull", Args: 1, Call: true, Moves: true},
	CsumL4:     {Name: "csuml4", Args: 2, Call: true, Moves: true},
	CsumAdd:    {Name: "csumadd", Args: 1, Call: true},
	Resize:     {Name: "resize", Args: 1, Call: true, Moves: true},
	NetByte:    {Name: "netbyte", Args: 1, Drop: true, Call: true},
	BufLen:     {Name: "buflen", Drop: true, Call: true},
	StoreBytes: {Name: "storebytes", Args: 2, Call: true},
	Notes:      {Name: "notes", Drop: true},
	NotesGrow:  {Name: "notesgrow", Call: true, Moves: true},
	Redirect:   {Name: "redirect", Args: 1, Call: true},
	Fetch:      {Name: "fetch", Args: 1, Drop: true, Call: true},
	CallFn:     {Name: "call", Args: -1, Call: true},
	Fib:        {Name: "fib", Args: -1, Drop: true, Call: true},
	Loop:       {Name: "loop", Args: -1, Call: true, Moves: true},
	LoopState:  {Name: "loopstate", Pure: true},
}

func (o Op) String() string { return Optable[o].Name }

// Info is the op's row of the table.
func (o Op) Info() *OpInfo { return &Optable[o] }

var condNames = [...]string{"", "eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge", "set"}

func (c Cond) String() string { return condNames[c] }

var typeNames = [...]string{"none", "i32", "i64", "pkt", "end", "mem", "obj"}

func (t Type) String() string { return typeNames[t] }

var termNames = [...]string{"none", "jump", "br", "check", "ret", "slotcall", "tailcall"}

func (t TermOp) String() string { return termNames[t] }

// NewBlock adds an empty block.
func (f *Func) NewBlock(stage string) *Block {
	b := &Block{ID: f.nextBlock, Stage: stage}
	f.nextBlock++
	f.Blocks = append(f.Blocks, b)
	return b
}

// NewValue makes a value of f that stands in no block yet.
func (f *Func) NewValue(op Op, t Type, span diag.Span, args ...*Value) *Value {
	v := &Value{ID: f.nextValue, Op: op, Type: t, Span: span, Args: args}
	f.nextValue++
	return v
}

// AddParam gives the block one more parameter.
func (f *Func) AddParam(b *Block, t Type, name string, span diag.Span) *Value {
	v := f.NewValue(Param, t, span)
	v.Block, v.Name = b, name
	b.Params = append(b.Params, v)
	return v
}

// Append puts a value at the end of the block.
func (b *Block) Append(v *Value) *Value {
	v.Block = b
	b.Insts = append(b.Insts, v)
	return v
}
