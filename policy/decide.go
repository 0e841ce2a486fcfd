package policy

import (
	"fmt"
	"slices"
	"time"

	"sexton/custody"
)

// Query asks about the destruction of one carrier on one machine.
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

// Decide answers q, or refuses with a *Refusal.
func (p *Profile) Decide(q Query) (Decision, error) {
	k, known := custody.KindOf(q.CarrierKind)
	class, graded := custody.ClassificationOf(q.Classification)
	if !known || !graded || k.Medium != q.Medium {
		return Decision{}, &Refusal{Code: CodeUnknown, Zh: "载体类别、介质或密级不明", En: fmt.Sprintf("carrier kind %q, medium %q or classification %q is not known", q.CarrierKind, q.Medium, q.Classification), Who: whoAsks}
	}
	if err := p.inForce(q.At); err != nil {
		return Decision{}, err
	}
	if q.Act != "destroy" {
		return Decision{}, noRule(class.Zh, class.En, q.Act)
	}
	r, err := p.rule(q.Act, class, k, q.At)
	if err != nil {
		return Decision{}, err
	}
	m, err := p.method(class, k, q.At)
	if err != nil {
		return Decision{}, err
	}
	if err := onMachine(q, k, m); err != nil {
		return Decision{}, err
	}
	return Decision{Rows: []string{r.ID, m.ID}, Unconfirmed: unconfirmed(r.ID, r.Basis, m.ID, m.Basis), Persons: r.Persons, Authority: r.Authority,
		Retention: r.Retention, Category: k.Letter, MinLevel: m.MinLevel, MaxAreaMM2: m.MaxAreaMM2, MaxWidthMM: m.MaxWidthMM}, nil
}

// unconfirmed lists which of the rows are.
func unconfirmed(rule string, a Basis, method string, b Basis) []string {
	var out []string
	if a.Status == Unconfirmed {
		out = append(out, rule)
	}
	if b.Status == Unconfirmed {
		out = append(out, method)
	}
	return out
}

func (p *Profile) inForce(at time.Time) error {
	if from, err := day(p.Effective); err != nil || at.Before(from) {
		return &Refusal{Code: CodeNotInForce, Zh: "规则尚未生效：" + p.Effective, En: "the profile is in force from " + p.Effective, Who: whoAdopts}
	}
	return nil
}

// rule finds the row that decides an act. A carrier kind of which nothing is
// known fits only rows of every medium.
func (p *Profile) rule(act string, class custody.Classification, k custody.CarrierKind, at time.Time) (Rule, error) {
	r, ok := p.ruleFor(act, class.Word, k.Medium)
	if !ok {
		return Rule{}, noRule(class.Zh, class.En, act)
	}
	return r, r.Basis.usable(r.ID, at)
}

func (p *Profile) ruleFor(act, class, medium string) (Rule, bool) {
	for _, r := range p.Rules {
		if r.Act == act && slices.Contains(r.Classifications, class) && (len(r.Media) == 0 || slices.Contains(r.Media, medium)) {
			return r, true
		}
	}
	return Rule{}, false
}

func (p *Profile) method(class custody.Classification, k custody.CarrierKind, at time.Time) (Method, error) {
	m, ok := p.methodFor(class.Word, k.Letter)
	if !ok {
		return Method{}, noRule(class.Zh+k.Zh, class.En+" "+k.En, "destroy")
	}
	return m, m.Basis.usable(m.ID, at)
}

func (p *Profile) methodFor(class, letter string) (Method, bool) {
	for _, m := range p.Methods {
		if slices.Contains(m.Classifications, class) && slices.Contains(m.Categories, letter) {
			return m, true
		}
	}
	return Method{}, false
}

// usable refuses a row that is empty or not yet in force.
func (b Basis) usable(id string, at time.Time) error {
	if b.Status == Empty {
		return &Refusal{Code: CodeEmptyRow, Row: id, Zh: b.Note.Zh, En: b.Note.En, Who: whoFills}
	}
	if from, err := day(b.Effective); err != nil || at.Before(from) {
		return &Refusal{Code: CodeNotInForce, Row: id, Zh: "该条规则尚未生效：" + b.Effective, En: "the row is in force from " + b.Effective, Who: whoAdopts}
	}
	return nil
}

// onMachine compares method and machine with the row.
func onMachine(q Query, k custody.CarrierKind, m Method) error {
	if !slices.Contains(m.Methods, q.Method) {
		return &Refusal{Code: CodeMethod, Row: m.ID, Zh: "该密级不得用此方式销毁", En: fmt.Sprintf("method %q is not allowed", q.Method), Who: whoSeals}
	}
	level := q.MachineLevels[k.Letter]
	if level == 0 {
		return &Refusal{Code: CodeNoMachine, Row: m.ID, Zh: fmt.Sprintf("设备未授权销毁此类载体（%s）", k.Zh), En: fmt.Sprintf("the machine is not approved for category %s (%s)", k.Letter, k.En), Who: whoConsigns}
	}
	if level < m.MinLevel {
		return &Refusal{Code: CodeLevelTooLow, Row: m.ID,
			Zh:  fmt.Sprintf("等级不够：须 %s-%d，设备为 %s-%d", k.Letter, m.MinLevel, k.Letter, level),
			En:  fmt.Sprintf("level too low: %s-%d is required, the machine reaches %s-%d", k.Letter, m.MinLevel, k.Letter, level),
			Who: whoConsigns}
	}
	return nil
}
