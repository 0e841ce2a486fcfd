package physics

import "fmt"

// Kind names what is fed. The text form is used in fault plans and by the control side.
type Kind string

// The kinds of carrier the bench knows.
const (
	Paper  Kind = "paper"  // sheets, counted in pages
	Disc   Kind = "disc"   // optical disc
	USB    Kind = "usb"    // USB key
	HDD    Kind = "hdd"    // 3.5-inch hard disk
	HDD25  Kind = "hdd25"  // 2.5-inch hard disk
	SSD    Kind = "ssd"    // solid state drive
	Tape   Kind = "tape"   // tape cartridge
	Sundry Kind = "sundry" // anything else: cards, ribbons, film
)

// maxMass is a full bag, mg: more cannot be laid on the table.
const maxMass = 20_000_000

// Material is how a kind behaves between the knives.
type Material struct {
	Mass    int64   // mg, typical mass of one piece (for paper: of one sheet)
	JPerG   float64 // specific cutting energy
	GPerS   float64 // rate at rated speed
	GPerL   float64 // bulk density of the shreds in the bin, with ordinary compaction
	Varies  float64 // relative spread of the cutting energy from piece to piece
	Jerky   float64 // relative ripple of the torque while cutting
	MaxMass int64   // mg, more is not one piece of this kind
}

// SheetPages is the number of pages on one sheet printed on both sides.
const SheetPages = 2

// SheetMass is the mass of an A4 sheet of 80 g/m², mg.
const SheetMass = 5_000

var materials = map[Kind]Material{
	Paper:  {Mass: SheetMass, JPerG: 60, GPerS: 50, GPerL: 150, Varies: 0.08, Jerky: 0.06, MaxMass: maxMass},
	Disc:   {Mass: 15_000, JPerG: 200, GPerS: 15, GPerL: 400, Varies: 0.06, Jerky: 0.08, MaxMass: 2_000_000},
	USB:    {Mass: 12_000, JPerG: 300, GPerS: 8, GPerL: 450, Varies: 0.15, Jerky: 0.15, MaxMass: 200_000},
	HDD:    {Mass: 600_000, JPerG: 60, GPerS: 40, GPerL: 900, Varies: 0.12, Jerky: 0.20, MaxMass: 1_500_000},
	HDD25:  {Mass: 100_000, JPerG: 80, GPerS: 25, GPerL: 900, Varies: 0.12, Jerky: 0.18, MaxMass: 400_000},
	SSD:    {Mass: 50_000, JPerG: 120, GPerS: 20, GPerL: 600, Varies: 0.12, Jerky: 0.12, MaxMass: 400_000},
	Tape:   {Mass: 200_000, JPerG: 80, GPerS: 30, GPerL: 300, Varies: 0.10, Jerky: 0.10, MaxMass: 1_000_000},
	Sundry: {Mass: 50_000, JPerG: 100, GPerS: 20, GPerL: 300, Varies: 0.15, Jerky: 0.10, MaxMass: maxMass},
}

// Kinds lists every kind in a fixed order.
func Kinds() []Kind { return []Kind{Paper, Disc, USB, HDD, HDD25, SSD, Tape, Sundry} }

// MaterialOf returns the properties of a kind.
func MaterialOf(k Kind) (Material, error) {
	m, ok := materials[k]
	if !ok {
		return Material{}, fmt.Errorf("cannot feed %q: unknown kind", string(k))
	}
	return m, nil
}

// MassOf gives the mass in mg of a carrier of kind k: pages counts for paper only (two pages a sheet, rounded up), mass
// overrides when positive. Paper needs one of the two.
func MassOf(k Kind, pages int, mass int64) (int64, error) {
	m, err := MaterialOf(k)
	switch {
	case err != nil:
		return 0, err
	case pages < 0 || mass < 0:
		return 0, fmt.Errorf("cannot feed %s: negative pages or mass", k)
	case pages > 0 && k != Paper:
		return 0, fmt.Errorf("cannot feed %s: only paper has pages", k)
	case mass == 0 && pages > 0:
		mass = int64((pages+SheetPages-1)/SheetPages) * SheetMass
	case mass == 0 && k == Paper:
		return 0, fmt.Errorf("cannot feed paper: neither pages nor mass given")
	case mass == 0:
		mass = m.Mass
	}
	if mass > m.MaxMass {
		return 0, fmt.Errorf("cannot feed %s of %d g: at most %d g", k, mass/1000, m.MaxMass/1000)
	}
	return mass, nil
}
