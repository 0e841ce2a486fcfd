package certificate_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	mproof "github.com/transparency-dev/merkle/proof"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/ledger/leaf"
)

func world(t testing.TB) *certtest.World {
	t.Helper()
	w, err := certtest.New(certtest.Config{
		Profile: "unit-test", Version: "3", PolicyBytes: []byte("any"), Rows: []string{"r"}, Missing: 1, Disputed: 1, Unfed: 1, Withdraw: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func parts(t testing.TB, w *certtest.World) certificate.Parts {
	t.Helper()
	p, err := w.Parts()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCanonical: the bundle is RFC 8785 canonical JSON by the judgement of an
// implementation that is not ours, and one line feed.
func TestCanonical(t *testing.T) {
	w := world(t)
	w.Openings[0].Value = "引号\" 反斜杠\\ 斜杠/ \t\n\r\b\f\x01\x1f\x7f é \u2028\u2029 \U0001F5D1 ﷺ"
	data, err := certtest.Encode(parts(t, w))
	if err != nil {
		t.Fatal(err)
	}
	want, err := jcs.Transform(data)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != string(want)+"\n" {
		t.Error("the bundle is not canonical")
	}
	b, err := certificate.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	env, err := certificate.ParseEnvelope(b.Statement)
	if err != nil {
		t.Fatal(err)
	}
	if want, err = jcs.Transform(env.Statement); err != nil || string(want) != string(env.Statement) {
		t.Errorf("the statement is not canonical: %v", err)
	}
	again, err := b.Encode()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("parsing and encoding changes the bundle: %v", err)
	}
	var loose struct {
		Openings []struct{ Value string }
		Segments []struct{ Leaves []string }
	}
	if err := json.Unmarshal(data, &loose); err != nil {
		t.Fatal(err)
	}
	for i, o := range loose.Openings {
		if o.Value != b.Openings[i].Value {
			t.Errorf("opening %d: encoding/json reads %q, we %q", i, o.Value, b.Openings[i].Value)
		}
	}
	if !slices.Equal(loose.Segments[0].Leaves, b.Segments[0].Leaves) {
		t.Error("encoding/json reads other leaves than we")
	}
}

// TestStringsRoundTrip: any text survives, in the one form jcs gives it.
func TestStringsRoundTrip(t *testing.T) {
	base := parts(t, world(t))
	rapid.Check(t, func(t *rapid.T) {
		p := base
		p.Checkpoint = rapid.String().Filter(func(s string) bool { return s != "" }).Draw(t, "text")
		data, err := certtest.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		b, err := certificate.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if b.Checkpoint != p.Checkpoint {
			t.Fatalf("%q became %q", p.Checkpoint, b.Checkpoint)
		}
		if want, err := jcs.Transform(data); err != nil || string(want)+"\n" != string(data) {
			t.Fatalf("not canonical: %v", err)
		}
	})
}

func TestRefusedForms(t *testing.T) {
	good := parts(t, world(t))
	for name, c := range map[string]struct {
		edit  func(b *certificate.Bundle)
		field string
	}{
		"no segments":          {func(b *certificate.Bundle) { b.Segments = nil }, "segments"},
		"empty segment":        {func(b *certificate.Bundle) { b.Segments[0].Leaves = nil }, "segments[0]"},
		"touching segments":    {func(b *certificate.Bundle) { b.Segments[1].Start = b.Segments[0].End() }, "segments[1].start"},
		"overlapping segments": {func(b *certificate.Bundle) { b.Segments[1].Start = 0 }, "segments[1].start"},
		"negative start":       {func(b *certificate.Bundle) { b.Segments[0].Start = -1 }, "segments[0].start"},
		"long leaf":            {func(b *certificate.Bundle) { b.Segments[0].Leaves[0] = strings.Repeat("x", certificate.MaxLeaf+1) }, "segments[0].leaves[0]"},
		"credentials unsorted": {func(b *certificate.Bundle) { slices.Reverse(b.Credentials) }, "credentials[1]"},
		"credential twice":     {func(b *certificate.Bundle) { b.Credentials[1] = b.Credentials[0] }, "credentials[1]"},
		"openings unsorted":    {func(b *certificate.Bundle) { slices.Reverse(b.Openings) }, "openings[1]"},
		"opening twice":        {func(b *certificate.Bundle) { b.Openings[1] = b.Openings[0] }, "openings[1]"},
		"attachment misnamed":  {func(b *certificate.Bundle) { b.Attachments = map[string][]byte{"x": {1}} }, "attachments[x]"},
		"no policy":            {func(b *certificate.Bundle) { b.Policy = nil }, "policy"},
		"no statement":         {func(b *certificate.Bundle) { b.Statement = "" }, "statement"},
	} {
		b, err := certificate.Assemble(good)
		if err != nil {
			t.Fatal(err)
		}
		b.Segments[0].Leaves = slices.Clone(b.Segments[0].Leaves)
		c.edit(b)
		if _, err := b.Encode(); err == nil || certificate.Field(err) != c.field {
			t.Errorf("%s: encoded with %v, want a refusal in %s", name, err, c.field)
		}
	}
	b, err := certificate.Assemble(good)
	if err != nil {
		t.Fatal(err)
	}
	b.Checkpoint = "\xff"
	if _, err := b.Encode(); err == nil {
		t.Error("text that is not UTF-8 was encoded")
	}
}

// eventKey lets the DSSE library check the statement.
type eventKey struct{ pub ed25519.PublicKey }

func (k eventKey) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(k.pub, data, sig) {
		return errors.New("wrong")
	}
	return nil
}
func (k eventKey) KeyID() (string, error)   { return leaf.KeyID(k.pub) }
func (k eventKey) Public() crypto.PublicKey { return k.pub }

// TestStrangersVerify: other people's libraries read the statement's envelope,
// its type and the inclusion proof.
func TestStrangersVerify(t *testing.T) {
	w := world(t)
	data, err := certtest.Encode(parts(t, w))
	if err != nil {
		t.Fatal(err)
	}
	b, err := certificate.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var env dsse.Envelope
	if err := json.Unmarshal([]byte(b.Statement), &env); err != nil {
		t.Fatal(err)
	}
	v, err := dsse.NewEnvelopeVerifier(eventKey{w.EventKey.Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(context.Background(), &env); err != nil {
		t.Errorf("DSSE library: %v", err)
	}
	body, err := env.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
		Subject       []struct {
			Name   string
			Digest map[string]string
		}
	}
	if err := json.Unmarshal(body, &s); err != nil || env.PayloadType != "application/vnd.in-toto+json" || s.Type != "https://in-toto.io/Statement/v1" || s.PredicateType == "" {
		t.Errorf("not an in-toto statement: %+v, %v", s, err)
	}
	if len(s.Subject) != len(w.Members()) || s.Subject[0].Name != "carrier/"+w.Members()[0] {
		t.Errorf("subjects %+v", s.Subject)
	}
	var p proof.TLogProof
	if err := p.Unmarshal([]byte(b.Proof)); err != nil {
		t.Fatal(err)
	}
	hashes := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		hashes[i] = p.Hashes[i][:]
	}
	leaves := b.Leaves()
	last := leaves[len(leaves)-1]
	root := w.Root(int64(len(w.Leaves)))
	if err := mproof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, uint64(len(w.Leaves)), rfc6962.DefaultHasher.HashLeaf(last.Bytes), hashes, root[:]); err != nil {
		t.Errorf("inclusion by transparency-dev/merkle: %v", err)
	}
}

// TestBuild: the statement says what the history is, is a function of the
// leaves alone, and survives its own parser.
func TestBuild(t *testing.T) {
	w := world(t)
	before := int64(w.Index(leaf.BatchCertified, 0))
	leaves, err := certificate.Select(context.Background(), w.Log, w.Batch, before)
	if err != nil {
		t.Fatal(err)
	}
	s, data, err := certificate.Build(leaves, w.Batch, w.Number)
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := certificate.Build(leaves, w.Batch, w.Number)
	if err != nil || !bytes.Equal(again, data) || !bytes.Equal(data, w.Envelope.Statement) {
		t.Error("two computations give two statements")
	}
	if back, err := certificate.ParseStatement(data); err != nil || back.Predicate.Certificate != w.Number {
		t.Errorf("cannot read it back: %v", err)
	}
	p := s.Predicate
	if p.Totals.Members != 7 || p.Totals.Missing != 1 || p.Totals.Tally["destroyed"] != 5 || p.Totals.Tally["disputed"] != 1 || p.Totals.Tally["unfed"] != 1 {
		t.Errorf("totals %+v", p.Totals)
	}
	if p.Totals.States["destroyed"] != 5 || p.Totals.States["disputed"] != 1 || p.Totals.States["counted"] != 1 {
		t.Errorf("states %+v", p.Totals.States)
	}
	if p.Batch.State != "completed" || p.Lists[0].Here != 8 || p.Lists[0].Rows != 8 || p.Policy.Rows[0] != "r" || len(p.Persons) != 5 {
		t.Errorf("%+v", p)
	}
	if strings.Contains(string(data), "演练") || strings.Contains(string(data), "王秀英") {
		t.Error("the statement names a secret")
	}
	for _, bad := range []string{string(data) + " ", strings.Replace(string(data), `{"_type"`, `{ "_type"`, 1), strings.Replace(string(data), `"history"`, `"History"`, 1), "{}", ""} {
		if _, err := certificate.ParseStatement([]byte(bad)); err == nil {
			t.Errorf("read %.40q", bad)
		}
	}
	if _, _, err := certificate.Build(leaves[:len(leaves)-3], w.Batch, w.Number); err == nil {
		t.Error("a batch without reconciliation got a certificate")
	}
	if _, _, err := certificate.Build(leaves, w.Batch, ""); err == nil {
		t.Error("a certificate without number")
	}
	if _, _, err := certificate.Build(leaves[1:], w.Batch, w.Number); err == nil {
		t.Error("a history without its beginning")
	}
}

// TestSelect: what is chosen is what belongs, whatever else the log holds.
func TestSelect(t *testing.T) {
	w := world(t)
	leaves, err := certificate.Select(context.Background(), w.Log, w.Batch, int64(len(w.Leaves)))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[leaf.Kind]int{}
	for i, l := range leaves {
		if i > 0 && leaves[i-1].Index >= l.Index {
			t.Fatal("not in index order")
		}
		if !bytes.Equal(l.Bytes, w.Leaves[l.Index]) {
			t.Fatal("other bytes than the log's")
		}
		_, p, err := leaf.Decode(l.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		kinds[p.Kind]++
	}
	for kind, n := range map[leaf.Kind]int{
		leaf.StationInitialised: 1, leaf.StationStarted: 0, leaf.PersonEnrolled: 5, leaf.MachineEnrolled: 1, leaf.CarrierRegistered: 8,
		leaf.CarrierMissing: 1, leaf.RefusalRecorded: 1, leaf.BatchWithdrawn: 1, leaf.BatchReleased: 2, leaf.BatchCertified: 1, leaf.CarrierUnfed: 1,
	} {
		if kinds[kind] != n {
			t.Errorf("%d leaves of %s, want %d", kinds[kind], kind, n)
		}
	}
	b, err := certificate.Assemble(parts(t, w))
	if err != nil {
		t.Fatal(err)
	}
	h, err := b.History()
	if err != nil {
		t.Fatal(err)
	}
	if extra, err := h.Superfluous(w.Batch); err != nil || len(extra) > 0 {
		t.Errorf("of its own choice Select finds %d superfluous (%v)", len(extra), err)
	}
}

func TestSegments(t *testing.T) {
	l := func(i int64, s string) certificate.Leaf { return certificate.Leaf{Index: i, Bytes: []byte(s)} }
	got, err := certificate.Segments([]certificate.Leaf{l(5, "f"), l(0, "a"), l(4, "e"), l(1, "b"), l(5, "f"), l(9, "j")})
	if err != nil {
		t.Fatal(err)
	}
	want := []certificate.Segment{{Start: 0, Leaves: []string{"a", "b"}}, {Start: 4, Leaves: []string{"e", "f"}}, {Start: 9, Leaves: []string{"j"}}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i].Start != want[i].Start || !slices.Equal(got[i].Leaves, want[i].Leaves) {
			t.Errorf("segment %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	for _, bad := range [][]certificate.Leaf{{l(1, "a"), l(1, "b")}, {l(-1, "a")}} {
		if _, err := certificate.Segments(bad); err == nil {
			t.Errorf("placed %+v", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := certtest.Encode(parts(f, world(f)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:300])
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := certificate.Parse(data)
		if err != nil {
			if certificate.Field(err) == "" {
				t.Errorf("refused without naming a field: %v", err)
			}
			return
		}
		again, err := b.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted a second encoding: %v", err)
		}
		_, _ = b.History()
		_, _ = certificate.ParseEnvelope(b.Statement)
	})
}

func FuzzParseStatement(f *testing.F) {
	w := world(f)
	f.Add(w.Envelope.Statement)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := certificate.ParseStatement(data)
		if err != nil {
			return
		}
		if again, err := s.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted a second encoding: %v", err)
		}
	})
}
