package model

import (
	"encoding/binary"
	"slices"
)

// Answer is how the device met one transfer.
type Answer int

// Answers.
const (
	Done  Answer = iota // moved what the length says
	Stall               // the endpoint halted
	NAK                 // no answer: ask again, or give up
	Gone                // the device is not there
)

// Config is what a device is.
type Config struct {
	Vendor, Product, Revision string // of INQUIRY; padded with spaces
	Serial                    string // VPD 80
	BlockSize                 int    // as claimed; 0 = 512
	Blocks                    uint64 // as claimed
	Store                     *Store // nil = a new one of the claimed size
	Removable                 bool
	Thin                      bool // UNMAP is offered, with limits that agree
	Sanitize                  bool // SANITIZE is offered
	BadBlock                  uint64
	USB                       USB // descriptors and strings; see NewUSB
}

// Device is the device. It is not safe for concurrent use.
type Device struct {
	Config
	faults map[Fault]int // remaining occasions; -1 = always

	phase    phase
	cbw      [31]byte
	tag      uint32
	want     int    // bytes the host asked to move
	out      []byte // collected from the host
	in       []byte // to be sent
	residue  uint32
	status   byte
	haltIn   bool
	haltOut  bool
	gone     bool
	sense    [3]byte
	resets   int
	commands int
	cache    map[uint64][]byte // blocks not on the medium yet
	erasing  int               // questions until a sanitize is done
	progress uint16
	pending  [][3]byte // unit attentions
	stale    []byte    // last data sent
	reads    int       // of descriptors that change
}

type phase int

const (
	idle phase = iota
	receiving
	sending
	reporting
)

// New makes a device and powers it on: the first command meets a unit attention.
func New(c Config) *Device {
	if c.BlockSize == 0 {
		c.BlockSize = 512
	}
	if c.Store == nil {
		c.Store = NewStore(c.Blocks * uint64(c.BlockSize))
	}
	if c.USB.Device == nil {
		c.USB = NewUSB(c)
	}
	d := &Device{Config: c, faults: map[Fault]int{}, cache: map[uint64][]byte{}}
	d.attention(0x29, 0)
	return d
}

// Break switches a fault on, for so many occasions; -1 = always, 0 = off.
func (d *Device) Break(f Fault, times int) *Device {
	if times == 0 {
		delete(d.faults, f)
	} else {
		d.faults[f] = times
	}
	return d
}

// broken says whether f strikes now, and uses up an occasion.
func (d *Device) broken(f Fault) bool {
	n, on := d.faults[f]
	if !on {
		return false
	}
	if n > 0 {
		d.Break(f, n-1)
	}
	return true
}

// has says whether f is on, without using it up.
func (d *Device) has(f Fault) bool { _, on := d.faults[f]; return on }

// Commands is how many command wrappers were taken.
func (d *Device) Commands() int { return d.commands }

// Resets is how many Bulk-Only resets were obeyed.
func (d *Device) Resets() int { return d.resets }

// Yank pulls the device out; what was not written to the medium is lost when the
// device ignores SYNCHRONIZE CACHE.
func (d *Device) Yank() { d.gone = true }

// Replug puts it back: power on.
func (d *Device) Replug() {
	if !d.has(SyncIgnored) && !d.has(WriteLostCached) {
		d.destage()
	}
	d.cache = map[uint64][]byte{}
	d.gone, d.phase, d.haltIn, d.haltOut, d.erasing, d.pending = false, idle, false, false, 0, nil
	d.attention(0x29, 0)
}

// Announce raises a unit attention: the next command but INQUIRY meets it.
func (d *Device) Announce(code, details byte) { d.attention(code, details) }

func (d *Device) attention(code, details byte) {
	d.pending = append(d.pending, [3]byte{0x6, code, details})
}

// PortReset resets the port: state is lost, the identity stays, unless it swaps it.
func (d *Device) PortReset() Answer {
	if d.gone {
		return Gone
	}
	if d.broken(SwapAtReset) {
		d.USB = d.USB.swapped()
		d.gone = true
		return Gone
	}
	d.Replug()
	return Done
}

// ClearHalt is CLEAR_FEATURE(ENDPOINT_HALT).
func (d *Device) ClearHalt(in bool) Answer {
	switch {
	case d.gone:
		return Gone
	case in && d.has(StatusStuck):
		return Stall
	case in:
		d.haltIn = false
	default:
		d.haltOut = false
	}
	return Done
}

// Reset is the Bulk-Only Mass Storage Reset.
func (d *Device) Reset() Answer {
	switch {
	case d.gone:
		return Gone
	case d.has(ResetStall):
		return Stall
	case d.has(ResetIgnored):
		return NAK
	}
	d.resets++
	d.phase, d.in, d.out = idle, nil, nil
	return Done
}

// MaxLUN is Get Max LUN.
func (d *Device) MaxLUN() (byte, Answer) {
	switch {
	case d.gone:
		return 0, Gone
	case d.has(MaxLUNStall):
		return 0, Stall
	case d.has(MaxLUN255):
		return 255, Done
	}
	return 0, Done
}

// BulkOut takes one transfer from the host.
func (d *Device) BulkOut(b []byte) (int, Answer) {
	switch {
	case d.gone:
		return 0, Gone
	case d.haltOut:
		return 0, Stall
	case d.phase == receiving:
		return d.receive(b)
	case d.phase != idle:
		d.haltOut = true
		return 0, Stall
	}
	if d.broken(WrapperRefused) || len(b) != 31 || string(b[:4]) != "USBC" || b[14] < 1 || b[14] > 16 {
		d.haltIn, d.haltOut = true, true // BOT 1.0, 6.6.1
		return 0, Stall
	}
	copy(d.cbw[:], b)
	d.begin()
	return len(b), Done
}

// begin starts a command.
func (d *Device) begin() {
	d.commands++
	d.tag = binary.LittleEndian.Uint32(d.cbw[4:])
	d.want = int(binary.LittleEndian.Uint32(d.cbw[8:]))
	d.out, d.in, d.status, d.residue = nil, nil, 0, 0
	in := d.cbw[12]&0x80 != 0
	if d.want > 0 && !in {
		d.phase = receiving
		return
	}
	d.in = d.execute(d.cdb(), nil)
	d.settle()
	d.phase = reporting
	if d.want > 0 {
		d.phase = sending
	}
}

func (d *Device) cdb() []byte { return d.cbw[15 : 15+int(d.cbw[14]&0x1f)] }

// settle computes the residue of what is going to be sent.
func (d *Device) settle() {
	if len(d.in) > d.want {
		d.in = d.in[:d.want]
	}
	d.residue = uint32(d.want - len(d.in))
	if len(d.in) > 0 {
		d.stale = slices.Clone(d.in)
	}
}

func (d *Device) receive(b []byte) (int, Answer) {
	switch {
	case d.broken(OutNever), d.broken(DataNever):
		return 0, NAK
	case d.broken(Yank):
		d.Yank()
		return 0, Gone
	case d.broken(DataStall):
		d.haltOut = true
		d.fail(0x3, 0x0c, 0)
		d.residue = uint32(d.want)
		d.phase = reporting
		return 0, Stall
	}
	n := min(len(b), d.want-len(d.out))
	d.out = append(d.out, b[:n]...)
	if len(d.out) == d.want {
		taken := d.out
		if d.broken(ShortHonest) {
			taken = taken[:len(taken)-min(len(taken), d.BlockSize)]
		}
		d.execute(d.cdb(), taken)
		d.residue = uint32(d.want - len(taken))
		d.phase = reporting
	}
	return n, Done
}

// BulkIn gives up to limit bytes of one transfer to the host. The second value of a babble
// is more than limit.
func (d *Device) BulkIn(limit int) ([]byte, Answer) {
	switch {
	case d.gone:
		return nil, Gone
	case d.haltIn:
		return nil, Stall
	case d.phase == sending:
		return d.send(limit)
	case d.phase == reporting:
		return d.report()
	}
	return nil, NAK
}

func (d *Device) send(limit int) ([]byte, Answer) {
	switch {
	case d.broken(DataNever):
		return nil, NAK
	case d.broken(Yank):
		d.Yank()
		return d.in[:len(d.in)/2], Gone
	case d.broken(DataStall):
		d.fail(0x3, 0x11, 0)
		d.haltIn, d.phase, d.residue = true, reporting, uint32(d.want)
		return nil, Stall
	case d.broken(Babble):
		return make([]byte, limit+d.BlockSize), Done
	case d.broken(StatusFirst):
		d.phase = idle
		return d.wrapper(), Done
	case d.broken(ShortHonest):
		d.in = d.in[:len(d.in)-min(len(d.in), d.BlockSize)]
		d.residue = uint32(d.want - len(d.in))
	case d.broken(ShortLie):
		d.in = d.in[:len(d.in)-min(len(d.in), d.BlockSize)]
	}
	b := d.in
	if d.has(Trickle) {
		limit = 1
	}
	if len(b) > limit {
		d.in = b[limit:]
		return b[:limit], Done
	}
	d.in, d.phase = nil, reporting
	return b, Done
}

// report sends the status, in whatever wrong way was asked for.
func (d *Device) report() ([]byte, Answer) {
	switch {
	case d.broken(StatusNever):
		return nil, NAK
	case d.broken(StatusStall), d.has(StatusStuck):
		d.haltIn = true
		return nil, Stall
	case d.broken(StatusZLP), d.has(StatusZLPs):
		return nil, Done
	case d.broken(YankStatus):
		d.Yank()
		return nil, Gone
	}
	d.phase = idle
	w := d.wrapper()
	switch {
	case d.broken(WrongTag):
		w[4] ^= 1
	case d.broken(BadSignature):
		w[0] ^= 1
	case d.broken(PhaseError):
		w[12] = 2
	case d.broken(BadStatus):
		w[12] = 0x7f
	case d.broken(ResidueTooBig):
		binary.LittleEndian.PutUint32(w[8:], uint32(d.want)+1)
	case d.broken(ResidueMinus):
		binary.LittleEndian.PutUint32(w[8:], 0xffffffff)
	case d.broken(ShortStatus):
		return w[:12], Done
	case d.broken(LongStatus):
		return append(w, make([]byte, 51)...), Done
	case d.broken(DataAfter):
		d.phase, d.in = sending, make([]byte, d.BlockSize)
	}
	return w, Done
}

func (d *Device) wrapper() []byte {
	w := make([]byte, 13)
	copy(w, "USBS")
	binary.LittleEndian.PutUint32(w[4:], d.tag)
	binary.LittleEndian.PutUint32(w[8:], d.residue)
	w[12] = d.status
	return w
}

// fail makes the command fail with sense data.
func (d *Device) fail(key, code, details byte) []byte {
	d.status, d.sense = 1, [3]byte{key, code, details}
	return nil
}
