package custody_test

import (
	"testing"
	"time"

	"sexton/custody"
)

// TestOutAndBack: circulation, loan and carrying out hand a carrier over by two
// signatures, and back by the keeper's.
func TestOutAndBack(t *testing.T) {
	for act, out := range map[string]custody.Where{custody.ActCirculate: custody.Circulating, custody.ActLend: custody.OnLoan, custody.ActCarryOut: custody.CarriedOut} {
		w := newOffice(t)
		open := w.move("m", act, "zhou", "c0", "c1")
		due := w.now.Add(24 * time.Hour)
		bodyOf[custody.MovementOpen](&open).Due = due
		w.must(t, open)
		if c := w.carrier("c0"); c.Where != custody.Offered || c.Movement != "m" || c.Keeper != "wang" || c.With != "" || !c.Due.Equal(due) {
			t.Errorf("%s: offered %+v", act, c)
		}
		w.now = w.now.Add(time.Hour)
		accept := w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0", "c1")
		w.must(t, accept)
		c := w.carrier("c0")
		if c.Where != out || c.With != "zhou" || c.Keeper != "wang" || !c.Since.Equal(w.now) {
			t.Errorf("%s: out %+v", act, c)
		}
		want := custody.Knew{Carrier: "c0", Document: doc, Person: "zhou", Act: act, At: w.now, Leaf: accept.Hash}
		if knew := w.Knew(); len(knew) != 2 || knew[0] != want {
			t.Errorf("%s: knew %+v", act, knew)
		}
		later := due.Add(time.Hour)
		w.must(t, w.act(custody.KindMoveRenewed, &custody.MovementRenew{Movement: "m", Due: later}, []string{"c0"}, keeper("wang")))
		if a, b := w.carrier("c0"), w.carrier("c1"); !a.Due.Equal(later) || !b.Due.Equal(due) {
			t.Errorf("%s: due %s and %s", act, a.Due, b.Due)
		}
		w.must(t, w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c1"))
		if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementAccepted || m.Out != 1 {
			t.Errorf("%s: half back %+v", act, m)
		}
		w.must(t, w.ending(custody.KindMoveReturned, "m", secrecy("bao"), "c0"))
		if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementClosed || m.Out != 0 {
			t.Errorf("%s: all back %+v", act, m)
		}
		if c := w.carrier("c0"); c.Where != custody.OnShelf || c.With != "" || c.Movement != "" || !c.Due.IsZero() || c.Keeper != "wang" {
			t.Errorf("%s: back %+v", act, c)
		}
	}
}

// TestHandOver: the receiver keeps what he signed for, where the movement says.
func TestHandOver(t *testing.T) {
	w := newOffice(t)
	open := w.move("m", custody.ActHandOver, "sun", "c0", "c1", "c3")
	bodyOf[custody.MovementOpen](&open).Place = "safe"
	w.must(t, open)
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("sun"), "c0"))
	w.must(t, w.ending(custody.KindMoveRefused, "m", accepting("sun"), "c1"))
	w.must(t, w.ending(custody.KindMoveCancelled, "m", keeper("wang"), "c3"))
	if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementClosed {
		t.Errorf("%+v", m)
	}
	if c := w.carrier("c0"); c.Keeper != "sun" || c.Place != "safe" || c.Where != custody.OnShelf || c.Movement != "" {
		t.Errorf("handed over: %+v", c)
	}
	for _, id := range []string{"c1", "c3"} {
		if c := w.carrier(id); c.Keeper != "wang" || c.Place != "" || c.Where != custody.OnShelf || c.Movement != "" {
			t.Errorf("not handed over: %+v", c)
		}
	}
	for state, end := range map[custody.MovementState]custody.Kind{custody.MovementRefused: custody.KindMoveRefused, custody.MovementCancelled: custody.KindMoveCancelled} {
		id := string(state)
		w.must(t, w.move(id, custody.ActHandOver, "sun", "c4"))
		who := accepting("sun")
		if end == custody.KindMoveCancelled {
			who = keeper("wang")
		}
		w.must(t, w.ending(end, id, who, "c4"))
		if m := thingOf[custody.Movement](w, custody.MovementThing, id); m.State != state {
			t.Errorf("%+v", m)
		}
	}
}

// TestAway: what leaves the unit is in transit until its disposition, which
// rests on the receipt that names it.
func TestAway(t *testing.T) {
	for act, end := range map[string]struct {
		kind  custody.Kind
		state custody.State
	}{
		custody.ActDispatch: {custody.KindTransferred, custody.Transferred}, custody.ActTransfer: {custody.KindTransferred, custody.Transferred},
		custody.ActArchive: {custody.KindArchived, custody.Archived}, custody.ActReturn: {custody.KindReturned, custody.Returned},
		custody.ActConsign: {custody.KindConsigned, custody.Consigned},
	} {
		w := newOffice(t)
		w.must(t, w.act(custody.KindStored, &custody.Stored{Place: "safe"}, []string{"c4"}, keeper("wang")))
		w.must(t, w.move("m", act, "firm", "c4", "c5"))
		w.must(t, w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c4"))
		w.now = w.now.Add(time.Hour)
		w.must(t, w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c5"))
		if c := w.carrier("c4"); c.Where != custody.InTransit || c.Keeper != "wang" {
			t.Errorf("%s: signed for %+v", act, c)
		}
		w.must(t, w.settled(end.kind, "c4"))
		if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementAccepted || m.Out != 1 {
			t.Errorf("%s: one settled %+v", act, m)
		}
		w.must(t, w.settled(end.kind, "c5"))
		if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementClosed {
			t.Errorf("%s: %+v", act, m)
		}
		if c := w.carrier("c4"); c.State != end.state || c.Where != custody.Nowhere || c.Keeper != "" || c.Place != "" || c.Movement != "" {
			t.Errorf("%s: gone %+v", act, c)
		}
	}
}

// TestConsigned: destroyed elsewhere is a disposition of its own.
func TestConsigned(t *testing.T) {
	w := newOffice(t)
	w.sendAway(t, "c4", custody.ActConsign, "firm", custody.KindConsigned)
	if d := w.carrier("c4").State.Disposition(); d != custody.DispositionConsigned {
		t.Errorf("%s", d)
	}
	certified := w.act(custody.KindFirmCertified, &custody.FirmCertificate{Movement: "away c4"}, []string{"c4"}, keeper("wang"))
	w.must(t, certified)
	if d := w.carrier("c4").State.Disposition(); d != custody.DispositionDestroyedElsewhere || d == custody.DispositionDestroyed {
		t.Errorf("%s", d)
	}
	if got := keyOf(w.play(certified)); got != custody.KeyFinal {
		t.Errorf("certified twice: %q", got)
	}
	w.must(t, w.move("m", custody.ActConsign, "firm", "c5"))
	w.must(t, w.ending(custody.KindMoveRefused, "m", keeper("sun"), "c5"))
	w.sendAway(t, "c5", custody.ActConsign, "firm", custody.KindConsigned)
	for name, c := range map[string]struct {
		movement string
		want     custody.Key
	}{"by a movement it was not taken in": {"m", custody.KeyNotInMovement}, "by none": {"x", custody.KeyNoMovement}} {
		r := w.act(custody.KindFirmCertified, &custody.FirmCertificate{Movement: c.movement}, []string{"c5"}, keeper("wang"))
		if got := keyOf(w.play(r)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestMissingLeavesItsMovement: reported missing, a carrier is nowhere, and its
// movement ends without it; found, it is on its keeper's shelf.
func TestMissingLeavesItsMovement(t *testing.T) {
	w := newOffice(t)
	w.must(t, w.move("m", custody.ActLend, "zhou", "c0"))
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
	gone := w.missing("c0")
	gone.Batch = ""
	w.must(t, gone)
	if c := w.carrier("c0"); c.Where != custody.Nowhere || c.Movement != "" || c.With != "" || c.Keeper != "wang" {
		t.Errorf("missing: %+v", c)
	}
	if m := thingOf[custody.Movement](w, custody.MovementThing, "m"); m.State != custody.MovementClosed || m.Out != 0 {
		t.Errorf("%+v", m)
	}
	found := w.dispose(custody.KindFound, "c0")
	found.Actors = []custody.Actor{keeper("sun")}
	w.must(t, found)
	if c := w.carrier("c0"); c.State != custody.Received || c.Where != custody.OnShelf || c.Keeper != "wang" {
		t.Errorf("found: %+v", c)
	}
}

func TestMovementRefusals(t *testing.T) {
	lend := func(w *world) custody.Record { return w.move("m", custody.ActLend, "zhou", "c0") }
	consign := func(w *world) custody.Record { return w.move("m", custody.ActConsign, "firm", "c0") }
	handOver := func(w *world) custody.Record { return w.move("m", custody.ActHandOver, "sun", "c0") }
	open := func(f func(b *custody.MovementOpen)) func(*custody.Record) {
		return func(r *custody.Record) { f(bodyOf[custody.MovementOpen](r)) }
	}
	only := func(ids ...string) func(*custody.Record) { return func(r *custody.Record) { r.Carriers = ids } }
	by := func(a custody.Actor) func(*custody.Record) {
		return func(r *custody.Record) { r.Actors = []custody.Actor{a} }
	}
	checkLaw(t, newOffice, []lawCase{
		{"opened by a reader", lend, by(actor("zhou", custody.RoleApplicant)), custody.KeyActors},
		{"opened by another keeper", lend, by(keeper("sun")), custody.KeyNotKeeper},
		{"of no carrier", lend, only(), custody.KeyNothing},
		{"of an unknown carrier", lend, only("c0", "c9"), custody.KeyUnregistered},
		{"of one carrier twice", lend, only("c0", "c0"), custody.KeyRecord},
		{"an unknown act", lend, open(func(b *custody.MovementOpen) { b.Act = "sell" }), custody.KeyRecord},
		{"to nobody", lend, open(func(b *custody.MovementOpen) { b.To = "" }), custody.KeyOutsideParty},
		{"lent outside", lend, open(func(b *custody.MovementOpen) { b.Outside = true }), custody.KeyOutsideParty},
		{"to himself", lend, open(func(b *custody.MovementOpen) { b.To = "wang" }), custody.KeyOwnReceipt},
		{"due yesterday", lend, open(func(b *custody.MovementOpen) { b.Due = b.Due.AddDate(2020, 0, 0) }), custody.KeyWrongDay},
		{"handed over to an unknown place", handOver, open(func(b *custody.MovementOpen) { b.Place = "x" }), custody.KeyNoPlace},
		{"handed over to a place too low", handOver, open(func(b *custody.MovementOpen) { b.Place = "desk" }), custody.KeyLevelTooLow},
		{"handed over to a closed place", handOver, open(func(b *custody.MovementOpen) { b.Place = "gone" }), custody.KeyPlaceClosed},
		{"handed over to a closed department", handOver, open(func(b *custody.MovementOpen) { b.Place = "other" }), custody.KeyPlaceClosed},
		{"consigned inside", consign, open(func(b *custody.MovementOpen) { b.Outside = false }), custody.KeyOutsideParty},
		{"consigned to a stranger", consign, open(func(b *custody.MovementOpen) { b.To = "x" }), custody.KeyNoFirm},
		{"consigned to a closed body", consign, open(func(b *custody.MovementOpen) { b.To = "firm-closed" }), custody.KeyFirmUnfit},
		{"consigned to one whose qualification ended", consign, open(func(b *custody.MovementOpen) { b.To = "firm-expired" }), custody.KeyFirmUnfit},
		{"consigned to one qualified too low", consign, open(func(b *custody.MovementOpen) { b.To = "firm-low" }), custody.KeyLevelTooLow},
		{"under no request", lend, open(func(b *custody.MovementOpen) { b.Request = "x" }), custody.KeyNoRequest},
		{"in no clear-out", consign, open(func(b *custody.MovementOpen) { b.Campaign = "x" }), custody.KeyNoCampaign},
		{"must return: consigned", consign, only("c3"), custody.KeyMustReturn},
		{"must return: dispatched", func(w *world) custody.Record { return w.move("m", custody.ActDispatch, "", "c3") }, nil, custody.KeyMustReturn},
		{"must return: archived", func(w *world) custody.Record { return w.move("m", custody.ActArchive, "", "c3") }, nil, custody.KeyMustReturn},
		{"must return: transferred", func(w *world) custody.Record { return w.move("m", custody.ActTransfer, "", "c3") }, nil, custody.KeyMustReturn},
	})
	offered := func(t testing.TB) *world {
		w := newOffice(t)
		w.must(t, w.move("m", custody.ActLend, "zhou", "c0", "c1"))
		return w
	}
	accept := func(w *world) custody.Record {
		return w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0")
	}
	checkLaw(t, offered, []lawCase{
		{"opened twice", func(w *world) custody.Record { return w.move("m", custody.ActLend, "zhou", "c4") }, nil, custody.KeyThingKnown},
		{"in two movements", func(w *world) custody.Record { return w.move("m2", custody.ActLend, "zhou", "c0") }, nil, custody.KeyNotOnShelf},
		{"sent while offered", func(w *world) custody.Record { return w.move("m2", custody.ActReturn, "", "c0") }, nil, custody.KeyNotOnShelf},
		{"counted while offered", func(w *world) custody.Record { w.must(t, w.open()); return w.count("c0") }, nil, custody.KeyNotOnShelf},
		{"stored while offered", func(w *world) custody.Record {
			return w.act(custody.KindStored, &custody.Stored{Place: "safe"}, []string{"c0"}, keeper("wang"))
		}, nil, custody.KeyNotOnShelf},
		{"accepted by another reader", accept, by(accepting("wu")), custody.KeyOtherReceiver},
		{"accepted by the giver", accept, by(accepting("wang")), custody.KeyOwnReceipt},
		{"accepted with the giver's card", accept, by(custody.Actor{Person: "zhou", Role: custody.RoleAccepting, Credential: hash("key of wang")}), custody.KeyOwnReceipt},
		{"accepted by a keeper", accept, by(keeper("sun")), custody.KeyActors},
		{"accepted by a slip", accept, func(r *custody.Record) { bodyOf[custody.MovementEnd](r).Receipt = true }, custody.KeyNoReceipt},
		{"accepts another opening", accept, func(r *custody.Record) { bodyOf[custody.MovementEnd](r).Opened = hash("x") }, custody.KeyReference},
		{"accepts what is not in it", accept, only("c4"), custody.KeyNotInMovement},
		{"accepts nothing", accept, only(), custody.KeyNothing},
		{"accepts in no movement", accept, func(r *custody.Record) { bodyOf[custody.MovementEnd](r).Movement = "x" }, custody.KeyNoMovement},
		{"back before it was accepted", func(w *world) custody.Record { return w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c0") }, nil, custody.KeyNotSigned},
		{"cancelled by another keeper", func(w *world) custody.Record { return w.ending(custody.KindMoveCancelled, "m", keeper("wang"), "c0") }, by(keeper("sun")), custody.KeyNotKeeper},
		{"renewed before it was accepted", func(w *world) custody.Record {
			return w.act(custody.KindMoveRenewed, &custody.MovementRenew{Movement: "m", Due: w.now.Add(time.Hour)}, []string{"c0"}, keeper("wang"))
		}, nil, custody.KeyNotSigned},
	})
	out := func(t testing.TB) *world {
		w := offered(t)
		w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
		return w
	}
	back := func(w *world) custody.Record {
		return w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c0")
	}
	renew := func(w *world) custody.Record {
		return w.act(custody.KindMoveRenewed, &custody.MovementRenew{Movement: "m", Due: w.now.Add(time.Hour)}, []string{"c0"}, keeper("wang"))
	}
	checkLaw(t, out, []lawCase{
		{"accepted twice", accept, nil, custody.KeyNotOffered},
		{"refused after acceptance", func(w *world) custody.Record { return w.ending(custody.KindMoveRefused, "m", accepting("zhou"), "c0") }, nil, custody.KeyNotOffered},
		{"cancelled after acceptance", func(w *world) custody.Record { return w.ending(custody.KindMoveCancelled, "m", keeper("wang"), "c0") }, nil, custody.KeyNotOffered},
		{"what was not accepted comes back", back, only("c1"), custody.KeyNotOut},
		{"back by who had it", back, by(keeper("zhou")), custody.KeyOwnReturn},
		{"back by another keeper", back, by(keeper("sun")), custody.KeyNotKeeper},
		{"renewed by who has it", renew, by(keeper("zhou")), custody.KeyOwnReturn},
		{"renewed by another keeper", renew, by(keeper("sun")), custody.KeyNotKeeper},
		{"renewed into the past", renew, func(r *custody.Record) { bodyOf[custody.MovementRenew](r).Due = r.At }, custody.KeyWrongDay},
		{"renewed before it was taken", renew, only("c1"), custody.KeyNotOut},
		{"archived out of a loan", func(w *world) custody.Record { return w.settled(custody.KindArchived, "c0") }, nil, custody.KeyNotSent},
		{"declassified out of a loan", func(w *world) custody.Record { return w.settled(custody.KindDeclassified, "c0") }, nil, custody.KeyNotOnShelf},
	})
	sent := func(t testing.TB) *world {
		w := newOffice(t)
		w.must(t, w.move("m", custody.ActTransfer, "", "c4", "c5"))
		w.must(t, w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c4"))
		return w
	}
	transferred := func(w *world) custody.Record { return w.settled(custody.KindTransferred, "c4") }
	slip := func(w *world) custody.Record {
		return w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c5")
	}
	checkLaw(t, sent, []lawCase{
		{"receipt entered by the sender", slip, by(keeper("wang")), custody.KeyOwnReceipt},
		{"receipt without slip", slip, func(r *custody.Record) { bodyOf[custody.MovementEnd](r).Receipt = false }, custody.KeyNoReceipt},
		{"receipt entered by a reader", slip, by(accepting("zhou")), custody.KeyActors},
		{"receipt entered twice", slip, only("c4"), custody.KeySignedFor},
		{"taken back after the receipt", func(w *world) custody.Record { return w.ending(custody.KindMoveCancelled, "m", keeper("wang"), "c4") }, nil, custody.KeySignedFor},
		{"refused after the receipt", func(w *world) custody.Record { return w.ending(custody.KindMoveRefused, "m", keeper("sun"), "c4") }, nil, custody.KeySignedFor},
		{"another disposition", transferred, func(r *custody.Record) { r.Kind = custody.KindArchived }, custody.KeyOtherAct},
		{"by another leaf", transferred, func(r *custody.Record) { r.By = hash("x") }, custody.KeyReference},
		{"by no leaf", transferred, func(r *custody.Record) { r.By = "" }, custody.KeyReference},
		{"before its own receipt", transferred, func(r *custody.Record) { r.Carrier = "c5" }, custody.KeyNotSigned},
		{"from the shelf", transferred, func(r *custody.Record) { r.Carrier = "c0" }, custody.KeyNotSent},
		{"returned like a loan", func(w *world) custody.Record { return w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c4") }, nil, custody.KeyNotOut},
		{"certified elsewhere though transferred", func(w *world) custody.Record {
			return w.act(custody.KindFirmCertified, &custody.FirmCertificate{Movement: "m"}, []string{"c4"}, keeper("wang"))
		}, nil, custody.KeyOtherAct},
	})
}

// TestOnlyHeldCarriersMove: a carrier that is missing, in a manifest, an open
// case or gone takes no part in movements.
func TestOnlyHeldCarriersMove(t *testing.T) {
	for stage, want := range map[string]custody.Key{"receive": custody.KeyNotReceived, "sealBatch": custody.KeyInBatch, "authorise": custody.KeyInBatch,
		"outcome": custody.KeyMayBeFed, "reconcile": custody.KeyFinal} {
		w := newWorld()
		w.to(t, stage, 1)
		if got := keyOf(w.play(w.move("m", custody.ActHandOver, "sun", "c0"))); got != want {
			t.Errorf("before %s: %q, want %q", stage, got, want)
		}
	}
	w := newWorld()
	w.to(t, "outcome", 2)
	w.must(t, w.outcome("c0", custody.VerdictDisputed))
	w.must(t, w.unfed("c1"))
	for id, want := range map[string]custody.Key{"c0": custody.KeyOpenCase, "c1": custody.KeyInBatch} {
		if got := keyOf(w.play(w.move("m", custody.ActHandOver, "sun", id))); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	w = newWorld()
	w.to(t, "count", 1)
	w.must(t, w.missing("c0"))
	if got := keyOf(w.play(w.move("m", custody.ActHandOver, "sun", "c0"))); got != custody.KeyMissing {
		t.Errorf("missing: %q", got)
	}
	w = newWorld()
	w.to(t, "seal", 1)
	w.must(t, w.move("m", custody.ActHandOver, "sun", "c0")) // counted, and taken out of the batch again
	if c := w.carrier("c0"); c.Batch != "" {
		t.Errorf("%+v", c)
	}
}

// TestLateReceipt: a receipt that comes after the body's qualification ended is
// entered all the same.
func TestLateReceipt(t *testing.T) {
	w := newOffice(t)
	w.must(t, w.move("m", custody.ActConsign, "firm", "c4"))
	w.now = w.now.AddDate(2, 0, 0)
	if got := keyOf(w.play(w.move("m2", custody.ActConsign, "firm", "c5"))); got != custody.KeyFirmUnfit {
		t.Errorf("consigned after it ended: %q", got)
	}
	w.must(t, w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c4"))
	w.must(t, w.settled(custody.KindConsigned, "c4"))
}

// TestPart: what a part of a history lacks is not judged; what it has is.
func TestPart(t *testing.T) {
	w := &world{Memory: custody.Memory{Part: true}, now: newWorld().now, cur: batch, from: list}
	r := w.register("c0", 1)
	r.Entry.Document = doc
	w.must(t, r)
	must := w.register("c1", 2)
	must.Entry.MustReturn = true
	w.must(t, must)
	if got := keyOf(w.play(w.move("m", custody.ActLend, "zhou", "c0"))); got != custody.KeyNotReceived {
		t.Errorf("moved before it was signed for: %q", got)
	}
	w.must(t, w.receive(9))
	open := func(id, act string, ids ...string) custody.Record {
		r := w.move(id, act, "zhou", ids...)
		b := bodyOf[custody.MovementOpen](&r)
		b.Request, b.Campaign, b.Place = "q", "k", "safe"
		return r
	}
	w.must(t, open("m", custody.ActLend, "c8", "c0", "c9")) // neither request, place, circle nor the others are here
	if got := keyOf(w.play(w.move("m2", custody.ActArchive, "", "c1"))); got != custody.KeyMustReturn {
		t.Errorf("must return: %q", got)
	}
	if got := keyOf(w.play(w.ending(custody.KindMoveAccepted, "m", accepting("wu"), "c0"))); got != custody.KeyOtherReceiver {
		t.Errorf("accepted by another: %q", got)
	}
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
	w.must(t, w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c0", "c9"))
	w.must(t, w.act(custody.KindReclassified, &custody.Reclassification{Document: doc, Request: "q", Classification: "secret", Period: "20年"},
		[]string{"c0", "c7"}, actor("he", custody.RoleClassifier)))
	if c := w.carrier("c0"); c.Where != custody.OnShelf || c.Level != "secret" || c.Term != "20年" {
		t.Errorf("%+v", c)
	}
	if c, ok, _ := w.Carrier("c7"); ok {
		t.Errorf("came from nowhere: %+v", c)
	}
}
