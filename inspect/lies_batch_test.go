package inspect_test

import (
	"bytes"
	"testing"
	"time"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/custody"
	"sexton/ledger/leaf"
)

// batchLies are about the manifest, the times, the evidence, the rules and the
// statement.
var batchLies = []lie{
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
