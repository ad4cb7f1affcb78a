package main

//go:generate go tool tcc compile -budget 500 policy.tcc
