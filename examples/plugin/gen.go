package main

//go:generate go tool tcc compile ../firewall/firewall.tcc
//go:generate go tool tcc compile dnsguard.tcc
