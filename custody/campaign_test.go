package custody_test

import (
	"testing"

	"sexton/custody"
)

// clearing is an office with an open clear-out of six.
func clearing(t testing.TB) *world {
	w := newOffice(t)
	w.must(t, w.act(custody.KindCampaign, &custody.CampaignOpen{Campaign: "k", Number: "清2026-1", Before: "2026-12-01", Selected: 6}, nil, keeper("wang")))
	return w
}

func (w *world) proposed(campaign string, fates map[string]string) custody.Record {
	b, ids := &custody.CampaignProposal{Campaign: campaign}, []string{}
	for _, id := range []string{"c0", "c1", "c2", "c3", "c4", "c5"} {
		if fate, ok := fates[id]; ok {
			b.Fates, ids = append(b.Fates, fate), append(ids, id)
		}
	}
	return w.act(custody.KindProposed, b, ids, keeper("wang"))
}

func (w *world) fatesApproved() custody.Record {
	k := thingOf[custody.Campaign](w, custody.CampaignThing, "k")
	return w.act(custody.KindCampaignOK, &custody.CampaignDecision{Campaign: "k", Proposals: k.Proposals}, nil, actor("chen", custody.RoleApprover))
}

// TestClearOut: proposed, approved, carried out as approved, and closed with the
// true balance.
func TestClearOut(t *testing.T) {
	w := clearing(t)
	w.must(t, w.proposed("k", map[string]string{"c0": custody.ActDestroy, "c1": custody.ActDestroy, "c2": custody.ActKeep, "c3": custody.ActReturn}))
	w.must(t, w.proposed("k", map[string]string{"c1": custody.ActTransfer, "c4": custody.ActDeclassify}))
	k := thingOf[custody.Campaign](w, custody.CampaignThing, "k")
	if k.Proposed[custody.ActDestroy] != 1 || k.Proposed[custody.ActTransfer] != 1 || len(k.Proposals) != 2 {
		t.Fatalf("%+v", k)
	}
	w.must(t, w.fatesApproved())
	approval := thingOf[custody.Campaign](w, custody.CampaignThing, "k").Leaf
	moved := w.move("m", custody.ActTransfer, "", "c1")
	bodyOf[custody.MovementOpen](&moved).Campaign = "k"
	w.must(t, moved)
	w.must(t, w.ending(custody.KindMoveAccepted, "m", keeper("sun"), "c1"))
	w.must(t, w.settled(custody.KindTransferred, "c1"))
	w.must(t, w.rec(custody.KindDeclassified, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", "c4", approval }))
	w.sendAway(t, "c3", custody.ActReturn, "", custody.KindReturned) // its fate, though on another paper
	w.sendAway(t, "c5", custody.ActTransfer, "", custody.KindTransferred)
	w.must(t, w.open())
	w.must(t, w.count("c0"))
	w.must(t, w.seal("c0", 0))
	w.must(t, w.sealBatch("c0"))
	w.must(t, w.approve())
	w.must(t, w.authorise())
	w.must(t, w.release())
	w.must(t, w.outcome("c0", custody.VerdictDisputed))
	w.must(t, w.resolve("c0", "destroyed"))
	done := map[string]int64{custody.ActDestroy: 1, custody.ActKeep: 1, custody.ActReturn: 1, custody.ActTransfer: 1, custody.ActDeclassify: 1}
	closed := func(left int64) custody.Record {
		return w.act(custody.KindCampaignEnd, &custody.CampaignEnd{Campaign: "k", Done: done, Left: left}, nil, keeper("wang"))
	}
	if got := keyOf(w.play(closed(0))); got != custody.KeyTally {
		t.Errorf("closed with nothing left: %q", got)
	}
	done[custody.ActKeep]++
	if got := keyOf(w.play(closed(1))); got != custody.KeyTally {
		t.Errorf("closed with a wrong count: %q", got)
	}
	done[custody.ActKeep]--
	w.must(t, closed(1))
	if k := thingOf[custody.Campaign](w, custody.CampaignThing, "k"); k.State != custody.CampaignClosed {
		t.Errorf("%+v", k)
	}
	w.must(t, w.act(custody.KindCampaign, &custody.CampaignOpen{Campaign: "k2", Number: "清2027-1", Before: "2027-12-01", Selected: 1}, nil, keeper("wang")))
	w.must(t, w.proposed("k2", map[string]string{"c2": custody.ActArchive})) // kept last year, free for the next
}

func TestClearOutRefusals(t *testing.T) {
	open := func(w *world) custody.Record {
		return w.act(custody.KindCampaign, &custody.CampaignOpen{Campaign: "k9", Number: "清9", Before: "2026-12-01", Selected: 1}, nil, keeper("wang"))
	}
	propose := func(fates ...string) func(w *world) custody.Record {
		return func(w *world) custody.Record {
			m := map[string]string{}
			for i := 0; i+1 < len(fates); i += 2 {
				m[fates[i]] = fates[i+1]
			}
			return w.proposed("k", m)
		}
	}
	approve := func(w *world) custody.Record { return w.fatesApproved() }
	checkLaw(t, clearing, []lawCase{
		{"opened twice", open, func(r *custody.Record) { bodyOf[custody.CampaignOpen](r).Campaign = "k" }, custody.KeyThingKnown},
		{"without number", open, func(r *custody.Record) { bodyOf[custody.CampaignOpen](r).Number = "" }, custody.KeyRecord},
		{"of nothing", open, func(r *custody.Record) { bodyOf[custody.CampaignOpen](r).Selected = 0 }, custody.KeyRecord},
		{"before no day", open, func(r *custody.Record) { bodyOf[custody.CampaignOpen](r).Before = "last year" }, custody.KeyWrongDay},
		{"by nobody", open, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"no fate", propose("c0", custody.ActDestroy), func(r *custody.Record) { bodyOf[custody.CampaignProposal](r).Fates = nil }, custody.KeyRecord},
		{"an unknown fate", propose("c0", "burn"), nil, custody.KeyRecord},
		{"for nothing", propose(), nil, custody.KeyNothing},
		{"in no clear-out", propose("c0", custody.ActDestroy), func(r *custody.Record) { bodyOf[custody.CampaignProposal](r).Campaign = "x" }, custody.KeyNoCampaign},
		{"must return: destroy", propose("c3", custody.ActDestroy), nil, custody.KeyMustReturn},
		{"must return: consign", propose("c3", custody.ActConsign), nil, custody.KeyMustReturn},
		{"approved with nothing proposed", approve, nil, custody.KeyNothing},
		{"closed before approval", func(w *world) custody.Record {
			return w.act(custody.KindCampaignEnd, &custody.CampaignEnd{Campaign: "k", Left: 6}, nil, keeper("wang"))
		}, nil, custody.KeyCampaignNotApproved},
		{"in a second one", func(w *world) custody.Record {
			w.must(t, propose("c0", custody.ActDestroy)(w))
			w.must(t, open(w))
			return w.proposed("k9", map[string]string{"c0": custody.ActDestroy})
		}, nil, custody.KeyInCampaign},
		{"more than selected", func(w *world) custody.Record {
			w.must(t, open(w))
			return w.proposed("k9", map[string]string{"c0": custody.ActDestroy, "c1": custody.ActDestroy})
		}, nil, custody.KeyTally},
		{"moved before approval", func(w *world) custody.Record {
			w.must(t, propose("c0", custody.ActTransfer)(w))
			r := w.move("m", custody.ActTransfer, "", "c0")
			bodyOf[custody.MovementOpen](&r).Campaign = "k"
			return r
		}, nil, custody.KeyCampaignNotApproved},
		{"declassified before approval", func(w *world) custody.Record {
			w.must(t, propose("c4", custody.ActDeclassify)(w))
			return w.rec(custody.KindDeclassified, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", "c4", hash("x") })
		}, nil, custody.KeyNoRelease},
	})
	proposed := func(t testing.TB) *world {
		w := clearing(t)
		w.must(t, w.proposed("k", map[string]string{"c0": custody.ActTransfer, "c4": custody.ActDeclassify}))
		return w
	}
	checkLaw(t, proposed, []lawCase{
		{"approved by who opened it", approve, func(r *custody.Record) { r.Actors[0].Person = "wang" }, custody.KeyOwnApproval},
		{"approved by a keeper", approve, func(r *custody.Record) { r.Actors[0].Role = custody.RoleKeeper }, custody.KeyActors},
		{"other proposals approved", approve, func(r *custody.Record) { bodyOf[custody.CampaignDecision](r).Proposals = []string{hash("x")} }, custody.KeyReference},
	})
	decided := func(t testing.TB) *world {
		w := proposed(t)
		w.must(t, w.fatesApproved())
		return w
	}
	move := func(act string, ids ...string) func(w *world) custody.Record {
		return func(w *world) custody.Record {
			r := w.move("m", act, "firm", ids...)
			bodyOf[custody.MovementOpen](&r).Campaign = "k"
			return r
		}
	}
	checkLaw(t, decided, []lawCase{
		{"approved twice", approve, nil, custody.KeyCampaignApproved},
		{"proposed after approval", propose("c1", custody.ActDestroy), nil, custody.KeyCampaignApproved},
		{"declassified by another leaf", func(w *world) custody.Record {
			by := thingOf[custody.Campaign](w, custody.CampaignThing, "k").Leaf
			return w.rec(custody.KindDeclassified, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", "c4", by })
		}, func(r *custody.Record) { r.By = hash("x") }, custody.KeyNoRelease},
		{"another fate", move(custody.ActConsign, "c0"), nil, custody.KeyFate},
		{"a carrier without fate", move(custody.ActTransfer, "c0", "c1"), nil, custody.KeyFate},
	})
}
