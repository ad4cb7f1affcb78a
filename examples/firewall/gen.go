package main

//go:generate go tool tcc compile firewall.tcc
//go:generate go tool tcc explain -budget 100 -svg firewall.svg firewall.tcc
