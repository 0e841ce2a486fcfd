package custody

// CarrierKind describes one kind of carrier.
type CarrierKind struct {
	Word    string // wire word
	Zh      string // 载体类别
	En      string
	Medium  string // wire word
	Measure string // Chinese measure word used in totals
	Letter  string // category of ISO/IEC 21964-1 (DIN 66399-1): P F O T H E
	Unit    string // unit of its extent: "page" or "byte"

	minMG, maxMG int64 // mass of one piece, mg; of one page for paper and film
	floor        int64 // least energy over idle per gram that cutting it takes, J
}

// carrierKinds is in the order forms list them. Masses: an A4 sheet of 80 g/m2
// is 5 g (ISO 216, ISO 536) and bears one or two pages, 64 g/m2 paper 4 g; a
// disc of 120 mm is 13 g to 19 g (ECMA-267, 10.1.4: 13 g to 20 g); a USB key
// 8 g to 20 g, a 2.5-inch disk 100 g, an SSD 30 g to 80 g, a 3.5-inch disk
// 450 g to 750 g and an LTO cartridge 200 g to 270 g are what makers print.
//
// The energy floors are our own: about a tenth of what a media shredder is
// estimated to spend on the material, so that a carrier that met no knives
// falls below and dull or cold machines do not. They are no datasheet values.
var carrierKinds = []CarrierKind{
	{Word: "paper", Zh: "纸介质", En: "paper", Medium: "paper", Measure: "份", Letter: "P", Unit: "page", minMG: 2_000, maxMG: 5_500, floor: 5},
	{Word: "disc", Zh: "光盘", En: "optical disc", Medium: "optical", Measure: "张", Letter: "O", Unit: "byte", minMG: 12_000, maxMG: 20_000, floor: 15},
	{Word: "usb-key", Zh: "U盘", En: "USB flash drive", Medium: "flash", Measure: "个", Letter: "E", Unit: "byte", minMG: 8_000, maxMG: 20_000, floor: 20},
	{Word: "hdd", Zh: "机械硬盘", En: "hard disk drive", Medium: "magnetic", Measure: "块", Letter: "H", Unit: "byte", minMG: 90_000, maxMG: 750_000, floor: 6},
	{Word: "portable-hdd", Zh: "移动硬盘", En: "portable hard disk", Medium: "magnetic", Measure: "个", Letter: "H", Unit: "byte", minMG: 90_000, maxMG: 300_000, floor: 6},
	{Word: "ssd", Zh: "固态硬盘", En: "solid-state drive", Medium: "flash", Measure: "块", Letter: "E", Unit: "byte", minMG: 30_000, maxMG: 80_000, floor: 10},
	{Word: "memory-card", Zh: "存储卡", En: "memory card", Medium: "flash", Measure: "个", Letter: "E", Unit: "byte", minMG: 300, maxMG: 15_000, floor: 10},
	{Word: "tape", Zh: "磁带", En: "magnetic tape", Medium: "magnetic", Measure: "盘", Letter: "T", Unit: "byte", minMG: 150_000, maxMG: 270_000, floor: 6},
	{Word: "film", Zh: "底片", En: "film", Medium: "film", Measure: "张", Letter: "F", Unit: "page", minMG: 500, maxMG: 10_000, floor: 5},
}

// CarrierKinds lists the kinds in the order of the forms.
func CarrierKinds() []CarrierKind { return append([]CarrierKind(nil), carrierKinds...) }

// KindOf finds a kind by its wire word.
func KindOf(word string) (CarrierKind, bool) {
	for _, k := range carrierKinds {
		if k.Word == word {
			return k, true
		}
	}
	return CarrierKind{}, false
}

// Classification describes one level of protection.
type Classification struct {
	Word string // wire word
	Zh   string // 密级
	En   string
	// Secret says that it is a state secret (law of 2024, art. 14) and thus
	// bears the mark with a star (art. 22); on anything else the star is
	// forbidden.
	Secret bool
	// DefaultYears is the longest period, which holds when none is marked
	// (law of 2024, art. 20); 0 = has no period.
	DefaultYears int
}

// classifications is in the order of protection, highest first. Work secrets
// are those of the law of 2024, art. 64.
var classifications = []Classification{
	{Word: "top-secret", Zh: "绝密", En: "Top secret", Secret: true, DefaultYears: 30},
	{Word: "secret", Zh: "机密", En: "Secret", Secret: true, DefaultYears: 20},
	{Word: "confidential", Zh: "秘密", En: "Confidential", Secret: true, DefaultYears: 10},
	{Word: "work-secret", Zh: "工作秘密", En: "Work secret"},
	{Word: "internal", Zh: "内部", En: "Internal"},
	{Word: "public", Zh: "公开", En: "Public"},
}

// Classifications lists the levels, highest first.
func Classifications() []Classification { return append([]Classification(nil), classifications...) }

// ClassificationOf finds a level by its wire word.
func ClassificationOf(word string) (Classification, bool) {
	for _, c := range classifications {
		if c.Word == word {
			return c, true
		}
	}
	return Classification{}, false
}

// media in wire words.
var media = map[string]string{"paper": "纸介质", "optical": "光介质", "flash": "电子介质", "magnetic": "磁介质", "film": "胶片"}

// MediumZh is the term of a medium's wire word; false for an unknown one.
func MediumZh(word string) (string, bool) { zh, ok := media[word]; return zh, ok }

// ExpectationFor is what feeding one carrier should show: count pieces pass
// the feed sensor one by one (a stapled document is one piece), each with a
// plausible mass and energy. An unknown kind or a count below 1 expects
// nothing, which Judge never calls destroyed.
func ExpectationFor(kind string, extent Extent, count int64) Expectation {
	k, ok := KindOf(kind)
	if !ok || count < 1 || count > maxPieces {
		return Expectation{}
	}
	least, most := count, count
	if k.Unit == "page" && extent.Unit == "page" {
		pages := min(max(extent.Value, 1), maxPages)
		least, most = count*((pages+1)/2), count*pages
	}
	e := Expectation{Objects: count, MinMassMG: least * k.minMG, MaxMassMG: most * k.maxMG}
	if k.Word == "paper" {
		e.MinMassMG = least * 2 * k.minMG // a page is half a sheet printed on both sides
		e.MaxMassMG += count * 20_000     // cover, staple, clip
	}
	e.MinEnergyJ = max(1, e.MinMassMG*k.floor/1000)
	return e
}

// Bounds of what one carrier can be; they keep the arithmetic far from
// overflow.
const (
	maxPieces = 100_000
	maxPages  = 100_000
)
