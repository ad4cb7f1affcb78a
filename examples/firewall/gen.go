package main

//go:generate go tool tcc compile firewall.tcc
