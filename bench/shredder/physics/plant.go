package physics

import (
	"errors"
	"math/rand/v2"
)

// Motor is the order the control program gives to the contactors.
type Motor int8

// The contactors are interlocked: never both.
const (
	Reverse Motor = -1
	Off     Motor = 0
	Forward Motor = 1
)

// Drive is what the control program sets in one step.
type Drive struct {
	Motor Motor
	Gate  bool // the feed may take the next item from the inlet table
}

// Reading is what the sensors say after one step. Values carry noise; the truth is in Balance and Records.
type Reading struct {
	CurrentA  float64
	Speed     float64 // of rated, negative in reverse
	Theta     float64 // thermal image, TripAt trips
	Pulses    uint32  // light barrier, objects since the start of the plant
	InletMG   int64   // what lies on the table now
	InletSure bool    // the inlet reading is stable
	TakenMG   int64   // sum of what the gate took, as weighed
	BinMG     int64
	BinSure   bool
	BinIn     bool
	BinLevel  float64 // 1 is full to the brim
	EnergyJ   float64 // over idle, since the start of the plant
	Table     int     // items that wait on the table
	Busy      bool    // something is in transit or between the knives
	Phases    bool    // all three phases present
}

// ItemID counts the items laid on the table, from 1.
type ItemID uint32

// Item is one thing laid on the inlet table.
type Item struct {
	Kind    Kind
	MassMG  int64
	Phantom bool // the barrier counts it, but it is pulled out again before the knives
	Double  bool // a second one like it lies under it: one count, two cut
	Silent  bool // passes beside the barrier
	Block   int  // stalls the rotor half way: freed by so many reversals; negative: only by hand
}

// Fate is where an item is.
type Fate string

// The fates of an item.
const (
	OnTable   Fate = "table"   // not taken by the gate yet
	InCutter  Fate = "cutter"  // in transit or between the knives
	Cut       Fate = "cut"     // all of it
	PulledOut Fate = "pulled"  // phantom: pulled out behind the barrier
	TakenBack Fate = "taken"   // lifted off the table before the gate took it
	Remainder Fate = "partial" // partly cut, the rest was taken out by hand
)

// Record is the truth about one item.
type Record struct {
	ID      ItemID  `json:"id"`
	Kind    Kind    `json:"kind"`
	MassMG  int64   `json:"mass_mg"` // of both pieces when doubled
	CutMG   int64   `json:"cut_mg"`
	WorkJ   float64 `json:"work_j"` // spent by the knives on it
	Counted bool    `json:"counted"`
	Fate    Fate    `json:"fate"`
}

// Balance is the truth about mass and energy since the start of the plant. Masses always satisfy
// Placed = Table + Cutter + Chamber + Bin + Emptied + Spilled + Back, exactly.
type Balance struct {
	Placed  int64 `json:"placed_mg"`  // laid on the table
	Table   int64 `json:"table_mg"`   // still there
	Cutter  int64 `json:"cutter_mg"`  // in transit, or uncut between the knives
	Chamber int64 `json:"chamber_mg"` // cut and retained
	Bin     int64 `json:"bin_mg"`
	Emptied int64 `json:"emptied_mg"` // carried away in bins
	Spilled int64 `json:"spilled_mg"` // fell where no bin was
	Back    int64 `json:"back_mg"`    // uncut and taken out by hand
	Cut     int64 `json:"cut_mg"`     // went through the knives

	MotorJ    float64 `json:"motor_j"`
	FrictionJ float64 `json:"friction_j"`
	CutJ      float64 `json:"cut_j"`
	BlockJ    float64 `json:"block_j"`
	KineticJ  float64 `json:"kinetic_j"`
}

// piece is one body on its way; a doubled item is two.
type piece struct {
	rec     *Record
	mat     Material
	left    int64 // mg not cut
	half    int64 // mg left at which a blocking piece blocks
	tough   float64
	block   int
	phantom bool
	silent  bool
	carry   float64 // mg, fraction not yet cut
	engage  float64 // 0..1, how far the knives have caught it
	delay   float64 // s until they begin to
}

// records bounds the memory of the truth.
const records = 8192

// Plant is the machine. It is not safe for concurrent use: its owner serialises.
type Plant struct {
	p     Params
	noise *rand.Rand // sensors and ripple: one sequence per step
	lots  *rand.Rand // properties of items: one sequence per item

	table   [][]*piece
	dwell   float64 // s the first on the table has lain there
	quiet   float64 // s since the table changed
	transit []*piece
	way     float64 // s in transit
	cutter  []*piece

	speed    float64
	current  float64
	theta    float64
	upFor    float64 // s since the speed was reached in this run
	reversed bool    // this reversal has loosened what it could
	phases   bool
	still    float64 // s at standstill

	retain     int64 // mg the chamber holds back now
	chamberVol float64
	binIn      bool
	binVol     float64

	pulses uint32
	taken  int64
	energy float64
	bal    Balance
	nextID ItemID
	latest ItemID // last item the gate took
	truth  []*Record
	ripple float64
}

// New makes a plant at rest with an empty bin in place. Equal seeds and equal calls give equal readings.
func New(p Params, seed uint64) *Plant {
	pl := &Plant{
		p:     p,
		noise: rand.New(rand.NewPCG(seed, 0x5e0ed)),
		lots:  rand.New(rand.NewPCG(seed, 0x17e35)),
		binIn: true, phases: true, nextID: 1, still: 10, quiet: 10,
	}
	pl.retain = p.RetainLow + (p.RetainHigh-p.RetainLow)/3
	return pl
}

// Step advances the plant by 10 ms.
func (pl *Plant) Step(d Drive) Reading {
	pl.feed(d)
	pl.turn(d.Motor)
	pl.settle()
	return pl.read()
}

// ErrTurning is the refusal to put hands into a turning cutter.
var ErrTurning = errors.New("cannot clear the cutter: the rotor turns")

// errTable bounds what can wait.
var errTable = errors.New("cannot lay the item down: the inlet table is full")

// TablePlaces is how many items fit on the inlet table.
const TablePlaces = 512

// Place lays an item on the inlet table, behind those that wait.
func (pl *Plant) Place(it Item) (ItemID, error) {
	mat, err := MaterialOf(it.Kind)
	if err != nil {
		return 0, err
	}
	if it.MassMG <= 0 || it.MassMG > mat.MaxMass {
		return 0, errors.New("cannot lay the item down: impossible mass")
	}
	if len(pl.table) >= TablePlaces {
		return 0, errTable
	}
	rec := &Record{ID: pl.nextID, Kind: it.Kind, MassMG: it.MassMG, Fate: OnTable}
	pl.nextID++
	n := 1
	if it.Double {
		n, rec.MassMG = 2, 2*it.MassMG
	}
	lot := make([]*piece, n)
	for i := range lot {
		lot[i] = &piece{
			rec: rec, mat: mat, left: it.MassMG, half: it.MassMG / 2,
			tough: 1 + mat.Varies*clamp(pl.lots.NormFloat64(), -2, 2), phantom: it.Phantom, silent: it.Silent,
		}
	}
	lot[0].block = it.Block
	pl.table = append(pl.table, lot)
	pl.bal.Placed += rec.MassMG
	pl.quiet = 0
	if len(pl.table) == 1 {
		pl.dwell = 0
	}
	if len(pl.truth) == records {
		pl.truth = append(pl.truth[:0], pl.truth[records/2:]...)
	}
	pl.truth = append(pl.truth, rec)
	return rec.ID, nil
}

// TakeBack lifts everything off the inlet table that the gate has not taken, and says how many items it was.
func (pl *Plant) TakeBack() int {
	n := len(pl.table)
	for _, lot := range pl.table {
		lot[0].rec.Fate = TakenBack
		for _, pc := range lot {
			pl.bal.Back += pc.left
		}
	}
	pl.table, pl.dwell, pl.quiet = nil, 0, 0
	return n
}

// Loosen frees every blockage by hand. With take the uncut rest between the knives is removed; else it stays and is cut
// when the rotor turns again. ErrTurning: only at standstill.
func (pl *Plant) Loosen(take bool) error {
	if pl.speed != 0 {
		return ErrTurning
	}
	for _, pc := range pl.cutter {
		pc.block, pc.engage, pc.delay = 0, 0, 0
	}
	if !take {
		return nil
	}
	for _, pc := range append(pl.cutter, pl.transit...) {
		pl.bal.Back += pc.left
		pc.left = 0
		pc.rec.Fate = Remainder
	}
	pl.cutter, pl.transit = nil, nil
	return nil
}

// EmptyBin tips the bin out and puts it back.
func (pl *Plant) EmptyBin() {
	pl.bal.Emptied += pl.bal.Bin
	pl.bal.Bin, pl.binVol, pl.binIn = 0, 0, true
}

// RemoveBin pulls the bin out, with what is in it.
func (pl *Plant) RemoveBin() {
	if pl.binIn {
		pl.bal.Emptied += pl.bal.Bin
		pl.bal.Bin, pl.binVol, pl.binIn = 0, 0, false
	}
}

// InsertBin puts an empty bin in place.
func (pl *Plant) InsertBin() { pl.binIn = true }

// SetPhases says whether all three phases are present.
func (pl *Plant) SetPhases(ok bool) { pl.phases = ok }

// SetDull sets the rate of the knives: 1 sharp, 0.3 dull.
func (pl *Plant) SetDull(rate float64) { pl.p.Dull = clamp(rate, 0.05, 1) }

// Balance returns the truth about mass and energy.
func (pl *Plant) Balance() Balance {
	b := pl.bal
	b.Table, b.Cutter = 0, 0
	for _, lot := range pl.table {
		for _, pc := range lot {
			b.Table += pc.left
		}
	}
	for _, pc := range pl.transit {
		b.Cutter += pc.left
	}
	for _, pc := range pl.cutter {
		b.Cutter += pc.left
	}
	b.KineticJ = pl.kinetic(pl.speed)
	return b
}

// Records returns the truth about the latest items, oldest first; at most 8192.
func (pl *Plant) Records() []Record {
	out := make([]Record, len(pl.truth))
	for i, r := range pl.truth {
		out[i] = *r
	}
	return out
}

func clamp(x, lo, hi float64) float64 { return max(lo, min(hi, x)) }

// Turning says whether the rotor moves.
func (pl *Plant) Turning() bool { return pl.speed != 0 }

// Blocked says whether a body that only a hand frees sits between the knives.
func (pl *Plant) Blocked() bool {
	for _, pc := range pl.cutter {
		if pc.block != 0 && pc.left <= pc.half {
			return true
		}
	}
	return false
}

// Latest is the item the gate took last, 0 before the first.
func (pl *Plant) Latest() ItemID { return pl.latest }

// Next is the number the next item will get.
func (pl *Plant) Next() ItemID { return pl.nextID }
