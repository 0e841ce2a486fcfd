package custody_test

import (
	"fmt"
	"testing"

	"sexton/custody"
)

// TestEveryCellOfTheTableOfKeys decides every state and event.
func TestEveryCellOfTheTableOfKeys(t *testing.T) {
	want := map[string]string{
		" register":            "registered",
		"registered take":      "registered",
		"registered turn-away": "registered",
		"registered doubt":     "suspect",
		"registered lose":      "lost",
		"registered retire":    "retired",
		"suspect register":     "registered",
		"suspect turn-away":    "suspect",
		"suspect doubt":        "suspect",
		"suspect lose":         "lost",
		"suspect retire":       "retired",
		"lost register":        "registered",
		"lost turn-away":       "lost",
		"lost find":            "registered",
		"lost retire":          "retired",
		"retired register":     "registered",
		"retired turn-away":    "retired",
	}
	n := 0
	for _, s := range append([]custody.KeyState{""}, custody.KeyStates()...) {
		for _, e := range []custody.KeyEvent{custody.RegisterKey, custody.TakeKey, custody.TurnAwayKey, custody.DoubtKey, custody.LoseKey, custody.FindKey, custody.RetireKey} {
			next, err := custody.ApplyKey(s, e)
			cell := fmt.Sprintf("%s %s", s, e)
			if w, ok := want[cell]; ok != (err == nil) || string(next) != w {
				t.Errorf("%s: %q %v, want %q", cell, next, err, w)
			}
			if zh, en := keyOf(err).Sentence(); err != nil && (zh == "" || en == "") {
				t.Errorf("%s: %v has no sentence", cell, err)
			}
			n++
		}
	}
	if n != 35 {
		t.Errorf("%d cells", n)
	}
}

// keyWorld is a unit with a department, a place and a posted person.
func keyWorld(t testing.TB) *world {
	w := newWorld()
	admin := []custody.Actor{actor("ren", custody.RoleAdmin)}
	enter := func(k custody.Kind, actors []custody.Actor, body any) {
		w.must(t, w.rec(k, func(r *custody.Record) { r.Batch, r.Actors, r.Register = "", actors, body }))
	}
	enter(custody.KindDepartment, admin, &custody.Department{ID: "d1", Highest: "secret"})
	enter(custody.KindDepartment, admin, &custody.Department{ID: "d2", Highest: "confidential"})
	enter(custody.KindPlace, admin, &custody.Place{ID: "p1", Department: "d1", Use: "room", Highest: "confidential"})
	enter(custody.KindPosted, admin, &custody.Post{Person: "wang", Department: "d1", Grade: "important", Clearance: "secret", TrainedTill: "2027-01-01", Since: "2026-01-01"})
	enter(custody.KindPledged, []custody.Actor{actor("wang", custody.RolePledging)}, &custody.Pledge{Person: "wang"})
	return w
}

func (w *world) keyEntry(canary string, epoch int64, spoil func(*custody.KeyEntry)) custody.Record {
	b := &custody.KeyEntry{Key: "U-1", Owner: "wang", Department: "d1", Classification: "confidential", Expires: "2027-11-23",
		Likeness: custody.Likeness{Descriptors: map[string]string{"480": hash("d")}, Strings: hash("s"), Serial: hash("n"), Inquiry: hash("i"),
			Vital: hash("v"), Mode: hash("m"), Blocks: 4096, BlockSize: 512},
		Capacity: "destructive", Canary: hash(canary), Epoch: epoch}
	if spoil != nil {
		spoil(b)
	}
	return w.rec(custody.KindKeyRegistered, func(r *custody.Record) {
		r.Batch, r.Actors, r.Register = "", []custody.Actor{actor("ren", custody.RoleAdmin)}, b
	})
}

func (w *world) about(k custody.Kind, role custody.Role, body any) custody.Record {
	return w.rec(k, func(r *custody.Record) {
		r.Batch, r.Register = "", body
		if role != "" {
			r.Actors = []custody.Actor{actor("ren", role)}
		}
	})
}

func (w *world) met(verdict, refused string, epoch int64) custody.Record {
	return w.about(custody.KindKeyMet, "", &custody.KeyMeeting{Key: "U-1", Verdict: verdict, Refused: refused, Epoch: epoch})
}

func (w *world) usbKey(t testing.TB) custody.USBKey {
	k, ok, err := w.Thing(custody.Ref{Kind: custody.USBKeyThing, ID: "U-1"})
	if !ok || err != nil {
		t.Fatal("no key", err)
	}
	return k.(custody.USBKey)
}

func TestRegisteringAKey(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*custody.KeyEntry)
		want  custody.Key
	}{
		"lawful":                         {func(*custody.KeyEntry) {}, ""},
		"in its place":                   {func(b *custody.KeyEntry) { b.Place = "p1" }, ""},
		"without serial":                 {func(b *custody.KeyEntry) { b.Likeness.Serial = "" }, ""},
		"expired":                        {func(b *custody.KeyEntry) { b.Expires = "2026-11-22" }, custody.KeyWrongDay},
		"no day":                         {func(b *custody.KeyEntry) { b.Expires = "" }, custody.KeyWrongDay},
		"owner cleared for less":         {func(b *custody.KeyEntry) { b.Classification = "top-secret" }, custody.KeyClearance},
		"owner on no post":               {func(b *custody.KeyEntry) { b.Owner = "li" }, custody.KeyNotOnPost},
		"department holds less":          {func(b *custody.KeyEntry) { b.Department, b.Classification = "d2", "secret" }, custody.KeyLevelTooLow},
		"place holds less":               {func(b *custody.KeyEntry) { b.Place, b.Classification = "p1", "secret" }, custody.KeyLevelTooLow},
		"place of another department":    {func(b *custody.KeyEntry) { b.Department, b.Place = "d2", "p1" }, custody.KeyPlaceClosed},
		"no department":                  {func(b *custody.KeyEntry) { b.Department = "d9" }, custody.KeyNoDepartment},
		"no place":                       {func(b *custody.KeyEntry) { b.Place = "p9" }, custody.KeyNoPlace},
		"capacity taken on trust":        {func(b *custody.KeyEntry) { b.Capacity = "" }, custody.KeyRecord},
		"no canary":                      {func(b *custody.KeyEntry) { b.Canary = "" }, custody.KeyRecord},
		"canary not laid":                {func(b *custody.KeyEntry) { b.Epoch = 0 }, custody.KeyRecord},
		"seen at no speed":               {func(b *custody.KeyEntry) { b.Likeness.Descriptors = nil }, custody.KeyRecord},
		"text instead of a hash":         {func(b *custody.KeyEntry) { b.Likeness.Inquiry = "ACME" }, custody.KeyRecord},
		"blocks of a size nobody drives": {func(b *custody.KeyEntry) { b.Likeness.BlockSize = 520 }, custody.KeyRecord},
	} {
		w := keyWorld(t)
		if got := keyOf(w.play(w.keyEntry("one", 1, c.spoil))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w := keyWorld(t)
	other := w.keyEntry("one", 1, nil)
	other.Actors = []custody.Actor{actor("ren", custody.RoleSecrecy)}
	if got := keyOf(w.play(other)); got != custody.KeyActors {
		t.Errorf("by a secrecy officer: %q", got)
	}
	w.must(t, w.keyEntry("one", 1, nil))
	if k := w.usbKey(t); k.State != custody.KeyInUse || k.Registrar != "ren" || k.Times != 1 || k.Epoch != 1 {
		t.Errorf("%+v", k)
	}
	if got := keyOf(w.play(w.keyEntry("two", 1, nil))); got != custody.KeyThingKnown {
		t.Errorf("twice: %q", got)
	}
	w.must(t, w.about(custody.KindKeyLost, custody.RoleKeeper, &custody.KeyStep{Key: "U-1"}))
	if got := keyOf(w.play(w.keyEntry("one", 1, nil))); got != custody.KeyCanaryUsed {
		t.Errorf("anew with the old secret: %q", got)
	}
	w.must(t, w.keyEntry("two", 1, nil))
	if k := w.usbKey(t); k.State != custody.KeyInUse || k.Times != 2 {
		t.Errorf("anew: %+v", k)
	}
}

func TestMeetingAKey(t *testing.T) {
	for name, c := range map[string]struct {
		verdict, refused string
		epoch            int64
		want             custody.Key
		state            custody.KeyState
	}{
		"taken":                      {"current", "", 6, "", custody.KeyInUse},
		"taken up":                   {"interrupted", "", 7, "", custody.KeyInUse},
		"at the same epoch":          {"current", "", 5, custody.KeyEpoch, custody.KeyInUse},
		"at an earlier epoch":        {"current", "", 4, custody.KeyEpoch, custody.KeyInUse},
		"current, wrong port":        {"current", "wrong-port", 6, "", custody.KeyInUse},
		"never asked":                {"", "expired", 0, "", custody.KeyInUse},
		"never asked, yet taken":     {"", "", 6, custody.KeyRecord, custody.KeyInUse},
		"unwritable":                 {"unwritable", "canary", 5, "", custody.KeyInUse},
		"unwritable, yet taken":      {"unwritable", "", 6, custody.KeyRecord, custody.KeyInUse},
		"stale":                      {"stale", "canary", 0, "", custody.KeySuspect},
		"stale, yet taken":           {"stale", "", 6, custody.KeyRecord, custody.KeyInUse},
		"mixed":                      {"mixed", "canary", 0, "", custody.KeySuspect},
		"foreign":                    {"foreign", "canary", 0, "", custody.KeySuspect},
		"a verdict nobody knows":     {"fine", "canary", 0, custody.KeyRecord, custody.KeyInUse},
		"a key that was never there": {"current", "", 6, custody.KeyNoUSBKey, custody.KeyInUse},
	} {
		w := keyWorld(t)
		w.must(t, w.keyEntry("one", 5, nil))
		r := w.met(c.verdict, c.refused, c.epoch)
		if c.want == custody.KeyNoUSBKey {
			r.Register.(*custody.KeyMeeting).Key = "U-2"
		}
		if got := keyOf(w.play(r)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if k := w.usbKey(t); k.State != c.state {
			t.Errorf("%s: %s, want %s", name, k.State, c.state)
		}
	}
}

// TestPortsAreTheAdministrators: and only one that was enrolled can be closed.
func TestPortsAreTheAdministrators(t *testing.T) {
	w := keyWorld(t)
	port := func(role custody.Role, p custody.Port) custody.Record {
		return w.about(custody.KindPortEnrolled, role, &p)
	}
	closed := func(id string) custody.Record {
		return w.about(custody.KindPortClosed, custody.RoleAdmin, &custody.PortEnd{Port: id})
	}
	for name, c := range map[string]struct {
		r    custody.Record
		want custody.Key
	}{
		"by a keeper":     {port(custody.RoleKeeper, custody.Port{ID: "1-2"}), custody.KeyActors},
		"in no place":     {port(custody.RoleAdmin, custody.Port{ID: "1-2", Place: "p9"}), custody.KeyNoPlace},
		"without path":    {port(custody.RoleAdmin, custody.Port{}), custody.KeyRecord},
		"closed, unknown": {closed("1-2"), custody.KeyNoPort},
	} {
		if got := keyOf(w.play(c.r)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w.must(t, port(custody.RoleAdmin, custody.Port{ID: "1-2", Place: "p1", Hub: true}))
	w.must(t, closed("1-2"))
	if got := keyOf(w.play(closed("1-2"))); got != custody.KeyNoPort {
		t.Errorf("closed twice: %q", got)
	}
	w.must(t, port(custody.RoleAdmin, custody.Port{ID: "1-2"}))
}

// usbWork registers the office's one key, uses it, loses and finds it; some of what it draws is against the law. Random years judge it.
func (y *year) usbWork() (custody.Record, bool) {
	switch y.upTo("about USB", 6) {
	case 0:
		return y.keyEntry(fmt.Sprint(y.upTo("secret", 9)), int64(y.upTo("laid", 3)), func(b *custody.KeyEntry) {
			b.Owner, b.Expires = y.one("owner", "sun", "zhou", "wu"), "2029-01-01"
		}), true
	case 1:
		kind := custody.Kind(y.one("step", string(custody.KindKeyLost), string(custody.KindKeyFound), string(custody.KindKeyFound), string(custody.KindKeyRetired)))
		return y.about(kind, custody.RoleAdmin, &custody.KeyStep{Key: "U-1"}), true
	case 2:
		if y.chance(2) {
			return y.about(custody.KindPortClosed, custody.RoleAdmin, &custody.PortEnd{Port: "1-2"}), true
		}
		return y.about(custody.KindPortEnrolled, custody.RoleAdmin, &custody.Port{ID: "1-2", Place: "safe"}), true
	}
	verdict := y.one("canary", "", "current", "current", "current", "interrupted", "stale", "mixed", "foreign", "unwritable")
	return y.met(verdict, y.one("refused", "", "", "canary"), int64(y.upTo("epoch", 60))), true
}
