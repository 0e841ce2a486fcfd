package custody

// register enters a carrier.
func (s *step) register() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := move(&c, Register); err != nil {
		return err
	}
	if err := checkEntry(s.r.Entry); err != nil {
		return at("carrier/"+c.ID, err)
	}
	c.Entry, c.Index = *s.r.Entry, -1
	c.Level, c.Term = c.Classification, c.Period
	s.put(c)
	return nil
}

func checkEntry(e *Entry) error {
	if e == nil || e.Number == "" || e.List == "" {
		return refuse(KeyRecord, "", "registration without number or list")
	}
	k, ok := KindOf(e.Kind)
	if !ok || k.Medium != e.Medium {
		return refuse(KeyRecord, "", "kind %q on medium %q", e.Kind, e.Medium)
	}
	if _, ok := ClassificationOf(e.Classification); !ok {
		return refuse(KeyRecord, "", "classification %q", e.Classification)
	}
	if e.Count < 1 || e.Count > maxPieces || e.Extent.Value < 0 {
		return refuse(KeyRecord, "", "count %d, extent %d", e.Count, e.Extent.Value)
	}
	if e.Extent.Unit != "" && e.Extent.Unit != k.Unit {
		return refuse(KeyRecord, "", "extent of a %s in %q", e.Kind, e.Extent.Unit)
	}
	return nil
}

// receive signs for every registered carrier of the list. Whether all of the
// list are in the view is the caller's business.
func (s *step) receive() error {
	if _, err := one(s.r, RoleReceiver); err != nil {
		return err
	}
	subject := "list/" + s.r.List
	ids, err := s.v.Listed(s.r.List)
	if err != nil {
		return err
	}
	moved := int64(0)
	for _, id := range ids {
		c, err := s.carrier(id)
		if err != nil {
			return err
		}
		if c.State != Registered || c.List != s.r.List {
			continue
		}
		if err := move(&c, Receive); err != nil {
			return err
		}
		s.put(c)
		moved++
	}
	if moved == 0 {
		return refuse(KeyNothing, subject, "no registered carrier")
	}
	if moved > s.r.Count {
		return refuse(KeyTally, subject, "%d signed for, %d registered", s.r.Count, moved)
	}
	return nil
}

// joins checks that the carrier may be counted, or found missing, in the
// record's batch.
func (s *step) joins(c Carrier) (Batch, error) {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return Batch{}, err
	}
	if b.State == BatchUnknown {
		return Batch{}, refuse(KeyNoBatch, "batch/"+b.ID, "")
	}
	if b.State != Opened {
		return Batch{}, refuse(KeyBatchNotOpen, "batch/"+b.ID, "%s", b.State)
	}
	if c.Batch != "" && c.Batch != b.ID {
		return Batch{}, refuse(KeyOtherBatch, "carrier/"+c.ID, "in %s", c.Batch)
	}
	if b.List != "" && c.List != b.List {
		return Batch{}, refuse(KeyOtherList, "carrier/"+c.ID, "on %s, batch of %s", c.List, b.List)
	}
	return b, nil
}

// count: two counts found the carrier, and it joins the batch.
func (s *step) count() error {
	who, err := counters(s.r)
	if err != nil {
		return err
	}
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := move(&c, Count); err != nil {
		return err
	}
	if _, err := s.joins(c); err != nil {
		return err
	}
	c.Batch, c.Index, c.Counters = s.r.Batch, -1, who
	s.put(c)
	return nil
}

// missing: a count did not find the carrier. Without a batch it was missed on
// the shelf or at reception.
func (s *step) missing() error {
	if err := explained(s.r); err != nil {
		return err
	}
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := move(&c, ReportMissing); err != nil {
		return err
	}
	if c.Index >= 0 {
		return refuse(KeyInBatch, "carrier/"+c.ID, "%s", c.Batch)
	}
	if s.r.Batch != "" {
		if _, err := s.joins(c); err != nil {
			return err
		}
		c.Batch = s.r.Batch
	}
	s.put(c)
	return nil
}

// found ends Missing; the carrier must be counted again.
func (s *step) found() error {
	if err := someone(s.r); err != nil {
		return err
	}
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := move(&c, Find); err != nil {
		return err
	}
	if c.Batch != "" {
		b, err := s.batch(c.Batch)
		if err != nil {
			return err
		}
		if b.State != Opened {
			leave(&c)
		}
	}
	s.put(c)
	return nil
}

// seal puts the carrier at the next place of its batch's manifest.
func (s *step) seal() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	if b.State != Opened {
		return refuse(KeyBatchNotOpen, "batch/"+b.ID, "%s", b.State)
	}
	if err := move(&c, Seal); err != nil {
		return err
	}
	if c.Batch != b.ID {
		return refuse(KeyOtherBatch, "carrier/"+c.ID, "in %q", c.Batch)
	}
	if c.MustReturn {
		return refuse(KeyMustReturn, "carrier/"+c.ID, "")
	}
	if s.r.Position != b.Members || !isHash(s.r.Item) {
		return refuse(KeyManifest, "carrier/"+c.ID, "place %d, expected %d", s.r.Position, b.Members)
	}
	c.Index, c.Item = s.r.Position, s.r.Item
	c.Verdict, c.Outcome = VerdictUnknown, ""
	b.Members++
	s.put(c)
	s.putBatch(b)
	return nil
}

// dispose ends custody in another way than destruction. A carrier that has a
// place in a manifest cannot leave it this way.
func (s *step) dispose() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	event := Archive
	switch s.r.Kind {
	case KindTransferred:
		event = Transfer
	case KindReturned:
		event = Return
	case KindDeclassified:
		event = Declassify
	case KindLost:
		event = WriteOff
	}
	if event == WriteOff {
		err = two(s.r)
	} else {
		err = someone(s.r)
	}
	if err != nil {
		return err
	}
	if err := move(&c, event); err != nil {
		return err
	}
	if c.Index >= 0 {
		return refuse(KeyInBatch, "carrier/"+c.ID, "%s", c.Batch)
	}
	leave(&c)
	s.put(c)
	return nil
}
