package main

import (
	"context"
	"fmt"
	"time"

	"sexton/bench/year"
	"sexton/web/api"
)

// open hands carriers out by the clerk, or whoever keeps them.
func (b *bureau) open(ctx context.Context, by year.PersonID, r api.MoveRequest) (string, error) {
	v, err := askAs[api.MovementView](ctx, b, "movement/open", by, func(m *official) any {
		r.By = m.signer()
		return r
	})
	return v.ID, err
}

// step has somebody take one step of a movement.
func (b *bureau) step(ctx context.Context, op string, by year.PersonID, r api.MoveStepRequest) error {
	_, err := askAs[api.MovementView](ctx, b, "movement/"+op, by, func(m *official) any {
		r.By = m.signer()
		return r
	})
	return err
}

func (b *bureau) id(p year.PersonID) string { return b.office.people[p].id }

func (b *bureau) handedOver(ctx context.Context, e year.Event) (err error) {
	b.refs[e.Ref], err = b.open(ctx, e.By, api.MoveRequest{Act: "hand-over", Carriers: b.carriers(e.Carriers), To: b.id(e.To), Place: b.stored(e.Place), Channel: "hand"})
	return err
}

func (b *bureau) accepted(ctx context.Context, e year.Event) error {
	return b.step(ctx, "accept", e.By, api.MoveStepRequest{Movement: b.refs[e.Ref]})
}

// circulate asks for the circulation of a document among the readers of its slip.
func (b *bureau) circulate(ctx context.Context, e year.Event) (err error) {
	b.refs[e.Ref], err = b.request(ctx, e, api.ApplyRequest{Act: "circulate", Carriers: b.carriers(e.Carriers), Count: int64(len(e.People)), NotAfter: e.At.AddDate(0, 0, 85), Reason: "传阅"})
	return err
}

// took: the readings of one slip follow each other, each a movement of its own.
func (b *bureau) took(ctx context.Context, e year.Event) error {
	r := api.MoveRequest{Act: "circulate", Carriers: b.carriers(e.Carriers), To: b.id(e.To), Request: b.refs[e.Ref]}
	if b.class[e.Carriers[0]] == year.Internal {
		r.Due = e.Due // for all else the rules have a latest one
	}
	if e.Place != 0 {
		r.Place = placeID(e.Place) // 绝密 is read in the reading room only
	}
	id, err := b.open(ctx, e.By, r)
	if err != nil {
		return err
	}
	b.sent[e.Ref] = []string{id}
	return b.step(ctx, "accept", e.To, api.MoveStepRequest{Movement: id})
}

// gaveBack takes back what was read or lent.
func (b *bureau) gaveBack(ctx context.Context, e year.Event) error {
	return b.step(ctx, "return", e.By, api.MoveStepRequest{Movement: b.sent[e.Ref][0], Checked: true})
}

func (b *bureau) lent(ctx context.Context, e year.Event) error {
	request, err := b.request(ctx, e, api.ApplyRequest{Act: "lend", Carriers: b.carriers(e.Carriers), To: b.id(e.To), Reason: "工作需要"})
	if err != nil {
		return err
	}
	id, err := b.open(ctx, e.By, api.MoveRequest{Act: "lend", Carriers: b.carriers(e.Carriers), To: b.id(e.To), Request: request})
	if err != nil {
		return err
	}
	b.sent[e.Ref] = []string{id}
	return b.step(ctx, "accept", e.To, api.MoveStepRequest{Movement: id})
}

// copying

func (b *bureau) copyAsked(ctx context.Context, e year.Event) error {
	v, err := b.apply(ctx, api.ApplyRequest{Act: "copy", Carriers: b.carriers(e.Carriers), Count: int64(e.Count), Reason: "业务科室使用"})
	b.refs[e.Ref] = v.ID
	return err
}

func (b *bureau) decided(ctx context.Context, e year.Event) error {
	v, err := quietly[api.RequestView](ctx, b.rig, "request/show", api.ByID{ID: b.refs[e.Ref]})
	if err != nil {
		return err
	}
	return b.decide(ctx, v, e.By)
}

func (b *bureau) copied(ctx context.Context, e year.Event) error {
	return b.make(ctx, e, b.refs[e.Ref], b.plan.spoiled[e.Ref])
}

// dispatch

func (b *bureau) dispatchAsked(ctx context.Context, e year.Event) error {
	if e.Channel == year.ByPost {
		return nil // the scene of the refusal asks for it
	}
	v, err := b.apply(ctx, api.ApplyRequest{Act: "dispatch", Carriers: b.carriers(e.Carriers), Channel: e.Channel, Party: "发文单位见发文清单", Reason: "印发"})
	b.refs[e.Ref] = v.ID
	return err
}

var moveAct = map[year.Fate]string{year.Dispatched: "dispatch", year.Returned: "return", year.Archived: "archive", year.Transferred: "transfer"}

// send sends carriers out: what a clear-out decided under it, all else under an approved request.
func (b *bureau) send(ctx context.Context, e year.Event) error {
	r := api.MoveRequest{Act: moveAct[e.Fate], Number: e.Number, Party: b.life.World().Unit(e.Unit).Name, Outside: true, Channel: e.Channel, Escorts: []string{b.id(b.plan.second)}}
	if e.With != 0 { // 绝密
		r.Escorts = append(r.Escorts, b.id(b.plan.attestor))
	}
	if e.Fate == year.Dispatched {
		r.Carriers, r.Request = b.carriers(e.Carriers), b.refs[e.Of]
		return b.sendOne(ctx, e, r)
	}
	in, out := b.inClearOut(e.Carriers, b.drives[e.Of])
	if len(in) > 0 {
		r.Carriers, r.Campaign = in, b.drives[e.Of].id
		if err := b.sendOne(ctx, e, r); err != nil {
			return err
		}
		r.Number = "" // given once
	}
	if len(out) == 0 {
		return nil
	}
	request, err := b.request(ctx, e, api.ApplyRequest{Act: r.Act, Carriers: out, Party: r.Party, Channel: r.Channel, Reason: "清理范围以外，随本次一并办理"})
	if err != nil {
		return err
	}
	r.Carriers, r.Campaign, r.Request = out, "", request
	return b.sendOne(ctx, e, r)
}

func (b *bureau) sendOne(ctx context.Context, e year.Event, r api.MoveRequest) error {
	id, err := b.open(ctx, e.By, r)
	b.sent[e.Ref] = append(b.sent[e.Ref], id)
	return err
}

// acknowledged enters the receipt slips; not by the clerk, who sent the carriers.
func (b *bureau) acknowledged(ctx context.Context, e year.Event) error {
	for _, id := range b.sent[e.Ref] {
		b.slips++
		number := fmt.Sprintf("演回执〔%d〕%d号", e.At.In(year.Zone).Year(), b.slips)
		if err := b.step(ctx, "accept", b.plan.officer, api.MoveStepRequest{Movement: id, Receipt: number, Scan: []byte(number + "（演练扫描件）")}); err != nil {
			return err
		}
	}
	return nil
}

// classification

func (b *bureau) reclassified(ctx context.Context, e year.Event) error {
	doc, err := b.document(ctx, e.Carriers[0])
	if err != nil {
		return err
	}
	request, err := b.request(ctx, e, api.ApplyRequest{Act: "reclassify", Document: doc, Classification: e.Class.String(), Period: e.Period, Reason: "制发单位来函变更密级"})
	if err != nil {
		return err
	}
	return b.classify(ctx, e, "document/reclassify", api.ClassifyRequest{Document: doc, Request: request, Basis: "制发单位来函（演练）"})
}

func (b *bureau) released(ctx context.Context, e year.Event) error {
	doc, err := b.document(ctx, e.Carriers[0])
	if err != nil {
		return err
	}
	request, err := b.request(ctx, e, api.ApplyRequest{Act: "declassify", Document: doc, Reason: "保密期限届满，审核后解密"})
	if err != nil {
		return err
	}
	return b.classify(ctx, e, "document/declassify", api.ClassifyRequest{Document: doc, Request: request, Basis: "制发单位来函（演练）"})
}

func (b *bureau) classify(ctx context.Context, e year.Event, op string, r api.ClassifyRequest) error {
	_, err := askAs[api.SignedView](ctx, b, op, b.plan.leader, func(by *official) any {
		r.By = by.signer()
		return r
	})
	return err
}

// inspection

// inspected is the regular inspection: everything is there, one label is not.
func (b *bureau) inspected(ctx context.Context, e year.Event) error {
	id, err := b.inspect(ctx, e, false, b.carriers(b.oracle.At(e.Place)))
	if err != nil {
		return err
	}
	f, err := askAs[api.FindingView](ctx, b, "finding/enter", e.By, func(by *official) any {
		return api.FindingRequest{Session: by.session, Inspection: id, Code: "storage", Text: e.Reason.Zh(), Answers: b.id(b.plan.clerk), Due: e.Due.In(year.Zone).Format(time.DateOnly)}
	})
	if err != nil {
		return err
	}
	return b.corrected(ctx, e, f.ID, "已补贴标签")
}

// inspect opens an inspection and hands in a scan; it gives the inspection's id.
func (b *bureau) inspect(ctx context.Context, e year.Event, surprise bool, scan []string) (string, error) {
	v, err := askAs[api.InspectionView](ctx, b, "inspection/open", e.By, func(by *official) any {
		return api.InspectionRequest{Session: by.session, Number: fmt.Sprintf("演检〔%d〕%d号", e.At.In(year.Zone).Year(), e.Ref), Surprise: surprise, Place: b.stored(e.Place)}
	})
	if err != nil {
		return "", err
	}
	v, err = askAs[api.InspectionView](ctx, b, "inspection/count", e.By, func(by *official) any {
		return api.CountInRequest{Inspection: v.ID, Scan: lines(scan), By: by.signer()}
	})
	if err == nil && (v.Missing != 0 || v.Extra != 0) {
		err = fmt.Errorf("%w: the regular inspection found %d missing and %d extra", errStory, v.Missing, v.Extra)
	}
	return v.ID, err
}

// corrected has who answers correct a finding, and the inspector close it.
func (b *bureau) corrected(ctx context.Context, e year.Event, finding, text string) error {
	if _, err := askAs[api.FindingView](ctx, b, "finding/correct", b.plan.clerk, func(by *official) any {
		return api.FindingStepRequest{Finding: finding, Text: text, By: by.signer()}
	}); err != nil {
		return err
	}
	_, err := askAs[api.FindingView](ctx, b, "finding/close", e.By, func(by *official) any {
		return api.FindingStepRequest{Finding: finding, Accepted: true, Text: "复查合格", By: by.signer()}
	})
	return err
}

// lines is what a scanner hands in.
func lines(numbers []string) []byte {
	var out []byte
	for _, n := range numbers {
		out = append(append(out, n...), '\n')
	}
	return out
}
