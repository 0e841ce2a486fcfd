package custody

// importList enters a list whose carriers are to be registered.
func (s *step) importList() error {
	b, err := body[ListOpen](s)
	if err != nil {
		return err
	}
	r := Receipt{List: b.List, Rows: b.Rows, Counted: -1}
	if err := s.fresh(r.Ref()); err != nil {
		return err
	}
	if b.Rows < 1 {
		return refuse(KeyRecord, subjectOf(r.Ref()), "%d rows", b.Rows)
	}
	s.putThing(r)
	return nil
}

// receipt reads a list that is not yet signed for.
func (s *step) receipt(list string) (Receipt, bool, error) {
	r, ok, err := known[Receipt](s, Ref{ReceiptThing, list}, KeyNoList)
	if err == nil && ok && r.Receiver != "" {
		err = refuse(KeyListSigned, subjectOf(r.Ref()), "by %s", r.Receiver)
	}
	return r, ok, err
}

// countList: somebody counted what came. A second count takes the place of the
// first.
func (s *step) countList() error {
	b, who, err := said[ListCount](s)
	if err != nil {
		return err
	}
	r, ok, err := s.receipt(b.List)
	if err != nil || !ok {
		return err
	}
	if b.Count < 0 {
		return refuse(KeyRecord, subjectOf(r.Ref()), "counted %d", b.Count)
	}
	r.Counted, r.Counter = b.Count, who.Person
	s.putThing(r)
	return nil
}

// numberList gives each row its reference number. A series has neither gap nor
// overlap and begins with 1 in every year.
func (s *step) numberList() error {
	b, who, err := said[ListNumbers](s)
	if err != nil {
		return err
	}
	r, ok, err := s.receipt(b.List)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(r.Ref())
	switch {
	case r.Series != "":
		return refuse(KeyPassed, subject, "%s %d to %d", r.Series, r.First, r.Last)
	case b.Series == "" || b.Year < 1949 || b.Year > 9999:
		return refuse(KeyRecord, subject, "series %q of %d", b.Series, b.Year)
	case b.First < 1 || b.Last-b.First+1 != r.Rows:
		return refuse(KeyTally, subject, "%d to %d for %d rows", b.First, b.Last, r.Rows)
	}
	series, ok, err := thing[Series](s, seriesRef(b.Series, b.Year))
	if err != nil {
		return err
	}
	if !ok {
		series = Series{Series: b.Series, Year: b.Year}
	}
	if b.First != series.Last+1 {
		return refuse(KeyNumberGap, subject, "begins with %d, the last one given is %d", b.First, series.Last)
	}
	series.Last = b.Last
	r.Series, r.Year, r.First, r.Last, r.Numberer = b.Series, b.Year, b.First, b.Last, who.Person
	s.putThing(series)
	s.putThing(r)
	return nil
}

// enterRow counts a registration against its list.
func (s *step) enterRow(c Carrier) error {
	r, ok, err := s.receipt(c.List)
	if err != nil || !ok {
		return err
	}
	if r.Entered >= r.Rows || c.Row < 1 {
		return refuse(KeyListFull, subjectOf(r.Ref()), "row %d, %d of %d entered", c.Row, r.Entered, r.Rows)
	}
	r.Entered++
	s.putThing(r)
	return nil
}

// receive signs for every registered carrier of the list; the receiver keeps
// them from then on. What a count missed was reported missing, by name, before.
// A view that holds a part of the list signs for that part.
func (s *step) receive() error {
	who, err := one(s.r, RoleReceiver)
	if err != nil {
		return err
	}
	subject := "list/" + s.r.List
	ids, err := s.v.Listed(s.r.List)
	if err != nil {
		return err
	}
	moved, missing := int64(0), int64(0)
	for _, id := range ids {
		c, err := s.carrier(id)
		if err != nil {
			return err
		}
		if c.State == Missing || c.State == Lost && c.Index < 0 { // written off; not lost in a machine
			missing++
		}
		if c.State != Registered || c.List != s.r.List {
			continue
		}
		if err := move(&c, Receive); err != nil {
			return err
		}
		if err := s.shelve(&c, who.Person); err != nil {
			return err
		}
		s.put(c)
		moved++
	}
	if moved == 0 && s.v.Whole() { // what a part has of the list may have been found missing, and found, before
		return refuse(KeyNothing, subject, "no registered carrier")
	}
	if moved > s.r.Count {
		return refuse(KeyTally, subject, "%d signed for, %d registered", s.r.Count, moved)
	}
	return s.signList(who.Person, moved, missing)
}

// signList closes the receipt: it was counted, numbered and entered, and the
// numbers agree, save for the carriers that were reported missing by name.
func (s *step) signList(receiver string, moved, missing int64) error {
	r, ok, err := s.receipt(s.r.List)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(r.Ref())
	switch {
	case r.Entered != r.Rows:
		return refuse(KeyNotEntered, subject, "%d of %d rows", r.Entered, r.Rows)
	case r.Counted != r.Rows-missing:
		return refuse(KeyNotTallied, subject, "counted %d of %d, %d missing", r.Counted, r.Rows, missing)
	case r.Series == "":
		return refuse(KeyNotNumbered, subject, "")
	case moved != s.r.Count:
		return refuse(KeyTally, subject, "%d signed for, %d registered", s.r.Count, moved)
	}
	r.Receiver = receiver
	s.putThing(r)
	return nil
}
