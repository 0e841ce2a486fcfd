package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/procedure"
	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	usbrules "sexton/usbctl/rules"
	"sexton/usbctl/scsi"
)

// RegisterKey implements Keys.
func (s *Station) RegisterKey(ctx context.Context, o KeyOptions, by Signer) (KeyView, error) {
	defer by.PIN.Wipe()
	var v KeyView
	err := s.act(ctx, "key-register", by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, "key-register")
		if err != nil {
			return err
		}
		if err := s.registerKey(ctx, &o, x, role, by.PIN); err != nil {
			return err
		}
		s.hub.send(Event{Type: "key", Subject: o.Key, What: "registered", Zh: "已登记U盘 " + o.Key, En: "registered USB key " + o.Key})
		v, err = s.keyView(ctx, o.Key, false)
		return err
	})
	return v, err
}

func (s *Station) registerKey(ctx context.Context, o *KeyOptions, x *session, role leaf.Role, pin *PIN) error {
	if err := s.checkKeyOptions(ctx, o); err != nil {
		return err
	}
	a, err := s.inserted(o.Port)
	if err != nil {
		return err
	}
	o.Port = s.noticeOf(a).At.Port
	a.work.Lock()
	defer a.work.Unlock()
	leave, err := s.letIn(ctx, a, o.Key)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.enrolMedium(ctx, o, a, x, role, pin); err != nil {
		return mediaFault(err, o.Port)
	}
	s.usb.set(a, func() { a.state, a.key, a.refused, a.canary, a.differs = stateTaken, o.Key, "", "", nil })
	return nil
}

// checkKeyOptions is what can be said of a request before anything is touched.
func (s *Station) checkKeyOptions(ctx context.Context, o *KeyOptions) error {
	if s.usb == nil {
		return fault.New("media.off", nil)
	}
	if err := checkID("key", o.Key); err != nil {
		return err
	}
	var err error
	if o.Classification, err = levelWord(o.Classification); err != nil {
		return err
	}
	if err := checkDay("expires", o.Expires, false); err != nil {
		return err
	}
	if _, err := s.enrolledPerson(ctx, o.Owner); err != nil {
		return err
	}
	ref := custody.Ref{Kind: custody.USBKeyThing, ID: o.Key}
	if o.Label, err = s.kept(ctx, ref, "label", o.Label); err != nil {
		return err
	}
	if o.Purpose, err = s.kept(ctx, ref, "purpose", o.Purpose); err != nil {
		return err
	}
	if o.Confirm != o.Label {
		return fault.New("usage.not-confirmed", nil, o.Label)
	}
	return nil
}

// enrolMedium proves, marks and registers the medium that is at the port. Everything that can be refused is refused before the medium
// is written.
func (s *Station) enrolMedium(ctx context.Context, o *KeyOptions, a *attached, x *session, role leaf.Role, pin *PIN) error {
	look, _, err := s.look(ctx, a)
	if err != nil {
		return mediumFault(err)
	}
	if err := s.notYetRegistered(ctx, o.Key, a, look); err != nil {
		return err
	}
	secret, err := s.newSecret()
	if err != nil {
		return err
	}
	body := &leaf.KeyEntry{Key: o.Key, Owner: o.Owner, Department: o.Department, Place: o.Place, Classification: o.Classification, Expires: o.Expires,
		Likeness: likenessLeaf(ident.LikenessOf(look)), Capacity: "destructive", Canary: canaryID(secret), Epoch: 1, Port: o.Port}
	if o.Keep {
		body.Capacity = "saved"
	}
	sec := s.secrets()
	body.Label, body.Purpose = sec.of("label", o.Label), sec.of("purpose", o.Purpose)
	if sec.err != nil {
		return sec.err
	}
	n := note{kind: leaf.KeyRegistered, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.KeySubject + o.Key, leaf.PortSubject + o.Port}, body: body, openings: sec.openings}
	if _, err := s.prepare(ctx, n); err != nil {
		return err
	}
	if body.Likeness.Blocks < 4*regionBlocks {
		return both(fault.New("key.fake", nil, fmt.Sprintf("%d blocks", body.Likeness.Blocks)), "U盘太小，不能登记：%d 块", body.Likeness.Blocks)
	}
	at := s.noticeOf(a).At
	if err := s.proveCapacity(ctx, at, o.Keep); err != nil {
		return err
	}
	r, err := s.newRing(ctx, o.Key, secret, uint64(body.Likeness.Blocks))
	if err != nil {
		return err
	}
	if err := s.layAndSign(ctx, at, r, n, body, x, pin); err != nil {
		// Whatever is on the medium, no registration names this secret.
		return errors.Join(err, r.end(context.WithoutCancel(ctx)))
	}
	old := s.usb.ring(o.Key)
	s.usb.put(o.Key, r)
	if old == nil {
		return nil
	}
	// Crash here: two runs of one key; loadRings keeps the one whose secret the register names.
	return old.end(context.WithoutCancel(ctx))
}

// layAndSign writes the first canary and registers it: the leaf and the journal's record commit together.
func (s *Station) layAndSign(ctx context.Context, at media.At, r *ring, n note, body *leaf.KeyEntry, x *session, pin *PIN) error {
	_, e, err := s.usb.media.Canary(ctx, at, media.Lay, r.canary(), r)
	if errors.Is(err, ident.ErrUnwritable) {
		return fault.New("key.unwritable", err)
	}
	if err != nil {
		return mediumFault(err)
	}
	body.Epoch, body.Transcript = int64(r.run.State().Current), e.Transcript
	return s.signKey(ctx, n, x, pin, r, false)
}

// signKey has x sign an event about a key, and commits it with the run of its canary; ending ends that run.
func (s *Station) signKey(ctx context.Context, n note, x *session, pin *PIN, r *ring, ending bool) error {
	payload, err := s.prepare(ctx, n)
	if err != nil {
		return err
	}
	sig, err := x.sign(ctx, pin, payload)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	if _, err := p.add(payload, []leaf.Sig{sig}, n.subjects, n.openings, n.attach); err != nil {
		return err
	}
	switch {
	case r == nil:
		_, err = s.deps.Book.Append(ctx, p.entries...)
	case ending:
		err = r.end(ctx, p.entries...)
	default:
		_, err = r.run.Converge(ctx, "registered", func(context.Context, *keyring) (procedure.Commit[ledger.Entry], error) {
			return procedure.Commit[ledger.Entry]{Waiting: true, Entries: p.entries}, nil
		})
	}
	return err
}

// mediumFault says that a medium failed, unless the error has words of its own.
func mediumFault(err error) error {
	var f *fault.Fault
	switch {
	case errors.As(err, &f), errors.Is(err, media.ErrAway), errors.Is(err, media.ErrShut), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, procedure.ErrBroken), errors.Is(err, ledger.ErrStopped):
		return err
	case errors.Is(err, usbctl.ErrGone):
		return fault.New("media.gone", err)
	}
	return both(fault.New("media.broken", err, kindOfMedium(err)), "U盘的应答不合规范或已损坏")
}

// kindOfMedium says what a medium did, without its words.
func kindOfMedium(err error) string {
	var lie *scsi.Lie
	var sense *scsi.Sense
	switch {
	case errors.As(err, &lie):
		return lie.Code
	case errors.As(err, &sense):
		return fmt.Sprintf("%x/%02x/%02x", sense.Key, sense.Code, sense.Details)
	case errors.Is(err, usbctl.ErrTimeout):
		return "timeout"
	}
	return "protocol"
}

// notYetRegistered demands that the inserted medium bears the canary of no key in force but this one's.
func (s *Station) notYetRegistered(ctx context.Context, key string, a *attached, look ident.Look) error {
	all, err := s.usbKeys(ctx)
	if err != nil {
		return err
	}
	now := ident.LikenessOf(look)
	for _, k := range all {
		r := s.usb.ring(k.ID)
		if k.ID == key || r == nil || !likenessOf(k.Likeness).Same(now) {
			continue
		}
		v, _, err := s.usb.media.Canary(ctx, s.noticeOf(a).At, media.Check, r.canary(), r)
		if err != nil {
			return mediumFault(err)
		}
		if v != ident.Foreign {
			return fault.New("key.known", nil, k.ID)
		}
	}
	return nil
}

// proveCapacity demands that the medium has the blocks it claims.
func (s *Station) proveCapacity(ctx context.Context, at media.At, keep bool) error {
	nonce := make([]byte, 32)
	if _, err := io.ReadFull(s.deps.Rand, nonce); err != nil {
		return fmt.Errorf("cannot make a nonce: %w", err)
	}
	_, err := s.usb.media.Prove(ctx, at, nonce, !keep)
	var f *ident.Fake
	if errors.As(err, &f) {
		en := fmt.Sprintf("it claims %d blocks, block %d is not its own", f.Claimed, f.Lowest)
		return both(fault.New("key.fake", err, en), "U盘容量不实，不得登记：声称 %d 块，第 %d 块不存在", f.Claimed, f.Lowest)
	}
	if err != nil {
		return mediumFault(err)
	}
	return nil
}

// inserted finds the device at a port, or the only one when none is named.
func (s *Station) inserted(port string) (*attached, error) {
	if s.usb == nil {
		return nil, fault.New("media.off", nil)
	}
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	if !s.usb.up {
		return nil, fault.New("media.unreachable", nil)
	}
	if port == "" && len(s.usb.ports) == 1 {
		for p := range s.usb.ports {
			port = p
		}
	}
	if a := s.usb.ports[port]; a != nil {
		return a, nil
	}
	return nil, fault.New("media.none", nil, port)
}

// admitWait is how long it may take until a device is let in that the station asked for.
const admitWait = 15 * time.Second

// letIn has a device let in as key for the act of an administrator; leave takes that back, unless the key is registered by then. A
// device that is let in already stays so.
func (s *Station) letIn(ctx context.Context, a *attached, key string) (leave func(), err error) {
	n := s.noticeOf(a)
	if n.Verdict.Action == usbrules.Allow && n.Key != "" {
		return func() {}, nil
	}
	guest := media.Known{ID: key, Descriptors: map[ident.Speed]string{n.Device.Speed: n.Device.Hash},
		Strings: ident.LikenessOf(ident.Look{Speed: n.Device.Speed, Strings: n.Device.Strings}).Strings}
	s.usb.mu.Lock()
	s.usb.guests[n.At] = guest
	s.usb.mu.Unlock()
	leave = func() {
		s.usb.mu.Lock()
		delete(s.usb.guests, n.At)
		s.usb.mu.Unlock()
		s.retell(context.WithoutCancel(ctx))
	}
	if err = s.tellMedia(ctx); err == nil {
		err = s.awaitAllowed(ctx, a, n.At)
	}
	if err != nil {
		leave()
		return nil, mediaFault(err, n.At.Port)
	}
	return leave, nil
}

// awaitAllowed waits until a device is let in. What the rules refuse whoever vouches for it is a refusal.
func (s *Station) awaitAllowed(ctx context.Context, a *attached, at media.At) error {
	ctx, cancel := context.WithTimeout(ctx, admitWait)
	defer cancel()
	for {
		s.usb.mu.Lock()
		n, there, changed := a.notice, s.usb.ports[at.Port] == a, s.usb.changed
		s.usb.mu.Unlock()
		switch {
		case !there:
			return fault.New("media.gone", nil)
		case n.Verdict.Action == usbrules.Allow:
			return nil
		case n.Verdict.Rule != ruleUnregistered:
			return both(fault.New("media.refused", nil, n.Verdict.En), "该设备已被拒绝：%s", n.Verdict.Zh)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return media.ErrShut
		}
	}
}

// ruleUnregistered is the rule that holds back an honest medium nobody has registered.
const ruleUnregistered = "unregistered-key"
