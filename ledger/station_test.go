package ledger_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

const origin = "test.example/log"

// testStation writes entries as a station would.
type testStation struct {
	secret, vkey string
	event        ed25519.PrivateKey
	keyID        string
	at           time.Time
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newStation() *testStation {
	s := &testStation{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	s.secret, s.vkey, _ = ledger.NewLogKey(origin)
	_, s.event, _ = ed25519.GenerateKey(rand.Reader)
	s.keyID = must(leaf.KeyID(s.event.Public()))
	return s
}

func (s *testStation) options() ledger.Options {
	return ledger.Options{Origin: origin, LogSigner: must(ledger.ParseLogKey(s.secret))}
}

// entry makes a leaf signed by the station's event key.
func (s *testStation) entry(p leaf.Payload, openings []leaf.Opening, attachments ...[]byte) ledger.Entry {
	p.Schema, p.Station = leaf.Schema, origin
	if p.ID == "" {
		p.ID = must(uuid.NewV7()).String()
	}
	p.At, p.Clock.Source = s.at, "system"
	b := must(leaf.Build(p))
	sig := ed25519.Sign(s.event, leaf.PAE(b))
	return ledger.Entry{Leaf: must(leaf.Encode(b, []leaf.Sig{{KeyID: s.keyID, Sig: sig}})), Openings: openings, Attachments: attachments}
}

func (s *testStation) genesis() ledger.Entry {
	empty := sha256.Sum256(nil)
	unit, o, _ := leaf.NewCommitment(rand.Reader, "/body/unit", "某单位")
	return s.entry(leaf.Payload{Kind: leaf.StationInitialised, Subjects: []string{"station/" + origin},
		Seen: leaf.Seen{Root: hex.EncodeToString(empty[:])},
		Body: &leaf.Initialised{Origin: origin, LogKey: s.vkey, EventKey: must(leaf.EventKeyText(s.event.Public().(ed25519.PublicKey))), Bench: true, Unit: unit}},
		[]leaf.Opening{o})
}

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(s) }

func seen(h ledger.Head) leaf.Seen { return leaf.Seen{Size: h.Size, Root: h.Root} }

// refusal is the smallest event: no subject, no secret.
func (s *testStation) refusal(h ledger.Head, code string) ledger.Entry {
	return s.entry(leaf.Payload{Kind: leaf.RefusalRecorded, Seen: seen(h), Body: &leaf.Refusal{Act: "test", Code: code}}, nil)
}

// carrier registers a carrier with a secret title.
func (s *testStation) carrier(h ledger.Head, id string, prev map[string]string) ledger.Entry {
	title, o, _ := leaf.NewCommitment(rand.Reader, "/body/title", "标题 "+id)
	return s.entry(leaf.Payload{Kind: leaf.CarrierRegistered, Subjects: []string{"carrier/" + id}, Prev: prev, Seen: seen(h),
		Body: &leaf.Registered{Carrier: id, List: "l", Row: 1, Number: "N-" + id, CarrierKind: "paper", Medium: "paper",
			Classification: "secret", Extent: leaf.Extent{Value: 3, Unit: "page"}, Count: 1, Title: title}}, []leaf.Opening{o})
}

// adopted puts a policy in force and keeps it as an attachment.
func (s *testStation) adopted(h ledger.Head, profile string, text []byte) ledger.Entry {
	sum := sha256.Sum256(text)
	return s.entry(leaf.Payload{Kind: leaf.PolicyAdopted, Subjects: []string{"policy/" + profile}, Seen: seen(h),
		Body: &leaf.Adopted{Profile: profile, Version: "1", SHA256: hex.EncodeToString(sum[:])}}, nil, text)
}

// initialised makes a ledger in a new directory.
func initialised(t testing.TB, s *testStation, o ledger.Options) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := ledger.Init(t.Context(), dir, o, s.genesis()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string, o ledger.Options) *ledger.Ledger {
	t.Helper()
	if o.Exit == nil {
		o.Exit = func(err error) { t.Errorf("exit: %v", err) }
	}
	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

func appendOK(t testing.TB, l *ledger.Ledger, e ...ledger.Entry) []ledger.Receipt {
	t.Helper()
	r, err := l.Append(t.Context(), e...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// kinds is a projection for tests: how often each kind occurred, and the codes of refusals. It refuses the code "refuse me".
type kinds struct {
	applied atomic.Int64
}

func (*kinds) Name() string { return "kinds" }
func (*kinds) Schema() []string {
	return []string{`CREATE TABLE kinds (kind TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE codes (idx INTEGER PRIMARY KEY, code TEXT NOT NULL) STRICT`}
}
func (*kinds) Tables() []string { return []string{"kinds", "codes"} }
func (k *kinds) Apply(ctx context.Context, tx *sql.Tx, index int64, hash string, env leaf.Envelope, p leaf.Payload) error {
	k.applied.Add(1)
	if _, err := tx.ExecContext(ctx, "INSERT INTO kinds VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET n = n + 1", string(p.Kind)); err != nil {
		return err
	}
	if b, ok := p.Body.(*leaf.Refusal); ok {
		if _, err := tx.ExecContext(ctx, "INSERT INTO codes VALUES (?, ?)", index, b.Code); err != nil {
			return err
		}
		if b.Code == "refuse me" {
			return fmt.Errorf("entry %d asks for it", index)
		}
	}
	return nil
}

func (s *testStation) eventSeed() string { return hex.EncodeToString(s.event.Seed()) }

func (s *testStation) loadEventKey(seed string) {
	s.event = ed25519.NewKeyFromSeed(must(hex.DecodeString(seed)))
	s.keyID = must(leaf.KeyID(s.event.Public()))
}
