package index_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// real is a ledger on disk with the projection, and keys to sign with.
type real struct {
	t      testing.TB
	dir    string
	o      ledger.Options
	l      *ledger.Ledger
	r      *index.Reader
	event  ed25519.PrivateKey
	cards  map[string]*ecdsa.PrivateKey // "9C of wang"
	ids    map[string]string            // key identifiers
	policy leaf.PolicyRef
}

func newReal(t testing.TB) *real {
	t.Helper()
	secret, vkey, err := ledger.NewLogKey(station)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.ParseLogKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	_, event, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &real{t: t, dir: filepath.Join(t.TempDir(), "ledger"), event: event, cards: map[string]*ecdsa.PrivateKey{}, ids: map[string]string{},
		policy: leaf.PolicyRef{Profile: "unit-training", Version: "1", Rows: []string{}}}
	w.o = ledger.Options{Origin: station, LogSigner: signer, Projections: []ledger.Projection{index.New()}, Exit: func(err error) { t.Errorf("exit: %v", err) }}
	for person := range people {
		for _, slot := range []string{"9A", "9C"} {
			k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			id, err := leaf.KeyID(k.Public())
			if err != nil {
				t.Fatal(err)
			}
			w.cards[slot+" of "+person], w.ids[slot+" of "+person] = k, id
		}
	}
	text, err := leaf.EventKeyText(event.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	genesis := w.entry(leaf.StationInitialised, &leaf.Initialised{Origin: station, LogKey: vkey, EventKey: text, Bench: true}, leaf.StationSubject+station)
	if err := ledger.Init(t.Context(), w.dir, w.o, genesis); err != nil {
		t.Fatal(err)
	}
	w.open()
	t.Cleanup(func() {
		if err := w.l.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *real) open() {
	w.t.Helper()
	l, err := ledger.Open(w.t.Context(), w.dir, w.o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.l, w.r = l, index.NewReader(l)
}

// as is an actor with the card's key in one slot.
func (w *real) as(person string, role leaf.Role, slot string) leaf.Actor {
	return leaf.Actor{Person: person, Role: role, Credential: w.ids[slot+" of "+person]}
}

// entry builds and signs one leaf as its kind demands.
func (w *real) entry(k leaf.Kind, body any, subject string, actors ...leaf.Actor) ledger.Entry {
	w.t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		w.t.Fatal(err)
	}
	p := leaf.Payload{Schema: leaf.Schema, ID: id.String(), Station: station, Kind: k, At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Clock: leaf.Clock{Source: "system", Boot: "b"}, Actors: actors, Subjects: []string{subject}, Prev: map[string]string{}, Policy: w.policy, Body: body}
	p.Seen = leaf.Seen{Root: hash("")}
	if w.l != nil {
		h := w.l.Head()
		p.Seen = leaf.Seen{Size: h.Size, Root: h.Root}
		head, err := w.l.SubjectHead(w.t.Context(), subject)
		if err != nil {
			w.t.Fatal(err)
		}
		if head != "" {
			p.Prev[subject] = head
		}
	}
	b, err := leaf.Build(p)
	if err != nil {
		w.t.Fatalf("%s: %v", k, err)
	}
	out, err := leaf.Encode(b, w.sign(p, leaf.PAE(b)))
	if err != nil {
		w.t.Fatal(err)
	}
	return ledger.Entry{Leaf: out}
}

func (w *real) sign(p leaf.Payload, message []byte) []leaf.Sig {
	w.t.Helper()
	if leaf.SignersOf(p) == leaf.ByStation {
		id, err := leaf.KeyID(w.event.Public())
		if err != nil {
			w.t.Fatal(err)
		}
		return []leaf.Sig{{KeyID: id, Sig: ed25519.Sign(w.event, message)}}
	}
	var sigs []leaf.Sig
	sum := sha256.Sum256(message)
	for _, a := range p.Actors {
		sig, err := ecdsa.SignASN1(rand.Reader, w.cards["9C of "+a.Person], sum[:])
		if err != nil {
			w.t.Fatal(err)
		}
		sigs = append(sigs, leaf.Sig{KeyID: a.Credential, Sig: sig})
	}
	return sigs
}

func (w *real) append(e ...ledger.Entry) []ledger.Receipt {
	w.t.Helper()
	r, err := w.l.Append(w.t.Context(), e...)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// enrol enters persons, policy, machine and a received list of n carriers.
func (w *real) enrol(n int) {
	w.t.Helper()
	admin := w.as("wang", leaf.RoleAdmin, "9C")
	for _, person := range []string{"wang", "li", "zhao", "chen"} {
		w.append(w.entry(leaf.PersonEnrolled, &leaf.Enrolled{Person: person, Roles: people[person], GUID: "guid-" + person,
			AuthKey: w.ids["9A of "+person], SignKey: w.ids["9C of "+person], Attestation: "unattested"}, leaf.PersonSubject+person, admin))
	}
	w.append(w.entry(leaf.PolicyAdopted, &leaf.Adopted{Profile: "unit-training", Version: "1", SHA256: hash("p")}, leaf.PolicySubject+"unit-training", admin))
	w.append(w.entry(leaf.MachineEnrolled, &leaf.Machine{Machine: "m1", Serial: "SN1", SecurityLevel: map[string]int64{"P": 7}, Extra: map[string]string{}}, leaf.MachineSubject+"m1", admin))
	in := w.as("wang", leaf.RoleReceiver, "9A")
	w.append(w.entry(leaf.ListImported, &leaf.Imported{List: list, SourceSHA256: hash("csv"), Encoding: "utf-8", Rows: int64(n)}, leaf.ListSubject+list, in))
	var batchOf []ledger.Entry
	for i := range n {
		batchOf = append(batchOf, w.entry(leaf.CarrierRegistered, registered(i), leaf.CarrierSubject+carrierID(i), in))
	}
	w.append(batchOf...)
	w.append(w.entry(leaf.ListCounted, &leaf.ListCount{List: list, Count: int64(n)}, leaf.ListSubject+list, w.as("li", leaf.RoleCounter, "9A")))
	w.append(w.entry(leaf.ListNumbered, &leaf.ListNumbers{List: list, Series: "密收", Year: 2026, First: 1, Last: int64(n)}, leaf.ListSubject+list, w.as("wang", leaf.RoleKeeper, "9A")))
	w.append(w.entry(leaf.ListReceived, &leaf.Received{List: list, Count: int64(n)}, leaf.ListSubject+list, w.as("wang", leaf.RoleReceiver, "9C")))
}

// TestOnARealLedger: what the ledger acknowledges, the tables show; what the
// projection refuses leaves no leaf; a rebuild gives the same tables.
func TestOnARealLedger(t *testing.T) {
	ctx := context.Background()
	w := newReal(t)
	w.enrol(3)
	size := w.l.Head().Size
	counts := []leaf.Actor{w.as("wang", leaf.RoleCounter, "9A"), w.as("li", leaf.RoleRecounter, "9A")}
	early := w.entry(leaf.CarrierCounted, &leaf.Counted{Batch: batch}, leaf.CarrierSubject+carrierID(0), counts...)
	_, err := w.l.Append(ctx, early)
	var refused *custody.Refusal
	if !errors.Is(err, ledger.ErrRefused) || !errors.As(err, &refused) || refused.Key != custody.KeyNoBatch {
		t.Fatalf("count into no batch: %v", err)
	}
	// All or none: the opening goes with the count that is refused.
	opened := w.entry(leaf.BatchOpened, &leaf.Opened{Batch: batch, Number: "销批演-1", List: list, Act: "destroy"}, leaf.BatchSubject+batch, w.as("wang", leaf.RoleApplicant, "9A"))
	alone := w.entry(leaf.CarrierCounted, &leaf.Counted{Batch: batch}, leaf.CarrierSubject+carrierID(0), counts[0])
	if _, err := w.l.Append(ctx, opened, alone); !errors.Is(err, ledger.ErrRefused) {
		t.Fatalf("one counter: %v", err)
	}
	if got := w.l.Head().Size; got != size {
		t.Errorf("a refused request left %d leaves", got-size)
	}
	if _, err := w.r.Batch(ctx, batch); !errors.Is(err, index.ErrNotFound) {
		t.Errorf("a refused batch is in the register: %v", err)
	}
	w.append(opened, early)
	c, err := w.r.Carrier(ctx, carrierID(0))
	if err != nil || c.State != custody.Counted || c.Carrier.Batch != batch {
		t.Fatalf("%+v, %v", c, err)
	}
	head, err := w.l.SubjectHead(ctx, leaf.CarrierSubject+carrierID(0))
	if err != nil {
		t.Fatal(err)
	}
	if own, err := w.r.SubjectHead(ctx, leaf.CarrierSubject+carrierID(0)); err != nil || own != head {
		t.Errorf("head of the subject: index %s, ledger %s, %v", own, head, err)
	}
	if err := w.l.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	if again, err := w.r.Carrier(ctx, carrierID(0)); err != nil || again.Changed != c.Changed || again.State != c.State {
		t.Errorf("after the rebuild %+v, %v", again, err)
	}
	if err := w.l.Close(); err != nil {
		t.Fatal(err)
	}
	w.open() // the audit replays all leaves and compares every row
}

// BenchmarkReplay is what a start costs for each leaf of the register.
func BenchmarkReplay(b *testing.B) {
	const n = 2000
	w := newReal(b)
	w.enrol(n)
	b.ResetTimer()
	for b.Loop() {
		if err := w.l.Rebuild(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/leaf")
}
