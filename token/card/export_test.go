package card

// For the tests of the parsers.
var (
	ParseTLV         = parseTLV
	ParseCHUID       = parseCHUID
	ParseCertificate = parseCertificate
)

// Limits the tests check against.
const (
	MaxResponse    = maxResponse
	MaxCertificate = maxCertificate
)

// Values lists the values of parsed fields.
func Values(fields []field) [][]byte {
	var out [][]byte
	for _, f := range fields {
		out = append(out, f.value)
	}
	return out
}
