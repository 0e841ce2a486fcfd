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
	if err := s.hand(&c, Settle); err != nil {
		return err
	}
	m, ok, err := s.takeOut(c, SettleMovement)
	if err != nil {
		return at(subject, err)
	}
	i := slices.Index(m.Carriers, c.ID)
	switch {
	case !ok:
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
	subject := "carrier/" + c.ID
	if err := move(&c, Declassify); err != nil {
		return err
	}
	if err := s.hand(&c, LetGo); err != nil {
		return err
	}
	switch {
	case c.MustReturn:
		return refuse(KeyMustReturn, subject, "declassified")
	case c.Spoiled:
		return refuse(KeySpoiled, subject, "declassified")
	case !isHash(s.r.By):
		return refuse(KeyReference, subject, "by %q", s.r.By)
	}
	if err := s.freed(c); err != nil {
		return at(subject, err)
	}
	return s.end(c, ActDeclassify)
}

// freed demands that the leaf the declassification rests on let the carrier go.
// The release of a document lets all its copies go, those too that were missing
// then.
func (s *step) freed(c Carrier) error {
	if c.Document != "" {
		d, ok, err := s.document(c.Document)
		if err != nil || !ok || slices.Contains(d.Releases, s.r.By) {
			return err
		}
	}
	if !s.v.Whole() {
		return nil
	}
	if c.Campaign == "" || c.Fate != ActDeclassify {
		return refuse(KeyNoRelease, "", "by %s", s.r.By)
	}
	p, _, err := known[Campaign](s, Ref{CampaignThing, c.Campaign}, KeyNoCampaign)
	if err == nil && (p.State != CampaignApproved || p.Leaf != s.r.By) {
		err = refuse(KeyNoRelease, "", "by %s, clear-out %s is %s", s.r.By, p.ID, p.State)
	}
	return err
}

// writeOff gives up a carrier that is missing: two persons, after an inquiry
// that came to this result.
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
	if s.r.Incident == "" {
		return refuse(KeyNoInquiry, "carrier/"+c.ID, "no incident named")
	}
	n, ok, err := known[Incident](s, Ref{IncidentThing, s.r.Incident}, KeyNoIncident)
	if err != nil {
		return at("carrier/"+c.ID, err)
	}
	if ok && (n.Result != "written-off" || !slices.Contains(n.Carriers, c.ID)) {
		return refuse(KeyNoInquiry, "carrier/"+c.ID, "incident %s, result %q", n.ID, n.Result)
	}
	return s.end(c, ActWriteOff)
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
