package custody_test

import (
	"fmt"
	"maps"
	"slices"

	"sexton/custody"
)

// oracle reads a history a second time, leaf by leaf and without Step, keeps its
// own few maps, and says what should not have been taken. It asks the rules as
// the law has them, not the tables.
type oracle struct {
	key     custody.KeyState // of the one USB key
	epoch   int64
	secrets map[string]bool

	faults []string

	item      map[string]*item
	movement  map[string]*passing
	asked     map[string]*asking
	document  map[string]*paper
	list      map[string]*arrival4
	series    map[string]int64
	left      map[string]bool
	finding   map[string]string // open finding -> who answers
	clearing  map[string]*clearout
	knew      []custody.Knew
	written   map[string][]string // closed write-off incidents -> carriers
	incidents map[string][]string
}

type item struct {
	entry                            custody.Entry
	where, keeper, with, in          string // where: "", shelf, offered, out, transit, machine, gone
	missing, received                bool
	level, term, campaign, fate, end string
	batch                            string // sealed in
	outcome, open                    bool
}

type passing struct {
	act, from, to string
	outside       bool
	in            map[string]bool
	signed        map[string]string
}

type asking struct {
	entry                               custody.RequestEntry
	applicant, auditor, approver        custody.Actor
	approved                            bool
	used, made, spoiled, usable, wasted int64
}

type paper struct {
	level, term string
	circle      []string
	registered  int64
	releases    []string
}

type arrival4 struct {
	rows, entered    int64
	counted          int64
	numbered, signed bool
}

type clearout struct {
	opener, leaf     string
	approved, closed bool
	done             map[string]int64
}

// newOracle has read nothing.
func newOracle() *oracle {
	return &oracle{secrets: map[string]bool{}, item: map[string]*item{}, movement: map[string]*passing{}, asked: map[string]*asking{}, document: map[string]*paper{},
		list: map[string]*arrival4{}, series: map[string]int64{}, left: map[string]bool{}, finding: map[string]string{},
		clearing: map[string]*clearout{}, written: map[string][]string{}, incidents: map[string][]string{}}
}

func (o *oracle) wrong(r custody.Record, format string, args ...any) {
	o.faults = append(o.faults, fmt.Sprintf("%d %s: ", r.Index, r.Kind)+fmt.Sprintf(format, args...))
}

func (o *oracle) must(r custody.Record, ok bool, format string, args ...any) {
	if !ok {
		o.wrong(r, format, args...)
	}
}

// read takes one leaf in.
func (o *oracle) read(r custody.Record) {
	for _, a := range r.Actors {
		o.must(r, !o.left[a.Person], "%s has left", a.Person)
	}
	switch b := r.Register.(type) {
	case *custody.ListOpen:
		o.list[b.List] = &arrival4{rows: b.Rows, counted: -1}
	case *custody.ListCount:
		o.list[b.List].counted = b.Count
	case *custody.ListNumbers:
		key := fmt.Sprint(b.Series, b.Year)
		o.must(r, b.First == o.series[key]+1 && b.Last-b.First+1 == o.list[b.List].rows, "%d to %d after %d", b.First, b.Last, o.series[key])
		o.series[key], o.list[b.List].numbered = b.Last, true
	case *custody.DocumentEntry:
		o.document[b.Document] = &paper{level: b.Classification, term: b.Period}
	case *custody.CircleSet:
		o.circle(r, b)
	case *custody.Reclassification:
		o.remark(r, b)
	case *custody.RequestEntry:
		o.asked[b.Request] = &asking{entry: *b, applicant: r.Actors[0]}
	case *custody.RequestDecision:
		o.decision(r, b)
	case *custody.CopiesMade:
		q := o.asked[b.Request]
		o.useOf(r, b.Request, b.Made+b.Spoiled)
		q.made, q.spoiled = q.made+b.Made, q.spoiled+b.Spoiled
		if b.Parent != "" {
			p := o.item[b.Parent]
			o.must(r, p.where == "shelf" || p.with == r.Actors[0].Person, "the original is not at hand")
			o.must(r, !p.entry.Spoiled, "a spoiled original")
		}
	case *custody.MovementOpen:
		o.opened(r, b)
	case *custody.MovementEnd:
		o.ended(r, b)
	case *custody.FirmCertificate:
		for _, id := range r.Carriers {
			o.must(r, o.item[id].end == custody.ActConsign && o.movement[b.Movement].signed[id] != "", "%s was not consigned by it", id)
		}
	case *custody.Pledge, *custody.Stored, *custody.MovementRenew:
	case *custody.Post:
		o.left[b.Person] = false
	case *custody.Leaving:
		o.leaving(r, b)
	case *custody.FindingEntry:
		o.finding[b.Finding] = b.Answers
	case *custody.FindingStep:
		if r.Kind == custody.KindFindingEnd {
			o.must(r, r.Actors[0].Person != o.finding[b.Finding], "closed by who answers")
			if b.Accepted {
				delete(o.finding, b.Finding)
			}
		}
	case *custody.CampaignOpen:
		o.clearing[b.Campaign] = &clearout{opener: r.Actors[0].Person, done: map[string]int64{}}
	case *custody.CampaignProposal:
		o.propose(r, b)
	case *custody.CampaignDecision:
		o.fates(r, b)
	case *custody.CampaignEnd:
		k := o.clearing[b.Campaign]
		o.must(r, k.approved && maps.Equal(b.Done, k.done), "closed with %v, done %v", b.Done, k.done)
		k.closed = true
	case *custody.IncidentReport:
		o.incidents[b.Incident] = r.Carriers
	case *custody.IncidentEnd:
		if b.Result == "written-off" {
			o.written[b.Incident] = o.incidents[b.Incident]
		}
	case *custody.KeyEntry:
		o.must(r, o.key != custody.KeyInUse && !o.secrets[b.Canary], "registered while %q, or with a used secret", o.key)
		o.key, o.epoch, o.secrets[b.Canary] = custody.KeyInUse, b.Epoch, true
	case *custody.KeyMeeting:
		o.met(r, b)
	case *custody.KeyStep:
		o.key = map[custody.Kind]custody.KeyState{custody.KindKeyLost: custody.KeyIsLost, custody.KindKeyFound: custody.KeyInUse, custody.KindKeyRetired: custody.KeyIsOut}[r.Kind]
	case nil:
		o.ofCarrier(r)
	}
}

// met: a key is taken while it is in use, at a later epoch each time.
func (o *oracle) met(r custody.Record, b *custody.KeyMeeting) {
	if b.Refused == "" {
		o.must(r, o.key == custody.KeyInUse && b.Epoch > o.epoch, "taken while %s, at epoch %d after %d", o.key, b.Epoch, o.epoch)
		o.epoch = b.Epoch
	}
	if b.Verdict == "stale" || b.Verdict == "mixed" || b.Verdict == "foreign" {
		o.key = custody.KeySuspect
	}
}

func (o *oracle) circle(r custody.Record, b *custody.CircleSet) {
	d := o.document[b.Document]
	for _, p := range d.circle {
		o.must(r, slices.Contains(b.Persons, p), "%s left the circle", p)
	}
	if len(d.circle) > 0 {
		for _, p := range b.Persons {
			o.must(r, slices.Contains(d.circle, p) || slices.Contains(o.asked[b.Request].entry.Persons, p), "%s joined without approval", p)
		}
		o.useOf(r, b.Request, 1)
	}
	d.circle = b.Persons
}

func (o *oracle) remark(r custody.Record, b *custody.Reclassification) {
	o.useOf(r, b.Request, 1)
	d := o.document[b.Document]
	for id, it := range o.item {
		if it.entry.Document != b.Document || it.end != "" {
			continue
		}
		named := slices.Contains(r.Carriers, id)
		switch {
		case b.Release:
			o.must(r, named == (it.where == "shelf" && !it.missing) || it.missing, "%s is %s, named: %t", id, it.where, named)
		case named:
			it.level, it.term = b.Classification, b.Period
		}
		o.must(r, it.batch == "" || !named && !it.open, "%s is in batch %s", id, it.batch)
		if !b.Release {
			o.must(r, it.level == b.Classification && it.term == b.Period, "%s keeps another mark", id)
		}
	}
	if b.Release {
		d.releases = append(d.releases, r.Hash)
		return
	}
	d.level, d.term = b.Classification, b.Period
}

func (o *oracle) decision(r custody.Record, b *custody.RequestDecision) {
	q, a := o.asked[b.Request], r.Actors[0]
	switch r.Kind {
	case custody.KindAudited:
		q.auditor = a
	case custody.KindRequestOK:
		q.approver, q.approved = a, true
		for _, other := range []custody.Actor{q.applicant, q.auditor} {
			o.must(r, a.Person != other.Person && a.Credential != other.Credential, "approved by %s", a.Person)
		}
	case custody.KindRequestBack:
		o.must(r, a.Person == q.applicant.Person, "withdrawn by %s", a.Person)
	}
	o.must(r, q.auditor.Person == "" || q.auditor.Person != q.applicant.Person, "audited by the applicant")
}

// useOf counts uses of an approved request.
func (o *oracle) useOf(r custody.Record, id string, n int64) {
	q := o.asked[id]
	o.must(r, q != nil && q.approved && !r.At.After(q.entry.NotAfter), "request %s is not in force", id)
	if q != nil {
		q.used += n
		o.must(r, q.used <= q.entry.Count, "%d uses of %d", q.used, q.entry.Count)
	}
}

func (o *oracle) opened(r custody.Record, b *custody.MovementOpen) {
	m := &passing{act: b.Act, from: r.Actors[0].Person, to: b.To, outside: b.Outside, in: map[string]bool{}, signed: map[string]string{}}
	if b.Request != "" {
		o.useOf(r, b.Request, int64(len(r.Carriers)))
	}
	away := !slices.Contains([]string{custody.ActCirculate, custody.ActLend, custody.ActCarryOut, custody.ActHandOver}, b.Act)
	for _, id := range r.Carriers {
		it := o.item[id]
		o.must(r, it.where == "shelf" && !it.missing && it.batch == "", "%s is %q", id, it.where)
		o.must(r, it.in == "", "%s is in movement %s too", id, it.in)
		o.must(r, it.keeper == m.from, "%s is kept by %s", id, it.keeper)
		o.must(r, !it.entry.MustReturn || !away || b.Act == custody.ActReturn, "%s must be returned", id)
		o.must(r, !it.entry.Spoiled || slices.Contains([]string{custody.ActReturn, custody.ActConsign, custody.ActHandOver}, b.Act), "%s is spoiled", id)
		if b.Campaign != "" {
			o.must(r, it.campaign == b.Campaign && it.fate == b.Act && o.clearing[b.Campaign].approved, "%s has another fate", id)
		}
		it.in, it.where, m.in[id] = b.Movement, "offered", true
		if away {
			it.where = "transit"
		}
	}
	o.movement[b.Movement] = m
}

func (o *oracle) ended(r custody.Record, b *custody.MovementEnd) {
	m, who := o.movement[b.Movement], r.Actors[0].Person
	for _, id := range r.Carriers {
		it := o.item[id]
		o.must(r, m.in[id] && it.in == b.Movement, "%s is not in it", id)
		back := false
		switch r.Kind {
		case custody.KindMoveAccepted:
			o.must(r, who != m.from && (m.outside || who == m.to), "accepted by %s", who)
			o.taken(r, m, id)
			continue
		case custody.KindMoveRefused:
			o.must(r, who != m.from, "refused by the giver")
			back = it.where == "offered" || it.where == "transit" && m.signed[id] == ""
		case custody.KindMoveCancelled:
			back = it.where == "offered" || it.where == "transit" && m.signed[id] == ""
		case custody.KindMoveReturned:
			o.must(r, who != it.with, "returned by who had it")
			back = it.where == "out"
		}
		o.must(r, back, "%s is %q", id, it.where)
		o.leaves(id)
		it.where = "shelf"
	}
}

// taken is one carrier signed for by the other end.
func (o *oracle) taken(r custody.Record, m *passing, id string) {
	it := o.item[id]
	switch m.act {
	case custody.ActHandOver:
		o.must(r, it.where == "offered", "%s is %q", id, it.where)
		o.leaves(id)
		it.where, it.keeper = "shelf", m.to
	case custody.ActCirculate, custody.ActLend, custody.ActCarryOut:
		o.must(r, it.where == "offered", "%s is %q", id, it.where)
		it.where, it.with = "out", m.to
		if d := o.document[it.entry.Document]; d != nil && len(d.circle) > 0 {
			o.must(r, slices.Contains(d.circle, m.to), "%s is outside the circle", m.to)
		}
		o.knew = append(o.knew, custody.Knew{Carrier: id, Document: it.entry.Document, Person: m.to, Act: m.act, At: r.At, Leaf: r.Hash})
	default:
		o.must(r, it.where == "transit" && m.signed[id] == "", "%s is %q, signed %q", id, it.where, m.signed[id])
		m.signed[id] = r.Hash
	}
}

// leaves takes a carrier out of its movement.
func (o *oracle) leaves(id string) {
	it := o.item[id]
	if m := o.movement[it.in]; m != nil {
		delete(m.in, id)
	}
	it.in, it.with = "", ""
}

func (o *oracle) leaving(r custody.Record, b *custody.Leaving) {
	for id, it := range o.item {
		o.must(r, it.keeper != b.Person && it.with != b.Person, "%s has %s", b.Person, id)
	}
	for id, m := range o.movement {
		o.must(r, len(m.in) == 0 || m.from != b.Person && (m.outside || m.to != b.Person), "%s is an end of %s", b.Person, id)
	}
	for id, who := range o.finding {
		o.must(r, who != b.Person, "%s answers for %s", b.Person, id)
	}
	o.left[b.Person] = true
}

func (o *oracle) propose(r custody.Record, b *custody.CampaignProposal) {
	for i, id := range r.Carriers {
		it := o.item[id]
		other := o.clearing[it.campaign]
		o.must(r, it.campaign == b.Campaign || other == nil || other.closed, "%s is in %s", id, it.campaign)
		o.must(r, !it.entry.MustReturn || slices.Contains([]string{custody.ActReturn, custody.ActKeep}, b.Fates[i]), "%s must be returned", id)
		it.campaign, it.fate = b.Campaign, b.Fates[i]
	}
}

func (o *oracle) fates(r custody.Record, b *custody.CampaignDecision) {
	k := o.clearing[b.Campaign]
	o.must(r, r.Actors[0].Person != k.opener, "approved by who opened it")
	k.approved, k.leaf = true, r.Hash
	for _, it := range o.item {
		if it.campaign == b.Campaign && it.fate == custody.ActKeep {
			k.done[custody.ActKeep]++
		}
	}
}
