// Package bot is the host side of the USB Mass Storage Class Bulk-Only Transport,
// revision 1.0, against devices that may lie.
//
//	Do ──► CBW ──► data ──► CSW ──► check ──► Result
//	                │ stall: clear halt, go on to the CSW
//	                │ timeout, babble, link, wrong CSW, phase error: reset recovery
//	                └ third recovery in a row: quarantine, no command any more
//
// What is demanded of a status wrapper: exactly 13 bytes, the signature, the tag of
// the command, a residue not above what was asked for, a status of 0 or 1, and that
// the bytes it claims did move. Each breach is a Violation, numbered by command:
// evidence, not only an error.
//
// Every command and its outcome enter a running SHA-256 (Transcript), so that two
// records of one session can be compared by one value.
//
// Failure modes: *Violation, *Quarantined, the sentinels of usbctl, all by
// errors.Is and errors.As. A failed command (CSW status 1) is a Result, not an
// error: sense data say why.
//
// What it does not do: it knows no SCSI, and repeats no command.
package bot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"sexton/usbctl"
)

// Sizes and signatures (BOT 1.0, tables 5.1 and 5.2).
const (
	cbwSize      = 31
	cswSize      = 13
	cbwSignature = 0x43425355 // "USBC"
	cswSignature = 0x53425355 // "USBS"
)

// Limits.
const (
	// MaxRecoveries in a row without a good command between them end the session.
	MaxRecoveries = 3
	// statusRoom is read for a status wrapper, so that a longer one is seen.
	statusRoom = 512
	// MaxData of one command, bytes.
	MaxData = 4 << 20
)

// Command is one command to a logical unit.
type Command struct {
	LUN  byte
	CDB  []byte           // 1 to 16 bytes
	Data []byte           // to send or to fill; nil = none
	Dir  usbctl.Direction // NoData exactly when Data is empty
	// Deadline of the whole command; 0 = Options.Deadline.
	Deadline time.Duration
}

// Result is what a command came to when the transport was sound.
type Result struct {
	Number uint64 // of the command in this session, from 1
	Moved  int    // bytes of Data that count: never more than the device claims, never more than moved
	Failed bool   // CSW status 1: ask for sense data
}

// Violation is a breach of the transport by the device.
type Violation struct {
	Number uint64 // command
	Opcode byte
	Code   string // stable: "csw-length", "csw-signature", ...
	Detail string
	Err    error // cause, nil = none
}

func (v *Violation) Error() string {
	return fmt.Sprintf("violated BOT: %s at command %d (opcode %02x)", v.Detail, v.Number, v.Opcode)
}

// Unwrap gives the cause.
func (v *Violation) Unwrap() error { return v.Err }

// Codes of violations.
const (
	CodeWrapper   = "cbw-refused"    // the command wrapper was not taken whole
	CodeData      = "data-phase"     // the data phase broke down
	CodeBabble    = "babble"         // more data than asked for
	CodeLength    = "csw-length"     // not 13 bytes
	CodeSignature = "csw-signature"  //
	CodeTag       = "csw-tag"        //
	CodeResidue   = "csw-residue"    // more left over than was asked for
	CodeClaim     = "csw-claim"      // claims more than moved
	CodePhase     = "phase-error"    // status 2: the device lost its place
	CodeStatus    = "csw-status"     // another status than 0, 1, 2
	CodeNoStatus  = "csw-missing"    // no status wrapper in time
	CodeReset     = "reset-recovery" // the device did not come back from a reset
	CodeSilence   = "no-answer"      // nothing came in time
)

// Quarantined says that the session is over: the device broke the transport too
// often, or did not come back from a reset.
type Quarantined struct {
	After uint64 // command
	Last  error
}

func (q *Quarantined) Error() string {
	return fmt.Sprintf("the device is quarantined after command %d: %v", q.After, q.Last)
}

// Unwrap gives the last violation.
func (q *Quarantined) Unwrap() error { return q.Last }

// Options of an engine.
type Options struct {
	Deadline time.Duration    // of one command; default 10 s
	Recovery time.Duration    // of one reset recovery; default 5 s
	Observe  func(*Violation) // is told of each violation; may be nil
}

// Engine runs commands over one pipe, one after the other. It is not safe for
// concurrent use.
type Engine struct {
	pipe       usbctl.Pipe
	opts       Options
	tag        uint32
	number     uint64
	recoveries int // in a row
	violations []*Violation
	ended      error
	transcript hash.Hash
	cbw        [cbwSize]byte
	csw        []byte
}

// New makes an engine over pipe.
func New(pipe usbctl.Pipe, opts Options) (*Engine, error) {
	if opts.Deadline <= 0 {
		opts.Deadline = 10 * time.Second
	}
	if opts.Recovery <= 0 {
		opts.Recovery = 5 * time.Second
	}
	csw, err := pipe.Buffer(statusRoom)
	if err != nil {
		return nil, fmt.Errorf("cannot get a buffer for the status: %w", err)
	}
	return &Engine{pipe: pipe, opts: opts, transcript: sha256.New(), csw: csw}, nil
}

// Commands is how many commands were begun.
func (e *Engine) Commands() uint64 { return e.number }

// Violations lists what the device did wrong, in order.
func (e *Engine) Violations() []*Violation { return append([]*Violation(nil), e.violations...) }

// Transcript is the running hash over all commands and their outcomes so far.
func (e *Engine) Transcript() [sha256.Size]byte {
	var out [sha256.Size]byte
	e.transcript.Sum(out[:0])
	return out
}

// Ended is why no command is possible any more, nil while one is.
func (e *Engine) Ended() error { return e.ended }

// Do runs one command. The context cancels between the phases; a command that was
// begun is brought to an end by its deadline either way.
func (e *Engine) Do(ctx context.Context, c Command) (Result, error) {
	if e.ended != nil {
		return Result{}, e.ended
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if err := check(c); err != nil {
		return Result{}, err
	}
	e.number++
	deadline := c.Deadline
	if deadline <= 0 {
		deadline = e.opts.Deadline
	}
	run, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadline)
	defer cancel()
	r, err := e.run(run, c)
	e.note(c, r, err)
	switch {
	case err == nil:
		e.recoveries = 0
		return r, nil
	case errors.Is(err, usbctl.ErrGone):
		e.ended = err
		return Result{}, err
	}
	return Result{}, e.recover(ctx, err)
}

func check(c Command) error {
	switch {
	case len(c.CDB) < 1 || len(c.CDB) > 16:
		return fmt.Errorf("cannot send a command block of %d bytes", len(c.CDB))
	case len(c.Data) > MaxData:
		return fmt.Errorf("cannot move %d bytes by one command", len(c.Data))
	case (len(c.Data) == 0) != (c.Dir == usbctl.NoData):
		return fmt.Errorf("cannot move %d bytes in direction %s", len(c.Data), c.Dir)
	case c.LUN > 15:
		return fmt.Errorf("cannot address logical unit %d", c.LUN)
	}
	return nil
}

// run takes a command through its three phases (BOT 1.0, 5.3).
func (e *Engine) run(ctx context.Context, c Command) (Result, error) {
	e.tag++
	w, d := e.pipe.Command(ctx, e.wrap(c), c.Data, c.Dir)
	if w.Err != nil || w.N != cbwSize {
		return Result{}, e.broken(c, CodeWrapper, w.Err, "it took %d of 31 bytes of the command wrapper", w.N)
	}
	if err := e.dataPhase(ctx, c, d); err != nil {
		return Result{}, err
	}
	n, err := e.readStatus(ctx, c)
	if err != nil {
		return Result{}, err
	}
	return e.judge(c, d, e.csw[:n])
}

// wrap makes the command block wrapper (BOT 1.0, 5.1).
func (e *Engine) wrap(c Command) []byte {
	b := e.cbw[:]
	clear(b)
	binary.LittleEndian.PutUint32(b[0:], cbwSignature)
	binary.LittleEndian.PutUint32(b[4:], e.tag)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(c.Data)))
	if c.Dir == usbctl.In {
		b[12] = 0x80
	}
	b[13], b[14] = c.LUN, byte(len(c.CDB))
	copy(b[15:], c.CDB)
	return b
}

// dataPhase looks at how the data came through. A stall ends it early and is
// lawful (BOT 1.0, 6.7): the status says how much counts.
func (e *Engine) dataPhase(ctx context.Context, c Command, d usbctl.Transfer) error {
	switch {
	case d.Err == nil:
		return nil
	case errors.Is(d.Err, usbctl.ErrGone):
		return d.Err
	case errors.Is(d.Err, usbctl.ErrStall):
		if err := e.pipe.ClearHalt(ctx, c.Dir); err != nil {
			return e.broken(c, CodeData, err, "its endpoint stayed halted after a stall in the data phase")
		}
		return nil
	case errors.Is(d.Err, usbctl.ErrOverflow):
		return e.broken(c, CodeBabble, d.Err, "it sent more than the %d bytes asked for", len(c.Data))
	case errors.Is(d.Err, usbctl.ErrTimeout):
		return e.broken(c, CodeSilence, d.Err, "it moved %d of %d bytes and fell silent", d.N, len(c.Data))
	}
	return e.broken(c, CodeData, d.Err, "the data phase ended after %d of %d bytes", d.N, len(c.Data))
}

// readStatus reads the status wrapper. A stall of the IN endpoint is cleared once
// (BOT 1.0, figure 2), and one stray empty packet is passed over.
func (e *Engine) readStatus(ctx context.Context, c Command) (int, error) {
	t := e.pipe.Status(ctx, e.csw)
	if errors.Is(t.Err, usbctl.ErrStall) {
		if err := e.pipe.ClearHalt(ctx, usbctl.In); err != nil {
			return 0, e.broken(c, CodeNoStatus, err, "its endpoint stayed halted in the status phase")
		}
		t = e.pipe.Status(ctx, e.csw)
	}
	if t.Err == nil && t.N == 0 {
		t = e.pipe.Status(ctx, e.csw)
	}
	switch {
	case t.Err == nil:
		return t.N, nil
	case errors.Is(t.Err, usbctl.ErrGone):
		return 0, t.Err
	case errors.Is(t.Err, usbctl.ErrOverflow):
		return 0, e.broken(c, CodeLength, t.Err, "its status is longer than %d bytes", statusRoom)
	}
	return 0, e.broken(c, CodeNoStatus, t.Err, "no status came")
}

// judge checks the status wrapper (BOT 1.0, 6.3 and 6.7).
func (e *Engine) judge(c Command, d usbctl.Transfer, b []byte) (Result, error) {
	if len(b) != cswSize {
		return Result{}, e.broken(c, CodeLength, nil, "a status of %d bytes", len(b))
	}
	if s := binary.LittleEndian.Uint32(b); s != cswSignature {
		return Result{}, e.broken(c, CodeSignature, nil, "status signature %08x", s)
	}
	if t := binary.LittleEndian.Uint32(b[4:]); t != e.tag {
		return Result{}, e.broken(c, CodeTag, nil, "wrong tag %d for %d", t, e.tag)
	}
	residue := binary.LittleEndian.Uint32(b[8:])
	status := b[12]
	switch {
	case status == 2:
		return Result{}, e.broken(c, CodePhase, nil, "phase error")
	case status > 2:
		return Result{}, e.broken(c, CodeStatus, nil, "status %02x", status)
	case residue > uint32(len(c.Data)):
		return Result{}, e.broken(c, CodeResidue, nil, "residue %d of %d bytes asked for", residue, len(c.Data))
	}
	claimed := len(c.Data) - int(residue)
	if status == 0 && claimed > d.N {
		return Result{}, e.broken(c, CodeClaim, nil, "claims %d bytes, moved %d", claimed, d.N)
	}
	return Result{Number: e.number, Moved: min(claimed, d.N), Failed: status == 1}, nil
}

// broken records a violation. A device that is gone violates nothing.
func (e *Engine) broken(c Command, code string, err error, format string, args ...any) error {
	if errors.Is(err, usbctl.ErrGone) {
		return err
	}
	v := &Violation{Number: e.number, Opcode: c.CDB[0], Code: code, Detail: fmt.Sprintf(format, args...), Err: err}
	e.violations = append(e.violations, v)
	if e.opts.Observe != nil {
		e.opts.Observe(v)
	}
	return v
}

// recover is the reset recovery (BOT 1.0, 5.3.4): reset, then clear both halts. The
// command is not repeated. why is returned, or what ended the session.
func (e *Engine) recover(ctx context.Context, why error) error {
	e.recoveries++
	if e.recoveries > MaxRecoveries {
		e.ended = &Quarantined{After: e.number, Last: why}
		return e.ended
	}
	run, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.opts.Recovery)
	defer cancel()
	for _, step := range []func() error{
		func() error { return e.pipe.Reset(run) },
		func() error { return e.pipe.ClearHalt(run, usbctl.In) },
		func() error { return e.pipe.ClearHalt(run, usbctl.Out) },
	} {
		err := step()
		if err == nil {
			continue
		}
		if errors.Is(err, usbctl.ErrGone) {
			e.ended = err
			return err
		}
		v := &Violation{Number: e.number, Code: CodeReset, Detail: "it did not come back from a reset", Err: err}
		e.violations = append(e.violations, v)
		if e.opts.Observe != nil {
			e.opts.Observe(v)
		}
		e.ended = &Quarantined{After: e.number, Last: errors.Join(why, v)}
		return e.ended
	}
	return why
}

// note adds a command and its outcome to the transcript: number, LUN, command
// block, direction and length, then bytes that count, status and violation code.
func (e *Engine) note(c Command, r Result, err error) {
	var b [8]byte
	put := func(n uint64) { binary.BigEndian.PutUint64(b[:], n); e.transcript.Write(b[:]) }
	text := func(s []byte) { put(uint64(len(s))); e.transcript.Write(s) }
	put(e.number)
	put(uint64(c.LUN))
	text(c.CDB)
	put(uint64(c.Dir))
	put(uint64(len(c.Data)))
	put(uint64(r.Moved))
	code := "ok"
	var v *Violation
	switch {
	case errors.As(err, &v):
		code = v.Code
	case err != nil:
		code = "gone"
	case r.Failed:
		code = "failed"
	}
	text([]byte(code))
}
