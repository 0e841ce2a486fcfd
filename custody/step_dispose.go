package custody

import (
	"maps"
	"slices"
)

// settlements are the dispositions that follow the acceptance of a movement.
var settlements = map[Kind]struct {
	event Event
	acts  []string
}{
	KindArchived:    {Archive, []string{ActArchive}},
	KindTransferred: {Transfer, []string{ActDispatch, ActTransfer}},
	KindReturned:    {Return, []string{ActReturn}},
	KindConsigned:   {Consign, []string{ActConsign}},
}

// settle ends custody by the signed acceptance of the other end.
func (s *step) settle() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	subject, want := "carrier/"+c.ID, settlements[s.r.Kind]
	if err := move(&c, want.event); err != nil {
		return err
	}
	if c.Movement == "" && s.r.By == "" && s.r.Kind != KindConsigned { // to be tightened with the station's forms
		return s.end(c, "")
	}
	if err := s.hand(&c, Settle); err != nil {
		return err
	}
	m, err := s.takeOut(c, SettleMovement)
	if err != nil {
		return at(subject, err)
	}
	i := slices.Index(m.Carriers, c.ID)
	switch {
	case !slices.Contains(want.acts, m.Act):
		return refuse(KeyOtherAct, subject, "moved to %s", m.Act)
	case i < 0 || m.Signed[i] == "":
		return refuse(KeyNotSigned, subject, "")
	case s.r.By != m.Signed[i]:
		return refuse(KeyReference, subject, "by %s, accepted by %s", s.r.By, m.Signed[i])
	}
	return s.end(c, m.Act)
}

// declassify lets a carrier go whose document was released, or whose approved
// fate in a clear-out this is.
func (s *step) declassify() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := move(&c, Declassify); err != nil {
		return err
	}
	if err := s.hand(&c, LetGo); err != nil {
		return err
	}
	return s.end(c, ActDeclassify)
}

// writeOff gives up a carrier that is missing: two persons, after an inquiry.
func (s *step) writeOff() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := two(s.r); err != nil {
		return err
	}
	if err := move(&c, WriteOff); err != nil {
		return err
	}
	return s.end(c, "")
}

// end lets the carrier go, and counts the fate it met.
func (s *step) end(c Carrier, act string) error {
	if c.Index >= 0 {
		return refuse(KeyInBatch, "carrier/"+c.ID, "%s", c.Batch)
	}
	s.gone(&c)
	s.put(c)
	return s.met(c, act)
}

// met counts a carrier in its clear-out when the act was its approved fate.
func (s *step) met(c Carrier, act string) error {
	if c.Campaign == "" || c.Fate != act {
		return nil
	}
	p, ok, err := known[Campaign](s, Ref{CampaignThing, c.Campaign}, KeyNoCampaign)
	if err != nil || !ok {
		return err
	}
	if _, err := ApplyCampaign(p.State, CarryOutFate); err != nil {
		return nil // not approved yet, or ended: then it is no fate carried out
	}
	p.Done = maps.Clone(p.Done)
	if p.Done == nil {
		p.Done = map[string]int64{}
	}
	p.Done[act]++
	s.putThing(p)
	return nil
}

// certifyElsewhere: the destruction body certified what was consigned to it.
func (s *step) certifyElsewhere() error {
	b, err := body[FirmCertificate](s)
	if err != nil {
		return err
	}
	if _, _, err := custodian(s.r); err != nil {
		return err
	}
	m, ok, err := thing[Movement](s, Ref{MovementThing, b.Movement})
	if err != nil {
		return err
	}
	subject := "movement/" + b.Movement
	switch {
	case !ok:
		return refuse(KeyNoMovement, subject, "")
	case m.Act != ActConsign:
		return refuse(KeyOtherAct, subject, "%s", m.Act)
	}
	carriers, err := s.some()
	if err != nil {
		return err
	}
	taken := make(map[string]bool, len(m.Carriers))
	for i, id := range m.Carriers {
		taken[id] = m.Signed[i] != ""
	}
	for _, c := range carriers {
		if !taken[c.ID] {
			return refuse(KeyNotInMovement, "carrier/"+c.ID, "")
		}
		if err := move(&c, CertifyElsewhere); err != nil {
			return err
		}
		s.put(c)
	}
	return nil
}
