package main

//go:generate go tool tcc compile dns.tcc
