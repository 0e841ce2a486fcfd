package custody

// register enters a carrier: from a list, or as a copy made here.
func (s *step) register() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	if err := checkEntry(s.r.Entry); err != nil {
		return at("carrier/"+c.ID, err)
	}
	event := Register
	if s.r.Entry.Request != "" {
		event = EnterCopy
	}
	if err := move(&c, event); err != nil {
		return err
	}
	c.Entry, c.Index, c.Since = *s.r.Entry, -1, s.r.At
	c.Level, c.Term = c.Classification, c.Period
	if event == EnterCopy {
		err = s.enterCopy(&c)
	} else {
		err = s.enterRow(c)
	}
	if err != nil {
		return err
	}
	s.put(c)
	return s.enterCopyOf(c)
}

func checkEntry(e *Entry) error {
	if e == nil || e.Number == "" {
		return refuse(KeyRecord, "", "registration without number")
	}
	if (e.List == "") != (e.Request != "") {
		return refuse(KeyRecord, "", "list %q, request %q: a carrier comes from a list or is made here", e.List, e.Request)
	}
	if e.Request == "" && (e.Parent != "" || e.Spoiled) {
		return refuse(KeyRecord, "", "a copy that nobody approved")
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

// count: two counts found the carrier on the shelf, and it joins the batch.
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
	if err := s.hand(&c, Handle); err != nil {
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
// the shelf, in somebody's hands, on its way or at reception.
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
	if c.Movement != "" {
		if _, _, err := s.takeOut(c, LoseMovement); err != nil {
			return err
		}
	}
	if err := s.hand(&c, GoMissing); err != nil {
		return err
	}
	quit(&c)
	c.Since = s.r.At
	s.put(c)
	return nil
}

// found ends Missing: the carrier is back on the shelf of its keeper, or of who
// found it when nobody had signed for it yet. It must be counted again.
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
	keeper := c.Keeper
	if keeper == "" {
		keeper = s.r.Actors[0].Person
	}
	if err := s.shelve(&c, keeper); err != nil {
		return err
	}
	if c.Batch != "" {
		b, err := s.batch(c.Batch)
		if err != nil {
			return err
		}
		if b.State != Opened {
			unbatch(&c)
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
	if err := s.hand(&c, Handle); err != nil {
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
