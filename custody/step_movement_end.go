package custody

import (
	"slices"
	"time"
)

// takes is how a receiver inside takes a carrier, by act.
var takes = map[string]Hand{ActCirculate: TakeToRead, ActLend: TakeOnLoan, ActCarryOut: TakeOutside, ActHandOver: TakeOver}

// otherEnd demands who speaks for the receiving end: the receiver with his own
// card, or for another unit a keeper who did not send the carriers out.
func (s *step) otherEnd(m Movement) (Actor, error) {
	subject := subjectOf(m.Ref())
	if m.Outside {
		a, _, err := custodian(s.r)
		if err == nil && (a.Person == m.From || a.Credential == m.FromKey) {
			err = refuse(KeyOwnReceipt, subject, "%s sent them out", a.Person)
		}
		return a, at(subject, err)
	}
	a, err := one(s.r, RoleAccepting)
	if err != nil {
		return a, at(subject, err)
	}
	switch {
	case a.Person == m.From || a.Credential == m.FromKey:
		return a, refuse(KeyOwnReceipt, subject, "%s", a.Person)
	case a.Person != m.To:
		return a, refuse(KeyOtherReceiver, subject, "%s, expected %s", a.Person, m.To)
	}
	return a, nil
}

// acceptMovement: the other end signed for the carriers that the leaf names.
func (s *step) acceptMovement() error {
	b, m, carriers, ok, err := s.ending(AcceptMovement)
	if err != nil || !ok {
		return err
	}
	who, err := s.otherEnd(m)
	if err != nil {
		return err
	}
	if b.Receipt != m.Outside {
		return refuse(KeyNoReceipt, subjectOf(m.Ref()), "receipt slip %t", b.Receipt)
	}
	if err := s.stillReaches(m, carriers); err != nil {
		return err
	}
	m.Signed = slices.Clone(m.Signed)
	for _, c := range carriers {
		if err := s.accept(c, &m, who); err != nil {
			return err
		}
	}
	if m.Accepted.IsZero() {
		m.Accepted = s.r.At
	}
	m.Taken = s.r.Hash
	out := int64(0)
	if m.Act == ActHandOver {
		out = int64(len(s.r.Carriers))
	}
	return s.advance(&m, AcceptMovement, out)
}

// stillReaches asks again, of what is taken over inside, whether the place may
// hold it and the reader is admitted. A receipt that comes late is entered all
// the same: the body was qualified when the carriers were sent.
func (s *step) stillReaches(m Movement, carriers []Carrier) error {
	if EndsCustody(m.Act) {
		return nil
	}
	return s.checkReach(m, carriers)
}

// accept changes the hands of one carrier.
func (s *step) accept(c Carrier, m *Movement, who Actor) error {
	subject := "carrier/" + c.ID
	if EndsCustody(m.Act) {
		i := slices.Index(m.Carriers, c.ID)
		if i < 0 || m.Signed[i] != "" {
			return refuse(KeySignedFor, subject, "")
		}
		if err := s.hand(&c, SignFor); err != nil {
			return err
		}
		m.Signed[i] = s.r.Hash
		c.Due, c.Since = time.Time{}, s.r.At
		s.put(c)
		return nil
	}
	if err := s.hand(&c, takes[m.Act]); err != nil {
		return err
	}
	if m.Act == ActHandOver {
		quit(&c)
		c.Keeper = who.Person
		if m.Place != "" {
			c.Place = m.Place
		}
		s.put(c)
		return nil
	}
	c.With = who.Person
	s.put(c)
	s.knew = append(s.knew, Knew{Carrier: c.ID, Document: c.Document, Person: who.Person, Act: m.Act, At: s.r.At, Leaf: s.r.Hash})
	return nil
}

// refuseMovement: the other end does not take the carriers that the leaf names;
// they are back on the shelf.
func (s *step) refuseMovement() error {
	_, m, carriers, ok, err := s.ending(RefuseMovement)
	if err != nil || !ok {
		return err
	}
	if _, err := s.otherEnd(m); err != nil {
		return err
	}
	return s.takeBack(m, carriers, RefuseMovement)
}

// cancelMovement: the giver, or a secrecy officer, takes back what nobody has
// signed for.
func (s *step) cancelMovement() error {
	who, officer, err := custodian(s.r)
	if err != nil {
		return err
	}
	_, m, carriers, ok, err := s.ending(CancelMovement)
	if err != nil || !ok {
		return err
	}
	if !officer && who.Person != m.From {
		return refuse(KeyNotKeeper, subjectOf(m.Ref()), "%s, the giver is %s", who.Person, m.From)
	}
	return s.takeBack(m, carriers, CancelMovement)
}

// takeBack puts carriers that nobody signed for back on the shelf.
func (s *step) takeBack(m Movement, carriers []Carrier, e MovementEvent) error {
	for _, c := range carriers {
		if i := slices.Index(m.Carriers, c.ID); i >= 0 && len(m.Signed) > i && m.Signed[i] != "" {
			return refuse(KeySignedFor, "carrier/"+c.ID, "")
		}
		if err := s.hand(&c, GiveBack); err != nil {
			return err
		}
		quit(&c)
		s.put(c)
	}
	return s.advance(&m, e, int64(len(s.r.Carriers)))
}

// returnMovement: the keeper has the carriers back, and signs for it himself.
func (s *step) returnMovement() error {
	who, officer, err := custodian(s.r)
	if err != nil {
		return err
	}
	_, m, carriers, ok, err := s.ending(ReturnMovement)
	if err != nil || !ok {
		return err
	}
	for _, c := range carriers {
		if err := s.hand(&c, BringBack); err != nil {
			return err
		}
		if err := keepsFor(c, who, officer); err != nil {
			return err
		}
		quit(&c)
		s.put(c)
	}
	return s.advance(&m, ReturnMovement, int64(len(s.r.Carriers)))
}

// keepsFor demands the keeper of a carrier that is out, or a secrecy officer,
// and in no case who has it.
func keepsFor(c Carrier, who Actor, officer bool) error {
	switch {
	case who.Person == c.With:
		return refuse(KeyOwnReturn, "carrier/"+c.ID, "%s has it", who.Person)
	case !officer && who.Person != c.Keeper:
		return refuse(KeyNotKeeper, "carrier/"+c.ID, "%s, its keeper is %s", who.Person, c.Keeper)
	}
	return nil
}

// renewMovement gives the carriers that the leaf names a new date.
func (s *step) renewMovement() error {
	b, err := body[MovementRenew](s)
	if err != nil {
		return err
	}
	who, officer, err := custodian(s.r)
	if err != nil {
		return err
	}
	m, carriers, ok, err := s.inMovement(b.Movement, RenewMovement)
	if err != nil || !ok {
		return err
	}
	if !b.Due.After(s.r.At) {
		return refuse(KeyWrongDay, subjectOf(m.Ref()), "due %s", b.Due)
	}
	for _, c := range carriers {
		if err := s.hand(&c, Extend); err != nil {
			return err
		}
		if err := keepsFor(c, who, officer); err != nil {
			return err
		}
		c.Due = b.Due
		s.put(c)
	}
	m.Due = b.Due
	s.putThing(m)
	return nil
}
