package main

//go:generate go tool tcc compile -variant whole -variant "cut -budget 500" policy.tcc
