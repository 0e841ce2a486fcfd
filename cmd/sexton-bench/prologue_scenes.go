package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sexton/bench/year"
	"sexton/web/api"
)

// scene is one happening that is told with the operator's commands instead of
// being done quietly.
type scene struct {
	is   func(year.Event) bool
	tell func(context.Context, year.Event) error
}

// title of a chapter that may be told in several parts.
type title struct{ zh, en string }

var (
	receipt  = title{"收文：清点、编号、登记、签收", "receipt in four acts: counted, numbered, entered, signed for"}
	dispatch = title{"发文：经批准，走机要交换，回执闭环", "dispatch: approved, by the exchange station, closed by a receipt"}
	reading  = title{"传阅：圈内签收，谁看过都有记录", "circulation: within the circle, and who knew is on record"}
	copying  = title{"复制：批几份印几份，废件也要登记", "copying: as many as approved, spoiled ones tracked"}
	handing  = title{"移交：两头都签", "hand-over: both ends sign"}
	leaving  = title{"离岗：名下有载体，不能走", "leaving: nobody leaves with a carrier outstanding"}
	clearing = title{"清理清退：上半年的每一件都要有去处", "clear-out: every carrier of the first half gets its disposition"}
)

// of matches happenings of one proceeding.
func of(what year.What, ref year.Ref) func(year.Event) bool {
	return func(e year.Event) bool { return e.What == what && e.Ref == ref }
}

// only matches every happening of a kind: there is one in each year.
func only(what year.What) func(year.Event) bool {
	return func(e year.Event) bool { return e.What == what }
}

// first matches the first happening of a kind.
func first(what year.What) func(year.Event) bool {
	seen := false
	return func(e year.Event) bool {
		is := e.What == what && !seen
		seen = seen || is
		return is
	}
}

// scenes of the year. They are told when they happen, so that their order is
// the year's own.
func (p *prologue) scenes() []scene {
	q := p.plot
	return []scene{
		{of(year.Entered, q.receipt), p.entered}, {of(year.SignedFor, q.receipt), p.signedFor}, {p.shelvedFirst, p.shelved},
		{only(year.DispatchRefused), p.dispatchRefused}, {p.dispatchedFirst, p.sent}, {p.acknowledgedFirst, p.acknowledged},
		{of(year.CirculationOpened, q.slip), p.circulate}, {p.tookFirst, p.took}, {of(year.CirculationClosed, q.slip), p.whoKnew},
		{of(year.CopyAsked, q.copying), p.copyAsked}, {of(year.CopyApproved, q.copying), p.copyApproved}, {only(year.CopyRefused), p.copyRefused}, {of(year.Copied, q.copying), p.copied},
		{only(year.CirculationRefused), p.untrained}, {p.handedFirst, p.handOver}, {p.acceptedFirst, p.accept},
		{first(year.Reclassified), p.reclassify},
		{first(year.ClearOutOpened), p.openClearOut}, {first(year.ClearOutApproved), p.approveClearOut}, {first(year.ClearOutClosed), p.closeClearOut},
		{only(year.LeaveRefused), p.leaveRefused}, {of(year.BroughtBack, q.owing), p.broughtBack}, {p.debtorLeft, p.left},
		{only(year.Missing), p.missing}, {only(year.Found), p.found},
		{p.recalled, p.overdue}, {of(year.HandedOver, q.open), p.openLink},
	}
}

// desk lays a file where the commands run.
func (p *prologue) desk(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(p.dir, name), content, 0o600); err != nil {
		return fmt.Errorf("cannot lay %s on the desk: %w", name, err)
	}
	return nil
}

// when dates a chapter.
func when(e year.Event) string { return e.At.In(year.Zone).Format("2006-01-02") }

// open opens a chapter on the day of a happening, after what was done since the last one.
func (p *prologue) open(e year.Event, zh, en string) {
	p.meanwhile()
	p.begin(when(e)+" "+zh, when(e)+", "+en)
	p.thread = zh
}

// resume goes on with what an earlier chapter was about; when another one came between, under a heading of its own.
func (p *prologue) resume(e year.Event, zh, en string) {
	if p.thread != zh {
		p.open(e, zh, en)
	}
}

// quietActs are told in a line between two scenes.
var quietActs = []struct {
	what   year.What
	zh, en string
}{
	{year.SignedFor, "收文%d批%d件", "%d receipts (%d carriers)"}, {year.Printed, "印制%d次%d件", "%d printings (%d)"}, {year.Copied, "复制%d次%d件", "%d copyings (%d)"},
	{year.HandedOver, "移交%d次%d件", "%d hand-overs (%d)"}, {year.Sent, "送出%d次%d件", "%d sent out (%d)"}, {year.Released, "解密%d次%d件", "%d declassified (%d)"}, {year.Took, "阅读%d次%d件", "%d readings (%d)"},
	{year.Lent, "借阅%d次%d件", "%d loans (%d)"}, {year.Shredded, "销毁%d次%d件", "%d destructions (%d)"},
}

func (p *prologue) meanwhile() {
	var zh, en []string
	for _, a := range quietActs {
		if t := p.b.quiet[a.what]; t.times > 0 {
			zh, en = append(zh, fmt.Sprintf(a.zh, t.times, t.carriers)), append(en, fmt.Sprintf(a.en, t.times, t.carriers))
		}
	}
	clear(p.b.quiet)
	if len(zh) > 0 {
		fmt.Fprintf(p.out, "\n  ⋯ 其间：%s\n    meanwhile: %s\n", strings.Join(zh, "，"), strings.Join(en, ", "))
	}
}

// form numbers the next form of a series: 演申〔2026〕3号.
func (p *prologue) form(e year.Event, series string) string {
	p.forms[series]++
	return fmt.Sprintf("%s〔%d〕%d号", series, e.At.In(year.Zone).Year(), p.forms[series])
}

// by runs a command of somebody who does not sign; signs one that he signs.
func (p *prologue) by(ctx context.Context, want int, who year.PersonID, stdin string, args ...string) error {
	return p.run(ctx, want, stdin, append(args, "--as", p.b.id(who))...)
}

func (p *prologue) signs(ctx context.Context, want int, who year.PersonID, args ...string) error {
	return p.sign(ctx, want, &p.office.people[who].member, args...)
}

// name is somebody as the story calls him.
func (p *prologue) name(id year.PersonID) string { return p.life.World().Person(id).Name }

// receipt

func (p *prologue) entered(ctx context.Context, e year.Event) error {
	p.open(e, receipt.zh, receipt.en)
	csv, err := p.b.sheet(e)
	if err != nil {
		return err
	}
	if err := p.desk("移交清单.csv", csv); err != nil {
		return err
	}
	if err := p.by(ctx, 0, e.By, "", "list", "import", "移交清单.csv"); err != nil {
		return err
	}
	lists, err := quietly[[]api.ListView](ctx, p.rig, "list/list", api.None{})
	if err != nil {
		return err
	}
	number := fmt.Sprintf("演移〔%d〕%d号", year.Year, p.b.lists)
	i := slices.IndexFunc(lists, func(l api.ListView) bool { return l.Number == number })
	if i < 0 {
		return fmt.Errorf("%w: no list %s", errStory, number)
	}
	id := lists[i].ID
	p.b.refs[e.Ref] = id
	p.say("没有清点、编号就签收：拒绝", "signing before counting and numbering: refused")
	if err := p.signs(ctx, 3, e.By, "list", "receive", id); err != nil {
		return err
	}
	var scan []string
	for _, c := range e.Entries {
		scan = append(scan, c.Number)
	}
	if err := p.by(ctx, 0, e.By, string(lines(scan)), "list", "count", id); err != nil {
		return err
	}
	return p.by(ctx, 0, e.By, "", "list", "number", id)
}

func (p *prologue) signedFor(ctx context.Context, e year.Event) error {
	p.resume(e, receipt.zh, receipt.en)
	return p.signs(ctx, 0, e.By, "list", "receive", p.b.refs[e.Ref])
}

// shelvedFirst is the first time that something of the shown receipt is put away.
func (p *prologue) shelvedFirst(e year.Event) bool {
	return e.What == year.Shelved && slices.Contains(p.plot.received, e.Carriers[0])
}

func (p *prologue) shelved(ctx context.Context, e year.Event) error {
	p.resume(e, receipt.zh, receipt.en)
	numbers := p.b.carriers(e.Carriers)
	if low := p.lowest(); !p.refusedPlace && p.life.World().Place(low).Highest > p.b.class[e.Carriers[0]] {
		p.refusedPlace = true
		p.say("三号柜只许放到工作秘密：放不进去", "cabinet three may hold work secrets at most: it does not take this")
		if err := p.by(ctx, 3, e.By, "", append([]string{"carrier", "store", p.b.stored(low)}, numbers...)...); err != nil {
			return err
		}
	}
	return p.by(ctx, 0, e.By, "", append([]string{"carrier", "store", p.b.stored(e.Place)}, numbers...)...)
}

// lowest is the cabinet of the confidential room that may hold least.
func (p *prologue) lowest() year.PlaceID {
	var low year.Place
	for _, q := range p.life.World().Places {
		if q.Department == 0 && q.Use != "reading-room" && q.Use != "room" && (low.ID == 0 || q.Highest > low.Highest) {
			low = q
		}
	}
	return low.ID
}

// dispatch

func (p *prologue) dispatchRefused(ctx context.Context, e year.Event) error {
	p.open(e, "发文：渠道不对，不批也不发", "dispatch: a channel that is forbidden")
	p.say("国家秘密载体不得通过普通邮政寄递", "no state secret by ordinary post")
	return p.by(ctx, 3, p.plot.clerk, "", append([]string{"request", "open", "dispatch", "--channel", e.Channel, "--party", "云泽市商务局", "--reason", "印发"}, each("--carrier", p.b.carriers(e.Carriers))...)...)
}

// each repeats a flag.
func each(flag string, values []string) []string { return []string{flag, strings.Join(values, ",")} }

// dispatchedFirst is the first of our own documents that goes out after the refusal.
func (p *prologue) dispatchedFirst(e year.Event) bool {
	is := e.What == year.Sent && e.Fate == year.Dispatched && p.shownSend == 0 && p.chapter > 0
	if is {
		p.shownSend = e.Ref
	}
	return is
}

func (p *prologue) sent(ctx context.Context, e year.Event) error {
	p.open(e, dispatch.zh, dispatch.en)
	to := p.life.World().Unit(e.Unit).Name
	if err := p.signs(ctx, 0, e.By, append([]string{"move", "open", "dispatch", "--number", e.Number, "--party", to, "--channel", e.Channel, "--escort", p.b.id(p.plot.second), "--request", p.b.refs[e.Of]},
		each("--carrier", p.b.carriers(e.Carriers))...)...); err != nil {
		return err
	}
	p.b.sent[e.Ref] = []string{e.Number}
	return nil
}

func (p *prologue) acknowledgedFirst(e year.Event) bool {
	return e.What == year.Acknowledged && e.Ref == p.shownSend
}

func (p *prologue) acknowledged(ctx context.Context, e year.Event) error {
	p.resume(e, dispatch.zh, dispatch.en)
	p.say("对方回执到，由没有经手送出的人登记；这一份从此不在册", "the receipt slip comes; somebody who did not send it enters it, and the copy is no longer held")
	if err := p.desk("回执.pdf", []byte("演练扫描件")); err != nil {
		return err
	}
	return p.signs(ctx, 0, p.plot.officer, "move", "receipt", p.b.sent[e.Ref][0], "--number", p.form(e, "演回"), "--scan", "回执.pdf")
}
