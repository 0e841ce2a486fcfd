package policy

import (
	"fmt"
	"slices"
	"time"

	"sexton/custody"
)

// Query asks about one carrier.
type Query struct {
	CarrierKind    string           // wire word
	Medium         string           // wire word; must be the kind's
	Classification string           // wire word
	Act            string           // "destroy"
	Method         string           // "shred"
	MachineLevels  map[string]int64 // category letter -> level the machine reaches
	At             time.Time        // when the manifest is sealed
}

// Decision is a yes with its conditions.
type Decision struct {
	Rows        []string // ids of the rows that decided, approval first
	Unconfirmed []string // those of Rows whose numbers were not compared with their source
	Persons     int      // who sign the act together
	Authority   string   // least approving authority
	Retention   string
	Category    string // letter of ISO/IEC 21964-1
	MinLevel    int64  // of that category
	MaxAreaMM2  float64
	MaxWidthMM  float64 // 0 = no limit of its own
}

// Reasons of a Refusal. They are stable.
const (
	CodeNotInForce  = "policy.not-in-force"
	CodeUnknown     = "policy.unknown-word"
	CodeNoRule      = "policy.no-rule"
	CodeEmptyRow    = "policy.empty-row"
	CodeMethod      = "policy.method"
	CodeNoMachine   = "policy.machine-not-approved"
	CodeLevelTooLow = "policy.level-too-low"
)

// Refusal is a no with its reason in both languages.
type Refusal struct {
	Code string
	Zh   string
	En   string
	Row  string // id of the row that refuses, "" = there is none
}

func (r *Refusal) Error() string {
	if r.Row != "" {
		return r.Row + ": " + r.En
	}
	return r.En
}

// Decide answers q, or refuses with a *Refusal.
func (p *Profile) Decide(q Query) (Decision, error) {
	k, class, err := p.words(q)
	if err != nil {
		return Decision{}, err
	}
	a, err := p.approval(q, class)
	if err != nil {
		return Decision{}, err
	}
	m, err := p.method(q, k, class)
	if err != nil {
		return Decision{}, err
	}
	if err := onMachine(q, k, m); err != nil {
		return Decision{}, err
	}
	d := Decision{Rows: []string{a.ID, m.ID}, Persons: a.Persons, Authority: a.Authority, Retention: a.Retention,
		Category: k.Letter, MinLevel: m.MinLevel, MaxAreaMM2: m.MaxAreaMM2, MaxWidthMM: m.MaxWidthMM}
	if a.Basis.Status == Unconfirmed {
		d.Unconfirmed = append(d.Unconfirmed, a.ID)
	}
	if m.Basis.Status == Unconfirmed {
		d.Unconfirmed = append(d.Unconfirmed, m.ID)
	}
	return d, nil
}

// words checks that the question is about something.
func (p *Profile) words(q Query) (custody.CarrierKind, custody.Classification, error) {
	k, known := custody.KindOf(q.CarrierKind)
	class, graded := custody.ClassificationOf(q.Classification)
	if !known || !graded || k.Medium != q.Medium {
		return k, class, &Refusal{Code: CodeUnknown, Zh: "载体类别、介质或密级不明", En: fmt.Sprintf("carrier kind %q, medium %q or classification %q is not known", q.CarrierKind, q.Medium, q.Classification)}
	}
	if from, err := day(p.Effective); err != nil || q.At.Before(from) {
		return k, class, &Refusal{Code: CodeNotInForce, Zh: "规则尚未生效：" + p.Effective, En: "the profile is in force from " + p.Effective}
	}
	return k, class, nil
}

func (p *Profile) approval(q Query, class custody.Classification) (Approval, error) {
	for _, a := range p.Approvals {
		if a.Act == q.Act && slices.Contains(a.Classifications, q.Classification) {
			return a, a.Basis.usable(a.ID, q.At)
		}
	}
	return Approval{}, noRule(class.Zh, class.En, q.Act)
}

func (p *Profile) method(q Query, k custody.CarrierKind, class custody.Classification) (Method, error) {
	for _, m := range p.Methods {
		if m.Act != q.Act || !slices.Contains(m.Classifications, q.Classification) || !slices.Contains(m.Categories, k.Letter) {
			continue
		}
		if err := m.Basis.usable(m.ID, q.At); err != nil {
			return Method{}, err
		}
		if !slices.Contains(m.Methods, q.Method) {
			return Method{}, &Refusal{Code: CodeMethod, Row: m.ID, Zh: "该密级不得用此方式销毁", En: fmt.Sprintf("method %q is not allowed", q.Method)}
		}
		return m, nil
	}
	return Method{}, noRule(class.Zh+k.Zh, class.En+" "+k.En, q.Act)
}

func noRule(zh, en, act string) *Refusal {
	return &Refusal{Code: CodeNoRule, Zh: "该密级未配置销毁标准：" + zh, En: fmt.Sprintf("no rule for the act %q on: %s", act, en)}
}

// usable refuses a row that is empty or not yet in force.
func (b Basis) usable(id string, at time.Time) error {
	if b.Status == Empty {
		return &Refusal{Code: CodeEmptyRow, Row: id, Zh: b.Note.Zh, En: b.Note.En}
	}
	if from, err := day(b.Effective); err != nil || at.Before(from) {
		return &Refusal{Code: CodeNotInForce, Row: id, Zh: "该条规则尚未生效：" + b.Effective, En: "the row is in force from " + b.Effective}
	}
	return nil
}

// onMachine compares the machine's level with the row.
func onMachine(q Query, k custody.CarrierKind, m Method) error {
	level := q.MachineLevels[k.Letter]
	if level == 0 {
		return &Refusal{Code: CodeNoMachine, Row: m.ID, Zh: fmt.Sprintf("设备未授权销毁此类载体（%s）", k.Zh), En: fmt.Sprintf("the machine is not approved for category %s (%s)", k.Letter, k.En)}
	}
	if level < m.MinLevel {
		return &Refusal{Code: CodeLevelTooLow, Row: m.ID,
			Zh: fmt.Sprintf("等级不够：须 %s-%d，设备为 %s-%d", k.Letter, m.MinLevel, k.Letter, level),
			En: fmt.Sprintf("level too low: %s-%d is required, the machine reaches %s-%d", k.Letter, m.MinLevel, k.Letter, level)}
	}
	return nil
}
