package custody

import (
	"fmt"
	"slices"
	"time"
)

// body gives what Record.Register must point to.
func body[T any](s *step) (T, error) {
	b, ok := s.r.Register.(*T)
	if !ok || b == nil {
		var none T
		return none, refuse(KeyRecord, "", "%s with a body of type %T", s.r.Kind, s.r.Register)
	}
	return *b, nil
}

// said gives a record's body and the one person behind it, in whatever role.
func said[T any](s *step) (T, Actor, error) {
	b, err := body[T](s)
	if err != nil {
		return b, Actor{}, err
	}
	who, err := person(s.r)
	return b, who, err
}

// thing reads one thing; false when it was never entered.
func thing[T Thing](s *step, ref Ref) (T, bool, error) {
	var none T
	if ref.ID == "" {
		return none, false, refuse(KeyRecord, "", "no %s named", ref.Kind)
	}
	t, ok := s.things[ref]
	if !ok {
		var err error
		if t, ok, err = s.v.Thing(ref); err != nil {
			return none, false, fmt.Errorf("cannot read %s %s: %w", ref.Kind, ref.ID, err)
		}
	}
	if !ok {
		return none, false, nil
	}
	typed, is := t.(T)
	if !is {
		return none, false, fmt.Errorf("cannot take a %T for %s %s", t, ref.Kind, ref.ID)
	}
	return typed, true, nil
}

// known reads a thing that the law asks for. Of a part of a history it answers
// false: the thing may be lacking there, or be behind, since only the leaves
// that name the part's carriers are in it.
func known[T Thing](s *step, ref Ref, lacking Key) (T, bool, error) {
	if !s.v.Whole() {
		var none T
		return none, false, nil
	}
	t, ok, err := thing[T](s, ref)
	if err == nil && !ok {
		err = refuse(lacking, subjectOf(ref), "")
	}
	return t, ok, err
}

// fresh demands that a thing was not entered before.
func (s *step) fresh(ref Ref) error {
	if ref.ID == "" {
		return refuse(KeyRecord, "", "no %s named", ref.Kind)
	}
	_, ok, err := s.v.Thing(ref)
	if err != nil {
		return fmt.Errorf("cannot read %s %s: %w", ref.Kind, ref.ID, err)
	}
	if ok {
		return refuse(KeyThingKnown, subjectOf(ref), "")
	}
	return nil
}

func (s *step) putThing(t Thing) {
	ref := t.Ref()
	if _, ok := s.things[ref]; !ok {
		s.thingOrder = append(s.thingOrder, ref)
	}
	s.things[ref] = t
}

func subjectOf(ref Ref) string { return string(ref.Kind) + "/" + ref.ID }

// named gives the carriers the record speaks of. A part of a history passes
// over those it does not have.
func (s *step) named() ([]Carrier, error) {
	var all []Carrier
	seen := make(map[string]bool, len(s.r.Carriers))
	for _, id := range s.r.Carriers {
		if seen[id] {
			return nil, refuse(KeyRecord, "carrier/"+id, "named twice")
		}
		seen[id] = true
		c, err := s.carrier(id)
		if err != nil {
			return nil, err
		}
		if c.State == Unknown {
			if s.v.Whole() {
				return nil, refuse(KeyUnregistered, "carrier/"+id, "")
			}
			continue
		}
		all = append(all, c)
	}
	return all, nil
}

// some demands that the record names carriers, and gives them.
func (s *step) some() ([]Carrier, error) {
	if len(s.r.Carriers) == 0 {
		return nil, refuse(KeyNothing, "", "%s names no carrier", s.r.Kind)
	}
	return s.named()
}

// hand applies one event to a carrier's whereabouts.
func (s *step) hand(c *Carrier, h Hand) error {
	next, err := ApplyHand(c.Where, h)
	if err != nil {
		return at("carrier/"+c.ID, err)
	}
	if next != c.Where {
		c.Since = s.r.At
	}
	c.Where = next
	return nil
}

// shelve puts a carrier into its keeper's hands.
func (s *step) shelve(c *Carrier, keeper string) error {
	if err := s.hand(c, Shelve); err != nil {
		return err
	}
	c.Keeper = keeper
	return nil
}

// quit takes a carrier out of its movement, without looking at the movement.
func quit(c *Carrier) { c.Movement, c.With, c.Due = "", "", time.Time{} }

// gone ends this unit's custody of a carrier: nobody keeps it, it lies nowhere.
// A place in a manifest stays, as evidence.
func (s *step) gone(c *Carrier) {
	if c.Index < 0 {
		unbatch(c)
	}
	quit(c)
	if c.Where != Nowhere || c.Keeper != "" {
		c.Since = s.r.At
	}
	c.Where, c.Keeper, c.Place = Nowhere, "", ""
}

// day says that a text is a calendar day.
func day(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// reaches says that a classification protects another: it is as high or higher.
func reaches(highest, level string) bool {
	rank := func(word string) int {
		return slices.IndexFunc(classifications, func(c Classification) bool { return c.Word == word })
	}
	h, l := rank(highest), rank(level)
	return h >= 0 && l >= 0 && h <= l
}
