package program

import fw "sexton/firmware-iface"

// Identity is the identity block of this start.
func (m *Machine) Identity() fw.IdentityBlock {
	id := m.cfg.Identity
	id.BootID = m.boot
	return id
}

// State as the register map names it.
func (m *Machine) State() fw.State {
	switch {
	case !m.on:
		return fw.StateUnknown
	case m.latch&faults != 0:
		return fw.StateFaulted
	case m.latch != 0: // the return of supply
		return fw.StateNotReady
	}
	switch m.phase {
	case Starting:
		return fw.StateStarting
	case Running:
		return fw.StateRunning
	case Pausing, Backing, Returning:
		return fw.StateReversing
	case Stopping:
		return fw.StateRunDown
	}
	switch {
	case m.see.Speed != 0:
		return fw.StateRunDown
	case m.job.alive:
		return fw.StateReleased
	case m.job.stored:
		return fw.StateOffered
	case m.job.over:
		return fw.StateEnded
	case m.forbids() != 0:
		return fw.StateNotReady
	}
	return fw.StateReady
}

// Reasons that are shown now: what forbids work, and what recently did.
func (m *Machine) Reasons() fw.Reasons {
	r := m.forbids()
	if m.expired {
		r |= fw.ReasonsExpired
	}
	if m.asked > 0 {
		r |= fw.ReasonsNoPermission
	}
	return r
}

// Snapshot makes the next picture at uptime now.
func (m *Machine) Snapshot(now uint64) fw.SnapshotBlock {
	m.Expire(now)
	m.sequence++
	s := fw.SnapshotBlock{
		Sequence: m.sequence, BootID: m.boot, UptimeMS: now, State: m.State(), Reasons: m.Reasons(),
		Feed: m.n.feed, EnergyJ: m.energy(), MotorMA: uint32(m.see.CurrentA * 1000), PeakMA: m.n.peakMA,
		Reverses: m.n.reverses, Jams: m.n.jams, Cycles: m.n.cycles, GuardOpenings: m.n.guards,
		InletMG: m.see.TakenMG + m.see.InletMG, BinG: m.see.BinMG / 1000,
		ActiveToken: m.job.token, EchoSequence: m.last.Sequence, EchoResult: m.lastRes,
	}
	flag := func(yes bool, f fw.Flags) {
		if yes {
			s.Flags |= f
		}
	}
	flag(m.see.InletSure, fw.FlagsInletStable)
	flag(m.see.BinSure, fw.FlagsBinStable)
	flag(m.see.Speed == 0 && m.phase == Standing, fw.FlagsStandstill)
	flag(m.remote, fw.FlagsRemote)
	if m.job.alive && m.job.until > now {
		s.PermissionLeftMS = uint32(m.job.until - now)
	}
	return s
}

func (m *Machine) energy() uint64 {
	e := uint64(m.see.EnergyJ)
	return e - min(e, m.n.energyBack)
}

// Tally is what only the bench may know: for tests and the control side, never in a register.
type Tally struct {
	Releases  uint32 `json:"releases"` // permissions that went live
	Starts    uint32 `json:"starts"`   // forward starts of the motor
	Permitted bool   `json:"permitted"`
	Fed       uint32 `json:"fed"` // objects counted under the current job
}

// Tally returns the counts since the machine was made.
func (m *Machine) Tally() Tally {
	return Tally{Releases: m.n.releases, Starts: m.n.cycles, Permitted: m.on && m.job.alive, Fed: m.job.fed}
}

// Echo tells what became of the last record of each kind.
func (m *Machine) Echo(now uint64) fw.Echo {
	o, r, w := m.slots[fw.CommandOffer], m.slots[fw.CommandRelease], m.slots[fw.CommandWithdraw]
	return fw.Echo{
		BootID: m.boot, UptimeMS: now, LastSequence: m.last.Sequence, LastCommand: m.last.Command, LastResult: m.lastRes,
		OfferSequence: o.seq, OfferNonce: o.nonce, OfferResult: o.result, OfferReasons: o.reasons,
		ReleaseSequence: r.seq, ReleaseNonce: r.nonce, ReleaseResult: r.result, ReleaseReasons: r.reasons,
		WithdrawSequence: w.seq, WithdrawNonce: w.nonce, WithdrawResult: w.result, WithdrawReasons: w.reasons,
		ActiveToken: m.job.token,
	}
}
