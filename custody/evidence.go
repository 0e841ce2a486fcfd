package custody

// Evidence is what the machine and the scales say happened between two
// snapshots around one feed. Differences are computed modulo the width of the
// counter only when BootID did not change; otherwise Broken is set.
type Evidence struct {
	Machine       string   `json:"machine"`
	Authenticated bool     `json:"authenticated"` // mutual TLS with the enrolled peer certificate
	Boot          int64    `json:"boot"`
	FromSequence  int64    `json:"from_sequence"`
	ToSequence    int64    `json:"to_sequence"`
	FromUptimeMS  int64    `json:"from_uptime_ms"`
	ToUptimeMS    int64    `json:"to_uptime_ms"`
	Permitted     bool     `json:"permitted"` // the batch's token was active for the whole window or until the withdrawal
	Feed          int64    `json:"feed"`      // objects counted by the feed sensor
	EnergyJ       int64    `json:"energy_j"`  // motor energy over idle
	PeakMA        int64    `json:"peak_ma"`
	Reverses      int64    `json:"reverses"`
	Jams          int64    `json:"jams"`
	GuardOpenings int64    `json:"guard_openings"`
	InletMG       int64    `json:"inlet_mg"` // mass that left the inlet scale, 0 = not measured
	BinMG         int64    `json:"bin_mg"`   // mass that came into the bin, 0 = not measured
	Broken        []string `json:"broken"`   // contradictions seen while measuring: "boot", "counter-backwards", "gap", "jam", "machine-fault", "blind", "stopped", "not-settled"
}

// Expectation is what the declared carrier should have shown.
type Expectation struct {
	Objects    int64 `json:"objects"`      // how many objects pass the feed sensor
	MinEnergyJ int64 `json:"min_energy_j"` // least energy over idle that cutting it takes
	MinMassMG  int64 `json:"min_mass_mg"`  // plausible mass, 0 = unknown
	MaxMassMG  int64 `json:"max_mass_mg"`
}
