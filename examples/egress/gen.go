package main

//go:generate go tool tcc compile egress.tcc
