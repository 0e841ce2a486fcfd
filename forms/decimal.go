package forms

import (
	"math/big"
	"strings"
)

// maxDigits is what a spreadsheet keeps of a number (IEEE 754 binary64 holds 15
// decimal digits without loss).
const maxDigits = 15

// isNumber: a decimal number of things or kilograms: no sign, no leading zeros,
// no exponent, at most 15 digits.
func isNumber(s string) bool {
	whole, fraction, dotted := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!dotted || digits(fraction)) && len(whole)+len(fraction) <= maxDigits
}

// decimal adds numbers exactly and keeps as many places as the finest of them.
type decimal struct {
	value  big.Rat
	places int
	any    bool // something was added
}

func (d *decimal) add(s string, sign int64) {
	if s == "" {
		return
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return // checked before
	}
	d.any = true
	d.value.Add(&d.value, r.Mul(r, big.NewRat(sign, 1)))
	if i := strings.IndexByte(s, '.'); i >= 0 {
		d.places = max(d.places, len(s)-i-1)
	}
}

func (d *decimal) String() string { return d.value.FloatString(d.places) }

// balance is plus less minus of one row; "" when the row has none of them.
func balance(plus, minus []Key, row Values) string {
	var d decimal
	for _, k := range plus {
		d.add(row[k], 1)
	}
	for _, k := range minus {
		d.add(row[k], -1)
	}
	if !d.any {
		return ""
	}
	return d.String()
}

// total adds up one column.
func total(k Key, rows []Values) *decimal {
	var d decimal
	for _, r := range rows {
		d.add(r[k], 1)
	}
	return &d
}
