package inspect

import (
	"sort"
	"strings"
	"unicode"

	"sexton/certificate"
	"sexton/custody"
	"sexton/ledger/leaf"
)

// Summary is what a reader wants to know, taken from the leaves. It is only
// worth as much as the verdict beside it. Titles and names stand in it only
// where the certificate opens them.
type Summary struct {
	Certificate string       `json:"certificate"` // number
	Form        string       `json:"form"`        // "full", "part", "redacted"
	Station     string       `json:"station"`
	Unit        string       `json:"unit"` // "" = not opened
	Bench       bool         `json:"bench"`
	Batch       string       `json:"batch"` // number
	Method      string       `json:"method"`
	Machine     MachineLine  `json:"machine"`
	Profile     string       `json:"profile"`
	Version     string       `json:"profile_version"`
	Rows        []string     `json:"rows"`
	Training    bool         `json:"training"`    // the profile says that its values are invented, for exercises only
	Unconfirmed []string     `json:"unconfirmed"` // rows that decided and whose numbers were not compared with their source
	Lists       []ListLine   `json:"lists"`
	Kinds       []KindLine   `json:"kinds"`
	Levels      []LevelLine  `json:"levels"`
	Members     int64        `json:"members"`
	Tally       leaf.Tally   `json:"tally"` // as counted from the outcomes
	Missing     []ItemLine   `json:"missing"`
	Open        []ItemLine   `json:"open"` // every member that is not destroyed
	Acts        []ActLine    `json:"acts"`
	Persons     []PersonLine `json:"persons"`
	Leaf        int64        `json:"leaf"` // index of batch.certified
	Checkpoint  *HeadLine    `json:"checkpoint"`
}

// ListLine is one transfer list.
type ListLine struct {
	Number  string `json:"number"` // "" = not opened
	Rows    int64  `json:"rows"`
	Skipped int64  `json:"skipped"` // bad rows left out when it was imported
	Here    int64  `json:"here"`    // carriers of the list that this certificate speaks of
}

// MachineLine is the shredder as enrolled.
type MachineLine struct {
	ID           string `json:"id"`
	Manufacturer string `json:"manufacturer"`
	Model        string `json:"model"`
	Serial       string `json:"serial"`
	ApprovalNo   string `json:"approval_no"`
}

// KindLine counts the members of one kind.
type KindLine struct {
	Kind      string `json:"kind"`
	Zh        string `json:"zh"`
	En        string `json:"en"`
	Measure   string `json:"measure"`   // Chinese measure word
	Carriers  int64  `json:"carriers"`  // entries of the manifest
	Pieces    int64  `json:"pieces"`    // copies or pieces in them
	Destroyed int64  `json:"destroyed"` // pieces of carriers whose outcome is destroyed
}

// LevelLine counts the members of one classification.
type LevelLine struct {
	Word     string `json:"word"`
	Zh       string `json:"zh"`
	En       string `json:"en"`
	Carriers int64  `json:"carriers"`
}

// ItemLine is one carrier that needs attention.
type ItemLine struct {
	Number  string   `json:"number"`
	Zh      string   `json:"zh"` // what became of it
	En      string   `json:"en"`
	Kind    string   `json:"kind"`
	Title   string   `json:"title"` // "" = not opened
	Reasons []string `json:"reasons"`
	Closed  string   `json:"closed"` // resolution: "", "destroyed", "held", "lost"
	Leaf    int64    `json:"leaf"`
}

// ActLine is one event of the batch.
type ActLine struct {
	Kind string `json:"kind"`
	Zh   string `json:"zh"`
	At   string `json:"at"`
	Leaf int64  `json:"leaf"`
}

// PersonLine is one person in one role.
type PersonLine struct {
	Role string `json:"role"`
	Zh   string `json:"zh"`
	ID   string `json:"id"`
	Name string `json:"name"` // "" = not opened
}

// HeadLine is the checkpoint.
type HeadLine struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // base64, as in the checkpoint
}

var actWords = map[leaf.Kind]string{
	leaf.BatchOpened: "建批", leaf.BatchSealed: "封存清单", leaf.BatchApproved: "批准", leaf.BatchAuthorised: "两人授权",
	leaf.BatchReleased: "放行", leaf.BatchWithdrawn: "撤回许可", leaf.BatchReconciled: "核对", leaf.BatchCompleted: "两人签署结果",
	leaf.BatchCertified: "出具证明",
}

var roleWords = map[leaf.Role]string{
	leaf.RoleAdmin: "管理员", leaf.RoleReceiver: "接收人", leaf.RoleCounter: "清点人", leaf.RoleRecounter: "复核人",
	leaf.RoleApplicant: "申请人", leaf.RoleApprover: "批准人", leaf.RoleDestroyer: "销毁人", leaf.RoleAttestor: "监销人",
	leaf.RoleKeeper: "保管人", leaf.RoleInspector: "检查员", leaf.RoleOperator: "操作员", leaf.RoleExplaining: "说明人",
}

// clean makes foreign text safe for a terminal and short.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == ' ' {
			return r
		}
		return '\uFFFD'
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

func (in *inspection) summary() *Summary {
	if in.history == nil || in.facts == nil {
		return nil
	}
	f, h := in.facts, in.history
	open := in.opened()
	s := &Summary{
		Certificate: clean(f.number), Station: clean(h.Events[0].Payload.Station), Batch: clean(f.manifest.Number), Method: clean(f.manifest.Method),
		Profile: clean(f.seal.Payload.Policy.Profile), Version: clean(f.seal.Payload.Policy.Version), Rows: []string{},
		Members: int64(len(f.members)), Leaf: f.certified.Index, Form: "part",
		Unconfirmed: []string{}, Lists: []ListLine{}, Kinds: []KindLine{}, Levels: []LevelLine{}, Missing: []ItemLine{}, Open: []ItemLine{}, Acts: []ActLine{}, Persons: []PersonLine{},
	}
	if in.profile != nil {
		s.Training = in.profile.Training
	}
	for _, r := range in.unconfirmed {
		s.Unconfirmed = append(s.Unconfirmed, clean(r))
	}
	for _, r := range f.seal.Payload.Policy.Rows {
		s.Rows = append(s.Rows, clean(r))
	}
	switch n := len(in.bundle.Openings); {
	case n == 0:
		s.Form = "redacted"
	case n == in.commitments():
		s.Form = "full"
	}
	if g, ok := h.Events[0].Payload.Body.(*leaf.Initialised); ok {
		s.Bench, s.Unit = g.Bench, open[h.Events[0].Payload.ID+"/body/unit"]
	}
	if m := f.machine; m != nil {
		s.Machine = MachineLine{clean(m.Machine), clean(m.Manufacturer), clean(m.Model), clean(m.Serial), clean(m.ApprovalNo)}
	}
	if in.head != nil {
		s.Checkpoint = &HeadLine{in.head.size, in.head.root.String()}
	}
	here := make(map[string]int64)
	for _, e := range h.OfKind(leaf.CarrierRegistered) {
		here[e.Record.List]++
	}
	for _, e := range h.OfKind(leaf.ListImported) {
		if b, ok := e.Payload.Body.(*leaf.Imported); ok {
			s.Lists = append(s.Lists, ListLine{open[e.Payload.ID+"/body/number"], b.Rows, b.Skipped, here[b.List]})
		}
	}
	in.summariseMembers(s, open)
	in.summariseMissing(s, open)
	in.summarisePeople(s, open)
	return s
}

func (in *inspection) commitments() int {
	n := 0
	for _, e := range in.history.Events {
		n += len(leaf.Commitments(e.Payload))
	}
	return n
}

// opened maps event id and path to the opened value, of openings that hold.
func (in *inspection) opened() map[string]string {
	byID := make(map[string]*certificate.Event)
	for _, e := range in.history.Events {
		byID[e.Payload.ID] = e
	}
	out := make(map[string]string)
	for _, o := range in.bundle.Openings {
		e := byID[o.Event]
		if e != nil && leaf.CheckOpening(e.Payload, leaf.Opening{Path: o.Path, Salt: o.Salt, Value: o.Value}) == nil {
			out[o.Event+o.Path] = clean(o.Value)
		}
	}
	return out
}

func (in *inspection) summariseMembers(s *Summary, open map[string]string) {
	kinds, levels := map[string]*KindLine{}, map[string]int64{}
	for _, m := range in.facts.members {
		k := kinds[m.entry.CarrierKind]
		if k == nil {
			k = &KindLine{Kind: clean(m.entry.CarrierKind), Zh: clean(m.entry.CarrierKind), En: clean(m.entry.CarrierKind), Measure: "件"}
			if d, ok := custody.KindOf(m.entry.CarrierKind); ok {
				k.Zh, k.En, k.Measure = d.Zh, d.En, d.Measure
			}
			kinds[m.entry.CarrierKind] = k
		}
		k.Carriers++
		k.Pieces += m.entry.Count
		levels[m.level]++
		v := certificate.Verdict(m.outcome)
		switch v {
		case custody.VerdictDestroyed:
			s.Tally.Destroyed++
			k.Destroyed += m.entry.Count
			continue
		case custody.VerdictUnverified:
			s.Tally.Unverified++
		case custody.VerdictDisputed:
			s.Tally.Disputed++
		case custody.VerdictIndeterminate:
			s.Tally.Indeterminate++
		case custody.VerdictUnfed:
			s.Tally.Unfed++
		}
		line := ItemLine{Number: clean(m.entry.Number), Zh: v.Zh(), En: v.String(), Kind: k.Zh, Reasons: []string{}, Leaf: m.outcome.Index,
			Title: open[m.registered.Payload.ID+"/body/title"]}
		if o, ok := m.outcome.Payload.Body.(*leaf.Outcome); ok {
			for _, r := range o.Reasons {
				line.Reasons = append(line.Reasons, clean(r))
			}
		}
		if m.resolved != nil {
			line.Closed = clean(m.resolved.Payload.Body.(*leaf.Resolved).Resolution)
		}
		s.Open = append(s.Open, line)
	}
	for _, d := range custody.CarrierKinds() {
		if k := kinds[d.Word]; k != nil {
			s.Kinds = append(s.Kinds, *k)
			delete(kinds, d.Word)
		}
	}
	rest := make([]string, 0, len(kinds))
	for word := range kinds {
		rest = append(rest, word)
	}
	sort.Strings(rest)
	for _, word := range rest {
		s.Kinds = append(s.Kinds, *kinds[word])
	}
	for _, c := range custody.Classifications() {
		if n := levels[c.Word]; n > 0 {
			s.Levels = append(s.Levels, LevelLine{c.Word, c.Zh, c.En, n})
		}
	}
}

func (in *inspection) summariseMissing(s *Summary, open map[string]string) {
	registered := make(map[string]*certificate.Event)
	for _, e := range in.history.OfKind(leaf.CarrierRegistered) {
		registered[e.Record.Carrier] = e
	}
	found := make(map[string]int64)
	for _, e := range in.history.OfKind(leaf.CarrierFound) {
		found[e.Record.Carrier] = e.Index
	}
	for _, e := range in.history.OfKind(leaf.CarrierMissing) {
		if e.Record.Batch != in.facts.id {
			continue
		}
		line := ItemLine{Zh: custody.Missing.Zh(), En: custody.Missing.String(), Reasons: []string{}, Leaf: e.Index}
		if r := registered[e.Record.Carrier]; r != nil {
			b := r.Payload.Body.(*leaf.Registered)
			line.Number, line.Title = clean(b.Number), open[r.Payload.ID+"/body/title"]
			if d, ok := custody.KindOf(b.CarrierKind); ok {
				line.Kind = d.Zh
			}
		}
		if why := open[e.Payload.ID+"/body/reason"]; why != "" {
			line.Reasons = append(line.Reasons, why)
		}
		if found[e.Record.Carrier] > e.Index {
			line.Closed = "found"
		}
		s.Missing = append(s.Missing, line)
	}
}

// summarisePeople lists the acts of the batch and who did them, in roles in
// the order of the acts.
func (in *inspection) summarisePeople(s *Summary, open map[string]string) {
	seen := make(map[PersonLine]bool)
	for _, e := range in.history.Events {
		if !bears(e.Payload.Kind) {
			continue
		}
		if word, ok := actWords[e.Payload.Kind]; ok && e.Record.Batch == in.facts.id {
			s.Acts = append(s.Acts, ActLine{string(e.Payload.Kind), word, stamp(e.Payload.At), e.Index})
		}
		for _, a := range e.Payload.Actors {
			p := PersonLine{Role: clean(string(a.Role)), Zh: roleWords[a.Role], ID: clean(a.Person)}
			if x := in.history.Enrolment(a.Person, e.Index); x != nil {
				p.Name = open[x.Payload.ID+"/body/name"]
			}
			if !seen[p] {
				seen[p] = true
				s.Persons = append(s.Persons, p)
			}
		}
	}
}
