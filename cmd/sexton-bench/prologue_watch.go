package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"sexton/bench/year"
	"sexton/web/api"
)

// classification

func (p *prologue) reclassify(ctx context.Context, e year.Event) error {
	p.open(e, "变更密级：换标，历史保留", "reclassification: a new mark, and the old one stays on record")
	doc, err := p.b.document(ctx, e.Carriers[0])
	if err != nil {
		return err
	}
	form := p.form(e, "演申")
	if err := p.b.requestFor(ctx, e, form, api.ApplyRequest{Act: "reclassify", Document: doc, Classification: e.Class.String(), Period: e.Period, Reason: "制发单位来函变更密级"}); err != nil {
		return err
	}
	if err := p.signs(ctx, 0, p.plot.leader, "document", "reclassify", doc, "--request", form, "--basis", "制发单位来函（演练）"); err != nil {
		return err
	}
	return p.run(ctx, 0, "", "carrier", "history", p.b.carriers(e.Carriers)[0])
}

// clear-out

func (p *prologue) openClearOut(ctx context.Context, e year.Event) error {
	p.open(e, clearing.zh, clearing.en)
	d := p.b.newClearOut(e)
	if err := p.by(ctx, 0, e.By, "", "campaign", "open", d.number, "--before", e.Due.In(year.Zone).Format("2006-01-02")); err != nil {
		return err
	}
	v, err := quietly[api.CampaignView](ctx, p.rig, "campaign/show", api.ByID{ID: d.number})
	d.id = v.ID
	return err
}

func (p *prologue) approveClearOut(ctx context.Context, e year.Event) error {
	p.resume(e, clearing.zh, clearing.en)
	d := p.b.drives[e.Ref]
	sheet, err := p.b.proposals(ctx, d)
	if err != nil {
		return err
	}
	wrong, err := p.destroyed(ctx, d, sheet)
	if err != nil {
		return err
	}
	if wrong != nil {
		if err := p.desk("处置意见-误.csv", wrong); err != nil {
			return err
		}
		p.say("把一件须清退的写成销毁：指出这一行，整份不收", "one that must be returned is put down for destruction: the row is named, nothing is taken")
		if err := p.by(ctx, 3, p.plot.officer, "", "campaign", "propose", d.number, "--file", "处置意见-误.csv"); err != nil {
			return err
		}
	}
	if err := p.desk("处置意见.csv", sheet); err != nil {
		return err
	}
	if err := p.by(ctx, 0, p.plot.officer, "", "campaign", "propose", d.number, "--file", "处置意见.csv"); err != nil {
		return err
	}
	return p.signs(ctx, 0, e.By, "campaign", "approve", d.number)
}

// destroyed is the sheet of proposals with the first carrier that must be returned put down for destruction; nil when there is none.
func (p *prologue) destroyed(ctx context.Context, d *clearOut, sheet []byte) ([]byte, error) {
	rows, err := csv.NewReader(strings.NewReader(string(sheet))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cannot read proposals: %w", err)
	}
	for i, row := range rows {
		if row[1] != "return" {
			continue
		}
		c, err := quietly[api.CarrierView](ctx, p.rig, "carrier/show", api.ByID{ID: row[0]})
		if err != nil {
			return nil, err
		}
		if c.MustReturn {
			rows[i] = []string{row[0], "destroy", ""}
			return sheetOf(rows)
		}
	}
	return nil, nil
}

func (p *prologue) closeClearOut(ctx context.Context, e year.Event) error {
	p.resume(e, clearing.zh, clearing.en)
	d := p.b.drives[e.Ref]
	p.say(fmt.Sprintf("该销毁的 %d 件走一个销毁批次：清点、封签、审批、双人、逐件粉碎", len(p.b.toShred)), fmt.Sprintf("%d carriers are destroyed in one batch: counted, sealed, approved, by two, piece by piece", len(p.b.toShred)))
	number := p.form(e, "演销单")
	if err := p.b.destroy(ctx, number); err != nil {
		return err
	}
	if err := p.run(ctx, 0, "", "batch", "show", number); err != nil {
		return err
	}
	return p.signs(ctx, 0, e.By, "campaign", "close", d.number, "--reason", "未办结的转下一次清理（演练）")
}

// inspection

func (p *prologue) missing(ctx context.Context, e year.Event) error {
	p.open(e, "抽查：先扫码，后亮账，少一件", "a surprise inspection, blind: one is missing")
	form := p.form(e, "演检")
	place := p.b.stored(e.Place)
	p.inspection, p.incident = form, p.form(e, "演案")
	if err := p.by(ctx, 0, e.By, "", "inspection", "open", "--number", form, "--place", place, "--surprise"); err != nil {
		return err
	}
	var found []string
	for _, id := range p.b.oracle.At(e.Place) {
		if !slices.Contains(e.Carriers, id) {
			found = append(found, p.b.numbers[id])
		}
	}
	if err := p.desk("扫码.txt", lines(found)); err != nil {
		return err
	}
	if err := p.signs(ctx, 0, e.By, "inspection", "count", form, "扫码.txt"); err != nil {
		return err
	}
	lost := p.b.carriers(e.Carriers)[0]
	if err := p.by(ctx, 0, e.By, "", "inspection", "missing", form, lost, "--reason", e.Reason.Zh()); err != nil {
		return err
	}
	if err := p.by(ctx, 0, e.By, "", "incident", "report", lost, "--what", "lost", "--number", p.incident, "--text", "抽查时不在柜中"); err != nil {
		return err
	}
	return p.by(ctx, 0, e.By, "", "finding", "enter", form, "--code", "missing", "--carrier", lost, "--text", e.Reason.Zh(), "--answers", p.b.id(p.plot.clerk), "--due", e.At.AddDate(0, 0, 14).In(year.Zone).Format("2006-01-02"))
}

func (p *prologue) found(ctx context.Context, e year.Event) error {
	p.open(e, "九天后找到：整改、销号、结案", "found after nine days: corrected, closed")
	lost := p.b.carriers(e.Carriers)[0]
	if err := p.by(ctx, 0, e.By, "", "carrier", "find", lost, "--reason", e.Reason.Zh()); err != nil {
		return err
	}
	open, err := quietly[[]api.FindingView](ctx, p.rig, "finding/list", api.FindingsRequest{Inspection: p.inspection})
	if err != nil {
		return err
	}
	if len(open) != 1 {
		return fmt.Errorf("%w: %s has %d findings", errStory, p.inspection, len(open))
	}
	if err := p.signs(ctx, 0, p.plot.clerk, "finding", "correct", open[0].ID, "--text", "已找到，逐件复核存放"); err != nil {
		return err
	}
	if err := p.signs(ctx, 0, p.plot.officer, "finding", "close", open[0].ID, "--text", "复查合格"); err != nil {
		return err
	}
	return p.signs(ctx, 0, p.plot.officer, "incident", "close", p.incident, "--result", "found", "--measures", "查明夹在另一份文件中，未失控")
}

// the end

// balance accounts for one document, copy by copy, and shows one carrier's life.
func (p *prologue) balance(ctx context.Context) error {
	p.meanwhile()
	last := p.plot.events[len(p.plot.events)-1]
	p.open(last, "平衡：每一份都说得清", "balance: every copy is accounted for")
	doc, err := p.b.document(ctx, p.plot.original)
	if err != nil {
		return err
	}
	if err := p.run(ctx, 0, "", "carrier", "balance", doc); err != nil {
		return err
	}
	p.say("找回的那一件，一生都在账上", "the one that was found again: its whole life is on record")
	return p.run(ctx, 0, "", "carrier", "history", p.b.numbers[p.plot.lost])
}

// report shows the year's report and compares the books.
func (p *prologue) report(ctx context.Context) error {
	last := p.plot.events[len(p.plot.events)-1]
	p.open(last, "报表：与生成器自己的账逐行相同", "reports: line by line the same as the generator's own count")
	if err := p.run(ctx, 0, "", "report", "year", fmt.Sprint(year.Year)); err != nil {
		return err
	}
	if err := p.run(ctx, 0, "", "carrier", "links"); err != nil {
		return err
	}
	k := books{p.b}
	rows, err := k.reports(ctx, when(last))
	if err != nil {
		return err
	}
	carriers, err := k.carriers(ctx)
	if err != nil {
		return err
	}
	documents, err := k.documents(ctx)
	if err != nil {
		return err
	}
	links, err := k.links(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "  ✓ 与生成器的账相同：报表 %d 行、载体 %d 件、文件 %d 份、未闭环 %d 项\n    the same as the generator's count: %d rows of reports, %d carriers, %d documents, %d open links\n",
		rows, carriers, documents, links, rows, carriers, documents, links)
	return nil
}
