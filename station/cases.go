package station

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/policy"
	"sexton/procedure"
)

// signing is the state of one procSign run: a disposition or resolution of one carrier that waits for its second signature.
type signing struct {
	Carrier string `json:"carrier"`
	Draft   draft  `json:"draft"`
}

// signRun is one procSign run. Its lock makes requests about one carrier wait for each other.
type signRun struct {
	mu  sync.Mutex // held while a signature is added
	run *procedure.Run[signing, ledger.Entry, ledger.Receipt]
}

const stepSign = "sign"

func (s *Station) signEngine() *procedure.Engine[signing, ledger.Entry, ledger.Receipt] {
	return procedure.NewEngine[signing](s.deps.Book, procSign, s.deps.Clock.Now, nothingStored)
}

// OpenCases implements Cases.
func (s *Station) OpenCases(ctx context.Context) ([]OpenCase, error) {
	out, err := s.openCases(ctx, "")
	return out, toFault(err)
}

// openCases lists the open cases of one batch, or of all.
func (s *Station) openCases(ctx context.Context, batch string) ([]OpenCase, error) {
	rows, err := s.deps.Register.OpenCases(ctx, batch)
	if err != nil {
		return nil, err
	}
	out := []OpenCase{}
	for _, c := range rows {
		oc := OpenCase{Batch: c.Batch, Carrier: c.Number, State: c.State.String(), StateZh: c.State.Zh(), Case: c.Case, Reasons: []string{}}
		if p, err := s.payloadOf(ctx, c.ID, c.Case); err != nil {
			return nil, err
		} else if b, ok := p.Body.(*leaf.Outcome); ok {
			oc.Reasons, oc.Probed = b.Reasons, b.Evidence != nil
		}
		out = append(out, oc)
	}
	return out, nil
}

// payloadOf finds the leaf of a carrier with that hash.
func (s *Station) payloadOf(ctx context.Context, carrier, hash string) (leaf.Payload, error) {
	events, err := s.deps.Register.Events(ctx, leaf.CarrierSubject+carrier)
	if err != nil {
		return leaf.Payload{}, err
	}
	for _, e := range events {
		if e.Hash == hash {
			return s.payloadAt(ctx, e.Index)
		}
	}
	return leaf.Payload{}, errors.New("internal error: the open outcome is not among the carrier's leaves")
}

// Resolve implements Cases.
func (s *Station) Resolve(ctx context.Context, carrier string, o ResolveOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	return s.signCarrier(ctx, "carrier-resolve", carrier, by, strings.Join([]string{"resolve", o.Resolution, o.Reason}, "\n"),
		func(ctx context.Context, c CarrierRow, x *session) (note, error) { return s.resolveNote(ctx, c, o, x) })
}

func (s *Station) resolveNote(ctx context.Context, c CarrierRow, o ResolveOptions, x *session) (note, error) {
	if !slices.Contains([]string{"destroyed", "held", "lost"}, o.Resolution) || o.Reason == "" {
		return note{}, fault.New("usage.bad-request", nil, "resolution, reason")
	}
	if !c.State.Open() {
		return note{}, stateFault(c, "处理", "be resolved")
	}
	row, err := s.batchRow(ctx, c.Batch)
	if err != nil {
		return note{}, err
	}
	actors, err := s.authorisers(ctx, row)
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	body := &leaf.Resolved{Case: c.Case, Resolution: o.Resolution, Reason: sec.of("reason", o.Reason)}
	if o.Resolution == "destroyed" {
		p, err := s.payloadOf(ctx, c.ID, c.Case)
		if err != nil {
			return note{}, err
		}
		if out, ok := p.Body.(*leaf.Outcome); ok {
			body.Evidence = out.Evidence
		}
	}
	return note{kind: leaf.CarrierResolved, actors: actors, subjects: carrierSubject(c.ID), body: body, openings: sec.openings}, sec.err
}

// WriteOff implements Cases.
func (s *Station) WriteOff(ctx context.Context, carrier string, o WriteOffOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	return s.signCarrier(ctx, "carrier-write-off", carrier, by, strings.Join([]string{"write-off", o.Incident, o.Party, o.Reference}, "\n"),
		func(ctx context.Context, c CarrierRow, x *session) (note, error) { return s.writeOffNote(ctx, c, o, x) })
}

func (s *Station) writeOffNote(ctx context.Context, c CarrierRow, o WriteOffOptions, x *session) (note, error) {
	if o.Incident == "" || o.Party == "" || o.Reference == "" {
		return note{}, fault.New("usage.bad-request", nil, "incident, party, reference")
	}
	actors, err := s.two(ctx, x, o.With, "carrier-write-off")
	if err != nil {
		return note{}, err
	}
	p, err := s.profile(ctx)
	if err != nil {
		return note{}, err
	}
	d, err := p.DecideAct(policy.ActQuery{Act: custody.ActWriteOff, Classification: c.Level, CarrierKind: c.Kind, At: s.now()})
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	body := &leaf.Disposed{Incident: o.Incident, Party: sec.of("party", o.Party), Reference: sec.of("reference", o.Reference)}
	return note{kind: leaf.CarrierLost, actors: actors, subjects: carrierSubject(c.ID), rows: d.Rows, body: body, openings: sec.openings}, sec.err
}

// signCarrier has one more person sign an event of one carrier. The first who asks makes the bytes; who comes later signs the same ones,
// provided he asks for the same.
func (s *Station) signCarrier(ctx context.Context, act, carrier string, by Signer, options string, make func(context.Context, CarrierRow, *session) (note, error)) (SignedView, error) {
	var v SignedView
	err := s.act(ctx, act, by.Session, func() error {
		c, err := s.carrierRow(ctx, carrier)
		if err != nil {
			return err
		}
		named, err := s.resolvers(ctx, act, c)
		if err != nil {
			return err
		}
		x, _, err := s.gate(ctx, by.Session, act, named...)
		if err != nil {
			return err
		}
		options = sha([]byte(options))
		r := s.waitingRun(c.ID)
		r.mu.Lock()
		defer r.mu.Unlock()
		d, err := s.draftFor(ctx, r, c, x, options, make)
		if err != nil {
			return err
		}
		if err := s.cosign(ctx, d, x, by.PIN); err != nil {
			return err
		}
		if v, err = s.putSignature(ctx, r, c, d); err != nil {
			return err
		}
		s.hub.send(Event{Type: "carrier", Subject: c.Number, What: string(d.Kind), Zh: c.Number + "：已签名", En: c.Number + ": signed"})
		if c.Batch == "" {
			return nil
		}
		v, err = s.signedView(ctx, v, c.Batch)
		return err
	})
	return v, err
}

// resolvers are the two who have to resolve an open case: those who authorised the batch. Nobody is named for other acts.
func (s *Station) resolvers(ctx context.Context, act string, c CarrierRow) ([]string, error) {
	if act != "carrier-resolve" || c.Batch == "" {
		return nil, nil
	}
	row, err := s.batchRow(ctx, c.Batch)
	return row.Authorisers, err
}

// waitingRun finds, or makes, the place where signatures for one carrier wait.
func (s *Station) waitingRun(carrier string) *signRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.signing[carrier]
	if r == nil {
		r = &signRun{}
		s.signing[carrier] = r
	}
	return r
}

// draftFor gives the draft that waits, or a new one when there is none or it is too old. What another person has signed is not
// thrown away because this one asks for something else; his own he may replace.
func (s *Station) draftFor(ctx context.Context, r *signRun, c CarrierRow, x *session, options string, make func(context.Context, CarrierRow, *session) (note, error)) (*draft, error) {
	if r.run != nil {
		d := r.run.State().Draft
		switch fresh := !s.stale(&d); {
		case fresh && d.Options == options:
			return &d, nil
		case fresh && d.signedByAnother(x.person.Person):
			return nil, fault.New("case.differs", nil)
		}
	}
	n, err := make(ctx, c, x)
	if err != nil {
		return nil, err
	}
	return s.newDraft(ctx, n, options)
}

// putSignature saves the draft with its new signature: as a run while it waits, as a leaf when it is complete.
func (s *Station) putSignature(ctx context.Context, r *signRun, c CarrierRow, d *draft) (SignedView, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	v := SignedView{Done: d.complete(), Waiting: d.waiting(), Index: -1}
	var entries []entry
	if v.Done {
		p := s.pen()
		if err := d.enter(p); err != nil {
			return SignedView{}, err
		}
		entries = p.entries
	}
	var receipts []ledger.Receipt
	var err error
	switch {
	case r.run == nil && v.Done: // one signature is enough
		receipts, err = s.deps.Book.Append(ctx, entries...)
	case r.run == nil:
		var id uuid.UUID
		if id, err = uuid.NewV7FromReader(s.deps.Rand); err == nil {
			r.run, _, err = s.signEngine().Begin(ctx, id.String(), stepSign, signing{Carrier: c.ID, Draft: *d})
		}
		// Crash here: the first signature is kept and waits.
	default:
		receipts, err = r.run.Converge(ctx, stepSign, func(_ context.Context, st *signing) (commit, error) {
			st.Draft = *d
			return commit{Entries: entries, Waiting: !v.Done, Finished: v.Done}, nil
		})
	}
	if err != nil {
		return SignedView{}, err
	}
	if v.Done {
		r.run = nil
		v.Leaf, v.Index = receipts[0].Hash, receipts[0].Index
	}
	return v, nil
}
