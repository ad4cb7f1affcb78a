// Package oracle holds the compiler and the interpreter against each other on random programs.
//
// The claim to be tested has two halves: what the checker accepts the kernel's verifier accepts, and it means what the
// interpreter says, however the pipeline is cut into programs. A Case is one test of it, made from a seed: a source,
// what maps, configs and vars hold at first, and packets. Case.Run sends the packets through the interpreter and through
// several compiled forms of the pipeline, from one program to as many as can be. Any difference is a Failure.
//
// A program is written as text, from left to right, by a gen that knows what is in scope. Each construct of the language
// is a production: a few lines that write it, with a weight, in the file of its family. New constructs are new
// productions. All that a production writes must pass the checker; a program that doesn't is a failure as well.
//
//	gen        the writer, the shape of a pipeline      pool       numbers and addresses that meet again and again
//	decls      declarations                             scope      what a place in a stage can name
//	number, cond, value                                 expressions
//	locals, packets, payload, push, rewrite, state, match, flow, loop   statements
//	traffic, change                                     packets, and what user space does between them
//	guests, apart                                       stages compiled apart for the slots of the rest
//	files                                               declarations spread over files
//
// Constants come from a small pool, so that a program compares what it has stored before. Packets are made from the
// program's own headers and constants, and the interpreter picks those that get to statements that no other got to
// (traffic). What was really executed is counted by construct (cover).
//
// A Campaign runs the cases of many seeds and adds up a Report: TestOracle some thousands, the command in run for hours.
//
// What all this is worth is measured: the package mutations makes mistakes in the compiler, and its README has how the
// oracle found them.
//
// Reduce makes a failing case small. It works on the source's syntax tree, not on what the generator knew, so it
// reduces any program, hand-written ones too.
package oracle
