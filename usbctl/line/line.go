// Package line is how the station and the USB broker talk: a local socket, one
// station at a time.
//
//	station                                              broker
//	   │ ◄─ hello {version, boot, bench} ─────────────────── │
//	   │ ◄─ event {attached, verdict, removed, ...} ──────── │  from what is there, then as it happens
//	   │ ── told {17} ─────────────────────────────────────► │  they are on record
//	   │ ── policy {registered keys, the unit's rules} ────► │  every device is judged again
//	   │ ── job {port, generation, what} ──────────────────► │
//	   │ ◄─ journal {begin 8} ────────────────────────────── │  before a canary is written
//	   │ ── journalled ────────────────────────────────────► │
//	   │ ◄─ answer {result, report} ──────────────────────── │
//
// Frames are those of package wire, payloads are JSON without unknown keys. A job
// names a device by port and generation: the one it meant, or none.
//
// Events are numbered from 1 within one boot of the broker and are told until a
// station says that it has them on record (told): what nobody took down is told to the
// next station again, in order, as far as it fits; a gap is an event of its own
// (Forgotten). A station that is lost takes
// everything it allowed with it: jobs end, devices are shut out, keys are forgotten.
//
// Texts of a device in an event are escaped for show. Identity is the bytes.
//
// Failure modes: *Fault is the broker's refusal, with a stable code; any other error
// ends the connection.
//
// What it does not do: it authenticates nobody; who may connect is decided by the
// socket's owner and by the credentials the kernel gives of the peer.
package line

import (
	"fmt"
	"time"

	"sexton/usbctl/ident"
	"sexton/usbctl/rules"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
)

// Version of this protocol.
const Version = 1

// Operations.
const (
	opPolicy     wire.Op = 1 + iota // Policy
	opJob                           // Request
	opExpel                         // Expulsion
	opJournalled                    // journalled, with the tag of the question
	opTold                          // the number of an event, u64; no answer
)

const (
	opHello   wire.Op = 64 + iota // Hello
	opEvent                       // Event
	opJournal                     // journal
	opAnswer                      // reply, with the tag of the request
)

// Hello is the first message of the broker.
type Hello struct {
	Version int    `json:"version"`
	Boot    string `json:"boot"`  // of the broker; numbers of events and generations begin anew with it
	Bench   bool   `json:"bench"` // the devices are virtual
}

// Policy is what the station wants. Each replaces the one before.
type Policy struct {
	Keys  []Key  `json:"keys"`
	Rules string `json:"rules,omitempty"` // the unit's own, before those that ship (TOML, package rules)
}

// Key is a registered key, by what can be known of it before it is let in.
type Key struct {
	ID          string                 `json:"id"`          // the station's
	Descriptors map[ident.Speed]string `json:"descriptors"` // as in ident.Likeness
	Strings     string                 `json:"strings"`
}

// Request is one job.
type Request struct {
	Port       string     `json:"port"`
	Generation uint64     `json:"generation"`
	Job        worker.Job `json:"job"`
	LimitS     int        `json:"limit_s"` // the workers are ended after so many seconds; 1 to 86400
}

// Expulsion shuts a device out until it is unplugged.
type Expulsion struct {
	Port       string `json:"port"`
	Generation uint64 `json:"generation"`
	Reason     string `json:"reason"`
}

// Answer is what a job came to.
type Answer struct {
	Result *worker.Result `json:"result,omitempty"` // nil = fs told none
	Report *worker.Report `json:"report,omitempty"` // nil = blk told none
	Sound  bool           `json:"sound"`            // both workers ended in order
	Detail string         `json:"detail,omitempty"` // how they ended otherwise
}

// Fault is a refusal of the broker.
type Fault struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (f *Fault) Error() string { return f.Text }

// Codes of faults.
const (
	CodeGone    = "gone"    // no such device, or another one by now
	CodeShut    = "shut"    // the device is not let in
	CodeBusy    = "busy"    // another job runs on it
	CodeClaim   = "claim"   // it could not be taken
	CodeRequest = "request" // the request makes no sense
)

// Faultf makes a Fault.
func Faultf(code, format string, args ...any) error {
	return &Fault{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Kind of an event.
type Kind string

// Kinds.
const (
	Attached  Kind = "attached"  // a device came; Device
	Judged    Kind = "verdict"   // Verdict
	Removed   Kind = "removed"   // it left
	Begun     Kind = "begun"     // a job began; Detail is its kind
	Violated  Kind = "violation" // it broke the transport; Violation
	Ended     Kind = "ended"     // the workers of a job ended; Answer without Result
	Troubled  Kind = "trouble"   // something the broker tried did not work; Detail
	Forgotten Kind = "forgotten" // Count events before this one were not kept
)

// Event is one thing that happened.
type Event struct {
	Seq        uint64            `json:"seq"`
	At         time.Time         `json:"at"`
	Kind       Kind              `json:"kind"`
	Port       string            `json:"port,omitempty"`
	Generation uint64            `json:"generation,omitempty"`
	Device     *Device           `json:"device,omitempty"`
	Verdict    *Verdict          `json:"verdict,omitempty"`
	Violation  *worker.Violation `json:"violation,omitempty"`
	Answer     *Answer           `json:"answer,omitempty"`
	Count      int               `json:"count,omitempty"`
	Detail     string            `json:"detail,omitempty"`
}

// Device is what a device showed before anything was decided.
type Device struct {
	Bus         int             `json:"bus"`
	Number      int             `json:"number"`
	Speed       ident.Speed     `json:"speed"`
	Descriptors []byte          `json:"descriptors"`
	Hash        string          `json:"hash"`              // lower hex SHA-256 of the descriptors
	Strings     map[byte][]byte `json:"strings,omitempty"` // raw, by index
	// For show only, escaped.
	Manufacturer string `json:"manufacturer,omitempty"`
	Product      string `json:"product,omitempty"`
	Serial       string `json:"serial,omitempty"`
}

// Verdict is what was decided of a device.
type Verdict struct {
	Action     rules.Action `json:"action"`
	Rule       string       `json:"rule"`
	Zh         string       `json:"zh"`
	En         string       `json:"en"`
	Detail     string       `json:"detail,omitempty"`
	Interfaces []int        `json:"interfaces,omitempty"` // that were let in
	Key        string       `json:"key,omitempty"`        // registered id
}

// journal asks the station; journalled answers.
type journal struct {
	Job    uint32 `json:"job"` // tag of the request
	Commit bool   `json:"commit"`
	Epoch  uint64 `json:"epoch"`
}

type journalled struct {
	Error string `json:"error,omitempty"`
}

// reply answers a request.
type reply struct {
	Fault  *Fault  `json:"fault,omitempty"`
	Answer *Answer `json:"answer,omitempty"` // of a job
}
