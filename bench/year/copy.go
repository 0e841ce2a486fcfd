package year

// copyShares: how many copies are asked for.
var copyShares = []share[int]{{1, 40}, {2, 25}, {3, 15}, {4, 8}, {5, 5}, {6, 3}, {7, 2}, {8, 2}}

// copy makes copies of one in twenty: asked for, approved, made, numbered.
// 机密 is audited before it is approved; 绝密 is not copied.
func (s *sim) copy(c carrier) {
	story := c.role == copiedOne
	if !story && (c.role != extra || c.class == TopSecret || c.kind != Paper || c.index > 0 || c.copy || s.left(c) < 8*day || !s.d.chance(0.05)) {
		s.after(c, stepLend, s.d.working(2, 40))
		return
	}
	n := pickShare(s.d, copyShares)
	if story {
		n = 3
	}
	ref, ids := s.ref(), one(c.id)
	asker := pick(s.d, s.readers(c.class, s.now, s.now+2*day))
	for asker < second || asker == officer { // nobody audits or approves what he asks for
		asker = pick(s.d, s.readers(c.class, s.now, s.now+2*day))
	}
	s.emit(Event{What: CopyAsked, Ref: ref, By: asker, Carriers: ids, Count: n})
	s.in(s.d.working(0.1, 1), func() {
		s.emit(Event{What: CopyApproved, Ref: ref, By: s.approver(), With: s.auditor(), Carriers: ids, Limit: n})
		s.in(s.d.working(0.1, 0.6), func() {
			if story {
				s.emit(Event{What: CopyRefused, Ref: ref, By: clerk, Carriers: ids, Count: n + 2, Limit: n, Reason: OverApproved})
			}
			s.makeCopies(ref, c, n)
			c.made += uint8(n)
			s.after(c, stepLend, s.d.working(2, 40))
		})
	})
}

// auditor is not the approver.
func (s *sim) auditor() PersonID {
	if s.approver() == deputy {
		return officer
	}
	return deputy
}

// makeCopies enters n copies as carriers of their own. They inherit class and
// must-return, and have a series of numbers of their own.
func (s *sim) makeCopies(ref Ref, parent carrier, n int) {
	entries, records := make([]Carrier, n), make([]carrier, n)
	for i := range entries {
		s.copies++
		nth := int(parent.made) + i + 1
		records[i] = parent
		r := &records[i]
		r.id, r.copy, r.made, r.index, r.role, r.fate, r.step = s.copies, true, 0, uint8(nth), extra, Destroyed, stepRead
		if parent.must || parent.fate == Declassified {
			r.fate = parent.fate // of the document, not of one carrier
		}
		entries[i] = Carrier{
			ID: r.id, Document: parent.doc, Parent: parent.id, Nth: nth, Kind: parent.kind, Class: parent.class, Mass: int64(parent.mass), Pages: int(parent.pages),
			Number: s.number("YZCZ-演-F-%d-%06d"),
		}
	}
	s.emit(Event{What: Copied, Ref: ref, By: clerk, Carriers: one(parent.id), Entries: entries})
	if parent.role == copiedOne {
		s.emit(Event{What: Spoiled, Ref: ref, By: clerk, Carriers: one(records[n-1].id), Reason: SpoiledInCopying})
		records[n-1].step = stepRegrade // it waits to be destroyed
	}
	s.shelve(entries)
	for i := range records {
		s.wait(records[i], s.now+moment(s.d.between(10, day)))
	}
}
