package program

import (
	"sexton/bench/shredder/physics"
	fw "sexton/firmware-iface"
)

// Step integrates 10 ms of machine time at uptime now (real ms since Boot).
func (m *Machine) Step(now uint64) {
	if m.on {
		m.scan(now)
	}
	drive := physics.Drive{}
	if m.on {
		drive = physics.Drive{Motor: m.motor(), Gate: m.gate}
	}
	m.see = m.plant.Step(drive)
	if m.on {
		m.count()
	}
}

func (m *Machine) motor() physics.Motor {
	switch m.phase {
	case Starting, Running:
		return physics.Forward
	case Backing:
		return physics.Reverse
	}
	return physics.Off
}

// standing are the causes present now, latched or not.
func (m *Machine) standing() fw.Reasons {
	var r fw.Reasons
	set := func(yes bool, bit fw.Reasons) {
		if yes {
			r |= bit
		}
	}
	set(!m.remote, fw.ReasonsLocal)
	set(m.estop, fw.ReasonsEStop)
	set(m.guard, fw.ReasonsGuardOpen)
	set(m.see.BinIn && m.see.BinLevel >= binFullAt, fw.ReasonsBinFull)
	set(!m.see.BinIn, fw.ReasonsBinMissing)
	set(!m.see.Phases, fw.ReasonsPhaseFault)
	return r
}

// forbids is everything that stands against work now.
func (m *Machine) forbids() fw.Reasons { return m.standing() | m.latch }

// mayStart is the series connection: permission and no latch and all healthy and a job.
func (m *Machine) mayStart() bool {
	return m.job.alive && m.forbids() == 0 && m.job.fed < m.job.items
}

// scan is one cycle of the control program.
func (m *Machine) scan(now uint64) {
	m.watch(now)
	m.timer++
	m.asked = max(0, m.asked-1)
	m.spacing = max(0, m.spacing-1)
	switch m.phase {
	case Standing:
		m.standStill()
	case Starting:
		m.runUp()
	case Running:
		m.run()
	case Pausing:
		if m.rested() {
			m.enter(Backing)
			m.n.reverses++
			m.tries++
		}
	case Backing:
		if m.timer >= reverseFor {
			m.enter(Returning)
		}
	case Returning:
		if m.rested() {
			m.forward()
		}
	case Stopping:
		if m.see.Speed == 0 {
			m.enter(Standing)
		}
	}
	m.table = m.see.Table
	m.conclude()
}

// rested says that the rotor stood still for the pause.
func (m *Machine) rested() bool {
	if m.see.Speed != 0 {
		m.timer = 0
	}
	return m.timer >= pauseFor
}

func (m *Machine) enter(p Phase) {
	m.phase, m.timer, m.over, m.stall = p, 0, 0, 0
	if p != Running {
		m.gate = false
	}
}

func (m *Machine) forward() {
	m.enter(Starting)
	m.n.cycles++
	m.idle, m.clear = 0, 0
}

// ends are the causes that end a permission.
const ends = fw.ReasonsLocal | fw.ReasonsEStop | fw.ReasonsGuardOpen | fw.ReasonsPhaseFault

// watch ends permissions and latches faults.
func (m *Machine) watch(now uint64) {
	r := m.standing()
	why := r & (fw.ReasonsEStop | fw.ReasonsPhaseFault)
	if m.see.Theta >= m.cfg.Plant.TripAt && m.phase != Standing {
		why |= fw.ReasonsThermal
	}
	if why != 0 {
		m.trip(why)
	}
	if r&(fw.ReasonsGuardOpen|fw.ReasonsBinMissing) != 0 {
		m.hold = m.hold || m.phase != Standing
		m.halt()
	}
	if m.job.alive && (r&ends != 0 || m.job.fed >= m.job.items) {
		m.revoke()
	}
	m.Expire(now)
}

// Expire ends a permission whose time is over at uptime now. Each cycle does it; whoever looks between two cycles does it
// first, so that nobody sees a permission with no time left.
func (m *Machine) Expire(now uint64) {
	if m.job.alive && now >= m.job.until {
		m.expired = true
		m.revoke()
	}
}

// trip stops at once and latches. The first causes stay; later ones join them.
func (m *Machine) trip(why fw.Reasons) {
	m.latch |= why
	if m.job.stored {
		m.job.stored, m.job.over = false, true
	}
	m.revoke()
	m.halt()
}

// halt takes the motor off, whatever it was doing.
func (m *Machine) halt() {
	if m.phase != Standing && m.phase != Stopping {
		m.enter(Stopping)
	}
}

// revoke ends the permission, for good.
func (m *Machine) revoke() {
	m.job.alive = false
	m.gate = false
	m.start = false
	m.conclude()
}

// conclude ends the job once the permission is over and the rotor rests.
func (m *Machine) conclude() {
	if m.phase == Standing && m.see.Speed == 0 && m.job.released && !m.job.alive {
		m.job.over = true
	}
}

// standStill waits for work: something on the table, or the start button.
func (m *Machine) standStill() {
	fresh := m.see.Table > m.table
	m.hold = m.hold && m.job.alive && !m.start && !fresh
	if (m.start || m.see.Table > 0 && !m.hold) && m.mayStart() && m.see.Speed == 0 {
		m.tries = 0
		m.forward()
	}
	m.start = false
}

// runUp ends at speed, or is a stall.
func (m *Machine) runUp() {
	switch {
	case m.see.Speed > 0.9:
		m.enter(Running)
	case m.timer > runUpLimit:
		m.overload()
	}
}

// run is the ordinary work at speed.
func (m *Machine) run() {
	rel := m.see.CurrentA / m.cfg.Plant.RatedA
	if m.timer > 20 {
		m.n.peakMA = max(m.n.peakMA, uint32(m.see.CurrentA*1000))
	}
	m.over, m.stall = grow(m.over, rel > overloadAt && m.timer > 50), grow(m.stall, m.see.Speed < 0.2)
	if m.over >= overloadFor || m.stall >= stallFor {
		m.overload()
		return
	}
	if m.clear++; m.clear >= clearRun {
		m.tries = 0
	}
	m.steerGate(rel)
	m.idle = grow(m.idle, !m.see.Busy && !(m.see.Table > 0 && m.job.alive && m.forbids() == 0))
	limit := idleRun
	if !m.job.alive {
		limit = afterRun
	}
	if m.idle >= limit {
		m.enter(Stopping)
	}
}

// overload stops to reverse, or gives up.
func (m *Machine) overload() {
	if m.tries < m.cfg.MaxReverses {
		m.enter(Pausing)
		return
	}
	m.n.jams++
	m.trip(fw.ReasonsJam)
}

// steerGate opens the gate while permission lives, the motor has reserve and the last item is well inside.
func (m *Machine) steerGate(rel float64) {
	switch {
	case !m.mayStart(), m.spacing > 0, rel > feedStop:
		m.gate = false
	case rel < feedResume:
		m.gate = true
	}
}

// count books the pulses of the light barrier.
func (m *Machine) count() {
	n := m.see.Pulses - m.pulses
	m.pulses = m.see.Pulses
	if n == 0 {
		return
	}
	m.n.feed += n
	m.spacing = feedSpacing
	if m.job.released && !m.job.over {
		m.job.fed += n
	}
}

func grow(n int, yes bool) int {
	if yes {
		return n + 1
	}
	return 0
}
