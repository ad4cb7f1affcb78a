package main

//go:generate go tool tcc compile l4lb.tcc
