package inspect_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/inspect"
)

func TestTruth(t *testing.T) {
	for name, edit := range map[string]func(c *certtest.Config){
		"plain":                        func(*certtest.Config) {},
		"one carrier":                  func(c *certtest.Config) { c.Carriers, c.Missing, c.Disputed, c.Unfed, c.Withdraw = 1, 0, 0, 0, false },
		"bench":                        func(c *certtest.Config) { c.Bench = true },
		"no CA between":                func(c *certtest.Config) { c.Intermediate = false },
		"a case resolved as destroyed": func(c *certtest.Config) { c.Resolve = "destroyed" },
		"a case resolved as held":      func(c *certtest.Config) { c.Resolve = "held" },
		"another certificate after a case was resolved": func(c *certtest.Config) { c.Resolve, c.Late = "destroyed", true },
		"many": func(c *certtest.Config) { c.Carriers, c.Missing, c.Disputed, c.Unfed = 60, 3, 2, 4 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			edit(&c)
			w := newWorld(t, c)
			r := inspect.Verify(bundleOf(t, w), trustOf(t, w.Trust()), inspect.Options{Now: w.Now})
			if r.Grade != inspect.ValidTimeUnproven || r.Failed != nil {
				t.Fatal(explain(r))
			}
			if len(r.Reasons) != 2 || len(r.Limits) == 0 {
				t.Errorf("a grade below VALID needs its reasons: %v", r.Reasons)
			}
			if r.Bench != c.Bench {
				t.Errorf("bench is %t", r.Bench)
			}
			if len(r.Summary.Missing) != c.Missing || r.Summary.Tally.Disputed != int64(c.Disputed) || r.Summary.Tally.Unfed != int64(c.Unfed) || r.Summary.Form != "full" {
				t.Errorf("summary %+v", r.Summary)
			}
			if i := slices.IndexFunc(r.Summary.Open, func(l inspect.ItemLine) bool { return l.En == "disputed" }); i >= 0 && r.Summary.Open[i].Closed != c.Resolve {
				t.Errorf("the disputed carrier: %+v", r.Summary.Open[i])
			}
		})
	}
}

func TestRedacted(t *testing.T) {
	w := base(t)
	full := bundleOf(t, w)
	redacted, err := inspect.Redact(full)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(redacted), "文件") || strings.Contains(string(redacted), "王秀英") {
		t.Error("a redacted certificate shows a title or a name")
	}
	if !strings.Contains(string(full), "文件") {
		t.Error("the full certificate shows no title: the test proves nothing")
	}
	a := inspect.Verify(full, trustOf(t, w.Trust()), inspect.Options{})
	b := inspect.Verify(redacted, trustOf(t, w.Trust()), inspect.Options{})
	if !a.OK() || !b.OK() || b.Grade != a.Grade {
		t.Fatalf("full: %s\nredacted: %s", explain(a), explain(b))
	}
	if b.Summary.Form != "redacted" || b.Summary.Unit != "" || a.Summary.Unit == "" || b.Summary.Checkpoint.Root != a.Summary.Checkpoint.Root {
		t.Errorf("redacted %+v", b.Summary)
	}
	part := with(t, w, func(p *certificate.Parts) { p.Openings = p.Openings[:1] })
	if r := inspect.Verify(part, trustOf(t, w.Trust()), inspect.Options{}); !r.OK() || r.Summary.Form != "part" {
		t.Errorf("in part: %s, form %s", explain(r), r.Summary.Form)
	}
}

// witnessKey makes the keys of a witness with the library that witnesses use.
func witnessKey(t testing.TB, name string) (skey, vkey string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err = fnote.VKeyToCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return skey, vkey
}

// cosigner is a witness whose clock the test sets.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
	at   time.Time
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

// Sign follows C2SP tlog-cosignature, cosignature/v1.
func (c cosigner) Sign(msg []byte) ([]byte, error) {
	out := binary.BigEndian.AppendUint64(nil, uint64(c.at.Unix()))
	text := fmt.Sprintf("cosignature/v1\ntime %d\n", c.at.Unix())
	return append(out, ed25519.Sign(c.key, append([]byte(text), msg...))...), nil
}

// newCosigner takes the keys that witnessKey made apart.
func newCosigner(t testing.TB, skey, vkey string, at time.Time) cosigner {
	t.Helper()
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		t.Fatalf("cannot read key of witness: %v", err)
	}
	return cosigner{v.Name(), v.KeyHash(), ed25519.NewKeyFromSeed(raw[1:]), at}
}

// cosign adds a cosignature to every copy of the checkpoint.
func cosign(t testing.TB, p *certificate.Parts, s note.Signer) {
	t.Helper()
	_, err := note.Open([]byte(p.Checkpoint), note.VerifierList())
	var u *note.UnverifiedNoteError
	if !errors.As(err, &u) {
		t.Fatal(err)
	}
	n := u.Note
	n.Sigs = nil
	signed, err := note.Sign(n, s)
	if err != nil {
		t.Fatal(err)
	}
	p.Proof = strings.Replace(p.Proof, p.Checkpoint, string(signed), 1)
	p.Checkpoint = string(signed)
}

// TestWitnessed: cosignatures prove the time, if it fits, and nothing more.
func TestWitnessed(t *testing.T) {
	w := base(t)
	soon, late := w.Now.Add(time.Hour), certtest.Start.AddDate(3, 0, 0) // cards end after two years
	s1, v1 := witnessKey(t, "w1.example")
	s2, v2 := witnessKey(t, "w2.example")
	_, v3 := witnessKey(t, "w3.example")
	one := func(at time.Time) []byte {
		return with(t, w, func(p *certificate.Parts) { cosign(t, p, newCosigner(t, s1, v1, at)) })
	}
	two := with(t, w, func(p *certificate.Parts) {
		cosign(t, p, newCosigner(t, s1, v1, soon))
		cosign(t, p, newCosigner(t, s2, v2, soon))
	})
	lines := "witness w1 " + v1 + "\nwitness w2 " + v2 + "\nwitness w3 " + v3 + "\n"
	for _, c := range []struct {
		name   string
		bundle []byte
		quorum string
		want   inspect.Grade
	}{
		{"none asked", two, "quorum none", inspect.ValidTimeUnproven},
		{"one asked, signed", one(soon), "quorum w1", inspect.ValidStaleCRL},
		{"two of three signed", two, "group g 2 w1 w2 w3\nquorum g", inspect.ValidStaleCRL},
		{"one of two asked for", one(soon), "group g 2 w1 w2 w3\nquorum g", inspect.Invalid},
		{"all asked", two, "group g all w1 w2 w3\nquorum g", inspect.Invalid},
		{"groups in groups", two, "group a any w1 w3\ngroup b all w2\ngroup g all a b\nquorum g", inspect.ValidStaleCRL},
		{"after the cards had expired", one(late), "quorum w1", inspect.ValidTimeUnproven},
		{"before the station says it happened", one(certtest.Start.AddDate(0, 0, -1)), "quorum w1", inspect.ValidTimeUnproven},
	} {
		trust := strings.Replace(string(w.Trust()), "quorum none\n", lines+c.quorum+"\n", 1)
		if r := inspect.Verify(c.bundle, trustOf(t, []byte(trust)), inspect.Options{}); r.Grade != c.want || r.OK() && len(r.Reasons) == 0 {
			t.Errorf("%s: %s, want %s: %s", c.name, r.Grade, c.want, explain(r))
		}
	}
	trust := trustOf(t, []byte(strings.Replace(string(w.Trust()), "quorum none\n", lines+"quorum w1\n", 1)))
	library, err := fnote.NewSignerForCosignatureV1(s1)
	if err != nil {
		t.Fatal(err)
	}
	if r := inspect.Verify(with(t, w, func(p *certificate.Parts) { cosign(t, p, library) }), trust, inspect.Options{}); !r.OK() {
		t.Errorf("a cosignature by the witnesses' own library: %s", explain(r)) // its time is this computer's
	}
	forged := with(t, w, func(p *certificate.Parts) {
		cosign(t, p, newCosigner(t, s1, v1, soon))
		i := strings.LastIndex(p.Checkpoint, " ") + 20
		was := p.Checkpoint
		p.Checkpoint = was[:i] + map[bool]string{true: "B", false: "A"}[was[i] == 'A'] + was[i+1:]
		p.Proof = strings.Replace(p.Proof, was, p.Checkpoint, 1)
	})
	if r := inspect.Verify(forged, trust, inspect.Options{}); r.OK() || r.Failed.ID != "checkpoint.signature" {
		t.Errorf("a wrong cosignature of a known witness: %s", explain(r))
	}
}

func TestFuture(t *testing.T) {
	w := base(t)
	r := inspect.Verify(bundleOf(t, w), trustOf(t, w.Trust()), inspect.Options{Now: w.Now.Add(-25 * time.Hour)})
	if r.OK() || r.Failed.ID != "acts.times" {
		t.Errorf("a certificate from the future: %s", explain(r))
	}
}

func TestRead(t *testing.T) {
	w := base(t)
	s, err := inspect.Read(bundleOf(t, w))
	if err != nil || s.Certificate != w.Number {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := inspect.Read([]byte("{}")); err == nil {
		t.Error("read {}")
	}
}
