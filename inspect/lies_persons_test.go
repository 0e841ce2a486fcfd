package inspect_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/ledger/leaf"
)

// personLies are about who signed, what was left out, and the log.
var personLies = []lie{
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
}
