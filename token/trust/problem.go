package trust

import "fmt"

// Reason says which rule a certificate breaks.
type Reason int

// The reasons, in the order of checking.
const (
	ReasonUnknown Reason = iota
	Missing              // there is no certificate
	Clock                // no time to judge at
	NotYetValid          // the station's clock may also be wrong
	Expired              // leaf, CA or CHUID
	WeakKey              // key or signature algorithm
	Usage                // keyUsage, extendedKeyUsage, slot
	Extension            // unknown critical or malformed extension
	UnknownIssuer        // no path to a pinned anchor, or a signature on it is wrong
	PathLength
	Path   // any other fault of the path
	Policy // required certificate policy absent
	Card   // certificates and CHUID of the card contradict each other
)

var reasonText = map[Reason]string{
	Missing: "missing", Clock: "no time", NotYetValid: "not yet valid", Expired: "expired", WeakKey: "weak key or algorithm",
	Usage: "wrong usage", Extension: "unacceptable extension", UnknownIssuer: "unknown issuer", PathLength: "path too long",
	Path: "invalid path", Policy: "policy missing", Card: "card data contradict",
}

// String names r in English, for logs.
func (r Reason) String() string {
	if s, ok := reasonText[r]; ok {
		return s
	}
	return "unknown reason"
}

// Problem is why a certificate or card is not trusted.
type Problem struct {
	Reason Reason
	Err    error
}

func problem(r Reason, format string, args ...any) error {
	return &Problem{Reason: r, Err: fmt.Errorf(format, args...)}
}

// Error gives reason and detail.
func (p *Problem) Error() string { return p.Reason.String() + ": " + p.Err.Error() }

// Unwrap gives the detail.
func (p *Problem) Unwrap() error { return p.Err }
