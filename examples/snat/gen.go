package main

//go:generate go tool tcc compile snat.tcc
