package station

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/token"
)

// maxCopies is how many copies one making can register: each is a leaf of its transaction.
const maxCopies = 1000

// MakeCopies implements Keeping.
func (s *Station) MakeCopies(ctx context.Context, request string, o CopyOptions, by Signer) (CopiesView, error) {
	defer by.PIN.Wipe()
	defer o.With.PIN.Wipe()
	var v CopiesView
	err := s.act(ctx, "copy-make", by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, "copy-make")
		if err != nil {
			return err
		}
		plan, err := s.planCopies(ctx, request, o)
		if err != nil {
			return err
		}
		makers, actors, err := s.makers(ctx, plan.need, hand{x, by.PIN}, role, o.With)
		if err != nil {
			return err
		}
		n, err := s.copiesNote(plan, o)
		if err != nil {
			return err
		}
		n.actors = actors
		v.Signed, err = s.signedBy(ctx, makers, n, func(p *pen, _ string) error {
			// Crash here: nothing; the making and all its copies are registered in one transaction.
			return s.registerCopies(ctx, p, plan, x.asserts(role))
		})
		if err != nil {
			return err
		}
		for _, c := range plan.copies {
			v.Numbers = append(v.Numbers, c.number)
		}
		s.requestEvent(plan.request.ID, "copies", "已登记复制件", "registered copies")
		return nil
	})
	return v, err
}

// makers are who signs for the copies: one person, or two where the rules demand it or a second one is there. Both are fit, and cannot be
// taken for one.
func (s *Station) makers(ctx context.Context, n need, first hand, role leaf.Role, with Signer) ([]hand, []leaf.Actor, error) {
	hands, actors := []hand{first}, []leaf.Actor{first.x.signs(role)}
	if with.Session != "" {
		y, role, err := s.gate(ctx, with.Session, "copy-make")
		if err != nil {
			return nil, nil, err
		}
		if err := token.Distinct(first.x.person.token(), y.person.token()); err != nil {
			return nil, nil, err
		}
		hands, actors = append(hands, hand{y, with.PIN}), append(actors, y.signs(role))
	}
	if len(hands) < n.Persons {
		return nil, nil, fault.New("copies.persons", nil, n.Persons)
	}
	for _, h := range hands {
		if err := n.fit(ctx, s, h.x.person.Person); err != nil {
			return nil, nil, err
		}
	}
	return hands, actors, nil
}

// copyPlan is one making of copies before it is signed.
type copyPlan struct {
	request requestRow
	need    need
	parent  CarrierRow // zero = made from no carrier
	entry   leaf.Registered
	secret  map[string]string // openings every copy has: title, document, issuer
	copies  []plannedCopy
	given   map[string]int // last running number tried for a carrier number, by letter
}

// plannedCopy is one copy, good or spoiled.
type plannedCopy struct {
	id     string
	number string // of the carrier
	copy   string // 份号, "" for a spoiled one
}

// planCopies works out what is made from what, and under which numbers.
func (s *Station) planCopies(ctx context.Context, request string, o CopyOptions) (copyPlan, error) {
	var p copyPlan
	if o.Made < 0 || o.Spoiled < 0 || o.Made+o.Spoiled < 1 || o.Made+o.Spoiled > maxCopies {
		return p, fault.New("usage.bad-request", nil, "copies made and spoiled")
	}
	r, err := s.requestRow(ctx, request)
	if err != nil {
		return p, err
	}
	act := r.Act
	if act != custody.ActMake {
		act = custody.ActCopy
	}
	if p.request, err = s.grantedRequest(ctx, act, r.ID); err != nil {
		return p, err
	}
	if left := p.request.Count - p.request.Used; o.Made+o.Spoiled > left {
		return p, fault.New("copies.over-approved", nil, o.Made+o.Spoiled, left)
	}
	if err := s.planEntry(ctx, &p, o); err != nil {
		return p, err
	}
	return p, s.planNumbers(ctx, &p, o)
}

// planEntry fills in what every copy inherits: mark, document and, from an original, kind and extent.
func (s *Station) planEntry(ctx context.Context, p *copyPlan, o CopyOptions) error {
	p.entry = leaf.Registered{Request: p.request.ID, Count: 1, CarrierKind: o.Kind}
	document := p.request.Document
	if p.request.Act == custody.ActCopy {
		if len(p.request.Carriers) != 1 {
			return fault.New("usage.bad-request", nil, "one carrier")
		}
		c, err := s.carrierRow(ctx, p.request.Carriers[0])
		if err != nil {
			return err
		}
		p.parent, document = c, c.Document
		p.entry.Parent, p.entry.Classification, p.entry.Period, p.entry.MustReturn, p.entry.Dated = c.ID, c.Level, c.Term, c.MustReturn, c.Dated
		p.entry.CarrierKind, p.entry.Extent = either(o.Kind, c.Kind), leaf.Extent(c.Extent)
		if p.secret, err = s.openings(ctx, c.Event); err != nil {
			return err
		}
	}
	p.entry.DocumentID = document
	if document != "" {
		d, row, err := thing[custody.Document](ctx, s, "document", document)
		if err != nil {
			return err
		}
		open, err := s.openings(ctx, row.Event)
		if err != nil {
			return err
		}
		p.entry.Classification, p.entry.Period, p.entry.Dated = d.Classification, d.Period, d.Dated
		p.secret = map[string]string{"title": open["title"], "document": open["number"], "issuer": open["issuer"]}
	}
	k, ok := custody.KindOf(either(p.entry.CarrierKind, "paper"))
	if !ok {
		return fault.New("usage.bad-request", nil, "carrier kind "+o.Kind)
	}
	p.entry.CarrierKind, p.entry.Medium = k.Word, k.Medium
	if o.Extent > 0 {
		p.entry.Extent = leaf.Extent{Value: o.Extent, Unit: k.Unit}
	}
	var err error
	p.need, err = s.needNow(ctx, p.request)
	return err
}

// planNumbers gives each copy its copy number (份号) and carrier number.
func (s *Station) planNumbers(ctx context.Context, p *copyPlan, o CopyOptions) error {
	used := map[string]bool{}
	first := o.First
	if p.entry.DocumentID != "" {
		var err error
		if used, err = s.copyNumbers(ctx, p.entry.DocumentID); err != nil {
			return err
		}
		d, _, err := thing[custody.Document](ctx, s, "document", p.entry.DocumentID)
		if err != nil {
			return err
		}
		if first == 0 && !d.Own {
			first = d.Made + 1 // the issuer's copies have the numbers up to its print run
		}
	}
	if first == 0 {
		first = 1
	}
	if o.First == 0 {
		for n := range used {
			v, _ := strconv.ParseInt(n, 10, 64)
			first = max(first, v+1)
		}
	}
	if len(o.Numbers) > 0 && int64(len(o.Numbers)) != o.Made+o.Spoiled {
		return fault.New("usage.bad-request", nil, "carrier numbers")
	}
	p.given = map[string]int{}
	for i := range o.Made + o.Spoiled {
		id, err := uuid.NewV7FromReader(s.deps.Rand)
		if err != nil {
			return err
		}
		c := plannedCopy{id: id.String()}
		if i < o.Made {
			c.copy = fmt.Sprintf("%06d", first+i)
			if used[c.copy] || len(c.copy) > 6 {
				return fault.New("copies.number-used", nil, c.copy)
			}
		}
		if c.number, err = s.carrierNumber(ctx, p, o, i, c.copy == ""); err != nil {
			return err
		}
		p.copies = append(p.copies, c)
	}
	return nil
}

// carrierNumber is the carrier number of copy i: that given, or the original's with F (复制) or X (销) and a running number. It is in clear
// in the ledger, so nothing private goes into it.
func (s *Station) carrierNumber(ctx context.Context, p *copyPlan, o CopyOptions, i int64, spoiled bool) (string, error) {
	letter := "F"
	if spoiled {
		letter = "X"
	}
	base := either(p.parent.Number, "ZZ-"+p.request.ID[len(p.request.ID)-12:])
	for {
		p.given[letter]++
		n := fmt.Sprintf("%s-%s%02d", base, letter, p.given[letter])
		if len(o.Numbers) > 0 {
			n = strings.TrimSpace(o.Numbers[i])
		}
		_, known, err := s.deps.Register.CarrierByNumber(ctx, n)
		switch taken := known || slices.ContainsFunc(p.copies, func(c plannedCopy) bool { return c.number == n }); {
		case err != nil:
			return "", err
		case !taken && n != "":
			return n, nil
		case len(o.Numbers) > 0:
			return "", fault.New("copies.carrier-number", nil, n)
		}
	}
}

// copiesNote is the event that closes the making.
func (s *Station) copiesNote(p copyPlan, o CopyOptions) (note, error) {
	sec := s.secrets()
	body := &leaf.Copies{Request: p.request.ID, Parent: p.entry.Parent, Made: o.Made, Spoiled: o.Spoiled, Stamp: sec.of("stamp", o.Stamp)}
	n := note{kind: leaf.CopiesMade, subjects: []string{leaf.RequestSubject + p.request.ID}, rows: p.need.Rows, body: body, openings: sec.openings}
	if p.entry.Parent != "" {
		n.subjects = append(n.subjects, leaf.CarrierSubject+p.entry.Parent)
	}
	return n, sec.err
}

// registerCopies enters each copy as a carrier of its own, kept by its maker.
func (s *Station) registerCopies(ctx context.Context, p *pen, plan copyPlan, maker leaf.Actor) error {
	for _, c := range plan.copies {
		body := plan.entry
		sec := s.secrets()
		body.Carrier, body.Number, body.Spoiled = c.id, c.number, c.copy == ""
		body.MustReturn = body.MustReturn && !body.Spoiled // what is spoiled is destroyed here, whatever becomes of the copies
		body.Title, body.Document, body.Issuer = sec.of("title", plan.secret["title"]), sec.of("document", plan.secret["document"]), sec.of("issuer", plan.secret["issuer"])
		body.Copy = sec.of("copy", c.copy)
		if sec.err != nil {
			return sec.err
		}
		if _, err := p.write(ctx, note{kind: leaf.CarrierRegistered, actors: []leaf.Actor{maker}, subjects: carrierSubject(c.id), fresh: true,
			rows: plan.need.Rows, body: &body, openings: sec.openings}); err != nil {
			return err
		}
	}
	return nil
}
