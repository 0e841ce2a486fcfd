package policy

import (
	"fmt"
	"slices"
	"time"

	"sexton/custody"
)

// ActQuery asks what an act demands.
type ActQuery struct {
	Act            string    // wire word, see Acts
	Classification string    // wire word
	CarrierKind    string    // wire word; "" = not known, which rows of single media and the act "destroy" refuse
	At             time.Time // when it is to be done
}

// ActDecision is what an act demands. The terms are those of the rule that
// decided.
type ActDecision struct {
	Rows          []string // ids of the rows that decided, the rule first
	Unconfirmed   []string // those of Rows whose demands were not compared with their source
	Approval      bool     // a leader approves before the act
	Audit         string   // role that audits first, "" = nobody
	Approver      string   // role that approves, "" = no approval
	Authority     string   // least approving authority, "" = no approval
	Persons       int      // who sign the act together, the approver not counted; 0 = one
	Channels      []string // by which it may travel; none = it does not travel
	Escorts       int      // least number of persons who carry it
	MaxDays       int      // longest absence in days, 0 = no limit of its own
	PlaceUses     []string // uses of places where it may be; none = the row does not say
	RecordReaders bool     // who knew is on record
	Cleared       bool     // everybody who handles it is posted, cleared high enough, trained and pledged
	Qualified     bool     // the other body's qualification is needed
	Retention     string   // how long the records are kept

	// Of the act "destroy" only.
	Methods    []string
	Category   string // letter of ISO/IEC 21964-1
	MinLevel   int64  // of that category
	MaxAreaMM2 float64
	MaxWidthMM float64 // 0 = no limit of its own
}

// DecideAct answers q, or refuses with a *Refusal. For the act "destroy" it
// says what is demanded; whether a machine reaches it says Decide.
func (p *Profile) DecideAct(q ActQuery) (ActDecision, error) {
	class, graded := custody.ClassificationOf(q.Classification)
	k, known := custody.KindOf(q.CarrierKind)
	_, act := ActOf(q.Act)
	if !graded || !act || (!known && (q.CarrierKind != "" || q.Act == "destroy")) {
		return ActDecision{}, &Refusal{Code: CodeUnknown, Zh: "事项、载体类别或密级不明", En: fmt.Sprintf("act %q, carrier kind %q or classification %q is not known", q.Act, q.CarrierKind, q.Classification), Who: whoAsks}
	}
	if err := p.inForce(q.At); err != nil {
		return ActDecision{}, err
	}
	r, err := p.rule(q.Act, class, k, q.At)
	if err != nil {
		return ActDecision{}, err
	}
	d := ActDecision{Rows: []string{r.ID}, Approval: r.Approval, Audit: r.Audit, Approver: r.Approver, Authority: r.Authority, Persons: r.Persons,
		Channels: slices.Clone(r.Channels), Escorts: r.Escorts, MaxDays: r.MaxDays, PlaceUses: slices.Clone(r.Places), RecordReaders: r.RecordReaders,
		Cleared: r.Cleared, Qualified: r.Qualified, Retention: r.Retention}
	var m Method
	if q.Act == "destroy" {
		if m, err = p.method(class, k, q.At); err != nil {
			return ActDecision{}, err
		}
		d.Rows = append(d.Rows, m.ID)
		d.Methods, d.Category, d.MinLevel, d.MaxAreaMM2, d.MaxWidthMM = slices.Clone(m.Methods), k.Letter, m.MinLevel, m.MaxAreaMM2, m.MaxWidthMM
	}
	d.Unconfirmed = unconfirmed(r.ID, r.Basis, m.ID, m.Basis)
	return d, nil
}
