package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"sexton/bench/year"
	"sexton/web/api"
)

// bureau lives through a year: it turns the happenings of bench/year into
// operations of the station, in the order of time and at the time of each, and
// has the generator's oracle count along.
//
//	happening ─► clock of the bench ─► operation of the station
//	          └► oracle                                          ─► both must end with the same figures
type bureau struct {
	rig    *rig
	office *office
	life   *year.Life
	plan   *plot
	oracle *year.Oracle
	scene  func(context.Context, year.Event) (told bool, err error)

	numbers map[year.CarrierID]string     // of carriers
	class   map[year.CarrierID]year.Class // as entered
	docOf   map[year.CarrierID]year.DocumentID
	refs    map[year.Ref]string   // what a proceeding is at the station: list, request, movement
	sent    map[year.Ref][]string // movements of a consignment that goes out
	counts  map[year.Ref][]int    // counts of a consignment before its list is there
	drives  map[year.Ref]*clearOut
	fateOf  map[year.CarrierID]*clearOut // approved clear-out that a carrier is in
	toShred []year.CarrierID
	lists   int
	slips   int                 // receipts entered
	quiet   map[year.What]tally // what was done since the last scene, and told by nobody
}

// tally is how often something happened, and to how many carriers.
type tally struct{ times, carriers int }

func newBureau(r *rig, o *office, l *year.Life, p *plot) *bureau {
	return &bureau{rig: r, office: o, life: l, plan: p, oracle: year.NewOracle(), numbers: map[year.CarrierID]string{}, class: map[year.CarrierID]year.Class{}, docOf: map[year.CarrierID]year.DocumentID{},
		refs: map[year.Ref]string{}, sent: map[year.Ref][]string{}, counts: map[year.Ref][]int{}, drives: map[year.Ref]*clearOut{},
		fateOf: map[year.CarrierID]*clearOut{}, quiet: map[year.What]tally{}}
}

// run lives through the whole year.
func (b *bureau) run(ctx context.Context) error {
	for _, e := range b.plan.events {
		if err := b.live(ctx, e); err != nil {
			return fmt.Errorf("%s, happening %d (%s): %w", e.At.In(year.Zone).Format("2006-01-02 15:04"), e.Seq, e.What, err)
		}
	}
	return nil
}

// live has the oracle count a happening, sets the clock to it, and has the
// station do it: told as a scene, or quietly.
func (b *bureau) live(ctx context.Context, e year.Event) error {
	if err := b.observe(e); err != nil {
		return err
	}
	if b.scene != nil {
		if told, err := b.scene(ctx, e); told || err != nil {
			return err
		}
	}
	t := b.quiet[e.What]
	b.quiet[e.What] = tally{t.times + 1, t.carriers + max(len(e.Carriers), len(e.Entries))}
	if do := b.acts()[e.What]; do != nil {
		return do(ctx, e)
	}
	return nil
}

func (b *bureau) observe(e year.Event) error {
	for _, c := range e.Entries {
		b.class[c.ID], b.docOf[c.ID] = c.Class, c.Document
	}
	if err := b.oracle.Observe(e); err != nil {
		return err
	}
	return b.rig.setClock(e.At)
}

// acts say what the station does at each happening. What is not here is told
// to nobody: counts before a list is there, reminders, things that went wrong.
func (b *bureau) acts() map[year.What]func(context.Context, year.Event) error {
	return map[year.What]func(context.Context, year.Event) error{
		year.Trained: b.trained, year.Left: b.left,
		year.Counted: b.counted, year.Entered: b.entered, year.SignedFor: b.signedFor, year.Printed: b.printed, year.Shelved: b.shelved,
		year.HandedOver: b.handedOver, year.Accepted: b.accepted,
		year.CirculationOpened: b.circulate, year.Took: b.took, year.GaveBack: b.gaveBack,
		year.Lent: b.lent, year.BroughtBack: b.gaveBack,
		year.CopyAsked: b.copyAsked, year.CopyApproved: b.decided, year.Copied: b.copied,
		year.DispatchAsked: b.dispatchAsked, year.DispatchApproved: b.decided, year.Sent: b.send, year.Acknowledged: b.acknowledged,
		year.Reclassified: b.reclassified, year.Released: b.released,
		year.ClearOutOpened: b.openClearOut, year.Proposed: b.proposed, year.ClearOutApproved: b.approveClearOut, year.ClearOutClosed: b.closeClearOut,
		year.Shredded: b.shredded, year.Inspected: b.inspected,
	}
}

// who is a person of the bureau; not everybody the year knows has a card.
func (b *bureau) who(id year.PersonID) (*official, error) {
	m := b.office.people[id]
	if m == nil {
		return nil, fmt.Errorf("%w: person %d has no card", errStory, id)
	}
	return m, nil
}

// askAs asks the station in the name of somebody; req gets him.
func askAs[T any](ctx context.Context, b *bureau, op string, who year.PersonID, req func(*official) any) (T, error) {
	m, err := b.who(who)
	if err != nil {
		var zero T
		return zero, err
	}
	return quietly[T](ctx, b.rig, op, req(m))
}

func (b *bureau) carriers(ids []year.CarrierID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = b.numbers[id]
	}
	return out
}

// people

func (b *bureau) trained(ctx context.Context, e year.Event) error {
	m := b.office.people[e.To]
	if m == nil {
		return nil
	}
	m.trained = e.Due.In(year.Zone).Format(time.DateOnly)
	return b.post(ctx, m)
}

// post puts somebody on his post, and has him pledge.
func (b *bureau) post(ctx context.Context, m *official) error {
	if _, err := askAs[api.PostView](ctx, b, "person/post", b.plan.officer, func(by *official) any {
		return api.PostRequest{Session: by.session, Person: m.id, Department: departmentID(m.department), Post: b.life.World().Departments[m.department],
			Grade: m.grade, Clearance: m.clearance, TrainedTill: m.trained}
	}); err != nil {
		return err
	}
	_, err := quietly[api.SignedView](ctx, b.rig, "person/pledge", api.PledgeRequest{By: m.signer()})
	return err
}

func departmentID(i int) string { return fmt.Sprintf("B-%02d", i+1) }

func (b *bureau) left(ctx context.Context, e year.Event) error {
	m := b.office.people[e.To]
	if m == nil {
		return nil
	}
	if _, err := quietly[api.SignedView](ctx, b.rig, "person/pledge", api.PledgeRequest{Leaving: true, By: m.signer()}); err != nil {
		return err
	}
	_, err := askAs[api.LeaveView](ctx, b, "person/leave", e.By, func(by *official) any {
		return api.LeaveRequest{Person: m.id, Reason: "transfer", CoolingUntil: e.At.AddDate(2, 0, 0).In(year.Zone).Format(time.DateOnly), By: by.signer()}
	})
	return err
}

// receipt in four acts

func (b *bureau) counted(_ context.Context, e year.Event) error {
	b.counts[e.Ref] = append(b.counts[e.Ref], e.Count)
	return nil
}

// sheet is the transfer list of a consignment, as it comes in.
func (b *bureau) sheet(e year.Event) ([]byte, error) {
	b.lists++
	list, err := b.life.Consignment(e, b.lists)
	if err != nil {
		return nil, err
	}
	for i := range e.Entries {
		b.numbers[e.Entries[i].ID] = e.Entries[i].Number
	}
	var csv bytes.Buffer
	err = list.CSV(&csv, []string{"gb18030", "utf-8-bom"}[b.lists%2])
	return csv.Bytes(), err
}

func (b *bureau) entered(ctx context.Context, e year.Event) error {
	csv, err := b.sheet(e)
	if err != nil {
		return err
	}
	v, err := askAs[api.ImportView](ctx, b, "list/import", e.By, func(by *official) any {
		return api.ImportRequest{Source: csv, Session: by.session}
	})
	if err != nil {
		return fmt.Errorf("%w %v", err, v.Bad)
	}
	b.refs[e.Ref] = v.List.ID
	for _, n := range b.counts[e.Ref] {
		if _, err := askAs[api.ListView](ctx, b, "list/count", e.By, func(by *official) any {
			return api.ListCountRequest{List: v.List.ID, Session: by.session, Found: int64(n)}
		}); err != nil {
			return err
		}
	}
	_, err = askAs[api.ListView](ctx, b, "list/number", e.By, func(by *official) any {
		return api.ListNumberRequest{List: v.List.ID, Session: by.session}
	})
	return err
}

func (b *bureau) signedFor(ctx context.Context, e year.Event) error {
	_, err := askAs[api.SignedView](ctx, b, "list/receive", e.By, func(by *official) any {
		return api.SignRequest{ID: b.refs[e.Ref], By: by.signer()}
	})
	return err
}

// printed makes an own document: entered, approved, made in numbered copies.
func (b *bureau) printed(ctx context.Context, e year.Event) error {
	doc := e.Documents[0]
	d, err := askAs[api.DocumentView](ctx, b, "document/enter", e.By, func(by *official) any {
		return api.DocumentRequest{Session: by.session, Number: doc.Number, Title: doc.Title, Issuer: b.life.World().Unit(doc.Unit).Name, Scope: doc.Scope,
			Classification: doc.Class.String(), Period: doc.Period, Dated: doc.Dated}
	})
	if err != nil {
		return err
	}
	id, err := b.request(ctx, e, api.ApplyRequest{Act: "make", Document: d.ID, Count: int64(len(e.Entries)), Reason: "印制本单位文件"})
	if err != nil {
		return err
	}
	return b.make(ctx, e, id, 0)
}

// make registers copies, the last so many of them spoiled.
func (b *bureau) make(ctx context.Context, e year.Event, request string, spoiled int) error {
	r := api.CopyRequest{Request: request, Kind: e.Entries[0].Kind.String(), Extent: int64(e.Entries[0].Pages), Made: int64(len(e.Entries) - spoiled),
		Spoiled: int64(spoiled), Stamp: "云泽市财政局复印专用章（演练）"}
	for _, c := range e.Entries {
		b.numbers[c.ID], r.Numbers = c.Number, append(r.Numbers, c.Number)
	}
	_, err := askAs[api.CopiesView](ctx, b, "carrier/copy", e.By, func(by *official) any {
		r.By = by.signer()
		return r
	})
	return err
}

// placeID is a place's id at the station. 绝密 is read in the reading room, and kept in the one cabinet approved for it.
func placeID(p year.PlaceID) string { return fmt.Sprintf("G-%02d", p) }

const topSecretCabinet = "G-99"

func (b *bureau) stored(p year.PlaceID) string {
	if b.life.World().Place(p).Use == "reading-room" {
		return topSecretCabinet
	}
	return placeID(p)
}

func (b *bureau) shelved(ctx context.Context, e year.Event) error {
	_, err := askAs[api.HeldPage](ctx, b, "carrier/store", e.By, func(by *official) any {
		return api.StoreRequest{Session: by.session, Place: b.stored(e.Place), Carriers: b.carriers(e.Carriers)}
	})
	return err
}

// request applies for an act and has it audited and approved as the rules demand; it gives the request's id.
func (b *bureau) request(ctx context.Context, e year.Event, r api.ApplyRequest) (string, error) {
	v, err := b.apply(ctx, r)
	if err != nil {
		return "", err
	}
	return v.ID, b.decide(ctx, v, b.plan.approver(e.By, e.With))
}

// requestFor is request for a form with a number, by which what follows calls it.
func (b *bureau) requestFor(ctx context.Context, e year.Event, form string, r api.ApplyRequest) error {
	r.Number = form
	_, err := b.request(ctx, e, r)
	if e.Ref != 0 {
		b.refs[e.Ref] = form
	}
	return err
}

// apply is the clerk's: who wants something asks him.
func (b *bureau) apply(ctx context.Context, r api.ApplyRequest) (api.RequestView, error) {
	return askAs[api.RequestView](ctx, b, "request/open", b.plan.clerk, func(by *official) any {
		r.Session = by.session
		return r
	})
}

// decide audits and approves an application.
func (b *bureau) decide(ctx context.Context, v api.RequestView, approver year.PersonID) error {
	if v.Needs.Audit != "" {
		auditor := b.plan.deputy
		if approver == auditor {
			auditor = b.plan.officer
		}
		if _, err := askAs[api.SignedView](ctx, b, "request/audit", auditor, func(by *official) any {
			return api.DecideRequest{Request: v.ID, Opinion: "情况属实，拟同意。", By: by.signer()}
		}); err != nil {
			return err
		}
	}
	if v.Needs.Approver == "classifier" {
		approver = b.plan.leader
	}
	_, err := askAs[api.SignedView](ctx, b, "request/approve", approver, func(by *official) any {
		return api.DecideRequest{Request: v.ID, Authority: v.Needs.Authority, Opinion: "同意（演练）。", By: by.signer()}
	})
	return err
}

// document finds the station's id of the document of a carrier.
func (b *bureau) document(ctx context.Context, c year.CarrierID) (string, error) {
	v, err := quietly[api.CarrierView](ctx, b.rig, "carrier/show", api.ByID{ID: b.numbers[c]})
	if err == nil && v.DocumentID == "" {
		err = fmt.Errorf("%w: carrier %s is of no document", errStory, v.Number)
	}
	return v.DocumentID, err
}

// inClearOut parts carriers into those that a clear-out decided about and the others.
func (b *bureau) inClearOut(ids []year.CarrierID, of *clearOut) (in, out []string) {
	for _, id := range ids {
		if of != nil && b.fateOf[id] == of {
			in = append(in, b.numbers[id])
		} else {
			out = append(out, b.numbers[id])
		}
	}
	return in, out
}
