package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"time"

	"sexton/bench/year"
	"sexton/web/api"
)

// clearOut is one campaign of the year.
type clearOut struct {
	id, number string
	proposals  map[year.CarrierID]string // fate, in the station's words
	reasons    map[year.CarrierID]string
}

var fateWord = map[year.Fate]string{year.Returned: "return", year.Destroyed: "destroy", year.Archived: "archive", year.Transferred: "transfer", year.Declassified: "declassify", year.Keep: "keep"}

// newClearOut begins the account of a campaign.
func (b *bureau) newClearOut(e year.Event) *clearOut {
	d := &clearOut{number: fmt.Sprintf("演清〔%d〕1号", e.At.In(year.Zone).Year()), proposals: map[year.CarrierID]string{}, reasons: map[year.CarrierID]string{}}
	b.drives[e.Ref] = d
	return d
}

func (b *bureau) openClearOut(ctx context.Context, e year.Event) error {
	d := b.newClearOut(e)
	v, err := askAs[api.CampaignView](ctx, b, "campaign/open", e.By, func(by *official) any {
		return api.CampaignRequest{Session: by.session, Number: d.number, Before: e.Due.In(year.Zone).Format(time.DateOnly)}
	})
	d.id = v.ID
	return err
}

// proposed is gathered: all proposals are handed in as one list when the last is there.
func (b *bureau) proposed(_ context.Context, e year.Event) error {
	d := b.drives[e.Ref]
	for _, id := range e.Carriers {
		d.proposals[id] = fateWord[e.Fate]
		if e.Fate == year.Keep {
			d.reasons[id] = "in-use"
		}
	}
	return nil
}

func (b *bureau) approveClearOut(ctx context.Context, e year.Event) error {
	d := b.drives[e.Ref]
	if err := b.propose(ctx, d); err != nil {
		return err
	}
	_, err := askAs[api.CampaignView](ctx, b, "campaign/approve", e.By, func(by *official) any {
		return api.SignRequest{ID: d.id, By: by.signer()}
	})
	return err
}

// propose hands in the proposals for what the station selected. What it selected and nobody proposed anything for is kept: it is in use. What it
// did not select (copies made after the day) goes out under a request of its own.
func (b *bureau) propose(ctx context.Context, d *clearOut) error {
	sheet, err := b.proposals(ctx, d)
	if err != nil {
		return err
	}
	v, err := askAs[api.ProposeView](ctx, b, "campaign/propose", b.plan.officer, func(by *official) any {
		return api.ProposeRequest{Session: by.session, Campaign: d.id, List: sheet}
	})
	if err != nil {
		return fmt.Errorf("%w %v", err, v.Bad)
	}
	return nil
}

// proposals is the list of proposals as a sheet, and notes which carriers are in it.
func (b *bureau) proposals(ctx context.Context, d *clearOut) ([]byte, error) {
	v, err := quietly[api.CampaignView](ctx, b.rig, "campaign/show", api.ByID{ID: d.id})
	if err != nil {
		return nil, err
	}
	of := map[string]year.CarrierID{}
	for id, n := range b.numbers {
		of[n] = id
	}
	rows := [][]string{{"载体编号", "处置意见", "理由"}}
	for _, r := range v.Remaining {
		if r.Why != "no-proposal" {
			continue
		}
		id := of[r.Number]
		fate, reason := d.proposals[id], d.reasons[id]
		if fate == "" {
			fate, reason = "keep", "in-use"
		}
		rows = append(rows, []string{r.Number, fate, reason})
		b.fateOf[id] = d
	}
	return sheetOf(rows)
}

func sheetOf(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		return nil, fmt.Errorf("cannot write proposals: %w", err)
	}
	return out.Bytes(), nil
}

func (b *bureau) closeClearOut(ctx context.Context, e year.Event) error {
	d := b.drives[e.Ref]
	if err := b.destroy(ctx, fmt.Sprintf("演销单〔%d〕1号", e.At.In(year.Zone).Year())); err != nil {
		return err
	}
	_, err := askAs[api.CampaignView](ctx, b, "campaign/close", e.By, func(by *official) any {
		return api.CampaignEndRequest{Campaign: d.id, Reason: "未办结的转下一次清理（演练）", By: by.signer()}
	})
	return err
}
