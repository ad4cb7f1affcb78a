package main

//go:generate go tool tcc compile -budget 1000 policy.tcc
