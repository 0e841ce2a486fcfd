package custody

import (
	"slices"
)

// enterDocument enters a document, before the first of its copies.
func (s *step) enterDocument() error {
	b, err := body[DocumentEntry](s)
	if err != nil {
		return err
	}
	d := Document{ID: b.Document, Own: b.Own, Classification: b.Classification, Period: b.Period, Dated: b.Dated, Made: b.Made}
	if err := s.fresh(d.Ref()); err != nil {
		return err
	}
	subject := subjectOf(d.Ref())
	if _, ok := ClassificationOf(d.Classification); !ok || d.Made < 0 {
		return refuse(KeyRecord, subject, "classification %q, %d made", d.Classification, d.Made)
	}
	if d.Dated != "" && !day(d.Dated) {
		return refuse(KeyWrongDay, subject, "dated %q", d.Dated)
	}
	s.putThing(d)
	return nil
}

func (s *step) document(id string) (Document, bool, error) {
	return known[Document](s, Ref{DocumentThing, id}, KeyNoDocument)
}

// setCircle fixes who may read a document. After the first setting the circle
// only grows, by an approved request that names who is new.
func (s *step) setCircle() error {
	b, err := body[CircleSet](s)
	if err != nil {
		return err
	}
	if _, err := one(s.r, RoleApprover); err != nil {
		return err
	}
	persons := slices.Clone(b.Persons)
	slices.Sort(persons)
	if len(persons) == 0 || persons[0] == "" || len(slices.Compact(slices.Clone(persons))) != len(persons) {
		return refuse(KeyRecord, "document/"+b.Document, "circle %q", b.Persons)
	}
	d, ok, err := s.document(b.Document)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(d.Ref())
	if d.Released {
		return refuse(KeyReleased, subject, "")
	}
	if len(d.Circle) > 0 || b.Request != "" {
		if err := s.widen(d, b.Request, persons); err != nil {
			return at(subject, err)
		}
	}
	d.Circle = persons
	s.putThing(d)
	return nil
}

// widen checks that nobody leaves the circle and that an approved request names
// everybody who joins it.
func (s *step) widen(d Document, request string, persons []string) error {
	if request == "" {
		return refuse(KeyCircleShrinks, "", "no request to widen it")
	}
	for _, p := range d.Circle {
		if _, in := slices.BinarySearch(persons, p); !in {
			return refuse(KeyCircleShrinks, "", "%s leaves it", p)
		}
	}
	q, ok, err := s.approved(request, ActWiden)
	if err != nil || !ok {
		return err
	}
	if q.Document != d.ID {
		return refuse(KeyNotNamed, "", "request %s is for document %q", q.ID, q.Document)
	}
	for _, p := range persons {
		if _, in := slices.BinarySearch(d.Circle, p); !in && !slices.Contains(q.Persons, p) {
			return refuse(KeyOtherRecipient, "", "request %s does not name %s", q.ID, p)
		}
	}
	return s.use(q, 1)
}

// admitted checks that a person may have copies of a document in hand.
func (s *step) admitted(document, person string) error {
	if document == "" {
		return nil
	}
	d, ok, err := s.document(document)
	if err != nil || !ok {
		return err
	}
	if _, in := slices.BinarySearch(d.Circle, person); len(d.Circle) > 0 && !in {
		return refuse(KeyCircle, subjectOf(d.Ref()), "%s", person)
	}
	return nil
}

// reclassify changes the mark of a document and of each of its copies that is
// held, or takes it away. One leaf names at most maxNamed copies: until all are
// named, the change is open and the next leaf goes on with it.
func (s *step) reclassify() error {
	b, err := body[Reclassification](s)
	if err != nil {
		return err
	}
	who, err := one(s.r, RoleClassifier)
	if err != nil {
		return err
	}
	subject := "document/" + b.Document
	if _, ok := ClassificationOf(b.Classification); !ok && !b.Release {
		return refuse(KeyRecord, subject, "classification %q", b.Classification)
	}
	named, err := s.named()
	if err != nil {
		return err
	}
	for _, c := range named {
		if err := s.remark(c, b); err != nil {
			return err
		}
	}
	d, ok, err := s.document(b.Document)
	if err != nil || !ok {
		return err
	}
	if err := s.changeDocument(d, b, who); err != nil {
		return at(subject, err)
	}
	return nil
}

// remark gives one copy the new mark. A release leaves the mark it bore last:
// its declassification follows.
func (s *step) remark(c Carrier, b Reclassification) error {
	subject := "carrier/" + c.ID
	if c.Document != b.Document {
		return refuse(KeyNotNamed, subject, "of document %q", c.Document)
	}
	if err := move(&c, Remark); err != nil {
		return err
	}
	if c.Index >= 0 {
		return refuse(KeyInBatch, subject, "%s", c.Batch)
	}
	if b.Release {
		if err := s.hand(&c, Handle); err != nil {
			return err
		}
	} else {
		c.Level, c.Term = b.Classification, b.Period
	}
	s.put(c)
	return nil
}

// maxNamed is how many carriers one leaf can name.
const maxNamed = 200

// changeDocument applies the change to the document itself.
func (s *step) changeDocument(d Document, b Reclassification, who Actor) error {
	act := ActReclassify
	if b.Release {
		act = ActDeclassify
	}
	q, _, err := s.approved(b.Request, act)
	if err != nil {
		return err
	}
	switch {
	case q.Document != d.ID:
		return refuse(KeyNotNamed, "", "request %s is for document %q", q.ID, q.Document)
	case d.Released && d.Change != q.ID:
		return refuse(KeyReleased, "", "")
	case !b.Release && (q.Classification != b.Classification || q.Period != b.Period):
		return refuse(KeyMark, "", "request %s asks for %s %q", q.ID, q.Classification, q.Period)
	case who.Person == q.Applicant || who.Credential == q.ApplicantKey:
		return refuse(KeyOwnApproval, "", "%s", who.Person)
	}
	left, err := s.unmarked(d, b)
	if err != nil {
		return err
	}
	if left != "" && len(s.r.Carriers) < maxNamed {
		return refuse(KeyNotAll, "carrier/"+left, "still held")
	}
	if b.Release {
		d.Released, d.Releases = true, append(slices.Clone(d.Releases), s.r.Hash)
	} else {
		d.Classification, d.Period = b.Classification, b.Period
	}
	if left == "" {
		d.Change = ""
		if err := s.use(q, 1); err != nil {
			return err
		}
	}
	s.putThing(d)
	return nil
}

// unmarked finds a copy that the change has to name and no leaf of it named:
// "" when there is none. A release passes over copies that are missing, since
// they cannot be let go, and over those an earlier leaf of it let go.
func (s *step) unmarked(d Document, b Reclassification) (string, error) {
	ids, err := s.v.CopiesOf(d.ID)
	if err != nil {
		return "", err
	}
	named := make(map[string]bool, len(s.r.Carriers))
	for _, id := range s.r.Carriers {
		named[id] = true
	}
	left := ""
	for _, id := range ids {
		c, err := s.carrier(id)
		if err != nil {
			return "", err
		}
		switch {
		case c.State.Terminal() || named[id]:
			continue
		case b.Release && c.State == Missing:
			continue
		case !b.Release && c.Level == b.Classification && c.Term == b.Period:
			continue
		}
		if _, err := Apply(c.State, Remark); err != nil {
			return "", at("carrier/"+id, err)
		}
		left = id
	}
	return left, nil
}
