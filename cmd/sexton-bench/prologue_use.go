package main

import (
	"context"
	"fmt"

	"sexton/bench/year"
	"sexton/web/api"
)

// reading

func (p *prologue) circulate(ctx context.Context, e year.Event) error {
	p.open(e, reading.zh, reading.en)
	doc, err := p.b.document(ctx, e.Carriers[0])
	if err != nil {
		return err
	}
	var persons []string
	for _, id := range p.plot.circle {
		persons = append(persons, p.b.id(id))
	}
	p.say("批准人确定知悉范围", "the approver says who may read it")
	if err := p.signs(ctx, 0, p.plot.leader, append([]string{"document", "circle", doc}, each("--person", persons)...)...); err != nil {
		return err
	}
	number := p.b.carriers(e.Carriers)[0]
	request := p.form(e, "演申")
	if err := p.b.requestFor(ctx, e, request, api.ApplyRequest{Act: "circulate", Carriers: []string{number}, Count: int64(len(e.People)) + 1, NotAfter: e.At.AddDate(0, 0, 85), Reason: "传阅"}); err != nil {
		return err
	}
	outside := p.plot.outside
	p.say("送给范围外的人（"+p.name(outside)+"）：拒绝", "to somebody outside the circle: refused")
	return p.signs(ctx, 3, p.plot.clerk, "move", "open", "circulate", "--carrier", number, "--to", p.b.id(outside), "--request", request)
}

// tookFirst is the first reading of the shown circulation.
func (p *prologue) tookFirst(e year.Event) bool {
	is := e.What == year.Took && e.Ref == p.plot.slip && !p.shownRead
	p.shownRead = p.shownRead || is
	return is
}

func (p *prologue) took(ctx context.Context, e year.Event) error {
	p.resume(e, reading.zh, reading.en)
	p.say("送给范围内的人：送出、签收，两头都签", "to somebody inside: both ends sign")
	form := p.form(e, "演传")
	p.b.sent[e.Ref] = []string{form}
	if err := p.signs(ctx, 0, e.By, "move", "open", "circulate", "--number", form, "--carrier", p.b.carriers(e.Carriers)[0], "--to", p.b.id(e.To), "--request", p.b.refs[e.Ref]); err != nil {
		return err
	}
	return p.signs(ctx, 0, e.To, "move", "accept", form)
}

func (p *prologue) whoKnew(ctx context.Context, e year.Event) error {
	p.resume(e, reading.zh, reading.en)
	p.say("传阅结束：谁接触过", "the circulation is over: who knew")
	return p.run(ctx, 0, "", "carrier", "who-knew", p.b.carriers(e.Carriers)[0])
}

// untrained: a reader whose training has run out gets nothing.
func (p *prologue) untrained(ctx context.Context, e year.Event) error {
	p.open(e, "培训过期：不得接触", "training has run out: no access")
	m := p.office.people[e.To]
	p.say(fmt.Sprintf("%s 的保密培训 %s 到期，未续", p.name(e.To), m.trained), fmt.Sprintf("the training of %s ended on %s", m.id, m.trained))
	number := p.b.carriers(e.Carriers)[0]
	request := p.form(e, "演申")
	if err := p.b.requestFor(ctx, e, request, api.ApplyRequest{Act: "circulate", Carriers: []string{number}, Reason: "传阅"}); err != nil {
		return err
	}
	return p.signs(ctx, 3, e.By, "move", "open", "circulate", "--carrier", number, "--to", m.id, "--request", request)
}

// copying

func (p *prologue) copyAsked(ctx context.Context, e year.Event) error {
	p.open(e, copying.zh, copying.en)
	p.copyForm = p.form(e, "演申")
	p.b.refs[e.Ref] = p.copyForm
	return p.by(ctx, 0, p.plot.clerk, "", "request", "open", "copy", "--number", p.copyForm, "--carrier", p.b.carriers(e.Carriers)[0], "--count", fmt.Sprint(e.Count), "--reason", "业务科室使用")
}

func (p *prologue) copyApproved(ctx context.Context, e year.Event) error {
	p.resume(e, copying.zh, copying.en)
	return p.signs(ctx, 0, e.By, "request", "approve", p.copyForm, "--opinion", "同意复制")
}

func (p *prologue) copyRefused(ctx context.Context, e year.Event) error {
	p.resume(e, copying.zh, copying.en)
	p.say(fmt.Sprintf("批准 %d 份，要印 %d 份：拒绝", e.Limit, e.Limit+1), fmt.Sprintf("approved are %d, made would be %d: refused", e.Limit, e.Limit+1))
	return p.signs(ctx, 3, e.By, "carrier", "copy", p.copyForm, "--made", fmt.Sprint(e.Limit+1))
}

func (p *prologue) copied(ctx context.Context, e year.Event) error {
	p.resume(e, copying.zh, copying.en)
	bad := p.plot.spoiled[e.Ref]
	var numbers []string
	for _, c := range e.Entries {
		p.b.numbers[c.ID], numbers = c.Number, append(numbers, c.Number)
	}
	p.say(fmt.Sprintf("好的 %d 份，废的 %d 份：都有编号", len(e.Entries)-bad, bad), fmt.Sprintf("%d good, %d spoiled: every one has its number", len(e.Entries)-bad, bad))
	return p.signs(ctx, 0, e.By, append([]string{"carrier", "copy", p.copyForm, "--made", fmt.Sprint(len(e.Entries) - bad), "--spoiled", fmt.Sprint(bad)}, each("--carrier", numbers)...)...)
}

// hand-over

func (p *prologue) handedFirst(e year.Event) bool {
	is := e.What == year.HandedOver && p.shownHand == 0 && e.Ref != p.plot.open
	if is {
		p.shownHand = e.Ref
	}
	return is
}

func (p *prologue) acceptedFirst(e year.Event) bool {
	return e.What == year.Accepted && e.Ref == p.shownHand
}

func (p *prologue) handOver(ctx context.Context, e year.Event) error {
	p.open(e, handing.zh, handing.en)
	form := p.form(e, "演交")
	p.b.refs[e.Ref] = form
	return p.handsOver(ctx, e, form)
}

func (p *prologue) handsOver(ctx context.Context, e year.Event, form string) error {
	return p.signs(ctx, 0, e.By, "move", "open", "hand-over", "--number", form, "--carrier", p.b.carriers(e.Carriers)[0], "--to", p.b.id(e.To), "--place", p.b.stored(e.Place), "--channel", "hand")
}

func (p *prologue) accept(ctx context.Context, e year.Event) error {
	p.resume(e, handing.zh, handing.en)
	return p.signs(ctx, 0, e.By, "move", "accept", p.b.refs[e.Ref])
}

// openLink is the hand-over that nobody signs for.
func (p *prologue) openLink(ctx context.Context, e year.Event) error {
	p.open(e, "移交未签收：断口看得见", "a hand-over nobody signed for: the open link is in sight")
	return p.handsOver(ctx, e, p.form(e, "演交"))
}

// loans

// recalled is the first time that the overdue loan is called back.
func (p *prologue) recalled(e year.Event) bool {
	is := e.What == year.RecalledLoan && e.Ref == p.plot.overdue && !p.shownOverdue
	p.shownOverdue = p.shownOverdue || is
	return is
}

func (p *prologue) overdue(ctx context.Context, e year.Event) error {
	p.open(e, "借阅逾期", "an overdue loan")
	return p.run(ctx, 0, "", "carrier", "overdue")
}

// leaving

func (p *prologue) leaveRefused(ctx context.Context, e year.Event) error {
	p.open(e, leaving.zh, leaving.en)
	return p.signs(ctx, 3, e.By, "person", "leave", p.b.id(e.To), "--reason", "transfer")
}

func (p *prologue) broughtBack(ctx context.Context, e year.Event) error {
	p.resume(e, leaving.zh, leaving.en)
	p.say("第二天归还", "he brings it back the next day")
	return p.signs(ctx, 0, e.By, "move", "return", p.b.sent[e.Ref][0], "--checked")
}

func (p *prologue) debtorLeft(e year.Event) bool {
	return e.What == year.Left && e.To == p.plot.debtor
}

func (p *prologue) left(ctx context.Context, e year.Event) error {
	p.resume(e, leaving.zh, leaving.en)
	p.say("签离岗承诺书，办理离岗", "he signs the leaving pledge, and may leave")
	if _, err := quietly[api.SignedView](ctx, p.rig, "person/pledge", api.PledgeRequest{Leaving: true, By: p.office.people[e.To].signer()}); err != nil {
		return err
	}
	return p.signs(ctx, 0, e.By, "person", "leave", p.b.id(e.To), "--reason", "transfer", "--cooling-until", e.At.AddDate(2, 0, 0).In(year.Zone).Format("2006-01-02"))
}
