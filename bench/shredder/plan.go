package shredder

import (
	"fmt"
	"os"
	"time"

	"sexton/bench/shredder/physics"
)

// What a fault does.
const (
	FaultJam         = "jam"           // the item blocks until it is freed by hand
	FaultReverse     = "reverse"       // the item blocks until it was reversed `reversals` times (default 1)
	FaultNoEnergy    = "no-energy"     // counted, but pulled out before the knives: fed without energy
	FaultDouble      = "double"        // two are fed as one
	FaultSilent      = "silent"        // cut but not counted
	FaultHang        = "hang"          // the controller answers nobody for `ms`
	FaultDropAnswer  = "drop-answer"   // the next write is carried out, then the connection is cut
	FaultLateAnswer  = "late-answer"   // the next write is answered `ms` late
	FaultTorn        = "torn-snapshot" // the next `count` snapshots (default 1) are torn
	FaultBackwards   = "counters-back" // feed and energy counters fall to half
	FaultReboot      = "reboot"        // the controller restarts: new boot id, reset needed
	FaultCutLink     = "cut-link"      // every connection is closed
	FaultPowerLoss   = "power-loss"    // no supply until power is returned by hand, or for `ms`
	FaultEStop       = "estop"         // somebody presses emergency stop
	FaultGuard       = "guard"         // somebody forces the guard open
	FaultLocal       = "local"         // somebody turns the key to local
	FaultBinMissing  = "bin-missing"   // somebody pulls the bin out
	FaultPhaseLost   = "phase-lost"    // a phase goes missing
	maxFaultMS       = 600_000
	maxFaults        = 1_000
	planVersion      = 1
	maxPlanBytes     = 1 << 20
	defaultReversals = 1
)

// Fault is one entry of a plan.
type Fault struct {
	// Item is the number of the item, from 1 in the order of feeding. Faults of the item itself strike it; the others happen
	// when the machine takes it from the inlet table. 0: at once.
	Item      int    `json:"item"`
	Do        string `json:"do"`
	Reversals int    `json:"reversals,omitempty"`
	MS        int    `json:"ms,omitempty"`
	Count     int    `json:"count,omitempty"`
}

// Plan is what will go wrong.
type Plan struct {
	Version int     `json:"version"` // 1
	Faults  []Fault `json:"faults"`
}

// faultKind says which fields a fault takes.
type faultKind struct{ physical, reversals, ms, needMS, count bool }

var faultKinds = map[string]faultKind{
	FaultJam: {physical: true}, FaultReverse: {physical: true, reversals: true}, FaultNoEnergy: {physical: true},
	FaultDouble: {physical: true}, FaultSilent: {physical: true},
	FaultHang: {ms: true, needMS: true}, FaultLateAnswer: {ms: true, needMS: true}, FaultDropAnswer: {}, FaultTorn: {count: true},
	FaultBackwards: {}, FaultReboot: {}, FaultCutLink: {}, FaultPowerLoss: {ms: true}, FaultEStop: {}, FaultGuard: {}, FaultLocal: {},
	FaultBinMissing: {}, FaultPhaseLost: {},
}

// Check says what is wrong with a fault.
func (f Fault) Check() error {
	k, ok := faultKinds[f.Do]
	switch {
	case !ok:
		return fmt.Errorf("cannot do %q: no such fault", f.Do)
	case f.Item < 0 || f.Item > 1_000_000:
		return fmt.Errorf("%s: no item %d", f.Do, f.Item)
	case k.physical && f.Item == 0:
		return fmt.Errorf("%s: it strikes an item, name its number", f.Do)
	case f.Reversals != 0 && (!k.reversals || f.Reversals < 0 || f.Reversals > 100):
		return fmt.Errorf("%s: reversals %d", f.Do, f.Reversals)
	case f.MS != 0 && (!k.ms || f.MS < 0 || f.MS > maxFaultMS), k.needMS && f.MS == 0:
		return fmt.Errorf("%s: ms %d", f.Do, f.MS)
	case f.Count != 0 && (!k.count || f.Count < 0 || f.Count > 1000):
		return fmt.Errorf("%s: count %d", f.Do, f.Count)
	}
	return nil
}

// wait is the fault's duration.
func (f Fault) wait() time.Duration { return time.Duration(f.MS) * time.Millisecond }

// strike changes an item on its way to the table.
func (f Fault) strike(it *physics.Item) {
	switch f.Do {
	case FaultJam:
		it.Block = -1
	case FaultReverse:
		it.Block = max(f.Reversals, defaultReversals)
	case FaultNoEnergy:
		it.Phantom = true
	case FaultDouble:
		it.Double = true
	case FaultSilent:
		it.Silent = true
	}
}

// ParsePlan reads a plan: one JSON object, strictly.
//
//	{"version": 1, "faults": [{"item": 3, "do": "reverse", "reversals": 2}, {"item": 7, "do": "no-energy"}]}
func ParsePlan(data []byte) (Plan, error) {
	var p Plan
	if len(data) > maxPlanBytes {
		return Plan{}, fmt.Errorf("cannot read the fault plan: %d bytes", len(data))
	}
	if err := strict(data, &p); err != nil {
		return Plan{}, fmt.Errorf("cannot read the fault plan: %w", err)
	}
	if p.Version != planVersion {
		return Plan{}, fmt.Errorf("cannot read the fault plan: version %d, want %d", p.Version, planVersion)
	}
	if len(p.Faults) > maxFaults {
		return Plan{}, fmt.Errorf("cannot read the fault plan: more than %d faults", maxFaults)
	}
	for i, f := range p.Faults {
		if err := f.Check(); err != nil {
			return Plan{}, fmt.Errorf("cannot read the fault plan: fault %d: %w", i+1, err)
		}
	}
	return p, nil
}

// ReadPlan reads a plan from a file.
func ReadPlan(path string) (Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("cannot read the fault plan: %w", err)
	}
	return ParsePlan(data)
}
