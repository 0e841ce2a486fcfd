package custody

import "slices"

// openMovement: the giver hands carriers out; the link is open until the other
// end signs.
func (s *step) openMovement() error {
	b, err := body[MovementOpen](s)
	if err != nil {
		return err
	}
	giver, officer, err := custodian(s.r)
	if err != nil {
		return err
	}
	m := Movement{ID: b.Movement, Act: b.Act, From: giver.Person, FromKey: giver.Credential, To: b.To, Outside: b.Outside, Place: b.Place, Channel: b.Channel,
		Escorts: b.Escorts, Request: b.Request, Campaign: b.Campaign, Due: b.Due, Carriers: s.r.Carriers, Out: int64(len(s.r.Carriers)),
		Opened: s.r.At, Leaf: s.r.Hash}
	if err := s.fresh(m.Ref()); err != nil {
		return err
	}
	if m.State, err = ApplyMovement("", OpenMovement); err != nil {
		return err
	}
	if err := s.checkEnds(m); err != nil {
		return at(subjectOf(m.Ref()), err)
	}
	if EndsCustody(m.Act) {
		m.Signed = make([]string, len(m.Carriers))
	}
	carriers, err := s.some()
	if err != nil {
		return err
	}
	if err := s.checkReach(m, carriers); err != nil {
		return err
	}
	if err := s.checkBasis(m, carriers); err != nil {
		return err
	}
	for _, c := range carriers {
		if err := s.handOut(c, m, giver, officer); err != nil {
			return err
		}
	}
	s.putThing(m)
	return s.tieEnds(m, 1)
}

// checkEnds demands a giver and a receiver that fit the act.
func (s *step) checkEnds(m Movement) error {
	switch {
	case !slices.Contains(MovementActs(), m.Act):
		return refuse(KeyRecord, "", "act %q", m.Act)
	case !m.Due.IsZero() && !m.Due.After(s.r.At):
		return refuse(KeyWrongDay, "", "due %s", m.Due)
	case !EndsCustody(m.Act) && m.Outside, m.Act == ActConsign && (!m.Outside || m.To == ""):
		return refuse(KeyOutsideParty, "", "%s to %q, outside %t", m.Act, m.To, m.Outside)
	case m.Outside:
		return nil
	case m.To == "":
		return refuse(KeyOutsideParty, "", "%s to nobody of this unit", m.Act)
	case m.To == m.From:
		return refuse(KeyOwnReceipt, "", "%s", m.To)
	}
	return s.notLeft(m.To)
}

// checkReach demands that where the carriers go may hold each of them: the
// place, and the destruction body.
func (s *step) checkReach(m Movement, carriers []Carrier) error {
	if m.Place != "" {
		if err := s.fits(m.Place, carriers); err != nil {
			return err
		}
	}
	if m.Act == ActConsign {
		return s.qualified(m.To, carriers)
	}
	if !MustComeBack(m.Act) {
		return nil
	}
	for _, c := range carriers {
		if err := s.admitted(c.Document, m.To); err != nil {
			return at("carrier/"+c.ID, err)
		}
	}
	return nil
}

// checkBasis judges what the movement says it rests on: an approved request, or
// an approved clear-out in which the act is each carrier's fate.
func (s *step) checkBasis(m Movement, carriers []Carrier) error {
	if m.Campaign != "" {
		if err := s.fated(m, carriers); err != nil {
			return err
		}
	}
	if m.Request == "" {
		return nil
	}
	q, ok, err := s.approved(m.Request, m.Act)
	if err != nil || !ok {
		return err
	}
	if q.To != "" && q.To != m.To || q.Channel != "" && q.Channel != m.Channel {
		return refuse(KeyOtherRecipient, subjectOf(q.Ref()), "to %q by %q, approved to %q by %q", m.To, m.Channel, q.To, q.Channel)
	}
	if err := covers(q, carriers); err != nil {
		return err
	}
	return s.use(q, int64(len(m.Carriers)))
}

// fated checks each carrier's approved fate.
func (s *step) fated(m Movement, carriers []Carrier) error {
	p, ok, err := known[Campaign](s, Ref{CampaignThing, m.Campaign}, KeyNoCampaign)
	if err != nil || !ok {
		return err
	}
	if _, err := ApplyCampaign(p.State, CarryOutFate); err != nil {
		return at(subjectOf(p.Ref()), err)
	}
	for _, c := range carriers {
		if c.Campaign != m.Campaign || c.Fate != m.Act {
			return refuse(KeyFate, "carrier/"+c.ID, "%q in clear-out %q, moved to %s", c.Fate, c.Campaign, m.Act)
		}
	}
	return nil
}

// handOut takes one carrier from the shelf into the movement.
func (s *step) handOut(c Carrier, m Movement, giver Actor, officer bool) error {
	subject := "carrier/" + c.ID
	if err := move(&c, Move); err != nil {
		return err
	}
	event := HandOut
	if EndsCustody(m.Act) {
		event = Send
	}
	switch {
	case c.Index >= 0:
		return refuse(KeyInBatch, subject, "%s", c.Batch)
	case c.MustReturn && EndsCustody(m.Act) && m.Act != ActReturn:
		return refuse(KeyMustReturn, subject, "%s", m.Act)
	case c.Spoiled && m.Act != ActReturn && m.Act != ActConsign && m.Act != ActHandOver:
		return refuse(KeySpoiled, subject, "%s", m.Act)
	}
	if err := s.hand(&c, event); err != nil {
		return err
	}
	if !officer && c.Keeper != giver.Person {
		return refuse(KeyNotKeeper, subject, "%s, its keeper is %q", giver.Person, c.Keeper)
	}
	unbatch(&c)
	c.Movement, c.Due = m.ID, m.Due
	s.put(c)
	return nil
}

// inMovement reads an open movement and the carriers of it that the leaf names.
// It answers false when the view is a part of a history that has none of them.
func (s *step) inMovement(id string, e MovementEvent) (Movement, []Carrier, bool, error) {
	carriers, err := s.some()
	if err != nil || len(carriers) == 0 {
		return Movement{}, nil, false, err
	}
	m, _, err := thing[Movement](s, Ref{MovementThing, id})
	if err != nil {
		return m, nil, false, err
	}
	if _, err := ApplyMovement(m.State, e); err != nil {
		return m, nil, false, at("movement/"+id, err)
	}
	for _, c := range carriers {
		if c.Movement != m.ID {
			return m, nil, false, refuse(KeyNotInMovement, "carrier/"+c.ID, "in %q", c.Movement)
		}
	}
	return m, carriers, true, nil
}

// ending reads what a leaf of the other end, or of the keeper, is about: the
// movement as it was opened.
func (s *step) ending(e MovementEvent) (MovementEnd, Movement, []Carrier, bool, error) {
	b, err := body[MovementEnd](s)
	if err != nil {
		return b, Movement{}, nil, false, err
	}
	m, carriers, ok, err := s.inMovement(b.Movement, e)
	if err == nil && ok && b.Opened != m.Leaf {
		err = refuse(KeyReference, subjectOf(m.Ref()), "opened %s", b.Opened)
	}
	return b, m, carriers, ok, err
}

// advance applies an event that takes n carriers out of the movement.
func (s *step) advance(m *Movement, e MovementEvent, n int64) error {
	m.Out -= n
	if m.Out < 0 {
		return refuse(KeyTally, subjectOf(m.Ref()), "%d more than are in it", -m.Out)
	}
	if m.Out == 0 {
		e = lastOf[e]
	}
	var err error
	if m.State, err = ApplyMovement(m.State, e); err != nil {
		return at(subjectOf(m.Ref()), err)
	}
	s.putThing(*m)
	if m.Out == 0 {
		return s.tieEnds(*m, -1)
	}
	return nil
}

// takeOut takes one carrier out of its movement. It answers false when the view
// is a part of a history that lacks the movement.
func (s *step) takeOut(c Carrier, e MovementEvent) (Movement, bool, error) {
	m, ok, err := thing[Movement](s, Ref{MovementThing, c.Movement})
	if err != nil || !ok && !s.v.Whole() {
		return m, false, err
	}
	return m, true, s.advance(&m, e, 1)
}

// tieEnds counts an open movement for both ends that are persons.
func (s *step) tieEnds(m Movement, n int64) error {
	if err := s.tie(m.From, n, 0); err != nil {
		return err
	}
	if m.Outside {
		return nil
	}
	return s.tie(m.To, n, 0)
}

// tie changes what holds a person here. A part of a history does not keep it.
func (s *step) tie(person string, movements, findings int64) error {
	if !s.v.Whole() || person == "" {
		return nil
	}
	t, _, err := thing[Ties](s, Ref{TiesThing, person})
	if err != nil {
		return err
	}
	t.Person, t.Movements, t.Findings = person, t.Movements+movements, t.Findings+findings
	s.putThing(t)
	return nil
}
