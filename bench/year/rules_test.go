package year_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sexton/bench/year"
)

// TestPersons: nobody acts before joining, after leaving, or holds what his
// grade or his training does not allow. Counted here without the oracle.
func TestPersons(t *testing.T) {
	highest := map[year.Grade]year.Class{year.Core: year.TopSecret, year.Important: year.Secret, year.General: year.Confidential}
	rapid.Check(t, func(t *rapid.T) {
		l, events := whole(t)
		w := l.World()
		class := map[year.CarrierID]year.Class{}
		joined, left, trained := map[year.PersonID]bool{}, map[year.PersonID]bool{}, map[year.PersonID]time.Time{}
		for _, e := range events {
			for _, c := range e.Entries {
				class[c.ID] = c.Class
			}
			if e.What == year.Joined {
				joined[e.To] = true
			}
			for _, p := range append([]year.PersonID{e.By, e.With, e.To}, e.People...) {
				if p != 0 && (!joined[p] || left[p]) {
					t.Fatalf("person %d is not there: %+v", p, e)
				}
			}
			switch e.What {
			case year.Left:
				left[e.To] = true
			case year.Trained:
				trained[e.To] = e.Due.AddDate(0, 0, 1)
			case year.Reclassified:
				for _, id := range e.Carriers {
					class[id] = e.Class
				}
			case year.Took, year.Lent:
				p := w.Person(e.To)
				if c := class[e.Carriers[0]]; highest[p.Grade] > c {
					t.Fatalf("a person of grade %s holds a %s carrier: %+v", p.Grade, c, e)
				}
				if !e.At.Before(trained[e.To]) {
					t.Fatalf("the training of %d was valid until %s: %+v", e.To, trained[e.To], e)
				}
			}
		}
		if len(joined) != 24 || !left[year.LeaverID] || !left[year.Debtor] {
			t.Fatalf("%d joined, %d left", len(joined), len(left))
		}
	})
}

// TestTopSecret: 绝密 is read in the reading room, never lent, copied, handed
// over or destroyed here; it goes back to its issuer by courier and two persons.
func TestTopSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		top, back := map[year.CarrierID]bool{}, 0
		for _, e := range events {
			for _, c := range e.Entries {
				if c.Class == year.TopSecret {
					top[c.ID] = true
				}
			}
			for _, id := range e.Carriers {
				if !top[id] {
					continue
				}
				switch e.What {
				case year.Lent, year.HandedOver, year.CopyAsked, year.Copied, year.Listed, year.Released:
					t.Fatalf("绝密: %+v", e)
				case year.Took, year.Shelved:
					if e.Place != year.ReadingRoom {
						t.Fatalf("绝密 leaves the reading room: %+v", e)
					}
				case year.Sent:
					if e.Fate != year.Returned || e.With == 0 || e.Channel != year.ByCourier {
						t.Fatalf("绝密 goes out: %+v", e)
					}
					back++
				}
			}
		}
		if len(top) == 0 || back != len(top) {
			t.Fatalf("%d of %d returned", back, len(top))
		}
	})
}

// TestCopying: nothing is copied without approval, never more than approved,
// and the copy that was refused was not made.
func TestCopying(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		limit, made := map[year.Ref]int{}, map[year.Ref]int{}
		asked := map[year.Ref]year.PersonID{}
		for _, e := range events {
			switch e.What {
			case year.CopyAsked:
				asked[e.Ref] = e.By
			case year.CopyApproved:
				if who := asked[e.Ref]; e.By == e.With || who == e.By || who == e.With {
					t.Fatalf("audits or approves what is his: %+v", e)
				}
				limit[e.Ref] = e.Limit
			case year.CopyRefused:
				if e.Count <= e.Limit || e.Limit != limit[e.Ref] {
					t.Fatalf("refused without reason: %+v", e)
				}
			case year.Copied:
				made[e.Ref] += len(e.Entries)
				if made[e.Ref] > limit[e.Ref] || made[e.Ref] > 8 {
					t.Fatalf("%d made, %d approved: %+v", made[e.Ref], limit[e.Ref], e)
				}
			}
		}
		if len(limit) != len(made) {
			t.Fatalf("%d approved, %d made", len(limit), len(made))
		}
	})
}

// TestApprovals: while the leader is on leave his deputy approves, and only then.
func TestApprovals(t *testing.T) {
	from, to := time.Date(2026, 9, 14, 0, 0, 0, 0, year.Zone), time.Date(2026, 9, 19, 0, 0, 0, 0, year.Zone)
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		approved := map[year.Ref]bool{}
		for _, e := range events {
			switch e.What {
			case year.DestructionApproved, year.ClearOutApproved, year.CopyApproved, year.DispatchApproved:
				want := year.Leader
				if !e.At.Before(from) && e.At.Before(to) {
					want = year.Deputy
				}
				if e.By != want {
					t.Fatalf("approved by %d: %+v", e.By, e)
				}
				approved[e.Ref] = true
			case year.Shredded, year.Bagged, year.Copied:
				if !approved[e.Ref] {
					t.Fatalf("not approved: %+v", e)
				}
				if e.What == year.Shredded && (e.By == e.With || e.With == 0) {
					t.Fatalf("one person alone: %+v", e)
				}
			case year.Sent:
				if e.Fate == year.Dispatched && !approved[e.Of] {
					t.Fatalf("not approved: %+v", e)
				}
			}
		}
	})
}

// TestFound: the carrier that the spot check missed is found after nine days.
func TestFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		i := slices.IndexFunc(events, func(e year.Event) bool { return e.What == year.Missing })
		j := slices.IndexFunc(events, func(e year.Event) bool { return e.What == year.Found })
		if i < 0 || j < i || !slices.Equal(events[i].Carriers, events[j].Carriers) {
			t.Fatalf("missing at %d, found at %d", i, j)
		}
		missing, found := events[i].At.Truncate(24*time.Hour), events[j].At.Truncate(24*time.Hour)
		if found.Sub(missing) != 9*24*time.Hour {
			t.Fatalf("found after %s", found.Sub(missing))
		}
		o := observe(t, events[:i])
		if !slices.Contains(o.At(events[i].Place), events[i].Carriers[0]) {
			t.Fatal("it should not have been there anyway")
		}
	})
}
