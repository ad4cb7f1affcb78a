package ir

import "slices"

// CsumFlags say of a CsumL4 what kind of change it is.
type CsumFlags struct {
	Pseudo   bool // of the pseudo header, which a checksum covers that is left to the network card too
	Optional bool // the checksum is that of UDP: 0 says that there is none
}

// csumSyms are the names of all flags, by their bits.
var csumSyms = []string{"", "pseudo", "optional", "optional_pseudo"}

// Sym is the flags' name.
func (f CsumFlags) Sym() string {
	i := 0
	if f.Pseudo {
		i |= 1
	}
	if f.Optional {
		i |= 2
	}
	return csumSyms[i]
}

// CsumFlags are those of a CsumL4.
func (v *Value) CsumFlags() CsumFlags {
	i := slices.Index(csumSyms, v.Sym)
	return CsumFlags{Pseudo: i&1 > 0, Optional: i&2 > 0}
}
