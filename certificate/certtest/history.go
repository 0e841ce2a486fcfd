// Package certtest builds whole histories of one batch, from the genesis leaf to the certificate, with real keys and
// signatures, for the tests of certificate and inspect: Ed25519 station keys, P-256, P-384 and RSA cards of a small CA.
//
// A history can be made to lie while it is written (Config.Hook changes a payload before it is signed by whoever signs it),
// or afterwards (World.Reseal signs a changed log again with the station's own keys). It is no part of the product.
package certtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"sexton/certificate"
	"sexton/custody"
	"sexton/ledger/leaf"
)

// Config says what history to write. The zero value is usable with Profile and PolicyBytes set.
type Config struct {
	Carriers     int // on the list; 0 = 8
	Missing      int // of them, not found by the count
	Disputed     int // fed without energy, the last ones
	Unfed        int // left in the batch, after the disputed ones
	Withdraw     bool
	Resolve      string // how two persons close the disputed cases: "destroyed" (on new evidence), "held", "" = not
	Late         bool   // they do so after the certificate, which is then followed by another
	Bench        bool
	Intermediate bool // cards are issued by an intermediate CA
	Plain        bool // all cards have P-256 keys
	Profile      string
	Version      string
	PolicyBytes  []byte
	Rows         []string // cited by the manifest
	Method       string
	Levels       map[string]int64
	// Hook may change a payload before it is signed. Who signs is decided after it, from its actors.
	Hook func(w *World, p *leaf.Payload)
	// Persons may change the persons before they are enrolled.
	Persons func(w *World)
	// Anchors, when set, replaces what the trust file anchors.
	Anchors [][]byte
}

// World is one station, its people and its history.
type World struct {
	Config
	*Log
	CA       *CA
	Issuer   *CA
	People   map[string]*Person
	Batch    string
	Number   string // of the certificate
	Carriers []string
	Openings []certificate.Opening
	Heads    map[string]string // subject -> hash of its last leaf
	Envelope certificate.Envelope
	Now      time.Time
	Size     int64 // of the checkpoint; 0 = the whole log
	kinds    map[string]*leaf.Registered
	regs     map[string]string // carrier -> leaf hash of its registration
	counter  int
	sequence int64
	adopted  bool
	err      error
}

// Kinds of the carriers on the list, in turn.
var kinds = []leaf.Registered{
	{CarrierKind: "paper", Medium: "paper", Classification: "secret", Period: "10年", Extent: leaf.Extent{Value: 12, Unit: "page"}, Count: 1},
	{CarrierKind: "disc", Medium: "optical", Classification: "secret", Period: "10年", Extent: leaf.Extent{Value: 4_700_000_000, Unit: "byte"}, Count: 1},
	{CarrierKind: "usb-key", Medium: "flash", Classification: "confidential", Extent: leaf.Extent{Value: 8_000_000_000, Unit: "byte"}, Count: 1},
	{CarrierKind: "paper", Medium: "paper", Classification: "internal", Extent: leaf.Extent{Value: 3, Unit: "page"}, Count: 2},
	{CarrierKind: "tape", Medium: "magnetic", Classification: "confidential", Extent: leaf.Extent{Value: 800_000_000, Unit: "byte"}, Count: 1},
}

const machineID = "shredder-1"

// People of the history. Keys are made once: an RSA key takes its time.
var cards = []struct {
	id, name, key string
	roles         []leaf.Role
}{
	{"p-001", "王秀英", "P-256", []leaf.Role{leaf.RoleReceiver, leaf.RoleCounter}},
	{"p-002", "张建国", "P-256", []leaf.Role{leaf.RoleApplicant, leaf.RoleRecounter}},
	{"p-003", "李晓梅", "RSA-2048", []leaf.Role{leaf.RoleApprover}},
	{"p-004", "陈志强", "P-256", []leaf.Role{leaf.RoleDestroyer}},
	{"p-005", "吴敏", "P-384", []leaf.Role{leaf.RoleAttestor}},
	{"p-006", "赵云", "P-256", []leaf.Role{leaf.RoleAttestor, leaf.RoleDestroyer}}, // never signs
}

var makeKeys = sync.OnceValue(func() map[string]*Person {
	out := make(map[string]*Person)
	for _, c := range cards {
		k, err := newKey(c.key)
		if err != nil {
			panic(err)
		}
		out[c.id] = &Person{key: k}
	}
	return out
})

// New writes a history.
func New(cfg Config) (*World, error) {
	w := &World{Config: cfg, Batch: uuid(-1), Number: "SXT-2026-03-000417", People: map[string]*Person{}, Heads: map[string]string{},
		Now: Start, kinds: map[string]*leaf.Registered{}, regs: map[string]string{}, sequence: 1000}
	if w.Config.Carriers == 0 {
		w.Config.Carriers = 8
	}
	if w.Method == "" {
		w.Method = "shred"
	}
	if w.Levels == nil {
		w.Levels = map[string]int64{"P": 7, "O": 7, "E": 7, "T": 7, "H": 7, "F": 7}
	}
	if err := w.keys(); err != nil {
		return nil, err
	}
	w.setUp()
	w.list()
	w.count()
	w.seal()
	w.destroy()
	w.certify()
	if w.Late {
		w.resolve()
		w.Number += "-2"
		w.certify()
	}
	w.station(leaf.StationStarted, nil, nil, &leaf.Started{Software: "after"})
	return w, w.err
}

func (w *World) keys() error {
	var err error
	origin := "sexton.example/station-03"
	if w.Bench {
		origin = "bench.sexton.example/station-03"
	}
	if w.Log, err = newLog(origin); err != nil {
		return err
	}
	if w.CA, err = NewCA("Example PIV CA", nil); err != nil {
		return err
	}
	w.Issuer = w.CA
	if w.Intermediate {
		if w.Issuer, err = NewCA("Example PIV Issuing CA", w.CA); err != nil {
			return err
		}
	}
	for _, c := range cards {
		if err := w.Card(c.id, Start.AddDate(-1, 0, 0), Start.AddDate(2, 0, 0)); err != nil {
			return err
		}
	}
	if w.Config.Persons != nil {
		w.Config.Persons(w)
	}
	return nil
}

// Card gives person id a certificate of the issuer for the given validity.
func (w *World) Card(id string, from, to time.Time) error {
	for _, c := range cards {
		if c.id == id {
			key := makeKeys()[id].key
			if w.Plain {
				var err error
				if key, err = newKey("P-256"); err != nil {
					return err
				}
			}
			p, err := newPerson(w.Issuer, id, c.name, key, from, to, c.roles...)
			w.People[id] = p
			return err
		}
	}
	return fmt.Errorf("person %s is unknown", id)
}

// commit makes a commitment and keeps its opening for event id.
func (w *World) commit(name, value string) func(id string) leaf.Commitment {
	return func(id string) leaf.Commitment {
		c, o, err := leaf.NewCommitment(rand.Reader, "/body/"+name, value)
		if err != nil {
			w.err = err
		}
		w.Openings = append(w.Openings, certificate.Opening{Event: id, Path: o.Path, Salt: o.Salt, Value: o.Value})
		return c
	}
}

// add writes one event and returns its leaf hash.
func (w *World) add(kind leaf.Kind, subjects []string, actors []leaf.Actor, body any) string {
	if w.err != nil {
		return ""
	}
	w.counter++
	w.Now = w.Now.Add(7 * time.Second)
	prev := map[string]string{}
	for _, s := range subjects {
		if h := w.Heads[s]; h != "" {
			prev[s] = h
		}
	}
	root := w.Root(int64(len(w.Leaves)))
	p := leaf.Payload{
		Schema: leaf.Schema, ID: uuid(w.counter), Station: w.Origin, Kind: kind, At: w.Now,
		Clock:  leaf.Clock{Source: "system", Boot: "b-1", MonoMS: w.Now.Sub(Start).Milliseconds()},
		Actors: actors, Subjects: subjects, Prev: prev, Seen: leaf.Seen{Size: int64(len(w.Leaves)), Root: hex.EncodeToString(root[:])}, Body: body,
	}
	if w.adopted {
		p.Policy = leaf.PolicyRef{Profile: w.Profile, Version: w.Version}
		if kind == leaf.BatchSealed {
			p.Policy.Rows = w.Rows
		}
	}
	if w.Hook != nil {
		w.Hook(w, &p)
	}
	data, err := w.Sign(p)
	if err != nil {
		w.err = fmt.Errorf("cannot write %s: %w", kind, err)
		return ""
	}
	w.Leaves = append(w.Leaves, data)
	h := leaf.Hash(data)
	for _, s := range p.Subjects {
		w.Heads[s] = h
	}
	return h
}

// Sign encodes p and has it signed by whom its kind demands.
func (w *World) Sign(p leaf.Payload) ([]byte, error) {
	payload, err := leaf.Build(p)
	if err != nil {
		return nil, err
	}
	return w.SignBytes(payload, p)
}

// SignBytes has payload signed by whom p's kind demands.
func (w *World) SignBytes(payload []byte, p leaf.Payload) ([]byte, error) {
	message := leaf.PAE(payload)
	var sigs []leaf.Sig
	switch leaf.SignersOf(p) {
	case leaf.ByOne, leaf.ByTwo:
		for _, a := range p.Actors {
			who := w.People[a.Person]
			if who == nil {
				return nil, fmt.Errorf("person %s is unknown", a.Person)
			}
			sig, err := who.sign(message)
			if err != nil {
				return nil, err
			}
			sigs = append(sigs, leaf.Sig{KeyID: who.SignKey(), Sig: sig})
		}
	default:
		sigs = append(sigs, leaf.Sig{KeyID: keyID(w.EventKey.Public()), Sig: ed25519.Sign(w.EventKey, message)})
	}
	return leaf.Encode(payload, sigs)
}

func (w *World) station(kind leaf.Kind, subjects []string, actors []leaf.Actor, body any) string {
	if subjects == nil {
		subjects = []string{leaf.StationSubject + w.Origin}
	}
	return w.add(kind, subjects, actors, body)
}

// Actor is person id in role with his slot 9C key.
func (w *World) Actor(id string, role leaf.Role) leaf.Actor {
	return leaf.Actor{Person: id, Role: role, Credential: w.People[id].SignKey()}
}

// login is person id in role with his slot 9A key.
func (w *World) login(id string, role leaf.Role) leaf.Actor {
	return leaf.Actor{Person: id, Role: role, Credential: w.People[id].Auth}
}

func sha(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// next is the id of the event that will be written next.
func (w *World) next() string { return uuid(w.counter + 1) }

func (w *World) setUp() {
	event, err := leaf.EventKeyText(w.EventKey.Public().(ed25519.PublicKey))
	if err != nil {
		w.err = err
		return
	}
	w.station(leaf.StationInitialised, nil, nil, &leaf.Initialised{
		Origin: w.Origin, LogKey: w.VKey, EventKey: event, Bench: w.Bench, Unit: w.commit("unit", "训练单位（演练）")(w.next()),
	})
	w.station(leaf.StationStarted, nil, nil, &leaf.Started{Software: "test"})
	w.add(leaf.PolicyAdopted, []string{leaf.PolicySubject + w.Profile}, nil, &leaf.Adopted{Profile: w.Profile, Version: w.Version, SHA256: sha(w.PolicyBytes)})
	w.adopted = true
	for _, c := range cards {
		p := w.People[c.id]
		w.add(leaf.PersonEnrolled, []string{leaf.PersonSubject + p.ID}, nil, &leaf.Enrolled{
			Person: p.ID, Name: w.commit("name", p.Name)(w.next()), Roles: p.Roles, AuthKey: p.Auth, SignKey: p.SignKey(), GUID: p.GUID,
			Serial: p.Serial, AuthCert: sha([]byte(p.ID)), SignCert: sha(p.Cert.Raw), Attestation: "issuer-asserted",
		})
	}
	w.add(leaf.MachineEnrolled, []string{leaf.MachineSubject + machineID}, nil, &leaf.Machine{
		Machine: machineID, Manufacturer: "Example", Model: "S-100", Serial: "0001", ProgramSum: "0102", MapHash: "a1b2c3d4", PeerSHA256: sha([]byte("peer")),
		ApprovalNo: "A-1", SecurityLevel: w.Levels, Extra: map[string]string{},
	})
	w.noise()
}

// noise writes an event that belongs to no certificate.
func (w *World) noise() { w.station(leaf.StationStarted, nil, nil, &leaf.Started{Software: "noise"}) }

func (w *World) list() {
	list := uuid(-2)
	w.add(leaf.ListImported, []string{leaf.ListSubject + list}, []leaf.Actor{w.login("p-001", leaf.RoleReceiver)}, &leaf.Imported{
		List: list, Number: w.commit("number", "清单-17")(w.next()), SourceSHA256: sha([]byte("list")), Encoding: "utf-8", Rows: int64(w.Config.Carriers),
	})
	for i := range w.Config.Carriers {
		id := uuid(-100 - i)
		r := kinds[i%len(kinds)]
		r.Carrier, r.List, r.Row, r.Number = id, list, int64(i+1), fmt.Sprintf("SX-24-%06d", i+1)
		r.Title = w.commit("title", fmt.Sprintf("第 %d 号文件（演练）", i+1))(w.next())
		h := w.add(leaf.CarrierRegistered, []string{leaf.CarrierSubject + id}, nil, &r)
		w.Carriers = append(w.Carriers, id)
		w.kinds[id], w.regs[id] = &r, h
	}
	w.add(leaf.ListReceived, []string{leaf.ListSubject + list}, []leaf.Actor{w.Actor("p-001", leaf.RoleReceiver)}, &leaf.Received{List: list, Count: int64(w.Config.Carriers)})
	w.add(leaf.BatchOpened, []string{leaf.BatchSubject + w.Batch}, []leaf.Actor{w.login("p-001", leaf.RoleCounter)}, &leaf.Opened{
		Batch: w.Batch, Number: "B-20261123-02", List: list, Act: "destroy",
	})
}

func (w *World) count() {
	counters := []leaf.Actor{w.login("p-001", leaf.RoleCounter), w.login("p-002", leaf.RoleRecounter)}
	for i, id := range w.Carriers {
		if i < w.Config.Missing {
			w.add(leaf.CarrierMissing, []string{leaf.CarrierSubject + id}, append(counters[:2:2], w.login("p-001", leaf.RoleExplaining)),
				&leaf.Missing{Batch: w.Batch, Reason: w.commit("reason", "已归档")(w.next())})
			continue
		}
		w.add(leaf.CarrierCounted, []string{leaf.CarrierSubject + id}, counters, &leaf.Counted{Batch: w.Batch})
	}
	w.noise()
}

// Members are the carriers that are sealed, in manifest order.
func (w *World) Members() []string { return w.Carriers[w.Config.Missing:] }

func (w *World) seal() {
	var items []string
	kinds, levels := map[string]int64{}, map[string]int64{}
	for i, id := range w.Members() {
		r := w.kinds[id]
		item := leaf.ItemHash(leaf.NewItem(int64(i), w.regs[id], r, r.Classification, r.Period))
		items = append(items, item)
		kinds[r.CarrierKind]++
		levels[r.Classification]++
		w.add(leaf.CarrierSealed, []string{leaf.CarrierSubject + id}, nil, &leaf.Sealed{Batch: w.Batch, Index: int64(i), Item: item})
	}
	batch := []string{leaf.BatchSubject + w.Batch}
	manifest := &leaf.Manifest{
		Batch: w.Batch, Number: "B-20261123-02", Items: int64(len(items)), ItemsRoot: leaf.Root(items), Kinds: kinds, Levels: levels,
		Method: w.Method, Machine: machineID, NotAfter: w.Now.Add(48 * time.Hour).Format(leaf.AtLayout),
	}
	seal := w.add(leaf.BatchSealed, batch, []leaf.Actor{w.Actor("p-002", leaf.RoleApplicant)}, manifest)
	approval := w.add(leaf.BatchApproved, batch, []leaf.Actor{w.Actor("p-003", leaf.RoleApprover)}, &leaf.Decision{Batch: w.Batch, Manifest: seal, Authority: "own-leader"})
	w.add(leaf.RefusalRecorded, batch, nil, &leaf.Refusal{Act: "batch.authorise", Code: "token.same-person"})
	w.add(leaf.BatchAuthorised, batch, []leaf.Actor{w.Actor("p-004", leaf.RoleDestroyer), w.Actor("p-005", leaf.RoleAttestor)}, &leaf.Authorisation{
		Batch: w.Batch, Manifest: seal, Approval: approval, ItemsRoot: manifest.ItemsRoot, Machine: machineID,
		Nonce: "00112233445566778899aabbccddeeff", NotAfter: w.Now.Add(8 * time.Hour).Format(leaf.AtLayout),
	})
	w.noise()
}

func (w *World) release(resumes bool) {
	batch := leaf.BatchSubject + w.Batch
	w.add(leaf.BatchReleased, []string{batch}, nil, &leaf.Released{
		Batch: w.Batch, Authorisation: w.find(leaf.BatchAuthorised), TokenSHA256: sha([]byte("token")), Machine: machineID, WindowMS: 60_000, Boot: 77, Resumes: resumes,
	})
}

// find is the leaf hash of the last event of a kind.
func (w *World) find(kind leaf.Kind) string {
	for i := len(w.Leaves) - 1; i >= 0; i-- {
		if _, p, err := leaf.Decode(w.Leaves[i]); err == nil && p.Kind == kind {
			return leaf.Hash(w.Leaves[i])
		}
	}
	return ""
}

// evidence is what feeding carrier id shows.
func (w *World) evidence(id string, energy bool) *custody.Evidence {
	r := w.kinds[id]
	x := custody.ExpectationFor(r.CarrierKind, custody.Extent(r.Extent), r.Count)
	from := w.sequence
	w.sequence += 40
	e := &custody.Evidence{
		Machine: machineID, Authenticated: true, Boot: 77, FromSequence: from, ToSequence: w.sequence, FromUptimeMS: from * 100, ToUptimeMS: w.sequence * 100,
		Permitted: true, Feed: x.Objects, EnergyJ: 2 * x.MinEnergyJ, PeakMA: 14_800, InletMG: (x.MinMassMG + x.MaxMassMG) / 2, Broken: []string{},
	}
	if !energy {
		e.EnergyJ, e.InletMG = 0, 0
	}
	return e
}

func (w *World) destroy() {
	w.release(false)
	var outcomes []string
	var sums leaf.Reconciled
	members := w.Members()
	kind := map[custody.Verdict]leaf.Kind{custody.VerdictDestroyed: leaf.CarrierDestroyed, custody.VerdictUnverified: leaf.CarrierUnverified, custody.VerdictDisputed: leaf.CarrierDisputed}
	for i, id := range members {
		left := len(members) - i
		if left <= w.Config.Unfed {
			outcomes = append(outcomes, w.add(leaf.CarrierUnfed, []string{leaf.CarrierSubject + id}, nil, &leaf.Unfed{Batch: w.Batch}))
			sums.Tally.Unfed++
			continue
		}
		if w.Withdraw && i == len(members)/2 {
			w.add(leaf.BatchWithdrawn, []string{leaf.BatchSubject + w.Batch}, nil, &leaf.Withdrawn{Batch: w.Batch, Cause: "card-removed", Fed: int64(i)})
			w.release(true)
		}
		e := w.evidence(id, left > w.Config.Unfed+w.Config.Disputed)
		r := w.kinds[id]
		v, why := custody.Judge(*e, custody.ExpectationFor(r.CarrierKind, custody.Extent(r.Extent), r.Count))
		sums.FeedTotal, sums.EnergyJ = sums.FeedTotal+e.Feed, sums.EnergyJ+e.EnergyJ
		switch v {
		case custody.VerdictDestroyed:
			sums.Tally.Destroyed++
		case custody.VerdictDisputed:
			sums.Tally.Disputed++
		default:
			sums.Tally.Unverified++
		}
		outcomes = append(outcomes, w.add(kind[v], []string{leaf.CarrierSubject + id}, nil, &leaf.Outcome{Batch: w.Batch, Verdict: v.String(), Reasons: why, Evidence: e}))
	}
	if !w.Late {
		w.resolve()
	}
	sums.Batch, sums.OutcomesRoot = w.Batch, leaf.Root(outcomes)
	batch := []string{leaf.BatchSubject + w.Batch}
	tally := sums.Tally
	reconciled := w.add(leaf.BatchReconciled, batch, nil, &sums)
	w.add(leaf.BatchCompleted, batch, []leaf.Actor{w.Actor("p-004", leaf.RoleDestroyer), w.Actor("p-005", leaf.RoleAttestor)}, &leaf.Completed{
		Batch: w.Batch, Reconciled: reconciled, Tally: tally, OutcomesRoot: sums.OutcomesRoot,
	})
}

// resolve closes the disputed cases.
func (w *World) resolve() {
	if w.Config.Resolve == "" {
		return
	}
	members := w.Members()
	for i, id := range members {
		left := len(members) - i
		if left <= w.Config.Unfed || left > w.Config.Unfed+w.Config.Disputed {
			continue
		}
		r := &leaf.Resolved{Case: w.Heads[leaf.CarrierSubject+id], Resolution: w.Config.Resolve, Reason: w.commit("reason", "复核")(w.next())}
		if r.Resolution == "destroyed" {
			r.Evidence = w.evidence(id, true)
		}
		w.add(leaf.CarrierResolved, []string{leaf.CarrierSubject + id}, []leaf.Actor{w.Actor("p-004", leaf.RoleDestroyer), w.Actor("p-005", leaf.RoleAttestor)}, r)
	}
}

// certify builds the statement and writes batch.certified. When the history is
// such that no statement can be built, any statement is signed: the lie is told
// to the end.
func (w *World) certify() {
	if w.err != nil {
		return
	}
	leaves, err := certificate.Select(context.Background(), w.Log, w.Batch, int64(len(w.Leaves)))
	if err != nil {
		w.err = err
		return
	}
	_, statement, err := certificate.Build(leaves, w.Batch, w.Number)
	if err != nil {
		statement = []byte(`{}`)
	}
	w.SignStatement(statement)
	w.add(leaf.BatchCertified, []string{leaf.BatchSubject + w.Batch}, nil, &leaf.Certified{Batch: w.Batch, Certificate: w.Number, Statement: sha(statement)})
}

// SignStatement signs any bytes as the statement, with the station's event key.
func (w *World) SignStatement(statement []byte) {
	w.Envelope = certificate.Envelope{Statement: statement, KeyID: keyID(w.EventKey.Public()), Sig: ed25519.Sign(w.EventKey, certificate.PAE(statement))}
}

// Index is the index of the n-th event of a kind, counted from 0; negative n
// count from the end.
func (w *World) Index(kind leaf.Kind, n int) int {
	var at []int
	for i, p := range w.decode() {
		if p.Kind == kind {
			at = append(at, i)
		}
	}
	if n < 0 {
		n += len(at)
	}
	return at[n]
}

// Fork is a copy whose log can be changed without changing w's.
func (w *World) Fork() *World {
	c := *w
	c.Log = w.Log.Clone()
	return &c
}

// RawEnvelope writes a leaf around any payload bytes, whatever they are, with a
// signature by each of persons, or by the station when there are none.
func (w *World) RawEnvelope(payload []byte, persons ...string) ([]byte, error) {
	message := leaf.PAE(payload)
	out := `{"payload":"` + base64.StdEncoding.EncodeToString(payload) + `","payloadType":"` + leaf.PayloadType + `","signatures":[`
	one := func(id string, sig []byte) {
		if out[len(out)-1] == '}' {
			out += ","
		}
		out += `{"keyid":"` + id + `","sig":"` + base64.StdEncoding.EncodeToString(sig) + `"}`
	}
	for _, id := range persons {
		sig, err := w.People[id].sign(message)
		if err != nil {
			return nil, err
		}
		one(w.People[id].SignKey(), sig)
	}
	if len(persons) == 0 {
		one(keyID(w.EventKey.Public()), ed25519.Sign(w.EventKey, message))
	}
	return []byte(out + "]}"), nil
}

// Parts collects what a certificate of the log as it stands is made from.
func (w *World) Parts() (certificate.Parts, error) {
	size := w.Size
	if size == 0 {
		size = int64(len(w.Leaves))
	}
	leaves, err := certificate.Select(context.Background(), w.Log, w.Batch, int64(w.Index(leaf.BatchCertified, -1))+1)
	if err != nil {
		return certificate.Parts{}, err
	}
	return w.PartsOf(leaves, size)
}

// PartsOf is Parts for any choice of leaves, in a tree of size.
func (w *World) PartsOf(leaves []certificate.Leaf, size int64) (certificate.Parts, error) {
	segments, err := certificate.Segments(leaves)
	if err != nil {
		return certificate.Parts{}, err
	}
	head, err := w.Checkpoint(size)
	if err != nil {
		return certificate.Parts{}, err
	}
	proof, err := w.Proof(leaves[len(leaves)-1].Index, size, head)
	if err != nil {
		return certificate.Parts{}, err
	}
	p := certificate.Parts{
		Leaves: leaves, RangeProof: w.RangeProof(certificate.Ranges(segments), size), Checkpoint: head, Proof: proof,
		Policy: w.PolicyBytes, Envelope: w.Envelope,
	}
	ids, signers := map[string]bool{}, map[string]bool{}
	for _, l := range leaves {
		if _, pl, err := leaf.Decode(l.Bytes); err == nil {
			ids[pl.ID] = true
			if s := leaf.SignersOf(pl); s == leaf.ByOne || s == leaf.ByTwo {
				for _, a := range pl.Actors {
					signers[a.Person] = true
				}
			}
		}
	}
	for id := range signers {
		if w.People[id] == nil {
			continue // a forged name
		}
		p.Credentials = append(p.Credentials, w.People[id].Cert.Raw)
	}
	if w.Intermediate {
		p.Credentials = append(p.Credentials, w.Issuer.Cert.Raw)
	}
	for _, o := range w.Openings {
		if ids[o.Event] {
			p.Openings = append(p.Openings, o)
		}
	}
	return p, nil
}

// Bundle is the encoded certificate.
func (w *World) Bundle() ([]byte, error) {
	parts, err := w.Parts()
	if err != nil {
		return nil, err
	}
	return Encode(parts)
}

// Encode assembles and encodes parts.
func Encode(parts certificate.Parts) ([]byte, error) {
	b, err := certificate.Assemble(parts)
	if err != nil {
		return nil, err
	}
	return b.Encode()
}

// Trust is the trust file of an inspector who trusts this station.
func (w *World) Trust() []byte {
	anchors := w.Config.Anchors
	if anchors == nil {
		anchors = [][]byte{w.CA.Cert.Raw}
	}
	out := fmt.Sprintf("# trust for tests\nlog %s\nquorum none\nprofile %s %s %s\n", w.VKey, w.Profile, w.Version, sha(w.PolicyBytes))
	for _, a := range anchors {
		out += "anchor " + base64.StdEncoding.EncodeToString(a) + "\n"
	}
	return []byte(out)
}
