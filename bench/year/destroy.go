package year

import "slices"

// batch is one list on its way to the machine.
type batch struct {
	ref Ref
	cs  []carrier
}

func (b *batch) mass() int64 {
	sum := int64(0)
	for _, c := range b.cs {
		sum += int64(c.mass)
	}
	return sum
}

// list begins a destruction: listed by two, approved, bagged under a seal,
// destroyed by two.
func (s *sim) list(cs []carrier) {
	b := &batch{s.ref(), cs}
	s.emit(Event{What: Listed, Ref: b.ref, Of: s.drives[cs[0].drive].ref, By: clerk, With: second, Carriers: recordIDs(cs), Mass: b.mass(), Number: s.number("演销单%d-%03d"), Place: waiting})
	s.in(s.d.working(0.2, 0.8), func() { s.approveDestruction(b) })
}

func (s *sim) approveDestruction(b *batch) {
	s.emit(Event{What: DestructionApproved, Ref: b.ref, By: s.approver(), Carriers: recordIDs(b.cs), Number: s.number("销批演〔%d〕%d号")})
	if once(&s.faults.cardPulled) {
		s.emit(Event{What: Fault, Ref: b.ref, Reason: CardPulled})
	}
	s.in(s.d.working(0.3, 1), func() { s.bag(b) })
}

// bag packs what is still on the list. A document that its issuer called back
// goes to him instead; a key that is not the registered one is set aside until
// the right one is found.
func (s *sim) bag(b *batch) {
	s.takeOff(b, recalledOne, Recall, func(c carrier) {
		c.fate = Returned
		s.collect(pool{fate: Returned, unit: c.unit, alone: true}, c)
	})
	s.takeOff(b, wrongKey, SerialDiffers, func(c carrier) {
		c.role = extra
		s.in(day/2, func() { s.collect(pool{fate: Destroyed, media: true}, c) })
	})
	if len(b.cs) == 0 {
		return
	}
	s.faults.bags++
	switch s.faults.bags {
	case 1:
		s.emit(Event{What: SealSpoiled, By: second, Number: s.seal(), Reason: SealTorn})
	case 3:
		s.emit(Event{What: SealSpoiled, By: second, Number: s.seal(), Reason: SealMisprinted})
	}
	s.emit(Event{What: Bagged, Ref: b.ref, By: second, With: attestor, Carriers: recordIDs(b.cs), Number: s.seal(), Mass: b.mass()})
	if s.faults.bags == 2 {
		s.emit(Event{What: Fault, Ref: b.ref, Reason: SealTransposed})
	}
	s.in(moment(s.d.between(30, 200)), func() { s.shred(b) })
}

// takeOff takes the carrier of a role off the list.
func (s *sim) takeOff(b *batch, r role, why Reason, then func(carrier)) {
	i := slices.IndexFunc(b.cs, func(c carrier) bool { return c.role == r && !c.copy })
	if i < 0 {
		return
	}
	c := b.cs[i]
	b.cs = slices.Delete(slices.Clone(b.cs), i, i+1)
	s.emit(Event{What: Fault, Ref: b.ref, Carriers: one(c.id), Reason: why})
	s.emit(Event{What: Delisted, Ref: b.ref, By: clerk, Carriers: one(c.id), Reason: why, Place: shelf(c.class)})
	then(c)
}

// seal is the next of the roll.
func (s *sim) seal() string {
	s.seals++
	return sealNumber(s.seals)
}

func (s *sim) shred(b *batch) {
	ids := recordIDs(b.cs)
	if len(ids) >= 3 && once(&s.faults.jammed) {
		s.emit(Event{What: Fault, Ref: b.ref, Carriers: ids[:3], Reason: Jam})
	}
	s.emit(Event{What: Shredded, Ref: b.ref, By: second, With: attestor, Carriers: ids, Number: s.number(certificates)})
	if len(ids) < 3 || !once(&s.faults.superseded) {
		return
	}
	s.in(day, func() {
		s.emit(Event{What: Superseded, Ref: b.ref, By: clerk, Number: s.number(certificates), Reason: WrongRoom})
	})
}

const certificates = "演销证%d%06d"
