package main

//go:generate go tool tcc compile ratelimit.tcc
