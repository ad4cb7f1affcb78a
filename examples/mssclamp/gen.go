package main

//go:generate go tool tcc compile mssclamp.tcc
