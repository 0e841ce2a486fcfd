package worker

import (
	"context"
	"errors"
	"fmt"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
)

// Kind is what fs does.
type Kind string

// Kinds of jobs.
const (
	Portray     Kind = "portray"      // read what the medium says of itself
	CanaryCheck Kind = "canary-check" // look at the canary, write nothing
	CanaryMeet  Kind = "canary-meet"  // check it, then rotate it when the medium is taken
	CanaryLay   Kind = "canary-lay"   // write the first canary
	Capacity    Kind = "capacity"     // prove that the blocks exist
)

// modes is the least mode a job needs, and the only one it gets.
var modes = map[Kind]usbctl.Mode{Portray: usbctl.ReadOnly, CanaryCheck: usbctl.ReadOnly, CanaryMeet: usbctl.Write, CanaryLay: usbctl.Write, Capacity: usbctl.Write}

// Job is what fs is to do with one medium.
type Job struct {
	Kind   Kind         `json:"kind"`
	Canary *CanaryJob   `json:"canary,omitempty"`
	Probe  *CapacityJob `json:"capacity,omitempty"`
}

// CanaryJob are the arguments of the jobs with a canary.
type CanaryJob struct {
	Secret []byte       `json:"secret"` // ident.SecretSize bytes
	Region ident.Region `json:"region"`
	Epochs ident.Epochs `json:"epochs"`
}

// CapacityJob are the arguments of a capacity probe.
type CapacityJob struct {
	Nonce       []byte `json:"nonce"`
	Destructive bool   `json:"destructive"`
}

// Mode is what the job may do to the medium.
func (j Job) Mode() usbctl.Mode { return modes[j.Kind] }

// Check says what is wrong with a job before anything is begun.
func (j Job) Check() error {
	canary := j.Kind == CanaryCheck || j.Kind == CanaryMeet || j.Kind == CanaryLay
	switch {
	case j.Mode() == usbctl.ModeUnknown:
		return fmt.Errorf("cannot do a job of kind %q", j.Kind)
	case canary != (j.Canary != nil), (j.Kind == Capacity) != (j.Probe != nil):
		return fmt.Errorf("cannot do %s with these arguments", j.Kind)
	case canary && len(j.Canary.Secret) != ident.SecretSize:
		return fmt.Errorf("cannot do %s with a secret of %d bytes", j.Kind, len(j.Canary.Secret))
	case j.Kind == Capacity && (len(j.Probe.Nonce) < 16 || len(j.Probe.Nonce) > 64):
		return fmt.Errorf("cannot do %s with a nonce of %d bytes", j.Kind, len(j.Probe.Nonce))
	}
	return nil
}

// Result is what a job came to. It is told by fs: of what the medium is, not of how
// it kept the transport, which is blk's to tell.
type Result struct {
	Info     Info           `json:"info"`
	Portrait *scsi.Portrait `json:"portrait,omitempty"`
	Erasure  *scsi.Erasure  `json:"erasure,omitempty"`
	Verdict  ident.Verdict  `json:"verdict,omitempty"` // of the canary
	Epochs   ident.Epochs   `json:"epochs"`            // as the journal has them after the job
	Fake     *ident.Fake    `json:"fake,omitempty"`    // the capacity is a lie
	Proven   bool           `json:"proven,omitempty"`  // the probe found every block it looked at
	Failure  *wire.Failure  `json:"failure,omitempty"` // why the job was not done
}

// Err gives the failure its type; nil when the job was done.
func (r Result) Err() error {
	if r.Failure == nil {
		return nil
	}
	return told(r.Failure)
}

// RunFs is the whole of fs.
func RunFs(ctx context.Context, control *Control, peer wire.Stream, s Sealed) error {
	var j Job
	s.Role = RoleFs
	if err := control.Announce(ctx, s, &j); err != nil {
		return err
	}
	r := j.run(ctx, control, peer)
	_, err := control.call(ctx, opResult, r)
	return err
}

func (j Job) run(ctx context.Context, journal ident.Journal, peer wire.Stream) Result {
	defer peer.Close()
	var r Result
	err := j.Check()
	if err == nil {
		err = j.do(ctx, journal, peer, &r)
	}
	if err != nil {
		r.Failure = failure(err)
	}
	return r
}

func (j Job) do(ctx context.Context, journal ident.Journal, peer wire.Stream, r *Result) error {
	m, err := Reach(ctx, peer)
	if err != nil {
		return err
	}
	r.Info = m.Info()
	switch j.Kind {
	case Portray:
		return portray(ctx, m, r)
	case Capacity:
		return j.Probe.run(ctx, m, r)
	}
	return j.Canary.run(ctx, j.Kind, journal, m, r)
}

func portray(ctx context.Context, m *Medium, r *Result) error {
	p, err := m.Portray(ctx)
	if err != nil {
		return err
	}
	r.Portrait = &p
	// What a unit offers for erasing is asked for by commands that only read.
	e, err := m.ProbeErasure(ctx)
	if err != nil {
		return err
	}
	r.Erasure = &e
	return nil
}

func (c *CanaryJob) run(ctx context.Context, kind Kind, journal ident.Journal, m *Medium, r *Result) error {
	r.Epochs = c.Epochs
	if last := c.Region.Start + c.Region.Count; last < c.Region.Start || last > m.Count() {
		return fmt.Errorf("cannot keep a canary in %d blocks at %d of a medium of %d", c.Region.Count, c.Region.Start, m.Count())
	}
	canary, err := ident.NewCanary(c.Secret, c.Region, m.BlockSize())
	if err != nil {
		return err
	}
	switch kind {
	case CanaryCheck:
		r.Verdict, err = canary.Check(ctx, m, c.Epochs)
	case CanaryMeet:
		r.Verdict, r.Epochs, err = canary.Meet(ctx, m, journal, c.Epochs)
	case CanaryLay:
		r.Epochs, err = canary.Rotate(ctx, m, journal, c.Epochs)
	}
	return err
}

func (c *CapacityJob) run(ctx context.Context, m *Medium, r *Result) error {
	p := ident.Probe{Nonce: c.Nonce, Destructive: c.Destructive, Between: m.PortReset}
	err := p.Run(ctx, m)
	if errors.As(err, &r.Fake) {
		return nil
	}
	r.Proven = err == nil
	return err
}
