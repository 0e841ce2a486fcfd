package usbcases

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
	"sexton/usbctl/scsi"
)

// rig is where device models are plugged in: memory, or the kernel of the guest.
type rig interface {
	kernel() bool
	// plug puts a device into a port and waits until it is seen. errAbsent when the
	// kernel did not take it.
	plug(ctx context.Context, d *model.Device) (socket, error)
}

// errAbsent: the kernel gave up on the device.
var errAbsent = errors.New("the kernel did not take the device")

// socket is a device in a port.
type socket interface {
	port() string
	with(func(*model.Device))
	look(ctx context.Context) (sight, error)
	text(ctx context.Context, index byte) ([]byte, error)
	// open authorises the interface of the verdict and claims it.
	open(ctx context.Context, d desc.Device, number byte) (usbctl.Pipe, error)
	// replug takes the device out and puts another, or the same, into the port.
	replug(ctx context.Context, d *model.Device) error
	unplug(ctx context.Context) error
	// resettled waits for what comes out of a reset that changed the device.
	resettled(ctx context.Context) error
	generation() uint64
	storm() bool
}

// sight is what is seen of a device before it is authorised.
type sight struct {
	raw   []byte
	view  desc.View
	speed string
}

// desk is a station reduced to what these cases need: it meets devices, keeps what is
// registered and live, and records.
type desk struct {
	rig   rig
	rules rules.Set
	known map[string]bool   // identities of registered keys
	live  map[string]string // identity -> port
	log   []string
	// storms says that many arrivals at one port matter: these cases share a port.
	storms bool
}

func newDesk(r rig) (*desk, error) {
	set, err := rules.Default()
	return &desk{rig: r, rules: set, known: map[string]bool{}, live: map[string]string{}}, err
}

func (k *desk) record(format string, args ...any) {
	k.log = append(k.log, fmt.Sprintf(format, args...))
}

// meeting is one device met.
type meeting struct {
	desk    *desk
	socket  socket
	device  desc.Device
	speed   string
	strings map[byte][]byte
	id      string
	verdict rules.Verdict
	pipe    usbctl.Pipe
	engine  *bot.Engine
	unit    *scsi.Unit
}

// register makes the identity of a device a registered one.
func (k *desk) register(d *model.Device) *model.Device {
	serial := d.USB.Strings[d.USB.Device[16]]
	k.known[identity(d.USB.Blob(), serial)] = true
	return d
}

func identity(raw, serial []byte) string {
	return hex.EncodeToString(raw) + "/" + hex.EncodeToString(serial)
}

// plug meets a device and records the attach and the verdict.
func (k *desk) plug(ctx context.Context, d *model.Device) (*meeting, error) {
	s, err := k.rig.plug(ctx, d)
	if errors.Is(err, errAbsent) {
		k.record("verdict absent")
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return k.meet(ctx, s)
}

func (k *desk) meet(ctx context.Context, s socket) (*meeting, error) {
	m := &meeting{desk: k, socket: s, strings: map[byte][]byte{}}
	seen := rules.Seen{Port: s.port(), Storm: k.storms && s.storm()}
	look, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	m.speed = look.speed
	m.device, err = desc.Parse(look.raw)
	if err != nil && !errors.As(err, &seen.Problem) {
		return nil, err
	}
	if err == nil {
		seen.Device, seen.Differs = m.device, m.device.Differs(look.view)
		if seen.Problem, err = m.texts(ctx); err != nil {
			return nil, err
		}
		m.id = identity(look.raw, m.strings[m.device.Strings.Serial])
		other, is := k.live[m.id]
		seen.Duplicate = is && other != s.port()
		seen.Registered = k.known[m.id]
		k.live[m.id] = s.port()
	}
	m.verdict = k.rules.Decide(seen)
	k.record("attach %s", s.port())
	k.record("verdict %s", m.says())
	return m, nil
}

// says is a verdict as one line: action, rule, and the code of a malformation.
func (m *meeting) says() string {
	code := ""
	if m.verdict.Rule == rules.RuleMalformed {
		code, _, _ = strings.Cut(m.verdict.Detail, ":")
		code = " " + code
	}
	return string(m.verdict.Action) + " " + m.verdict.Rule + code
}

// texts reads every string twice. What changes or cannot be decoded is malformed.
func (m *meeting) texts(ctx context.Context) (*desc.Problem, error) {
	for _, i := range []byte{m.device.Strings.Manufacturer, m.device.Strings.Product, m.device.Strings.Serial} {
		if i == 0 {
			continue
		}
		first, err := m.socket.text(ctx, i)
		if err != nil {
			return nil, err
		}
		second, err := m.socket.text(ctx, i)
		if err != nil {
			return nil, err
		}
		if string(first) != string(second) {
			return &desc.Problem{Code: "string-changes", Detail: "a text that differs when it is read again"}, nil
		}
		m.strings[i] = first
		var p *desc.Problem
		if _, err := (desc.Text{Raw: first}).Decode(); errors.As(err, &p) {
			return p, nil
		}
	}
	return nil, nil
}

// deadline of one command of these cases.
const deadline = time.Second

// open begins a session with an allowed device.
func (m *meeting) open(ctx context.Context, mode usbctl.Mode) error {
	if m.verdict.Action != rules.Allow {
		return fmt.Errorf("cannot open a device that is not allowed: %s", m.says())
	}
	pipe, err := m.socket.open(ctx, m.device, m.verdict.Interfaces[0])
	if err != nil {
		return err
	}
	m.pipe = pipe
	n, err := pipe.MaxLUN(ctx)
	if err == nil && n > 15 {
		err = &scsi.Lie{Code: "max-lun", Detail: fmt.Sprintf("logical units up to %d", n)}
	}
	if err != nil {
		return m.note(err)
	}
	m.engine, err = bot.New(pipe, bot.Options{Deadline: deadline, Recovery: deadline, Observe: func(v *bot.Violation) {
		m.desk.record("violation %s", v.Code)
	}})
	if err != nil {
		return err
	}
	m.unit = scsi.NewUnit(m.engine, 0, mode)
	_, err = m.unit.Open(ctx)
	return m.note(err)
}

// note records what an error says of the device.
func (m *meeting) note(err error) error {
	var (
		quarantined *bot.Quarantined
		violation   *bot.Violation
		lie         *scsi.Lie
		changed     *scsi.Changed
		sense       *scsi.Sense
		fake        *ident.Fake
	)
	switch {
	case err == nil:
	case errors.As(err, &quarantined):
		m.desk.record("quarantine")
	case errors.As(err, &violation):
	case errors.As(err, &lie):
		m.desk.record("lie %s", lie.Code)
	case errors.As(err, &changed):
		m.desk.record("changed")
	case errors.As(err, &fake):
		m.desk.record("fake capacity")
	case errors.Is(err, usbctl.ErrGone):
		m.desk.record("gone")
	case errors.As(err, &sense):
		m.desk.record("sense %x/%02x", sense.Key, sense.Code)
	default:
		m.desk.record("error %v", err)
	}
	return err
}

// close ends the session and takes the device out.
func (m *meeting) close(ctx context.Context) error {
	var err error
	if m.pipe != nil {
		err = m.pipe.Close()
		m.pipe = nil
	}
	delete(m.desk.live, m.id)
	err = errors.Join(err, m.socket.unplug(ctx))
	m.desk.record("removed %s", m.socket.port())
	return err
}

// good is an honest key.
func good(serial string) *model.Device {
	return model.New(model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: serial, Blocks: 4096})
}
