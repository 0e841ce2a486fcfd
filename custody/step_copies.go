package custody

// makeCopies closes one making of copies, before their registrations. Copies
// and spoiled copies together never exceed what was approved.
func (s *step) makeCopies() error {
	b, err := body[CopiesMade](s)
	if err != nil {
		return err
	}
	who, err := maker(s.r)
	if err != nil {
		return err
	}
	subject := "request/" + b.Request
	if b.Made < 0 || b.Spoiled < 0 || b.Made > maxPieces || b.Spoiled > maxPieces || b.Made+b.Spoiled == 0 {
		return refuse(KeyRecord, subject, "%d made, %d spoiled", b.Made, b.Spoiled)
	}
	act := ActCopy
	if b.Parent == "" {
		act = ActMake
	}
	q, ok, err := s.approved(b.Request, act)
	if err != nil {
		return err
	}
	document := q.Document
	if b.Parent != "" {
		parent, err := s.original(b.Parent, who.Person)
		if err != nil {
			return err
		}
		if ok {
			if err := covers(q, []Carrier{parent}); err != nil {
				return err
			}
		}
		document = parent.Document
	}
	if !ok {
		return nil
	}
	q.Maker, q.ToEnter, q.ToSpoiled = who.Person, q.ToEnter+b.Made, q.ToSpoiled+b.Spoiled
	if err := s.use(q, b.Made+b.Spoiled); err != nil {
		return err
	}
	return s.print(document, b.Made+b.Spoiled)
}

// maker is who made the copies, alone or, named first, together with another.
func maker(r Record) (Actor, error) {
	if len(r.Actors) != 2 {
		return person(r)
	}
	return r.Actors[0], two(r)
}

// original reads the carrier that copies are made from: held, whole, and at
// hand.
func (s *step) original(id, maker string) (Carrier, error) {
	c, err := s.carrier(id)
	if err != nil || c.State == Unknown && !s.v.Whole() {
		return c, err
	}
	if _, err := Apply(c.State, Move); err != nil {
		return c, at("carrier/"+id, err)
	}
	if c.Index >= 0 {
		return c, refuse(KeyInBatch, "carrier/"+id, "%s", c.Batch)
	}
	if c.Spoiled {
		return c, refuse(KeySpoiled, "carrier/"+id, "copied")
	}
	if c.With == maker {
		return c, nil
	}
	_, err = ApplyHand(c.Where, Handle)
	return c, at("carrier/"+id, err)
}

// print counts n more copies of a document, where their number is known: an own
// document of which there is no copy yet begins with those made first.
func (s *step) print(document string, n int64) error {
	if document == "" {
		return nil
	}
	d, ok, err := s.document(document)
	if err != nil || !ok {
		return err
	}
	if d.Made > 0 || d.Own && d.Registered == 0 {
		d.Made += n
		s.putThing(d)
	}
	return nil
}

// enterCopy registers a copy that was made here: it is what its original is,
// and its maker keeps it.
func (s *step) enterCopy(c *Carrier) error {
	subject := "carrier/" + c.ID
	who, err := person(s.r)
	if err != nil {
		return at(subject, err)
	}
	if err := s.shelve(c, who.Person); err != nil {
		return err
	}
	if c.Parent != "" {
		if err := s.inherit(*c); err != nil {
			return at(subject, err)
		}
	}
	q, ok, err := known[Request](s, Ref{RequestThing, c.Request}, KeyNoRequest)
	if err != nil || !ok {
		return err
	}
	left := &q.ToEnter
	if c.Spoiled {
		left = &q.ToSpoiled
	}
	switch {
	case *left < 1:
		return refuse(KeyOverApproved, subject, "no copy of request %s is left to register", q.ID)
	case (q.Act == ActCopy) != (c.Parent != ""):
		return refuse(KeyOtherAct, subject, "parent %q under a request to %s", c.Parent, q.Act)
	case q.Act == ActMake && c.Document != q.Document:
		return refuse(KeyNotNamed, subject, "request %s is for document %q", q.ID, q.Document)
	case who.Person != q.Maker:
		return refuse(KeyActors, subject, "%s made the copies", q.Maker)
	}
	*left--
	s.putThing(q)
	return nil
}

// inherit checks that a copy bears the mark of its original and belongs to the
// same document.
func (s *step) inherit(c Carrier) error {
	parent, err := s.carrier(c.Parent)
	if err != nil {
		return err
	}
	if parent.State == Unknown {
		if s.v.Whole() {
			return refuse(KeyUnregistered, "carrier/"+c.Parent, "the original")
		}
		return nil
	}
	if c.Level != parent.Level || c.Term != parent.Term || c.Document != parent.Document {
		return refuse(KeyMark, "", "%s %q of document %q, the original bears %s %q of %q", c.Level, c.Term, c.Document, parent.Level, parent.Term, parent.Document)
	}
	return nil
}

// enterCopyOf counts a registration against its document, and demands its mark.
func (s *step) enterCopyOf(c Carrier) error {
	if c.Document == "" {
		return nil
	}
	d, ok, err := s.document(c.Document)
	if err != nil || !ok {
		return err
	}
	subject := "carrier/" + c.ID
	switch {
	case d.Released:
		return refuse(KeyReleased, subject, "document %s", d.ID)
	case c.Level != d.Classification || c.Term != d.Period:
		return refuse(KeyMark, subject, "%s %q, the document bears %s %q", c.Level, c.Term, d.Classification, d.Period)
	case d.Made > 0 && d.Registered >= d.Made:
		return refuse(KeyPrintRun, subject, "%d of %d", d.Registered+1, d.Made)
	}
	d.Registered++
	if c.Request != "" {
		d.Copies++
	}
	s.putThing(d)
	return nil
}
