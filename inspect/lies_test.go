package inspect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/custody"
	"sexton/inspect"
	"sexton/ledger/leaf"
)

// lie is one way to deceive. told makes the bundle and the trust file of the
// inspector who is deceived.
type lie struct {
	name  string
	want  string // a check that must fail
	field string // must be in that check's field, "" = any
	told  func(t *testing.T) (bundle, trust []byte)
}

// while lies as the history is written: every signature, link, root and sum
// after the lie is consistent with it.
func while(hook func(w *certtest.World, p *leaf.Payload)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Hook = hook
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}
}

// cards changes the people before they are enrolled.
func cards(edit func(w *certtest.World) error) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) {
			if err := edit(w); err != nil {
				t.Fatal(err)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}
}

// after lies in the finished file.
func after(edit func(t *testing.T, w *certtest.World, p *certificate.Parts)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		w := base(t)
		return with(t, w, func(p *certificate.Parts) { edit(t, w, p) }), w.Trust()
	}
}

// resealed lies in the finished log, and has station and log sign it again:
// what an owner of the station can do who has not the persons' cards.
func resealed(edit func(t *testing.T, w *certtest.World)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		w := base(t)
		edit(t, w)
		return bundleOf(t, w), w.Trust()
	}
}

// rewrite replaces one leaf by a changed one that the station signs.
func rewrite(t *testing.T, w *certtest.World, index int, edit func(p *leaf.Payload)) {
	t.Helper()
	_, p, err := leaf.Decode(w.Leaves[index])
	if err != nil {
		t.Fatal(err)
	}
	edit(&p)
	if w.Leaves[index], err = w.Sign(p); err != nil {
		t.Fatal(err)
	}
}

func hashOf(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }

// on is a hook for one kind.
func on[B any](kind leaf.Kind, edit func(w *certtest.World, p *leaf.Payload, b *B)) func(w *certtest.World, p *leaf.Payload) {
	return func(w *certtest.World, p *leaf.Payload) {
		if p.Kind == kind {
			if b, ok := p.Body.(*B); ok {
				edit(w, p, b)
			}
		}
	}
}

var lies = []lie{
	// persons
	{"one person signs twice", "leaf.form", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		i := w.Index(leaf.BatchAuthorised, 0)
		env, _, _ := leaf.Decode(w.Leaves[i])
		d, a := w.People["p-004"], w.People["p-005"]
		payload := bytes.ReplaceAll(env.Payload, []byte(a.SignKey()), []byte(d.SignKey()))
		payload = bytes.ReplaceAll(payload, []byte(`"person":"p-005"`), []byte(`"person":"p-004"`))
		raw, err := w.RawEnvelope(payload, "p-004", "p-004")
		if err != nil {
			t.Fatal(err)
		}
		w.Leaves[i] = raw
		for j := range p.Leaves {
			if p.Leaves[j].Index == int64(i) {
				p.Leaves[j].Bytes = raw
			}
		}
		drop(t, w, p)
	})},
	{"one card under two names", "person.distinct", "", cards(func(w *certtest.World) error {
		w.People["p-005"].GUID = w.People["p-004"].GUID
		return nil
	})},
	{"two certificates of one login key", "person.distinct", "", cards(func(w *certtest.World) error {
		w.People["p-005"].Auth = w.People["p-004"].Auth
		return nil
	})},
	{"one serial number", "person.distinct", "", cards(func(w *certtest.World) error {
		w.People["p-005"].Serial, w.People["p-004"].Serial = 42, 42
		return nil
	})},
	{"approver destroys", "person.distinct", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) { w.People["p-003"].Roles = append(w.People["p-003"].Roles, leaf.RoleDestroyer) }
		c.Hook = func(w *certtest.World, p *leaf.Payload) {
			if p.Kind == leaf.BatchAuthorised || p.Kind == leaf.BatchCompleted {
				p.Actors[0] = w.Actor("p-003", leaf.RoleDestroyer)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"approver destroys, says custody", "custody.replay", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) { w.People["p-003"].Roles = append(w.People["p-003"].Roles, leaf.RoleDestroyer) }
		c.Hook = func(w *certtest.World, p *leaf.Payload) {
			if p.Kind == leaf.BatchAuthorised || p.Kind == leaf.BatchCompleted {
				p.Actors[0] = w.Actor("p-003", leaf.RoleDestroyer)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"applicant approves", "person.distinct", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) { w.People["p-002"].Roles = append(w.People["p-002"].Roles, leaf.RoleApprover) }
		c.Hook = func(w *certtest.World, p *leaf.Payload) {
			if p.Kind == leaf.BatchApproved {
				p.Actors[0] = w.Actor("p-002", leaf.RoleApprover)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"other persons complete", "custody.replay", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Hook = func(w *certtest.World, p *leaf.Payload) {
			if p.Kind == leaf.BatchCompleted {
				p.Actors[1] = w.Actor("p-006", leaf.RoleAttestor)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"role never given", "person.roles", "/role", while(func(w *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchSealed {
			p.Actors[0] = w.Actor("p-001", leaf.RoleApplicant)
		}
	})},
	{"counted by one and the same", "person.distinct", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) { w.People["p-001"].Roles = append(w.People["p-001"].Roles, leaf.RoleRecounter) }
		c.Hook = func(_ *certtest.World, p *leaf.Payload) {
			if p.Kind == leaf.CarrierCounted {
				p.Actors = []leaf.Actor{p.Actors[0], p.Actors[0]}
				p.Actors[1].Role = leaf.RoleRecounter
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"card expired", "credential.trust", "/actors/1", cards(func(w *certtest.World) error {
		return w.Card("p-005", certtest.Start.AddDate(-3, 0, 0), certtest.Start.AddDate(0, 0, -1))
	})},
	{"card not yet valid", "credential.trust", "", cards(func(w *certtest.World) error {
		return w.Card("p-003", certtest.Start.AddDate(0, 0, 1), certtest.Start.AddDate(1, 0, 0))
	})},
	{"card of another CA with the same name", "credential.trust", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		other, err := certtest.NewCA("Example PIV CA", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Anchors = [][]byte{other.Cert.Raw}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"no anchors", "credential.trust", "", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Anchors = [][]byte{}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"certificate left out", "credential.enrolled", "", after(func(_ *testing.T, w *certtest.World, p *certificate.Parts) {
		p.Credentials = slices.DeleteFunc(p.Credentials, func(d []byte) bool { return bytes.Equal(d, w.People["p-004"].Cert.Raw) })
	})},
	{"certificate nobody used", "credential.enrolled", "credentials[", after(func(_ *testing.T, w *certtest.World, p *certificate.Parts) {
		p.Credentials = append(p.Credentials, w.People["p-006"].Cert.Raw)
	})},
	{"CA certificate nobody needs", "credential.enrolled", "credentials[", after(func(t *testing.T, _ *certtest.World, p *certificate.Parts) {
		other, err := certtest.NewCA("Another", nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Credentials = append(p.Credentials, other.Cert.Raw)
	})},
	{"somebody else's signature", "leaf.signatures", "", resealed(func(t *testing.T, w *certtest.World) {
		i := w.Index(leaf.BatchApproved, 0)
		env, _, _ := leaf.Decode(w.Leaves[i])
		raw, err := w.RawEnvelope(env.Payload, "p-006")
		if err != nil {
			t.Fatal(err)
		}
		w.Leaves[i] = raw
	})},
	{"the station signs for a person", "leaf.signatures", "", resealed(func(t *testing.T, w *certtest.World) {
		i := w.Index(leaf.BatchCompleted, 0)
		env, _, _ := leaf.Decode(w.Leaves[i])
		raw, err := w.RawEnvelope(env.Payload)
		if err != nil {
			t.Fatal(err)
		}
		w.Leaves[i] = raw
	})},

	// records
	{"a count left out of the file", "chain.links", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.CarrierCounted, 2))
	})},
	{"a refusal left out of the file", "chain.links", "/prev/batch/", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.RefusalRecorded, 0))
	})},
	{"a withdrawal left out of the file", "chain.links", "/prev/batch/", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.BatchWithdrawn, 0))
	})},
	{"a disputed outcome left out of the file", "batch.acts", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.CarrierDisputed, 0))
	})},
	{"a disputed carrier left out of the file", "manifest.items", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		id := leaf.CarrierSubject + w.Members()[len(w.Members())-1]
		var gone []int
		for _, l := range p.Leaves {
			if _, pl, _ := leaf.Decode(l.Bytes); slices.Contains(pl.Subjects, id) {
				gone = append(gone, int(l.Index))
			}
		}
		drop(t, w, p, gone...)
	})},
	{"a refusal cut out of the log", "chain.links", "/prev/batch/", resealed(func(_ *testing.T, w *certtest.World) {
		i := w.Index(leaf.RefusalRecorded, 0)
		w.Leaves = slices.Delete(w.Leaves, i, i+1)
	})},
	{"two records change places", "chain.links", "", resealed(func(_ *testing.T, w *certtest.World) {
		i := w.Index(leaf.CarrierCounted, 1)
		j := w.Index(leaf.CarrierSealed, 1)
		w.Leaves[i], w.Leaves[j] = w.Leaves[j], w.Leaves[i]
	})},
	{"a record of something else is slipped in", "chain.scope", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		l := certificate.Leaf{Index: 1, Bytes: w.Leaves[1]}
		again, err := w.PartsOf(append([]certificate.Leaf{p.Leaves[0], l}, p.Leaves[1:]...), int64(len(w.Leaves)))
		if err != nil {
			t.Fatal(err)
		}
		p.Leaves, p.RangeProof = again.Leaves, again.RangeProof
	})},
	{"the first record left out", "station.genesis", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) { drop(t, w, p, 0) })},
	{"an enrolment left out", "credential.enrolled", "", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.PersonEnrolled, 3))
	})},
	{"the machine's enrolment left out", "acts.references", "/machine", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		drop(t, w, p, w.Index(leaf.MachineEnrolled, 0))
	})},
	{"a head never seen", "chain.heads", "/seen/root", while(func(_ *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchApproved {
			p.Seen.Root = hashOf("another log")
		}
	})},
	{"a head of the future", "chain.heads", "/seen/size", while(func(_ *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchApproved {
			p.Seen.Size += 100
		}
	})},
	{"a record of another station", "station.genesis", "/station", while(func(_ *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.CarrierCounted {
			p.Station = "sexton.example/station-04"
		}
	})},

	// log
	{"a log the office does not know", "checkpoint.signature", "", func(t *testing.T) ([]byte, []byte) {
		return bundleOf(t, newWorld(t, config())), newWorld(t, config()).Trust()
	}},
	{"an older checkpoint", "tree.range", "range_proof", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		old, err := w.Checkpoint(int64(w.Index(leaf.BatchCertified, 0)))
		if err != nil {
			t.Fatal(err)
		}
		p.Proof = strings.Replace(p.Proof, p.Checkpoint, old, 1)
		p.Checkpoint = old
	})},
	{"a proof of another record", "tree.proof", "proof", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		var err error
		if p.Proof, err = w.Proof(3, int64(len(w.Leaves)), p.Checkpoint); err != nil {
			t.Fatal(err)
		}
	})},
	{"a proof with another checkpoint", "tree.proof", "proof", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		size := int64(len(w.Leaves)) - 1
		head, err := w.Checkpoint(size)
		if err != nil {
			t.Fatal(err)
		}
		if p.Proof, err = w.Proof(int64(w.Index(leaf.BatchCertified, 0)), size, head); err != nil {
			t.Fatal(err)
		}
	})},
	{"a log key other than the genesis names", "station.genesis", "/body/log_key", while(on(leaf.StationInitialised, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Initialised) {
		b.LogKey = "sexton.example/station-03+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	}))},
	{"witnesses who did not sign", "checkpoint.witnesses", "", func(t *testing.T) ([]byte, []byte) {
		w := newWorld(t, config())
		_, vkey := witnessKey(t, "w1.example")
		return bundleOf(t, w), bytes.Replace(w.Trust(), []byte("quorum none"), []byte("witness w1 "+vkey+"\nquorum w1"), 1)
	}},

	// batch
	{"an item that is not the registered carrier", "manifest.items", "/body/item", func(t *testing.T) ([]byte, []byte) {
		c := config()
		var items []string
		c.Hook = func(_ *certtest.World, p *leaf.Payload) {
			switch b := p.Body.(type) {
			case *leaf.Sealed:
				if b.Index == 2 {
					b.Item = hashOf("another carrier")
				}
				items = append(items, b.Item)
			case *leaf.Manifest:
				b.ItemsRoot = leaf.Root(items)
			case *leaf.Authorisation:
				b.ItemsRoot = leaf.Root(items)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"kinds counted wrong", "manifest.items", "/body/kinds", while(on(leaf.BatchSealed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Manifest) { b.Kinds["paper"]++ }))},
	{"levels counted wrong", "manifest.items", "/body/levels", while(on(leaf.BatchSealed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Manifest) {
		b.Levels["internal"]++
	}))},
	{"a carrier that must be returned", "manifest.items", "/body/must_return", while(on(leaf.CarrierRegistered, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Registered) {
		b.MustReturn = b.Row == 4
	}))},
	{"approval of another manifest", "acts.references", "/body/manifest", while(on(leaf.BatchApproved, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Decision) {
		b.Manifest = hashOf("another")
	}))},
	{"authorisation on another approval", "acts.references", "/body/approval", while(on(leaf.BatchAuthorised, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Authorisation) {
		b.Approval = hashOf("another")
	}))},
	{"release of another machine", "acts.references", "/body/machine", while(on(leaf.BatchReleased, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Released) {
		b.Machine = "shredder-2"
	}))},
	{"approved after the fact", "acts.times", "/at", while(func(w *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchApproved {
			p.At = p.At.Add(time.Minute)
		}
	})},
	{"manifest that had run out", "acts.times", "/at", while(on(leaf.BatchSealed, func(_ *certtest.World, p *leaf.Payload, b *leaf.Manifest) {
		b.NotAfter = p.At.Add(time.Second).Format(leaf.AtLayout)
	}))},
	{"authorisation that had run out", "acts.times", "/at", while(on(leaf.BatchAuthorised, func(_ *certtest.World, p *leaf.Payload, b *leaf.Authorisation) {
		b.NotAfter = p.At.Add(time.Second).Format(leaf.AtLayout)
	}))},
	{"authorisation longer than the manifest", "acts.times", "/body/not_after", while(on(leaf.BatchAuthorised, func(_ *certtest.World, p *leaf.Payload, b *leaf.Authorisation) {
		b.NotAfter = p.At.Add(1000 * time.Hour).Format(leaf.AtLayout)
	}))},

	// evidence
	{"a disputed carrier called destroyed", "evidence.verdicts", "/body/evidence", disputedAsDestroyed},
	{"a disputed carrier called destroyed, says custody", "custody.replay", "", disputedAsDestroyed},
	{"reasons the evidence does not give", "evidence.verdicts", "/body/reasons", while(on(leaf.CarrierDestroyed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Outcome) {
		b.Reasons = []string{"signal.seen-by-me"}
	}))},
	{"evidence of another machine", "evidence.verdicts", "/body/evidence/machine", while(on(leaf.CarrierDestroyed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Outcome) {
		b.Evidence.Machine = "shredder-2"
	}))},
	{"evidence over an unauthenticated link", "evidence.verdicts", "/body/evidence/authenticated", while(on(leaf.MachineEnrolled, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Machine) {
		b.PeerSHA256 = ""
	}))},
	{"evidence used for two carriers", "evidence.windows", "/from_sequence", func(t *testing.T) ([]byte, []byte) {
		c := config()
		var first *custody.Evidence
		c.Hook = on(leaf.CarrierDestroyed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Outcome) {
			if first == nil {
				first = b.Evidence
				return
			}
			b.Evidence.FromSequence, b.Evidence.FromUptimeMS = first.FromSequence, first.FromUptimeMS
		})
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"a case resolved with evidence of another carrier", "evidence.windows", "/from_sequence", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Resolve = "destroyed"
		var last *custody.Evidence
		c.Hook = func(_ *certtest.World, p *leaf.Payload) {
			switch b := p.Body.(type) {
			case *leaf.Outcome:
				if p.Kind == leaf.CarrierDestroyed {
					last = b.Evidence
				}
			case *leaf.Resolved:
				b.Evidence.FromSequence, b.Evidence.FromUptimeMS = last.FromSequence+1, last.FromUptimeMS+1
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"a case resolved as destroyed on thin evidence", "evidence.verdicts", "/body/evidence", func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Resolve = "destroyed"
		c.Hook = on(leaf.CarrierResolved, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Resolved) { b.Evidence.Authenticated = false })
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}},
	{"evidence of a boot never released", "evidence.windows", "/boot", while(on(leaf.CarrierDestroyed, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Outcome) {
		b.Evidence.Boot = 78
	}))},
	{"fewer fed than destroyed", "evidence.windows", "/feed_total", while(on(leaf.BatchReconciled, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Reconciled) { b.FeedTotal = 1 }))},
	{"less energy than the parts", "evidence.windows", "/energy_j", while(on(leaf.BatchReconciled, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Reconciled) { b.EnergyJ = 1 }))},
	{"evidence altered and signed again by the station", "outcomes.tally", "/outcomes_root", resealed(func(t *testing.T, w *certtest.World) {
		rewrite(t, w, w.Index(leaf.CarrierDestroyed, 0), func(p *leaf.Payload) { p.Body.(*leaf.Outcome).Evidence.PeakMA++ })
	})},
	{"evidence and sums altered and signed again by the station", "acts.references", "/body/reconciled", resealed(func(t *testing.T, w *certtest.World) {
		i := w.Index(leaf.CarrierDisputed, 0)
		rewrite(t, w, i, func(p *leaf.Payload) {
			b := p.Body.(*leaf.Outcome)
			b.Evidence.EnergyJ = 100_000
			b.Verdict, b.Reasons, p.Kind = "destroyed", []string{"signal.feed", "signal.energy"}, leaf.CarrierDestroyed
		})
		rewrite(t, w, w.Index(leaf.BatchReconciled, 0), func(p *leaf.Payload) {
			b := p.Body.(*leaf.Reconciled)
			b.Tally.Disputed--
			b.Tally.Destroyed++
			b.EnergyJ += 100_000
			b.OutcomesRoot = leaf.Root(outcomesOf(w))
		})
	})},
	{"a tally that does not add up", "outcomes.tally", "/body/tally", while(func(_ *certtest.World, p *leaf.Payload) {
		switch b := p.Body.(type) {
		case *leaf.Reconciled:
			b.Tally.Destroyed++
			b.Tally.Disputed--
		case *leaf.Completed:
			b.Tally.Destroyed++
			b.Tally.Disputed--
		}
	})},
	{"persons signed another tally", "outcomes.tally", "/body/tally", while(on(leaf.BatchCompleted, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Completed) {
		b.Tally.Destroyed--
	}))},

	// policy
	{"an act under another version", "policy.trusted", "/policy", while(func(_ *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchApproved {
			p.Policy.Version = "0"
		}
	})},
	{"another profile in the file", "policy.trusted", "policy", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		p.Policy = append(bytes.Clone(p.Policy), "# harmless\n"...)
	})},
	{"a profile the office did not release", "policy.trusted", "policy", func(t *testing.T) ([]byte, []byte) {
		w := newWorld(t, config())
		return bundleOf(t, w), bytes.Replace(w.Trust(), []byte("profile "), []byte("# profile "), 1)
	}},
	{"the row that allows is not cited", "policy.allows", "/policy/rows", while(func(_ *certtest.World, p *leaf.Payload) {
		if p.Kind == leaf.BatchSealed {
			p.Policy.Rows = []string{"another"}
		}
	})},

	// statement and openings
	{"openings swapped", "openings.match", "openings[", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		i, j := titles(p)
		p.Openings[i].Value, p.Openings[j].Value = p.Openings[j].Value, p.Openings[i].Value
	})},
	{"openings with their salts swapped", "openings.match", "openings[", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		i, j := titles(p)
		p.Openings[i].Value, p.Openings[j].Value = p.Openings[j].Value, p.Openings[i].Value
		p.Openings[i].Salt, p.Openings[j].Salt = p.Openings[j].Salt, p.Openings[i].Salt
	})},
	{"an opening of nothing", "openings.match", "openings[", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		p.Openings = append(p.Openings, certificate.Opening{Event: p.Openings[0].Event, Path: "/body/nothing", Salt: make([]byte, 32), Value: "x"})
	})},
	{"an attachment nobody refers to", "attachments.referenced", "attachments[", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		p.Attachments = map[string][]byte{hashOf("note"): []byte("note")}
	})},
	{"a statement that says more", "statement.content", "statement.payload.predicate.totals", after(func(t *testing.T, w *certtest.World, p *certificate.Parts) {
		s, err := certificate.ParseStatement(p.Envelope.Statement)
		if err != nil {
			t.Fatal(err)
		}
		s.Predicate.Totals.Tally["destroyed"]++
		data, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		w.SignStatement(data)
		p.Envelope = w.Envelope
	})},
	{"a statement not signed by the station", "statement.signature", "statement", after(func(_ *testing.T, _ *certtest.World, p *certificate.Parts) {
		p.Envelope.Sig = bytes.Clone(p.Envelope.Sig)
		p.Envelope.Sig[5] ^= 1
	})},
	{"a statement signed by another key", "statement.signature", "statement", after(func(t *testing.T, _ *certtest.World, p *certificate.Parts) {
		other := newWorld(t, config())
		other.SignStatement(p.Envelope.Statement)
		p.Envelope = other.Envelope
	})},
	{"another statement in the log", "statement.certified", "/body/statement_sha256", while(on(leaf.BatchCertified, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Certified) {
		b.Statement = hashOf("another")
	}))},
	{"another number in the log", "statement.content", "statement.payload.predicate.certificate", while(on(leaf.BatchCertified, func(_ *certtest.World, _ *leaf.Payload, b *leaf.Certified) {
		b.Certificate = "SXT-2026-03-000418"
	}))},
}

// disputedAsDestroyed: the station calls the disputed carrier destroyed and
// everything after agrees.
func disputedAsDestroyed(t *testing.T) ([]byte, []byte) {
	c := config()
	var outcomes []string
	c.Hook = func(w *certtest.World, p *leaf.Payload) {
		switch b := p.Body.(type) {
		case *leaf.Outcome:
			if p.Kind == leaf.CarrierDisputed {
				p.Kind, b.Verdict = leaf.CarrierDestroyed, "destroyed"
				b.Reasons = []string{"signal.feed", "signal.energy"}
			}
		case *leaf.Reconciled:
			outcomes = outcomesOf(w)
			b.Tally.Destroyed, b.Tally.Disputed, b.OutcomesRoot = b.Tally.Destroyed+1, 0, leaf.Root(outcomes)
		case *leaf.Completed:
			b.Tally.Destroyed, b.Tally.Disputed, b.OutcomesRoot = b.Tally.Destroyed+1, 0, leaf.Root(outcomes)
		}
	}
	w := newWorld(t, c)
	return bundleOf(t, w), w.Trust()
}

// outcomesOf lists the leaf hashes of outcomes in the order of the log, which
// is that of the manifest.
func outcomesOf(w *certtest.World) []string {
	var out []string
	for _, b := range w.Leaves {
		if _, p, err := leaf.Decode(b); err == nil {
			switch p.Kind {
			case leaf.CarrierDestroyed, leaf.CarrierDisputed, leaf.CarrierUnverified, leaf.CarrierUnfed:
				out = append(out, leaf.Hash(b))
			}
		}
	}
	return out
}

// drop takes leaves out of the file and proves the rest.
func drop(t *testing.T, w *certtest.World, p *certificate.Parts, indexes ...int) {
	t.Helper()
	kept := slices.DeleteFunc(slices.Clone(p.Leaves), func(l certificate.Leaf) bool { return slices.Contains(indexes, int(l.Index)) })
	again, err := w.PartsOf(kept, int64(len(w.Leaves)))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, o := range again.Openings {
		ids[o.Event] = true
	}
	p.Leaves, p.RangeProof = again.Leaves, again.RangeProof
	p.Openings = slices.DeleteFunc(p.Openings, func(o certificate.Opening) bool { return !ids[o.Event] })
}

// titles finds two openings of titles.
func titles(p *certificate.Parts) (int, int) {
	var at []int
	for i, o := range p.Openings {
		if o.Path == "/body/title" {
			at = append(at, i)
		}
	}
	return at[0], at[1]
}

func TestLies(t *testing.T) {
	for _, l := range lies {
		t.Run(strings.ReplaceAll(l.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			bundle, trust := l.told(t)
			r := inspect.Verify(bundle, trustOf(t, trust), inspect.Options{})
			if r.OK() || r.Grade != inspect.Invalid || r.Failed == nil {
				t.Fatalf("believed: %s", explain(r))
			}
			i := slices.IndexFunc(r.Checks, func(c inspect.Check) bool { return c.ID == l.want })
			if c := r.Checks[i]; c.OK || c.Skipped || !strings.Contains(c.Field, l.field) || c.Detail == "" {
				t.Fatalf("%s (ok %t, skipped %t, field %q) should have failed in a field like %q: %s", l.want, c.OK, c.Skipped, c.Field, l.field, explain(r))
			}
			first := slices.IndexFunc(r.Checks, func(c inspect.Check) bool { return !c.OK && !c.Skipped })
			if r.Failed.ID != r.Checks[first].ID || r.Failed.Field == "" {
				t.Errorf("the first failure is %s, reported is %s in field %q", r.Checks[first].ID, r.Failed.ID, r.Failed.Field)
			}
		})
	}
}
