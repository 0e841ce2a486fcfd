package leaf_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"sexton/custody"
	"sexton/ledger/leaf"
)

var (
	h0 = strings.Repeat("0", 64)
	h1 = strings.Repeat("1", 64)
	h2 = strings.Repeat("2", 64)
)

const eventID = "0192f0c1-0000-7000-8000-000000000001"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// authorisation is an event two persons sign.
func authorisation(a, b string) leaf.Payload {
	return leaf.Payload{
		Schema: leaf.Schema, ID: eventID, Station: "test.example/log", Kind: leaf.BatchAuthorised,
		At: time.Date(2026, 11, 23, 8, 30, 0, 120e6, time.UTC), Clock: leaf.Clock{Source: "system", Boot: "b", MonoMS: 7},
		Actors:   []leaf.Actor{{Person: "p-1", Role: leaf.RoleDestroyer, Credential: a}, {Person: "p-2", Role: leaf.RoleAttestor, Credential: b}},
		Subjects: []string{"batch/b-1"}, Prev: map[string]string{"batch/b-1": h1}, Seen: leaf.Seen{Size: 9, Root: h2},
		Policy: leaf.PolicyRef{Profile: "nist-800-88", Version: "1", Rows: []string{"r-1"}},
		Body:   &leaf.Authorisation{Batch: "b-1", Manifest: h0, Approval: h1, ItemsRoot: h2, Machine: "m-1", Nonce: "00", NotAfter: "2026-11-23T09:00:00Z"},
	}
}

func TestEveryKindRoundTrips(t *testing.T) {
	for _, k := range leaf.Kinds() {
		p := sample(k)
		b, err := leaf.Build(p)
		if err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		if c, err := jcs.Transform(b); err != nil || !bytes.Equal(b, c) {
			t.Errorf("%s: not canonical: %v", k, err)
		}
		q, err := leaf.ParsePayload(b)
		if err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		if again := must(leaf.Build(q)); !bytes.Equal(b, again) {
			t.Errorf("%s: %s\nbecame\n%s", k, b, again)
		}
		r, err := leaf.Record(h0, q)
		if err != nil {
			t.Errorf("%s: record: %v", k, err)
		}
		if string(r.Kind) != string(k) || r.ID != p.ID || len(r.Actors) != len(p.Actors) {
			t.Errorf("%s: record %+v", k, r)
		}
		if leaf.SignersOf(q) == leaf.SignersUnknown {
			t.Errorf("%s: nobody signs it", k)
		}
	}
}

// sample makes an acceptable event of kind k.
func sample(k leaf.Kind) leaf.Payload {
	p := authorisation(h0, h1)
	p.Kind, p.Body = k, leaf.NewBody(k)
	p.Actors = p.Actors[:map[leaf.Signers]int{leaf.ByOne: 1, leaf.ByTwo: 2}[leaf.SignersOf(p)]]
	v := reflect.ValueOf(p.Body).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.String {
			continue
		}
		switch name := v.Type().Field(i).Tag.Get("json"); {
		case v.Field(i).Type() == reflect.TypeOf(leaf.Commitment("")):
			v.Field(i).SetString("c1:" + h2)
		case name == "not_after", name == "due" && k != leaf.FindingEntered:
			v.Field(i).SetString("2026-11-23T09:00:00Z")
		case name == "verdict":
			v.Field(i).SetString("destroyed")
		case name == "paper_number":
		case strings.Contains(name, "sha256"), name == "item", strings.HasSuffix(name, "_root"), name == "manifest", name == "approval",
			name == "authorisation", name == "case", name == "reconciled", strings.HasSuffix(name, "_key"), name == "by", name == "opened":
			v.Field(i).SetString(h1)
		default:
			v.Field(i).SetString("b-1")
		}
	}
	switch prefix := leaf.SubjectOf(k); prefix {
	case leaf.StationSubject:
		p.Subjects = []string{prefix + p.Station}
	case "":
		p.Subjects = nil
	default:
		p.Subjects = []string{prefix + "b-1"}
	}
	p.Prev = nil
	return p
}

type keyring struct {
	station crypto.PublicKey
	persons map[string]crypto.PublicKey // person + "/" + credential
}

func (k keyring) StationKey(string) (crypto.PublicKey, error) {
	if k.station == nil {
		return nil, errors.New("no station")
	}
	return k.station, nil
}
func (k keyring) PersonKey(person, credential string) (crypto.PublicKey, error) {
	if p, ok := k.persons[person+"/"+credential]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("%s is not enrolled with %s", person, credential)
}

func signWith(key crypto.Signer, message []byte) leaf.Sig {
	id := must(leaf.KeyID(key.Public()))
	d := sha256.Sum256(message)
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return leaf.Sig{KeyID: id, Sig: ed25519.Sign(k, message)}
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P384() {
			d := sha512.Sum384(message)
			return leaf.Sig{KeyID: id, Sig: must(ecdsa.SignASN1(rand.Reader, k, d[:]))}
		}
		return leaf.Sig{KeyID: id, Sig: must(ecdsa.SignASN1(rand.Reader, k, d[:]))}
	case *rsa.PrivateKey:
		return leaf.Sig{KeyID: id, Sig: must(rsa.SignPSS(rand.Reader, k, crypto.SHA256, d[:], &rsa.PSSOptions{SaltLength: 32}))}
	}
	panic("key")
}

func TestCheckDemandsExactlyTheSigners(t *testing.T) {
	a := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	b := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	r := must(rsa.GenerateKey(rand.Reader, 2048))
	_, st, _ := ed25519.GenerateKey(rand.Reader)
	ida, idb, idr := must(leaf.KeyID(a.Public())), must(leaf.KeyID(b.Public())), must(leaf.KeyID(r.Public()))
	keys := keyring{st.Public(), map[string]crypto.PublicKey{"p-1/" + ida: a.Public(), "p-2/" + idb: b.Public(), "p-2/" + idr: r.Public()}}

	build := func(p leaf.Payload, signers ...crypto.Signer) (leaf.Envelope, leaf.Payload) {
		payload := must(leaf.Build(p))
		var sigs []leaf.Sig
		for _, k := range signers {
			sigs = append(sigs, signWith(k, leaf.PAE(payload)))
		}
		env, q, err := leaf.Decode(must(leaf.Encode(payload, sigs)))
		if err != nil {
			t.Fatal(err)
		}
		return env, q
	}
	two := authorisation(ida, idb)
	station := sample(leaf.RefusalRecorded)
	paper := sample(leaf.BatchApproved)
	paper.Actors = two.Actors
	paper.Body.(*leaf.Decision).PaperNumber = "7"
	paperByOne := paper
	if _, err := leaf.Build(func() leaf.Payload { paperByOne.Actors = two.Actors[:1]; return paperByOne }()); err == nil {
		t.Error("a paper approval by one person was encoded")
	}
	for name, c := range map[string]struct {
		p       leaf.Payload
		signers []crypto.Signer
		ok      bool
	}{
		"both":                     {two, []crypto.Signer{a, b}, true},
		"both, RSA":                {authorisation(ida, idr), []crypto.Signer{a, r}, true},
		"paper, both":              {paper, []crypto.Signer{a, b}, true},
		"one":                      {two, []crypto.Signer{a}, false},
		"one twice":                {two, []crypto.Signer{a, a}, false},
		"wrong order":              {two, []crypto.Signer{b, a}, false},
		"a third":                  {two, []crypto.Signer{a, b, r}, false},
		"the station too":          {two, []crypto.Signer{a, b, st}, false},
		"the station instead":      {two, []crypto.Signer{st}, false},
		"another card":             {two, []crypto.Signer{a, r}, false},
		"station":                  {station, []crypto.Signer{st}, true},
		"person for the station":   {station, []crypto.Signer{a}, false},
		"station and person":       {station, []crypto.Signer{st, a}, false},
		"not enrolled together":    {authorisation(idb, ida), []crypto.Signer{b, a}, false},
		"credential of a stranger": {authorisation(ida, h0), []crypto.Signer{a, b}, false},
	} {
		env, p := build(c.p, c.signers...)
		err := leaf.Check(env, p, keys)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if !c.ok {
			continue
		}
		env.Signatures[0].Sig[len(env.Signatures[0].Sig)-1] ^= 1
		if err := leaf.Check(env, p, keys); err == nil {
			t.Errorf("%s: a changed signature was accepted", name)
		}
		env.Signatures[0].Sig[len(env.Signatures[0].Sig)-1] ^= 1
		env.Payload = append([]byte(nil), env.Payload...)
		env.Payload[20] ^= 1
		if err := leaf.Check(env, p, keys); err == nil {
			t.Errorf("%s: a changed payload was accepted", name)
		}
	}
	// The same persons or credentials twice are refused when the event is made.
	for _, change := range []func(*leaf.Payload){
		func(p *leaf.Payload) { p.Actors[1].Person = "p-1" },
		func(p *leaf.Payload) { p.Actors[1].Credential = ida },
		func(p *leaf.Payload) { p.Actors = p.Actors[:1] },
	} {
		p := authorisation(ida, idb)
		change(&p)
		if _, err := leaf.Build(p); err == nil {
			t.Errorf("encoded with actors %+v", p.Actors)
		}
	}
}

type judgeKey struct{ leaf.Sig }

func (j judgeKey) KeyID() (string, error)                       { return j.Sig.KeyID, nil }
func (j judgeKey) Public() crypto.PublicKey                     { return nil }
func (j judgeKey) Verify(context.Context, []byte, []byte) error { return nil }
func (j judgeKey) Sign(context.Context, []byte) ([]byte, error) { return j.Sig.Sig, nil }

// securesystemslib is the judge of PAE and of the envelope's members.
func TestEnvelopeIsDSSE(t *testing.T) {
	payload := must(leaf.Build(authorisation(h0, h1)))
	if got, want := leaf.PAE(payload), dsse.PAE(leaf.PayloadType, payload); !bytes.Equal(got, want) {
		t.Errorf("PAE %q, want %q", got, want)
	}
	sigs := []leaf.Sig{{KeyID: h0, Sig: []byte("one")}, {KeyID: h1, Sig: []byte("two!")}}
	b := must(leaf.Encode(payload, sigs))
	var env dsse.Envelope
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&env); err != nil {
		t.Fatal(err)
	}
	if got, err := env.DecodeB64Payload(); err != nil || !bytes.Equal(got, payload) || env.PayloadType != leaf.PayloadType || len(env.Signatures) != 2 {
		t.Errorf("the judge reads %+v, %v", env, err)
	}
	signer, err := dsse.NewEnvelopeSigner(judgeKey{sigs[0]}, judgeKey{sigs[1]})
	if err != nil {
		t.Fatal(err)
	}
	judged, err := signer.SignPayload(t.Context(), leaf.PayloadType, payload)
	if err != nil {
		t.Fatal(err)
	}
	theirs := must(leaf.Canonical(judged))
	if !bytes.Equal(theirs, b) {
		t.Errorf("ours   %s\ntheirs %s", b, theirs)
	}
	if c := must(jcs.Transform(b)); !bytes.Equal(c, b) {
		t.Error("the envelope is not canonical JSON")
	}
}

// Whatever byte of a leaf is changed, it is refused, or its signature no longer holds.
func TestFlippedBytes(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	p := sample(leaf.CarrierRegistered)
	payload := must(leaf.Build(p))
	whole := must(leaf.Encode(payload, []leaf.Sig{signWith(key, leaf.PAE(payload))}))
	for at := range whole {
		for _, x := range []byte{1, 0x20, 0x80} {
			b := bytes.Clone(whole)
			b[at] ^= x
			env, q, err := leaf.Decode(b)
			if err != nil {
				continue
			}
			if err := leaf.Check(env, q, keyring{station: key.Public()}); err == nil {
				t.Fatalf("byte %d changed by %#x was accepted", at, x)
			}
		}
	}
}

func TestOtherEncodingsAreRefused(t *testing.T) {
	payload := must(leaf.Build(sample(leaf.CarrierRegistered)))
	text := string(payload)
	for name, other := range map[string]string{
		"space":            strings.Replace(text, `{"actors"`, `{ "actors"`, 1),
		"trailing newline": text + "\n",
		"trailing value":   text + "{}",
		"unknown member":   strings.Replace(text, `{"actors"`, `{"aaa":1,"actors"`, 1),
		"unknown in body":  strings.Replace(text, `"carrier":`, `"aaa":1,"carrier":`, 1),
		"duplicate member": strings.Replace(text, `"schema":`, `"schema":"x","schema":`, 1),
		"other case":       strings.Replace(text, `"schema":`, `"Schema":`, 1),
		"missing member":   strings.Replace(text, `"count":0,`, ``, 1),
		"null":             strings.Replace(text, `"actors":[]`, `"actors":null`, 1),
		"float":            strings.Replace(text, `"count":0`, `"count":0.0`, 1),
		"exponent":         strings.Replace(text, `"count":0`, `"count":0e0`, 1),
		"escape":           strings.Replace(text, `"b-1"`, `"b\u002d1"`, 1),
		"order":            strings.Replace(text, `"boot":"b","mono_ms":7`, `"mono_ms":7,"boot":"b"`, 1),
		"other schema":     strings.Replace(text, `sexton/event/v2`, `sexton/event/v1`, 1),
		"other kind":       strings.Replace(text, `carrier.registered`, `carrier.beamed`, 1),
		"time zone":        strings.Replace(text, `08:30:00.120Z`, `08:30:00.120+00:00`, 1),
		"time digits":      strings.Replace(text, `08:30:00.120Z`, `08:30:00.12Z`, 1),
	} {
		if other == text {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := leaf.ParsePayload([]byte(other)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	whole := string(must(leaf.Encode(payload, []leaf.Sig{{KeyID: h0, Sig: []byte("sig")}})))
	for name, other := range map[string]string{
		"space":          strings.Replace(whole, `{"payload"`, `{ "payload"`, 1),
		"unknown member": strings.Replace(whole, `{"payload"`, `{"a":1,"payload"`, 1),
		"other type":     strings.Replace(whole, `sexton.event`, `sexton.evenT`, 1),
		"no signature":   whole[:strings.Index(whole, `"signatures"`)] + `"signatures":[]}`,
		"base64url":      strings.Replace(whole, base64.StdEncoding.EncodeToString([]byte("sig")), "c2ln\\n", 1),
		"key id case":    strings.Replace(whole, h0, strings.Repeat("A", 64), 1),
		"tail":           whole + " ",
	} {
		if _, _, err := leaf.Decode([]byte(other)); err == nil || other == whole {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMeaninglessEventsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*leaf.Payload){
		"id":                 func(p *leaf.Payload) { p.ID = strings.ToUpper(p.ID) + "x" },
		"UUIDv4":             func(p *leaf.Payload) { p.ID = "0192f0c1-0000-4000-8000-000000000001" },
		"station":            func(p *leaf.Payload) { p.Station = "" },
		"clock":              func(p *leaf.Payload) { p.Clock.Source = "sundial" },
		"bench's clock":      func(p *leaf.Payload) { p.Clock.Source = leaf.BenchClock },
		"year":               func(p *leaf.Payload) { p.At = time.Time{} },
		"root":               func(p *leaf.Payload) { p.Seen.Root = "x" },
		"size":               func(p *leaf.Payload) { p.Seen.Size = -1 },
		"big number":         func(p *leaf.Payload) { p.Seen.Size = 1 << 53 },
		"role":               func(p *leaf.Payload) { p.Actors = []leaf.Actor{{Person: "p", Role: "king", Credential: h0}} },
		"credential":         func(p *leaf.Payload) { p.Actors = []leaf.Actor{{Person: "p", Role: leaf.RoleAdmin}} },
		"no subject":         func(p *leaf.Payload) { p.Subjects = nil },
		"two subjects":       func(p *leaf.Payload) { p.Subjects = []string{"carrier/b-1", "carrier/b-2"} },
		"subject twice":      func(p *leaf.Payload) { p.Subjects = []string{"carrier/b-1", "list/x", "list/x"} },
		"other subject":      func(p *leaf.Payload) { p.Subjects = []string{"carrier/b-2"} },
		"unknown prefix":     func(p *leaf.Payload) { p.Subjects = append(p.Subjects, "moon/1") },
		"prev of no subject": func(p *leaf.Payload) { p.Prev = map[string]string{"carrier/x": h0} },
		"empty prev":         func(p *leaf.Payload) { p.Prev = map[string]string{"carrier/b-1": ""} },
		"control character":  func(p *leaf.Payload) { p.Clock.Boot = "a\nb" },
		"text direction":     func(p *leaf.Payload) { p.Clock.Boot = "a\u202eb" },
		"not UTF-8":          func(p *leaf.Payload) { p.Clock.Boot = "\xff" },
		"not NFC":            func(p *leaf.Payload) { p.Clock.Boot = "e\u0301" },
		"commitment":         func(p *leaf.Payload) { p.Body.(*leaf.Registered).Title = "a title in the clear" },
		"no body":            func(p *leaf.Payload) { p.Body = nil },
		"other body":         func(p *leaf.Payload) { p.Body = &leaf.Counted{} },
		"body by value":      func(p *leaf.Payload) { p.Body = leaf.Registered{Carrier: "b-1"} },
		"nil body":           func(p *leaf.Payload) { p.Body = (*leaf.Registered)(nil) },
	} {
		p := sample(leaf.CarrierRegistered)
		change(&p)
		if b, err := leaf.Build(p); err == nil {
			t.Errorf("%s: encoded as %s", name, b)
		}
	}
	p := sample(leaf.CarrierSealed)
	p.Body.(*leaf.Sealed).Item = "x"
	if _, err := leaf.Build(p); err == nil {
		t.Error("an item that is no hash was encoded")
	}
	big := sample(leaf.MachineEnrolled)
	big.Body.(*leaf.Machine).Manufacturer = strings.Repeat("x", leaf.MaxSize)
	if _, err := leaf.Encode(must(leaf.Build(big)), []leaf.Sig{{KeyID: h0, Sig: []byte("s")}}); err == nil {
		t.Error("a leaf that does not fit a tile was encoded")
	}
}

func TestCommitments(t *testing.T) {
	c, o, err := leaf.NewCommitment(rand.Reader, "/body/title", "关于……的通知")
	if err != nil {
		t.Fatal(err)
	}
	p := sample(leaf.CarrierRegistered)
	b := p.Body.(*leaf.Registered)
	*b = leaf.Registered{Carrier: "b-1", List: "l", Title: c}
	if err := leaf.CheckOpenings(p, []leaf.Opening{o}); err != nil {
		t.Error(err)
	}
	again, _, _ := leaf.NewCommitment(rand.Reader, "/body/title", "关于……的通知")
	if again == c {
		t.Error("the same value gives the same commitment: it could be guessed")
	}
	if e, _, _ := leaf.NewCommitment(rand.Reader, "/body/copy", ""); e != "" {
		t.Error("the empty value has a commitment")
	}
	value, path, salt := o, o, o
	value.Value += "x"
	path.Path = "/body/document"
	salt.Salt = salt.Salt[1:]
	for name, list := range map[string][]leaf.Opening{"none": nil, "twice": {o, o}, "value": {value}, "path": {path}, "salt": {salt}} {
		if err := leaf.CheckOpenings(p, list); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, _, err := leaf.NewCommitment(strings.NewReader("short"), "/body/title", "x"); err == nil {
		t.Error("a short salt was accepted")
	}
}

func TestRecordSaysWhatCustodyNeeds(t *testing.T) {
	p := authorisation(h0, h1)
	r, err := leaf.Record(h2, p)
	if err != nil {
		t.Fatal(err)
	}
	want := custody.Record{Hash: h2, ID: eventID, Kind: custody.KindAuthorised, At: p.At, Batch: "b-1", Manifest: h0, Approval: h1, ItemsRoot: h2,
		Machine: "m-1", NotAfter: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Actors: []custody.Actor{{Person: "p-1", Role: "destroyer", Credential: h0}, {Person: "p-2", Role: "attestor", Credential: h1}}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("record %+v\nwant %+v", r, want)
	}
	p.Body.(*leaf.Authorisation).NotAfter = "tomorrow"
	if _, err := leaf.Record(h2, p); err == nil {
		t.Error("a deadline that is no time was accepted")
	}
	o := sample(leaf.CarrierDestroyed)
	o.Body.(*leaf.Outcome).Verdict = "fine"
	if _, err := leaf.Record(h2, o); err == nil {
		t.Error("an unknown verdict was accepted")
	}
}

// Every body is written as encoding/json and the judge of RFC 8785 write it: no field of a type the encoder does not know.
func TestBodiesAreWrittenWhole(t *testing.T) {
	for _, k := range leaf.Kinds() {
		p := sample(k)
		v := reflect.ValueOf(p.Body).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.Slice:
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			case reflect.Map:
				f.Set(reflect.MakeMap(f.Type()))
				f.SetMapIndex(reflect.ValueOf("k"), reflect.Zero(f.Type().Elem()))
			case reflect.Pointer:
				f.Set(reflect.New(f.Type().Elem()))
				if e, ok := f.Interface().(*custody.Evidence); ok {
					e.Broken = []string{"gap"}
				}
			case reflect.Int64:
				f.SetInt(int64(i) + 1)
			case reflect.Bool:
				f.SetBool(true)
			}
		}
		if e, ok := p.Body.(*leaf.KeyEntry); ok {
			e.Likeness.Descriptors = map[string]string{"480": h1}
		}
		b, err := leaf.Build(p)
		if err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		want := must(jcs.Transform(must(json.Marshal(p.Body))))
		if !bytes.Contains(b, append([]byte(`"body":`), want...)) {
			t.Errorf("%s: %s\nlacks the body %s", k, b, want)
		}
	}
}

// The two encoders agree on names and text that need care.
func TestCanonicalFormAgreesWithTheJudge(t *testing.T) {
	p := sample(leaf.MachineEnrolled)
	p.Body.(*leaf.Machine).Extra = map[string]string{"\U0001F600": "a", "\uE000": "b", "é": "\"\\/<>&", "€": "密", "": "x", "1": "\u00ad"}
	p.Body.(*leaf.Machine).SecurityLevel = map[string]int64{"P": 7, "H": -4, "O": 1<<53 - 1}
	b, err := leaf.Build(p)
	if err == nil {
		var c []byte
		if c, err = jcs.Transform(b); err == nil && !bytes.Equal(b, c) {
			t.Errorf("ours %s\ntheirs %s", b, c)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	o := sample(leaf.CarrierDestroyed)
	o.Body.(*leaf.Outcome).Evidence = &custody.Evidence{Machine: "m", Broken: nil}
	if q := must(leaf.ParsePayload(must(leaf.Build(o)))); q.Body.(*leaf.Outcome).Evidence.Broken == nil {
		t.Error("an empty list came back as none")
	}
}

func FuzzDecode(f *testing.F) {
	for _, k := range leaf.Kinds() {
		f.Add(must(leaf.Encode(must(leaf.Build(sample(k))), []leaf.Sig{{KeyID: h0, Sig: []byte("sig")}})))
	}
	f.Add([]byte(`{"payload":"","payloadType":"","signatures":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		env, p, err := leaf.Decode(b)
		if err != nil {
			return
		}
		payload, err := leaf.Build(p)
		if err != nil || !bytes.Equal(payload, env.Payload) {
			t.Fatalf("decoded, but not built again: %v", err)
		}
		if c, err := jcs.Transform(payload); err != nil || !bytes.Equal(c, payload) {
			t.Fatalf("accepted, but not canonical: %v", err)
		}
		again, err := leaf.Encode(payload, env.Signatures)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("a second encoding of the same leaf was accepted: %v", err)
		}
		_ = leaf.Check(env, p, keyring{})
		_, _ = leaf.Record(leaf.Hash(b), p)
	})
}
