package certificate

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Certified returns the one batch.certified event of the history and its
// body. It must be the last event.
func (h *History) Certified() (*Event, *leaf.Certified, error) {
	events := h.OfKind(leaf.BatchCertified)
	if n := len(h.Events); n == 0 || len(events) == 0 || events[len(events)-1] != h.Events[n-1] {
		return nil, nil, errors.New("the last leaf is not a batch.certified event")
	}
	e := h.Events[len(h.Events)-1]
	body, ok := e.Payload.Body.(*leaf.Certified)
	if !ok {
		return nil, nil, errors.New("internal error: batch.certified with a foreign body")
	}
	return e, body, nil
}

// before is the history without its last event, not yet replayed.
func (h *History) before() *History {
	b := empty(len(h.Events))
	for _, e := range h.Events[:len(h.Events)-1] {
		b.index(e)
	}
	return b
}

// Recompute builds the statement that this history's batch.certified leaf
// must stand for, and returns its canonical bytes too.
func (h *History) Recompute() (*Statement, []byte, error) {
	_, body, err := h.Certified()
	if err != nil {
		return nil, nil, err
	}
	return h.before().Build(body.Batch, body.Certificate)
}

// Build computes the statement of a certificate from the leaves that Select
// chose, before batch.certified is written. The SHA-256 of the returned bytes
// goes into that leaf; the bytes go into the Envelope.
func Build(leaves []Leaf, batch, number string) (*Statement, []byte, error) {
	h, err := NewHistory(leaves)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot build statement: %w", err)
	}
	return h.Build(batch, number)
}

// Build is the same for a decoded history. It replays the history.
func (h *History) Build(batch, number string) (*Statement, []byte, error) {
	s, err := h.build(batch, number)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot build statement: %w", err)
	}
	data, err := s.Encode()
	if err != nil {
		return nil, nil, err
	}
	return s, data, nil
}

func (h *History) build(batch, number string) (*Statement, error) {
	if number == "" {
		return nil, errors.New("a certificate needs a number")
	}
	if err := h.Replay(); err != nil {
		return nil, err
	}
	b, ok := h.Batch(batch)
	if !ok {
		return nil, fmt.Errorf("batch %s is not in the leaves", clip(batch))
	}
	s := &Statement{Type: StatementType, PredicateType: PredicateType}
	p := &s.Predicate
	p.Certificate = number
	if err := h.station(p); err != nil {
		return nil, err
	}
	if err := h.sealing(p, b); err != nil {
		return nil, err
	}
	h.people(p)
	h.acts(p, batch)
	if err := h.members(s, b); err != nil {
		return nil, err
	}
	h.missing(p, batch)
	h.lists(p)
	hashes := make([]string, len(h.Events))
	for i, e := range h.Events {
		hashes[i] = e.Hash
	}
	p.History = Extent{
		Leaves: int64(len(hashes)), Root: leaf.Root(hashes), First: h.Events[0].Index, Last: h.Events[len(h.Events)-1].Index,
	}
	return s, nil
}

func (h *History) station(p *Predicate) error {
	if len(h.Events) == 0 || h.Events[0].Index != 0 {
		return errors.New("the leaf at index 0 is missing")
	}
	g, ok := h.Events[0].Payload.Body.(*leaf.Initialised)
	if !ok {
		return errors.New("the leaf at index 0 is not station.initialised")
	}
	p.Station = Station{Origin: g.Origin, LogKey: g.LogKey, EventKey: g.EventKey, Bench: g.Bench}
	return nil
}

// sealing reads the batch, and the profile that was in force when it was sealed.
func (h *History) sealing(p *Predicate, b custody.Batch) error {
	seal, ok := h.ByHash(b.SealLeaf)
	if !ok {
		return errors.New("the batch was never sealed")
	}
	var act string
	for _, e := range h.OfKind(leaf.BatchOpened) {
		if o, ok := e.Payload.Body.(*leaf.Opened); ok && o.Batch == b.ID {
			act = o.Act
		}
	}
	p.Batch = BatchInfo{ID: b.ID, Number: b.Number, Act: act, Method: b.Method, ItemsRoot: b.ItemsRoot, State: b.State.String()}
	ref := seal.Payload.Policy
	p.Policy = PolicyInfo{Profile: ref.Profile, Version: ref.Version, Rows: list(ref.Rows)}
	if a := h.Adopted(seal.Index); a != nil {
		p.Policy.SHA256 = a.SHA256
	}
	h.machine(p, b.Machine, seal.Index)
	return nil
}

// Adopted is the policy adopted last before index, nil if none.
func (h *History) Adopted(index int64) *leaf.Adopted {
	var last *leaf.Adopted
	for _, e := range h.OfKind(leaf.PolicyAdopted) {
		if a, ok := e.Payload.Body.(*leaf.Adopted); ok && e.Index < index {
			last = a
		}
	}
	return last
}

// Machine is a machine as enrolled last before index, nil if it is not.
func (h *History) Machine(id string, index int64) *leaf.Machine {
	var last *leaf.Machine
	for _, e := range h.OfKind(leaf.MachineEnrolled) {
		if m, ok := e.Payload.Body.(*leaf.Machine); ok && m.Machine == id && e.Index < index {
			last = m
		}
	}
	return last
}

func (h *History) machine(p *Predicate, id string, index int64) {
	p.Machine.SecurityLevels = map[string]int64{}
	m := h.Machine(id, index)
	if m == nil {
		p.Machine.ID = id
		return
	}
	p.Machine = MachineInfo{
		ID: m.Machine, Manufacturer: m.Manufacturer, Model: m.Model, Serial: m.Serial, ProgramSum: m.ProgramSum,
		PeerSHA256: m.PeerSHA256, ApprovalNo: m.ApprovalNo, SecurityLevels: p.Machine.SecurityLevels,
	}
	for k, v := range m.SecurityLevel {
		p.Machine.SecurityLevels[k] = v
	}
}

// Enrolled is a person as enrolled last before index, nil if he is not.
func (h *History) Enrolled(person string, index int64) *leaf.Enrolled {
	e := h.Enrolment(person, index)
	if e == nil {
		return nil
	}
	b, _ := e.Payload.Body.(*leaf.Enrolled)
	return b
}

// Enrolment is the event of Enrolled.
func (h *History) Enrolment(person string, index int64) *Event {
	all := h.persons[person]
	n := sort.Search(len(all), func(i int) bool { return all[i].Index >= index })
	if n == 0 {
		return nil
	}
	return all[n-1]
}

func (h *History) people(p *Predicate) {
	roles := make(map[string]map[string]bool)
	for _, e := range h.Events {
		for _, a := range e.Payload.Actors {
			if roles[a.Person] == nil {
				roles[a.Person] = make(map[string]bool)
			}
			roles[a.Person][string(a.Role)] = true
		}
	}
	p.Persons = []Person{}
	for _, id := range sortedKeys(roles) {
		who := Person{ID: id, Roles: sortedKeys(roles[id])}
		if e := h.Enrolled(id, h.Events[len(h.Events)-1].Index+1); e != nil {
			who.SignKey, who.Attestation = e.SignKey, e.Attestation
		}
		p.Persons = append(p.Persons, who)
	}
}

func (h *History) acts(p *Predicate, batch string) {
	p.Acts = []Act{}
	for _, e := range h.bySubj[leaf.BatchSubject+batch] {
		if !strings.HasPrefix(string(e.Payload.Kind), "batch.") {
			continue
		}
		a := Act{Kind: string(e.Payload.Kind), At: stamp(e.Payload.At), Index: e.Index, Leaf: e.Hash, Persons: []string{}}
		for _, w := range e.Payload.Actors {
			a.Persons = append(a.Persons, string(w.Role)+" "+w.Person)
		}
		p.Acts = append(p.Acts, a)
	}
}

func (h *History) members(s *Statement, b custody.Batch) error {
	p := &s.Predicate
	p.Totals = Totals{Kinds: map[string]int64{}, Levels: map[string]int64{}, Tally: map[string]int64{}, States: map[string]int64{}}
	s.Subject, p.Members = []Subject{}, []Member{}
	for _, place := range h.places(b) {
		c, ok := h.Carrier(place.carrier)
		if !ok {
			return fmt.Errorf("carrier %s is sealed but not registered", clip(place.carrier))
		}
		m := Member{
			Position: place.index, Carrier: c.ID, Number: c.Number, Kind: c.Kind, Medium: c.Medium,
			Extent: c.Extent.Value, ExtentUnit: c.Extent.Unit, Count: c.Count,
			State: c.State.String(), Reasons: []string{},
		}
		m.Classification, m.Period = h.Mark(c.ID, place.at)
		out := h.Outcome(c.ID, b.ID)
		if out == nil {
			return fmt.Errorf("carrier %s has no outcome", clip(c.ID))
		}
		m.Verdict, m.At, m.Outcome = Verdict(out).String(), stamp(out.Payload.At), out.Hash
		if o, ok := out.Payload.Body.(*leaf.Outcome); ok {
			m.Reasons = list(o.Reasons)
			if o.Evidence != nil {
				m.Feed, m.EnergyJ, m.InletMG, m.BinMG = o.Evidence.Feed, o.Evidence.EnergyJ, o.Evidence.InletMG, o.Evidence.BinMG
			}
		}
		if r := h.Resolution(c.ID, out.Hash); r != nil {
			m.Resolution = r.Hash
		}
		p.Members = append(p.Members, m)
		s.Subject = append(s.Subject, Subject{Name: leaf.CarrierSubject + c.ID, Digest: map[string]string{DigestName: out.Hash}})
		p.Totals.Members++
		p.Totals.Kinds[m.Kind]++
		p.Totals.Levels[m.Classification]++
		p.Totals.States[m.State]++
	}
	t := b.Tally
	p.Totals.Tally = map[string]int64{
		"destroyed": t.Destroyed, "unverified": t.Unverified, "disputed": t.Disputed, "indeterminate": t.Indeterminate, "unfed": t.Unfed,
	}
	return nil
}

type place struct {
	index   int64
	carrier string
	at      int64 // index of carrier.sealed
}

// places lists who was sealed into the manifest that the batch's last seal
// stands for. It reads the leaves, not the final states: a member may have
// moved on.
func (h *History) places(b custody.Batch) []place {
	seal, ok := h.ByHash(b.SealLeaf)
	if !ok {
		return nil
	}
	latest := make(map[int64]*Event)
	for _, e := range h.Events {
		if e.Index >= seal.Index {
			break
		}
		if body, ok := e.Payload.Body.(*leaf.Sealed); ok && body.Batch == b.ID && body.Index < b.Members {
			latest[body.Index] = e
		}
	}
	out := make([]place, 0, len(latest))
	for i, e := range latest {
		out = append(out, place{index: i, carrier: e.Record.Carrier, at: e.Index})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].index < out[j].index })
	return out
}

// Mark is the classification and period a carrier bore just before an index: as
// registered, or as the last document.reclassified that names it says.
func (h *History) Mark(carrier string, before int64) (level, term string) {
	for _, e := range h.bySubj[leaf.CarrierSubject+carrier] {
		if e.Index >= before {
			break
		}
		switch b := e.Payload.Body.(type) {
		case *leaf.Registered:
			level, term = b.Classification, b.Period
		case *leaf.Reclassified:
			if !b.Release {
				level, term = b.Classification, b.Period
			}
		}
	}
	return level, term
}

// Outcome is the event that fixed a member's outcome in a batch: the last of
// the carrier's outcomes (unfed included) in it. nil if there is none.
func (h *History) Outcome(carrier, batch string) *Event {
	var last *Event
	for _, e := range h.bySubj[leaf.CarrierSubject+carrier] {
		if Verdict(e) != custody.VerdictUnknown && e.Record.Batch == batch {
			last = e
		}
	}
	return last
}

// Verdict is what an outcome event says by its kind, VerdictUnknown for
// events that are no outcomes.
func Verdict(e *Event) custody.Verdict {
	switch e.Payload.Kind {
	case leaf.CarrierDestroyed:
		return custody.VerdictDestroyed
	case leaf.CarrierUnverified:
		return custody.VerdictUnverified
	case leaf.CarrierDisputed:
		return custody.VerdictDisputed
	case leaf.CarrierIndetermin:
		return custody.VerdictIndeterminate
	case leaf.CarrierUnfed:
		return custody.VerdictUnfed
	}
	return custody.VerdictUnknown
}

// Resolution is the event that closed the case a given outcome opened.
func (h *History) Resolution(carrier, outcome string) *Event {
	for _, e := range h.bySubj[leaf.CarrierSubject+carrier] {
		if r, ok := e.Payload.Body.(*leaf.Resolved); ok && r.Case == outcome {
			return e
		}
	}
	return nil
}

func (h *History) missing(p *Predicate, batch string) {
	p.Missing = []Absent{}
	last := make(map[string]*Event)
	for _, e := range h.OfKind(leaf.CarrierMissing) {
		if m, ok := e.Payload.Body.(*leaf.Missing); ok && m.Batch == batch {
			last[e.Record.Carrier] = e
		}
	}
	for _, id := range sortedKeys(last) {
		e := last[id]
		c, _ := h.Carrier(id)
		level, _ := h.Mark(id, e.Index)
		p.Missing = append(p.Missing, Absent{
			Carrier: id, Number: c.Number, Kind: c.Kind, Classification: level,
			At: stamp(e.Payload.At), Leaf: e.Hash, Found: c.State != custody.Missing,
		})
		p.Totals.Missing++
	}
	sort.SliceStable(p.Missing, func(i, j int) bool { return p.Missing[i].Number < p.Missing[j].Number })
}

func (h *History) lists(p *Predicate) {
	p.Lists = []ListInfo{}
	for _, e := range h.OfKind(leaf.ListImported) {
		b, ok := e.Payload.Body.(*leaf.Imported)
		if !ok {
			continue
		}
		l := ListInfo{ID: b.List, SourceSHA256: b.SourceSHA256, Rows: b.Rows, Skipped: b.Skipped}
		l.Here = int64(len(h.inList[b.List]))
		p.Lists = append(p.Lists, l)
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// list is never nil, so that it is written as [].
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return slices.Clone(s)
}
