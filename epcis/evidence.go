package epcis

import (
	"strconv"
	"strings"
)

// Units are UN/ECE Recommendation 20 codes.
const (
	kilogram = "KGM"
	joule    = "JOU"
	ampere   = "AMP"
)

// sensor writes what was measured; false when nothing was.
func (v Evidence) sensor() (SensorElement, bool) {
	s := SensorElement{Metadata: SensorMetadata{Start: v.Start, End: v.End, Device: urn(v.Machine)}}
	add := func(r SensorReport) { s.Reports = append(s.Reports, r) }
	if v.Items >= 0 {
		add(SensorReport{Type: "Count", Value: decimal(v.Items, 0)})
	}
	if v.MassMG >= 0 {
		add(SensorReport{Type: "Mass", Value: decimal(v.MassMG, 6), Unit: kilogram})
	}
	if v.EnergyJ >= 0 {
		add(SensorReport{Type: "Energy", Value: decimal(v.EnergyJ, 0), Unit: joule})
	}
	if max(v.MinMA, v.MaxMA, v.MeanMA) >= 0 {
		add(SensorReport{Type: "ElectricCurrent", Min: decimal(v.MinMA, 3), Max: decimal(v.MaxMA, 3), Mean: decimal(v.MeanMA, 3), Unit: ampere})
	}
	if v.Interlock != Unknown {
		add(SensorReport{Type: nameInterlock, Bool: v.Interlock})
	}
	return s, len(s.Reports) > 0
}

// evidenceOf reads what sensor wrote.
func evidenceOf(s SensorElement) *Evidence {
	v := &Evidence{Machine: bare(s.Metadata.Device), Start: s.Metadata.Start, End: s.Metadata.End, Items: -1, MassMG: -1, EnergyJ: -1, MinMA: -1, MaxMA: -1, MeanMA: -1}
	for _, r := range s.Reports {
		switch r.Type {
		case "Count":
			v.Items = r.Value.fixed(0)
		case "Mass":
			v.MassMG = r.Value.fixed(6)
		case "Energy":
			v.EnergyJ = r.Value.fixed(0)
		case "ElectricCurrent":
			v.MinMA, v.MaxMA, v.MeanMA = r.Min.fixed(3), r.Max.fixed(3), r.Mean.fixed(3)
		case nameInterlock:
			v.Interlock = r.Bool
		}
	}
	return v
}

// decimal writes n divided by ten to the power of places, exactly; "" for a
// value that was not measured.
func decimal(n int64, places int) Number {
	if n < 0 {
		return ""
	}
	s := strconv.FormatInt(n, 10)
	if places == 0 {
		return Number(s)
	}
	if len(s) <= places {
		s = strings.Repeat("0", places-len(s)+1) + s
	}
	whole, fraction := s[:len(s)-places], strings.TrimRight(s[len(s)-places:], "0")
	if fraction == "" {
		return Number(whole)
	}
	return Number(whole + "." + fraction)
}

// fixed reads what decimal wrote; -1 when it is nothing of the kind.
func (n Number) fixed(places int) int64 {
	whole, fraction, _ := strings.Cut(string(n), ".")
	if whole == "" || len(fraction) > places {
		return -1
	}
	v, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if err != nil || v < 0 {
		return -1
	}
	return v
}
