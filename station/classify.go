package station

import (
	"context"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// Reclassify implements Documents.
func (s *Station) Reclassify(ctx context.Context, document string, o ClassifyOptions, by Signer) (SignedView, error) {
	return s.changeMark(ctx, custody.ActReclassify, document, o, by)
}

// Declassify implements Documents.
func (s *Station) Declassify(ctx context.Context, document string, o ClassifyOptions, by Signer) (SignedView, error) {
	return s.changeMark(ctx, custody.ActDeclassify, document, o, by)
}

// changeMark changes the mark of a document and of every copy held here, or takes it away. One leaf names at most leaf.MaxCarriers
// copies: with more, the answer is not done, and the call is made again until it is.
func (s *Station) changeMark(ctx context.Context, act, document string, o ClassifyOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, act, by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, act)
		if err != nil {
			return err
		}
		d, err := s.documentRow(ctx, document)
		if err != nil {
			return err
		}
		if o.Basis == "" {
			return fault.New("usage.bad-request", nil, "basis")
		}
		r, err := s.grantedRequest(ctx, act, o.Request)
		if err != nil {
			return err
		}
		if err := policy.Separate(act, x.person.Person, map[string][]string{"applicant": {r.Applicant}}); err != nil {
			return err
		}
		n, named, rest, err := s.markNote(ctx, act, d, r, o)
		if err != nil {
			return err
		}
		n.actors = []leaf.Actor{x.signs(role)}
		if v, err = s.signed(ctx, x, by.PIN, n, s.releases(ctx, act, d, named)); err != nil {
			return err
		}
		v.Done = rest == 0
		s.documentEvent(d.ID, act, fault.Term(act), act)
		return nil
	})
	return v, err
}

// markNote is the event that changes a mark, the carriers it names, and how many are left for another leaf.
func (s *Station) markNote(ctx context.Context, act string, d documentRow, r requestRow, o ClassifyOptions) (note, []CarrierRow, int, error) {
	held, err := s.unmarked(ctx, act, d, r)
	if err != nil {
		return note{}, nil, 0, err
	}
	named := held[:min(len(held), leaf.MaxCarriers)]
	what := []subjectOf{{d.Classification, ""}}
	for _, c := range named {
		what = append(what, subjectOf{c.Level, c.Kind})
	}
	need, err := s.needOf(ctx, act, what)
	if err != nil {
		return note{}, nil, 0, err
	}
	sec := s.secrets()
	body := &leaf.Reclassified{Document: d.ID, Request: r.ID, Classification: r.Classification, Period: r.Period, Release: act == custody.ActDeclassify,
		Basis: sec.of("basis", o.Basis)}
	if body.Release {
		body.Classification, body.Period = "", ""
	}
	return note{kind: leaf.DocumentReclassified, subjects: append([]string{leaf.DocumentSubject + d.ID}, carrierSubjects(named)...), rows: need.Rows,
		body: body, openings: sec.openings}, named, len(held) - len(named), sec.err
}

// unmarked are the copies that a change of mark has still to name: those held that do not bear it yet. What is missing cannot be let go.
func (s *Station) unmarked(ctx context.Context, act string, d documentRow, r requestRow) ([]CarrierRow, error) {
	var out []CarrierRow
	err := s.eachCopy(ctx, d.ID, func(c CarrierRow) error {
		switch {
		case c.State.Terminal(), act == custody.ActDeclassify && c.State == custody.Missing:
		case act == custody.ActReclassify && c.Level == r.Classification && c.Term == r.Period:
		default:
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// releases writes the disposition of each copy that a release lets go.
func (s *Station) releases(ctx context.Context, act string, d documentRow, named []CarrierRow) func(*pen, string) error {
	if act != custody.ActDeclassify {
		return nil
	}
	return func(p *pen, released string) error {
		for _, c := range named {
			sec := s.secrets()
			body := &leaf.Disposed{By: released, Reference: sec.of("reference", d.number)}
			if sec.err != nil {
				return sec.err
			}
			if _, err := p.write(ctx, note{kind: leaf.CarrierDeclassified, subjects: carrierSubject(c.ID), body: body, openings: sec.openings}); err != nil {
				return err
			}
		}
		return nil
	}
}
