package worker

import (
	"context"
	"encoding/json"
	"errors"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
)

// sentinels are the errors of usbctl by the kind they travel as.
var sentinels = []struct {
	kind string
	err  error
}{
	{"gone", usbctl.ErrGone}, {"timeout", usbctl.ErrTimeout}, {"stall", usbctl.ErrStall}, {"overflow", usbctl.ErrOverflow},
	{"link", usbctl.ErrLink}, {"not-started", usbctl.ErrNotStarted}, {"cancelled", context.Canceled}, {"deadline", context.DeadlineExceeded},
}

// Violation is a breach of the transport as it travels.
type Violation struct {
	Number uint64 `json:"number"`
	Opcode byte   `json:"opcode"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Cause  string `json:"cause,omitempty"` // kind of a sentinel
}

// ended is a quarantine as it travels.
type ended struct {
	After uint64        `json:"after"`
	Last  *wire.Failure `json:"last"`
}

// pack makes an error of the medium one that travels. The most telling kind wins:
// what ended a session before what only failed.
func pack(err error) error {
	if err == nil {
		return nil
	}
	if v := (*wire.Breach)(nil); errors.As(err, &v) {
		return err
	}
	return failure(err)
}

func failure(err error) *wire.Failure {
	f := &wire.Failure{Kind: "other", Text: err.Error()}
	var data any
	var (
		packed    *wire.Failure
		over      *bot.Quarantined
		violation *bot.Violation
		sense     *scsi.Sense
		refused   *scsi.Refused
		lie       *scsi.Lie
		changed   *scsi.Changed
	)
	switch {
	case errors.As(err, &packed):
		return packed
	case errors.As(err, &over):
		f.Kind, data = "quarantined", ended{After: over.After, Last: failure(over.Last)}
	case errors.As(err, &changed):
		f.Kind, data = "changed", changed
	case errors.As(err, &violation):
		f.Kind, data = "violation", travelling(violation)
	case errors.As(err, &lie):
		f.Kind, data = "lie", lie
	case errors.As(err, &refused):
		f.Kind, data = "refused", refused
	case errors.As(err, &sense):
		f.Kind, data = "sense", sense
	default:
		f.Kind = kindOf(err)
		return f
	}
	f.Data, _ = json.Marshal(data)
	return f
}

func kindOf(err error) string {
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.kind
		}
	}
	return "other"
}

func travelling(v *bot.Violation) Violation {
	b := Violation{Number: v.Number, Opcode: v.Opcode, Code: v.Code, Detail: v.Detail}
	if v.Err != nil {
		b.Cause = kindOf(v.Err)
	}
	return b
}

// Typed gives it the type it has at its origin.
func (b Violation) Typed() *bot.Violation {
	v := &bot.Violation{Number: b.Number, Opcode: b.Opcode, Code: b.Code, Detail: b.Detail}
	for _, s := range sentinels {
		if s.kind == b.Cause {
			v.Err = s.err
		}
	}
	return v
}

// Told is an error that came from another process: its words, and beneath them its
// kind for errors.Is and errors.As.
type Told struct {
	Kind string
	Text string
	Err  error // nil = a kind without type
}

func (t *Told) Error() string { return t.Text }

// Unwrap gives the typed error.
func (t *Told) Unwrap() error { return t.Err }

// unpack gives an error of the other process its type back. Errors of the
// connection pass as they are.
func unpack(err error) error {
	var f *wire.Failure
	if !errors.As(err, &f) {
		return err
	}
	return told(f)
}

func told(f *wire.Failure) error {
	t := &Told{Kind: f.Kind, Text: f.Text}
	for _, s := range sentinels {
		if s.kind == f.Kind {
			t.Err = s.err
			return t
		}
	}
	var target error
	switch f.Kind {
	case "sense":
		target = &scsi.Sense{}
	case "refused":
		target = &scsi.Refused{}
	case "lie":
		target = &scsi.Lie{}
	case "changed":
		target = &scsi.Changed{}
	case "violation":
		var b Violation
		if wire.Strict(f.Data, &b) == nil {
			t.Err = b.Typed()
		}
		return t
	case "quarantined":
		var e ended
		if wire.Strict(f.Data, &e) == nil && e.Last != nil {
			t.Err = &bot.Quarantined{After: e.After, Last: told(e.Last)}
		}
		return t
	default:
		return t
	}
	if wire.Strict(f.Data, target) == nil {
		t.Err = target
	}
	return t
}
