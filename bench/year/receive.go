package year

// receive takes a consignment in: counted, numbered, entered, signed for. Our
// own documents come from the printer instead.
func (s *sim) receive(g consignment) {
	if g.unit == Own {
		s.print(g)
		return
	}
	ref, ids := s.ref(), idsOf(g.carriers)
	channel := ByExchange
	for i := range g.carriers {
		if g.carriers[i].Class == TopSecret {
			channel = ByCourier
		}
	}
	count := Event{What: Counted, Ref: ref, By: clerk, With: second, Unit: g.unit, Channel: channel, Count: len(ids), Limit: len(ids)}
	if !s.faults.miscounted && len(ids) > 1 && s.now >= s.drives[0].from-40*day {
		s.faults.miscounted, s.behind = true, s.now/day
		short := count
		short.Count, short.Reason = len(ids)-1, CountDiffers // the last one is under the cover of another
		s.emit(short)
	}
	wait := moment(0)
	if s.behind == s.now/day { // counting again makes the rest of the day late
		wait = 6
	}
	s.in(wait, func() { s.emit(count) })
	s.in(wait+8, func() { s.emit(Event{What: Numbered, Ref: ref, By: clerk, Carriers: ids}) })
	s.in(wait+15, func() { s.emit(Event{What: Entered, Ref: ref, By: clerk, Documents: g.documents, Entries: g.carriers}) })
	s.in(wait+22, func() {
		s.emit(Event{What: SignedFor, Ref: ref, By: clerk, Carriers: ids})
		s.shelve(g.carriers)
		for i, c := range s.records(g) {
			s.wait(c, s.now+moment(s.d.between(30, 2*day))+moment(i))
		}
	})
}

func idsOf(cs []Carrier) []CarrierID {
	ids := make([]CarrierID, len(cs))
	for i := range cs {
		ids[i] = cs[i].ID
	}
	return ids
}

// shelve puts carriers where their class belongs.
func (s *sim) shelve(cs []Carrier) {
	for p := cabinetA; p < firstCabinet; p++ {
		var ids []CarrierID
		for i := range cs {
			if shelf(cs[i].Class) == p {
				ids = append(ids, cs[i].ID)
			}
		}
		if ids != nil {
			s.emit(Event{What: Shelved, By: clerk, Place: p, Carriers: ids})
		}
	}
}

// records are what is remembered of new carriers.
func (s *sim) records(g consignment) []carrier {
	out := make([]carrier, len(g.carriers))
	must := map[DocumentID]bool{}
	for _, d := range g.documents {
		must[d.ID] = d.MustReturn
	}
	for i, c := range g.carriers {
		out[i] = carrier{id: c.ID, doc: c.Document, unit: g.unit, mass: int32(c.Mass), pages: uint16(c.Pages), held: shelf(c.Class), class: c.Class, kind: c.Kind,
			fate: c.fate, role: c.role, index: c.index, must: must[c.Document], grade: s.regrades(&c), drive: s.driveNow()}
	}
	return out
}

// print enters one of our own documents; the first of its copies stays.
func (s *sim) print(g consignment) {
	s.emit(Event{What: Printed, Ref: s.ref(), By: clerk, With: s.approver(), Documents: g.documents, Entries: g.carriers})
	s.shelve(g.carriers)
	records := s.records(g)
	kept := records[0]
	kept.step = stepRegrade
	s.wait(kept, s.now+day)
	if out := records[1:]; len(out) > 0 {
		s.in(s.d.working(0.5, 1.5), func() { s.askDispatch(out) })
	}
}

var addressees = []UnitID{Commerce, Customs, Data, District, Superior}

// askDispatch asks to send our document out; the one of the story first by a
// channel that no state secret may take.
func (s *sim) askDispatch(cs []carrier) {
	ref := s.ref()
	ask := Event{What: DispatchAsked, Ref: ref, By: clerk, Carriers: recordIDs(cs), Document: cs[0].doc, Channel: ByExchange}
	if cs[0].role == ownOne {
		post := ask
		post.Channel = ByPost
		s.emit(post)
		post.What, post.By, post.Reason = DispatchRefused, officer, OrdinaryPost
		s.emit(post)
	}
	s.in(20, func() { s.emit(ask) })
	s.in(s.d.working(0.2, 1), func() {
		s.emit(Event{What: DispatchApproved, Ref: ref, By: s.approver(), Carriers: ask.Carriers, Document: ask.Document})
		for i, c := range cs {
			unit := addressees[i%len(addressees)]
			s.agenda.at(s.c.nextExchange(s.now)+moment(i), func() { s.send(ref, unit, Dispatched, []carrier{c}) })
		}
	})
}

func recordIDs(cs []carrier) []CarrierID {
	ids := make([]CarrierID, len(cs))
	for i := range cs {
		ids[i] = cs[i].id
	}
	return ids
}

// lists of what goes out, by fate.
var outSeries = map[Fate]string{Dispatched: "演发清〔%d〕%d号", Returned: "演退清〔%d〕%d号", Archived: "演归清〔%d〕%d号", Transferred: "演移清〔%d〕%d号"}

// send hands carriers to another body; they are held until its receipt comes.
// Two persons carry what is 绝密.
func (s *sim) send(of Ref, unit UnitID, fate Fate, cs []carrier) {
	ref := s.ref()
	e := Event{What: Sent, Of: of, Ref: ref, By: clerk, Unit: unit, Channel: ByExchange, Carriers: recordIDs(cs), Fate: fate, Number: s.number(outSeries[fate]), Due: s.due(5)}
	for _, c := range cs {
		if c.class == TopSecret {
			e.Channel, e.With = ByCourier, second
		}
	}
	if unit == Archive {
		e.Channel = ByHand
	}
	s.emit(e)
	s.in(s.d.working(0.3, 2), func() {
		s.emit(Event{What: Acknowledged, Ref: ref, By: clerk, Unit: unit, Carriers: e.Carriers, Fate: fate})
	})
}
