// Package media is the contract between the station and whoever holds the ports:
// what is attached, what was decided of it, and the few things that are done to a
// medium. The station never touches a block: a job runs beside the device and gives
// its result with the evidence of how the device behaved.
//
//	          Watch: attached, judged, removed, violated
//	station ◄──────────────────────────────────────────── broker, or a bench
//	   │        Tell: registered keys, the unit's rules      │
//	   ├───────────────────────────────────────────────────► │
//	   │        Portray, Canary, Prove, Expel                │  one at a time per device
//	   └───────────────────────────────────────────────────► │
//	            ◄── Begin, Commit of epochs (ident.Journal)
//
// A device is named by port and generation: the one that was meant, or none
// (usbctl.ErrGone). What is not let in is not reached (ErrShut).
//
// Units: bytes, blocks. Deadlines come by context.
//
// Failure modes: ErrShut, ErrAway, and the errors of the medium with their types
// (package usbctl, bot, scsi). Evidence comes with an error too, as far as there is any.
//
// What it does not do: it knows nothing of owners, levels or places.
package media

import (
	"context"
	"errors"

	"sexton/usbctl/ident"
	"sexton/usbctl/rules"
	"sexton/usbctl/scsi"
)

// Errors.
var (
	// ErrShut: the device is there and is not let in.
	ErrShut = errors.New("the device is not let in")
	// ErrAway: who holds the ports does not answer. It can come back.
	ErrAway = errors.New("the USB service does not answer")
)

// At names one device: the one that came to a port as the generation-th.
type At struct {
	Port       string // path, "1-2.3"
	Generation uint64 // unique as long as a Watch lasts
}

// Kind of a notice.
type Kind string

// Kinds.
const (
	Judged   Kind = "judged" // a device came, or was judged anew: Device and Verdict
	Removed  Kind = "removed"
	Violated Kind = "violated" // it broke its protocol: Violation, once for each
	Lost     Kind = "lost"     // Count notices were not kept
)

// Notice is one thing that happened at a port.
type Notice struct {
	Kind      Kind
	At        At
	Device    Device
	Verdict   rules.Verdict
	Key       string // registered id that the device was let in as, "" = none
	Violation Violation
	Count     int
}

// Device is what a device showed before anything was decided.
type Device struct {
	Speed       ident.Speed
	Descriptors []byte
	Strings     map[byte][]byte // raw, by index
	Hash        string          // lower hex SHA-256 of the descriptors
	// For eyes only, escaped.
	Manufacturer, Product, Serial string
}

// Violation is one breach of the transport.
type Violation struct {
	Code    string
	Command uint64 // number in the session, from 1
	Opcode  byte
}

// Evidence is how a device behaved during one job.
type Evidence struct {
	Commands   uint64
	Transcript string // lower hex SHA-256 over every command and outcome; "" = none was sent
	Violations []Violation
}

// Known is a registered key by what can be seen of it before it is let in.
type Known struct {
	ID          string
	Descriptors map[ident.Speed]string // as in ident.Likeness
	Strings     string
}

// Policy is what the station wants. Each takes the place of the one before.
type Policy struct {
	Keys  []Known
	Rules string // the unit's own, before those that ship (TOML, package rules); "" = none
}

// Act is what is done about a canary.
type Act int

// Acts.
const (
	Check Act = iota + 1 // look, write nothing
	Meet                 // check, and rotate when it is taken
	Lay                  // write the first one
)

// Canary is what a job needs to know of a key's canary.
type Canary struct {
	Secret []byte // ident.SecretSize bytes
	Region ident.Region
	Epochs ident.Epochs
}

// Media is whoever holds the ports. It is safe for concurrent use.
type Media interface {
	// Watch tells what is there, then what happens, one after the other, until the
	// context ends or the other end is lost. tell does not block for long. There is one
	// Watch at a time.
	Watch(ctx context.Context, tell func(Notice)) error
	// Tell replaces the policy. Every device is judged anew, and the notices follow.
	Tell(ctx context.Context, p Policy) error
	// Portray reads what a medium says of itself.
	Portray(ctx context.Context, at At) (scsi.Portrait, Evidence, error)
	// Canary acts on the canary. j is asked before and after the medium is written.
	Canary(ctx context.Context, at At, act Act, c Canary, j ident.Journal) (ident.Verdict, Evidence, error)
	// Prove proves the capacity: *ident.Fake when blocks are missing. Destructive: what
	// the probed blocks held is lost; else it is saved and written back.
	Prove(ctx context.Context, at At, nonce []byte, destructive bool) (Evidence, error)
	// Expel shuts a device out until it is unplugged.
	Expel(ctx context.Context, at At, reason string) error
}
