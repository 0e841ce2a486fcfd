package epcis

import (
	"slices"
	"strings"
)

// vocabulary is a list of words that may stand bare in a field. The lists are
// those of the Core Business Vocabulary 2.0 (its published ontology); kinds of
// measurement and alarms are of the GS1 Web Vocabulary.
type vocabulary struct {
	zh, en string
	before []string // how its words begin when they are written in full
	words  []string
}

const (
	cbvBase = "https://ref.gs1.org/cbv/"
	gs1Base = "https://gs1.org/voc/"
	cbvURN  = "urn:epcglobal:cbv:"
)

func cbv(zh, en, letters, words string) vocabulary {
	return vocabulary{zh, en, []string{cbvBase + letters, "cbv:" + letters}, strings.Fields(words)}
}

var (
	bizSteps = cbv("业务步骤", "business step", "BizStep-", `accepting arriving assembling collecting commissioning consigning creating_class_instance
		cycle_counting decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting installing killing
		loading other packing picking receiving removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting shipping
		staging_outbound stock_taking stocking storing transporting unloading unpacking void_shipping`)
	dispositions = cbv("状态", "disposition", "Disp-", `active available completeness_inferred completeness_verified conformant container_closed container_open
		damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity
		needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned
		sellable_accessible sellable_not_accessible stolen unavailable unknown`)
	transactionTypes = cbv("业务单据类型", "type of business transaction", "BTT-", `bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt`)
	partyTypes       = cbv("来源或去向类型", "type of source or destination", "SDT-", `owning_party possessing_party location`)
	errorReasons     = cbv("错误原因", "reason of an error declaration", "ER-", `did_not_occur incorrect_data`)
	components       = cbv("分量", "component", "Comp-", `x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing
		latitude longitude altitude geocoordinate`)
	measurements = vocabulary{"测量类型", "type of measurement", []string{gs1Base + "MT-", "gs1:MT-"}, strings.Fields(`AbsoluteHumidity AbsorbedDose
		AbsorbedDoseRate Acceleration Activity Altitude AmountOfSubstance AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum
		AngularVelocity Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
		ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
		KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
		MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
		RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque
		Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber`)}
	alarms = vocabulary{"异常类型", "kind of exception", []string{gs1Base, "gs1:"}, []string{"ALARM_CONDITION", "ERROR_CONDITION"}}
)

// read gives the bare word for one of the list, however it is written, and any
// other URI as it is.
func (v vocabulary) read(s string, known prefixes) (string, *reason) {
	if strings.HasPrefix(s, cbvURN) {
		last := s[strings.LastIndexByte(s, ':')+1:]
		zh, en := v.hint(last)
		return "", because("vocabulary.urn", "JSON 中不得使用 "+cbvURN+" 形式："+clip(s)+zh, "the form "+cbvURN+"… is not for JSON: "+clip(s)+en)
	}
	word, full := s, false
	for _, b := range v.before {
		if rest, ok := strings.CutPrefix(s, b); ok {
			word, full = rest, true
		}
	}
	if slices.Contains(v.words, word) {
		return word, nil
	}
	if !full && strings.Contains(s, ":") {
		return s, known.uri(s)
	}
	zh, en := v.hint(word)
	return "", because("vocabulary.unknown", "不认识的"+v.zh+"："+clip(s)+zh, "unknown "+v.en+": "+clip(s)+en)
}

// hint names the nearest word of the list, if one is near.
func (v vocabulary) hint(word string) (zh, en string) {
	if w, ok := nearest(word, v.words); ok {
		return "；是否应为 " + w, "; did you mean " + w + "?"
	}
	return "", ""
}

// nearest finds the word that begins so, or the one that fewest changes lead to;
// none when more than a third of it would have to change.
func nearest(word string, words []string) (string, bool) {
	flat := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(word))
	if len(flat) > 64 {
		return "", false
	}
	best, least := "", len(flat)
	for _, w := range words {
		if len(flat) >= 4 && strings.HasPrefix(strings.ToLower(w), flat) {
			return w, true
		}
		if d := distance(flat, strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	return best, best != "" && least*3 <= len(flat)+1
}

// distance is how many letters have to be put in, taken out, changed or
// swapped with their neighbour.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
