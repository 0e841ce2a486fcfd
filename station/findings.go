package station

import (
	"context"
	"slices"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// findingsZh are the codes of findings, which stand in the ledger in clear.
var findingsZh = map[string]string{"missing": "账上有、实物无（去向不明）", "extra": "实物有、账上不在此处", "unregistered": "未登记的载体", "wrong-place": "存放位置不符",
	"unsigned": "交接、借阅未签收", "overdue": "超期未还", "mark": "国家秘密标志不符合规定", "storage": "柜具、场所不符合要求", "copy": "违规复制、摘录",
	"approval": "未经审批", "people": "人员、培训或承诺书不符合要求", "records": "登记不全", otherCode: "其他"}

// FindingCodes are the codes of findings, sorted.
func FindingCodes() []string {
	var codes []string
	for c := range findingsZh {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

var findingStatesZh = map[custody.FindingState]string{custody.FindingOpen: "待整改", custody.FindingCorrected: "待复查", custody.FindingClosed: "已销号"}

// EnterFinding implements Inspections.
func (s *Station) EnterFinding(ctx context.Context, o FindingOptions) (FindingView, error) {
	id, err := s.newID()
	if err != nil {
		return FindingView{}, toFault(err)
	}
	err = s.assertAct(ctx, "finding-enter", o.Session, func(x *session, role leaf.Role) (note, error) {
		return s.findingNote(ctx, id, o, x.asserts(role))
	})
	if err != nil {
		return FindingView{}, err
	}
	s.hub.send(Event{Type: "finding", Subject: id, What: "entered", Zh: "已登记检查问题", En: "a finding was entered"})
	return s.finding(ctx, id)
}

func (s *Station) findingNote(ctx context.Context, id string, o FindingOptions, by leaf.Actor) (note, error) {
	if findingsZh[o.Code] == "" {
		list := strings.Join(FindingCodes(), ", ")
		return note{}, both(fault.New("usage.bad-request", nil, "code must be one of "+list), "请求无法理解：问题代码应为 %s 之一", list)
	}
	if o.Text == "" {
		return note{}, fault.New("usage.bad-request", nil, "text")
	}
	if err := checkDay("due", o.Due, false); err != nil {
		return note{}, err
	}
	i, _, _, err := numbered[custody.Inspection](ctx, s, "inspection", o.Inspection)
	if err != nil {
		return note{}, err
	}
	if _, err := s.enrolledPerson(ctx, o.Answers); err != nil {
		return note{}, err
	}
	subjects := []string{leaf.FindingSubject + id, leaf.InspectionSubject + i.ID}
	if o.Carrier != "" {
		c, err := s.carrierRow(ctx, o.Carrier)
		if err != nil {
			return note{}, err
		}
		subjects = append(subjects, leaf.CarrierSubject+c.ID)
	}
	sec := s.secrets()
	return note{kind: leaf.FindingEntered, actors: []leaf.Actor{by}, subjects: subjects,
		body:     &leaf.Finding{Finding: id, Inspection: i.ID, Code: o.Code, Text: sec.of("text", o.Text), Answers: o.Answers, Due: o.Due},
		openings: sec.openings}, sec.err
}

// CorrectFinding implements Inspections.
func (s *Station) CorrectFinding(ctx context.Context, finding, text string, by Signer) (FindingView, error) {
	return s.stepFinding(ctx, "finding-correct", leaf.FindingCorrected, finding, false, text, by)
}

// CloseFinding implements Inspections.
func (s *Station) CloseFinding(ctx context.Context, finding string, accepted bool, text string, by Signer) (FindingView, error) {
	return s.stepFinding(ctx, "finding-close", leaf.FindingClosed, finding, accepted, text, by)
}

func (s *Station) stepFinding(ctx context.Context, act string, kind leaf.Kind, finding string, accepted bool, text string, by Signer) (FindingView, error) {
	_, err := s.signAct(ctx, act, by, func(x *session, role leaf.Role) (note, error) {
		f, _, err := thing[custody.Finding](ctx, s, "finding", finding)
		if err != nil {
			return note{}, err
		}
		if text == "" {
			return note{}, fault.New("usage.bad-request", nil, "text")
		}
		if kind == leaf.FindingCorrected {
			if f.Answers != x.person.Person {
				return note{}, fault.New("token.wrong-person", nil, f.Answers, x.person.Person)
			}
			role = leaf.RoleAnswering
		} else if err := policy.Separate(act, x.person.Person, map[string][]string{"answerable": {f.Answers}}); err != nil {
			return note{}, err
		}
		sec := s.secrets()
		return note{kind: kind, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.FindingSubject + f.ID, leaf.InspectionSubject + f.Inspection},
			body: &leaf.FindingStep{Finding: f.ID, Accepted: accepted, Text: sec.of("text", text)}, openings: sec.openings}, sec.err
	})
	if err != nil {
		return FindingView{}, err
	}
	s.hub.send(Event{Type: "finding", Subject: finding, What: string(kind), Zh: "检查问题有进展", En: "a finding moved on"})
	return s.finding(ctx, finding)
}

func (s *Station) finding(ctx context.Context, id string) (FindingView, error) {
	f, row, err := thing[custody.Finding](ctx, s, "finding", id)
	if err != nil {
		return FindingView{}, toFault(err)
	}
	v, err := s.findingView(ctx, f, row)
	return v, toFault(err)
}

func (s *Station) findingView(ctx context.Context, f custody.Finding, row ThingRow) (FindingView, error) {
	v := FindingView{ID: f.ID, Code: f.Code, CodeZh: findingsZh[f.Code], Answers: f.Answers, Due: f.Due, State: string(f.State), StateZh: findingStatesZh[f.State],
		Overdue: f.State != custody.FindingClosed && f.Due < s.today()}
	p, err := s.payloadAt(ctx, row.Index)
	if err != nil {
		return v, err
	}
	v.At = p.At
	_, i, err := thing[custody.Inspection](ctx, s, "inspection", f.Inspection)
	if err != nil {
		return v, err
	}
	opened, err := s.payloadAt(ctx, i.Index)
	if err != nil {
		return v, err
	}
	if v.Inspection = numberOf(opened); v.Inspection == "" {
		v.Inspection = f.Inspection
	}
	if f.Carrier != "" {
		c, err := s.carrierRow(ctx, f.Carrier)
		if err != nil {
			return v, err
		}
		v.Carrier = c.Number
	}
	if v.Text, err = s.opened(ctx, row.Event, "/body/text"); err != nil {
		return v, err
	}
	events, err := s.deps.Register.Events(ctx, leaf.FindingSubject+f.ID)
	if err != nil {
		return v, err
	}
	if v.Correction, err = s.lastSaid(ctx, events, leaf.FindingCorrected, "/body/text"); err != nil {
		return v, err
	}
	v.Review, err = s.lastSaid(ctx, events, leaf.FindingClosed, "/body/text")
	return v, err
}

// Findings implements Inspections.
func (s *Station) Findings(ctx context.Context, f FindingFilter) ([]FindingView, error) {
	of := map[index.Tag]string{}
	if f.Inspection != "" {
		i, _, err := named[custody.Inspection](ctx, s, "inspection", f.Inspection)
		if err != nil {
			return nil, toFault(err)
		}
		of[index.TagInspection] = i.ID
	}
	if f.Open || f.Overdue {
		of[index.TagOpen] = "true"
	}
	out := []FindingView{}
	err := tagged(ctx, s, of, func(x custody.Finding, r ThingRow) error {
		if f.Overdue && x.Due >= s.today() {
			return nil
		}
		v, err := s.findingView(ctx, x, r)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, toFault(err)
	}
	return out, nil
}
