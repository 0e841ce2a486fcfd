package program

import (
	"errors"

	"sexton/bench/shredder/physics"
	fw "sexton/firmware-iface"
)

// Config describes one machine.
type Config struct {
	Plant       physics.Params
	Identity    fw.IdentityBlock // BootID is filled in at each Boot
	Seed        uint64
	MaxReverses int // reversals without success that make a jam; 0 = 3
}

// Constants of the sequence, in steps of 10 ms unless noted.
const (
	overloadAt    = 1.25 // of rated current
	overloadFor   = 100
	stallFor      = 30
	runUpLimit    = 200
	pauseFor      = 300
	reverseFor    = 150
	clearRun      = 1000 // forward without overload: earlier reversals are forgotten
	feedStop      = 0.70 // of rated current
	feedResume    = 0.50
	feedSpacing   = 80
	afterRun      = 150 // turns on after the last thing is cut
	idleRun       = 800 // nothing to do: stops although permission lives
	askedFor      = 300 // how long a vain start shows
	binFullAt     = 0.95
	maxItems      = 10_000
	rememberToken = 4096
	farthest      = 10_000 // ms that notAfter may lie ahead
)

// faults are the latches that make the state Faulted.
const faults = fw.ReasonsEStop | fw.ReasonsOverload | fw.ReasonsThermal | fw.ReasonsJam | fw.ReasonsPhaseFault | fw.ReasonsInternal

// Phase is what the drive is doing.
type Phase uint8

// The phases of the drive. Any but Standing keeps the guard locked.
const (
	Standing Phase = iota
	Starting
	Running
	Pausing   // off, to reverse
	Backing   // reverse
	Returning // off, to go forward again
	Stopping  // off, to stand
)

type job struct {
	token    [16]byte
	items    uint32
	fed      uint32
	until    uint64 // uptime ms at which the permission ends
	stored   bool   // offered, not over
	released bool   // permission was given
	alive    bool   // permission lives
	over     bool   // counters are final
}

type slot struct {
	seq, nonce uint32
	result     fw.Result
	reasons    fw.Reasons
}

// Machine is controller and plant. Its owner serialises all calls.
type Machine struct {
	cfg   Config
	plant *physics.Plant
	see   physics.Reading

	on      bool
	boot    uint32
	remote  bool
	estop   bool
	guard   bool // open
	latch   fw.Reasons
	expired bool
	asked   int // steps a vain start still shows

	phase   Phase
	timer   int // steps in the phase
	over    int // steps above overload
	stall   int
	tries   int // reversals since the last clear run
	clear   int
	idle    int
	gate    bool
	spacing int
	start   bool // start button pressed
	hold    bool // stopped for want of a bin: starts again only by hand
	table   int  // items that lay on the table at the last scan
	pulses  uint32

	job  job
	used [][16]byte

	last    fw.CommandRecord
	lastRes fw.Result
	slots   [4]slot

	n        counters
	sequence uint32
}

type counters struct {
	feed, reverses, jams, cycles, guards uint32
	releases                             uint32 // permissions that went live
	energyBack                           uint64 // J, subtracted by a fault
	peakMA                               uint32
}

// New makes a machine without supply: key on remote, guard shut, empty bin in place.
func New(cfg Config) *Machine {
	if cfg.MaxReverses <= 0 {
		cfg.MaxReverses = 3
	}
	m := &Machine{cfg: cfg, plant: physics.New(cfg.Plant, cfg.Seed), remote: true}
	m.see = m.plant.Step(physics.Drive{})
	return m
}

// Plant gives the hands access to table, cutter and bin, and tests to the truth.
func (m *Machine) Plant() *physics.Plant { return m.plant }

// On says whether the controller has supply.
func (m *Machine) On() bool { return m.on }

// BootID of this start.
func (m *Machine) BootID() uint32 { return m.boot }

// Boot starts the controller. boot must be new and not 0. The return of supply is latched; uptime begins at 0.
func (m *Machine) Boot(boot uint32) {
	m.on, m.boot = true, boot
	m.latch = fw.ReasonsPowerReturned
	if m.estop {
		m.latch |= fw.ReasonsEStop
	}
	m.job, m.expired, m.asked = job{}, false, 0
	m.last, m.lastRes, m.slots, m.sequence = fw.CommandRecord{}, fw.ResultNone, [4]slot{}, 0
	m.stand()
}

// PowerOff takes the supply away: contactors drop, the rotor coasts.
func (m *Machine) PowerOff() {
	m.on = false
	m.job.alive = false
	m.stand()
}

func (m *Machine) stand() {
	m.phase, m.timer, m.over, m.stall, m.tries, m.clear, m.idle, m.spacing = Standing, 0, 0, 0, 0, 0, 0, 0
	m.gate, m.start, m.hold = false, false, false
}

// SetKey turns the selector. Local ends any permission.
func (m *Machine) SetKey(remote bool) { m.remote = remote }

// SetEStop presses or releases the emergency stop. Releasing resets nothing.
func (m *Machine) SetEStop(pressed bool) { m.estop = pressed }

// Errors of the hands.
var (
	ErrLocked = errors.New("cannot open the guard: locked while the rotor turns")
	ErrCause  = errors.New("cannot reset: the cause is still there")
	ErrTurns  = errors.New("cannot reset: the rotor still turns")
	ErrNoWay  = errors.New("cannot start: no permission, or the machine is not ready")
	ErrDead   = errors.New("cannot do that: the machine has no supply")
)

// OpenGuard opens the guard. It is locked while the rotor turns; force breaks the lock.
func (m *Machine) OpenGuard(force bool) error {
	if m.plant.Turning() && !force {
		return ErrLocked
	}
	if !m.guard {
		m.guard = true
		m.n.guards++
	}
	return nil
}

// CloseGuard shuts the guard.
func (m *Machine) CloseGuard() { m.guard = false }

// Reset clears the latches. It starts nothing. ErrTurns: only at standstill. ErrCause: something is still wrong; all stay
// latched.
func (m *Machine) Reset() error {
	switch {
	case !m.on:
		return ErrDead
	case m.latch == 0:
		return nil
	case m.plant.Turning() || m.phase != Standing:
		return ErrTurns
	case m.estop, m.guard, !m.see.Phases:
		return ErrCause
	case m.latch&fw.ReasonsThermal != 0 && m.see.Theta > m.cfg.Plant.CoolTo:
		return ErrCause
	case m.latch&fw.ReasonsJam != 0 && m.plant.Blocked():
		return ErrCause
	}
	m.latch = 0
	return nil
}

// PressStart is the start button. Without a living permission it starts nothing and shows as a reason for a while.
func (m *Machine) PressStart() error {
	if !m.on {
		return ErrDead
	}
	if !m.mayStart() {
		m.asked = askedFor
		return ErrNoWay
	}
	m.start = true
	return nil
}

// FallBack makes the counters go backwards, as a tampered or broken controller would: for tests of the host.
func (m *Machine) FallBack() {
	m.n.feed -= (m.n.feed + 1) / 2
	m.n.energyBack += (uint64(m.see.EnergyJ) - min(uint64(m.see.EnergyJ), m.n.energyBack)) / 2
}
