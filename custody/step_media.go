package custody

import "time"

// registerKey enters a key, or anew one that was retired, lost or doubted: then its
// canary is made with a secret that no key had before.
func (s *step) registerKey() error {
	b, err := body[KeyEntry](s)
	if err != nil {
		return err
	}
	who, err := one(s.r, RoleAdmin)
	if err != nil {
		return err
	}
	subject := subjectOf(Ref{USBKeyThing, b.Key})
	if !b.Likeness.sound() || b.Capacity != "destructive" && b.Capacity != "saved" || !isHash(b.Canary) || b.Epoch < 1 {
		return refuse(KeyRecord, subject, "likeness, capacity %q, canary or epoch %d", b.Capacity, b.Epoch)
	}
	if err := s.mayHave(b, subject); err != nil {
		return err
	}
	old, _, err := thing[USBKey](s, Ref{USBKeyThing, b.Key})
	if err != nil {
		return err
	}
	state, err := ApplyKey(old.State, RegisterKey)
	if err != nil {
		return at(subject, err)
	}
	canary := Canary{ID: b.Canary, Key: b.Key}
	if err := s.fresh(canary.Ref()); err != nil {
		return refuse(KeyCanaryUsed, subject, "")
	}
	s.putThing(canary)
	s.putThing(USBKey{ID: b.Key, State: state, Owner: b.Owner, Department: b.Department, Place: b.Place, Level: b.Classification, Expires: b.Expires,
		Likeness: b.Likeness, Capacity: b.Capacity, Canary: b.Canary, Epoch: b.Epoch, Registrar: who.Person, Times: old.Times + 1, Leaf: s.r.Hash})
	return nil
}

// mayHave demands that the owner may handle the level, that department and place
// may hold it, and that the key has not expired. Days are those of UTC.
func (s *step) mayHave(b KeyEntry, subject string) error {
	if err := s.level(b.Classification, subject); err != nil {
		return err
	}
	if !day(b.Expires) || b.Expires < s.r.At.UTC().Format(time.DateOnly) {
		return refuse(KeyWrongDay, subject, "expires %q", b.Expires)
	}
	post, ok, err := known[Post](s, Ref{PostThing, b.Owner}, KeyNotOnPost)
	if err != nil {
		return err
	}
	if ok {
		if err := Fit(post, b.Classification, s.r.At.UTC()); err != nil {
			return err
		}
	}
	d, ok, err := s.department(b.Department)
	if err != nil || !ok {
		return err
	}
	switch {
	case d.Closed:
		return refuse(KeyPlaceClosed, subjectOf(d.Ref()), "")
	case !reaches(d.Highest, b.Classification):
		return refuse(KeyLevelTooLow, subjectOf(d.Ref()), "up to %s, key for %s", d.Highest, b.Classification)
	case b.Place == "":
		return nil
	}
	p, ok, err := known[Place](s, Ref{PlaceThing, b.Place}, KeyNoPlace)
	if err != nil || !ok {
		return err
	}
	switch {
	case p.Closed || p.Department != d.ID:
		return refuse(KeyPlaceClosed, subjectOf(p.Ref()), "closed %t, of department %s", p.Closed, p.Department)
	case !reaches(p.Highest, b.Classification):
		return refuse(KeyLevelTooLow, subjectOf(p.Ref()), "up to %s, key for %s", p.Highest, b.Classification)
	}
	return nil
}

// key applies one event to the key a record speaks of.
func (s *step) key(id string, e KeyEvent) (USBKey, error) {
	ref := Ref{USBKeyThing, id}
	k, _, err := thing[USBKey](s, ref)
	if err != nil {
		return USBKey{}, err
	}
	k.State, err = ApplyKey(k.State, e)
	return k, at(subjectOf(ref), err)
}

func (s *step) stepKey(e KeyEvent) error {
	b, err := body[KeyStep](s)
	if err != nil {
		return err
	}
	k, err := s.key(b.Key, e)
	if err == nil {
		s.putThing(k)
	}
	return err
}

func (s *step) retireKey() error {
	if _, err := one(s.r, RoleAdmin); err != nil {
		return err
	}
	return s.stepKey(RetireKey)
}

// loseKey: whoever misses a key says so.
func (s *step) loseKey() error {
	if _, err := person(s.r); err != nil {
		return err
	}
	return s.stepKey(LoseKey)
}

func (s *step) findKey() error {
	if _, err := one(s.r, RoleAdmin); err != nil {
		return err
	}
	return s.stepKey(FindKey)
}

// Verdicts of a canary, in the words of the ledger.
const (
	canaryCurrent     = "current"
	canaryInterrupted = "interrupted"
	canaryStale       = "stale"
	canaryMixed       = "mixed"
	canaryForeign     = "foreign"
	canaryUnwritable  = "unwritable"
)

// meetKey: a medium passed for a key. Only one whose canary agreed is taken, and
// each time at a later epoch; a canary that contradicts makes the key suspect.
func (s *step) meetKey() error {
	b, err := body[KeyMeeting](s)
	if err != nil {
		return err
	}
	event := TurnAwayKey
	switch b.Verdict {
	case canaryCurrent, canaryInterrupted:
		if b.Refused == "" {
			event = TakeKey
		}
	case canaryStale, canaryMixed, canaryForeign:
		event = DoubtKey
	case "", canaryUnwritable:
	default:
		return refuse(KeyRecord, "", "verdict %q", b.Verdict)
	}
	if (event == TakeKey) != (b.Refused == "") {
		return refuse(KeyRecord, "", "verdict %q, refused %q", b.Verdict, b.Refused)
	}
	k, err := s.key(b.Key, event)
	if err != nil {
		return err
	}
	if event == TakeKey && b.Epoch <= k.Epoch {
		return refuse(KeyEpoch, subjectOf(k.Ref()), "%d after %d", b.Epoch, k.Epoch)
	}
	if event == TakeKey {
		k.Epoch = b.Epoch
	}
	s.putThing(k)
	return nil
}

// enrolPort enters a port, or says it anew.
func (s *step) enrolPort() error {
	p, err := body[Port](s)
	if err != nil {
		return err
	}
	if _, err := one(s.r, RoleAdmin); err != nil {
		return err
	}
	if p.ID == "" {
		return refuse(KeyRecord, "", "no port named")
	}
	if p.Place != "" {
		if _, _, err := known[Place](s, Ref{PlaceThing, p.Place}, KeyNoPlace); err != nil {
			return err
		}
	}
	s.putThing(p)
	return nil
}

func (s *step) closePort() error {
	b, err := body[PortEnd](s)
	if err != nil {
		return err
	}
	if _, err := one(s.r, RoleAdmin); err != nil {
		return err
	}
	p, ok, err := thing[Port](s, Ref{PortThing, b.Port})
	if err != nil {
		return err
	}
	if !ok || p.Closed {
		return refuse(KeyNoPort, subjectOf(Ref{PortThing, b.Port}), "")
	}
	p.Closed = true
	s.putThing(p)
	return nil
}
