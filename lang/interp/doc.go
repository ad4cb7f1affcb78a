// Package interp is the reference interpreter: the meaning of the language, in as few words as possible.
//
// It walks the checked AST and knows nothing of the compiler, so that the two can be held against each
// other. Where they differ, this package is right, or the reference is wrong.
//
// Four ideas carry it.
//
// A Value is the list of its scalar leaves, as types.Leaves names them. A leaf is a plain number; parts of
// addresses are the big-endian numbers of their bytes. So equality, order and masks of any type are
// operations on lists of numbers, and the byte order of the machine is seen only by Encode and Decode.
//
// Memory is a Value too. Slices alias, so the field of a struct is a subslice, a reference to a map's entry is
// the entry's own Value, and a store is a copy into it. A let copies; a reference does not.
//
// A view is a Value of one leaf: its offset from the start of the packet. Its fields are read from and
// written to the packet's bytes directly.
//
// A statement returns how control leaves it: nil to go on, else an exit: a verdict, or a stage and its
// arguments. Run is the loop that follows exits until one is a verdict, so a goto costs no stack.
//
// The machine has one CPU: per-CPU maps and counters hold one value an entry. Its event ring is never full
// and its LRU maps never evict.
package interp
