package station_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sexton/ledger/leaf"
	"sexton/station"
)

// lines are the rows of a printed sheet, without what guards cells.
func lines(t *testing.T, f station.File) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(f.Data), "\ufeff")))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all {
		for i := range row {
			row[i] = strings.Trim(row[i], "'\t")
		}
	}
	return all
}

// has demands a row that holds all these cells, in any column.
func has(t *testing.T, f station.File, cells ...string) {
	t.Helper()
	all := lines(t, f)
	for _, row := range all {
		n := 0
		for _, c := range cells {
			if slices.Contains(row, c) {
				n++
			}
		}
		if n == len(cells) {
			return
		}
	}
	t.Errorf("%s has no row with %q:\n%s", f.View.Name, cells, f.Data)
}

// print fills a form as CSV.
func (w *world) print(o station.PrintOptions, by string) station.File {
	w.t.Helper()
	o.Format = "csv"
	f, err := w.st.PrintForm(w.t.Context(), o, w.signer(by))
	if err != nil {
		w.t.Fatalf("%s for %s: %v", o.Form, o.For, err)
	}
	return f
}

// TestEveryFormIsPrinted fills every form that the register can fill from one story, and looks at what stands on it.
func TestEveryFormIsPrinted(t *testing.T) {
	w := newWorld(t)
	_, days := aYear(w)
	ctx := t.Context()
	from, to := days[0], days[len(days)-1]
	held := &station.SearchFilter{Held: true}

	returned := w.moveOf("return", "YZ-005")
	hand := must(w.st.OpenMovement(ctx, station.MovementOptions{Act: "hand-over", Number: "交-1", Carriers: []string{"YZ-002"}, To: "sun", Place: "G2", Channel: "hand", Purpose: "移交保管（演练）"}, w.signer("admin")))
	w.ok(w.st.AcceptMovement(ctx, hand.ID, station.MovementStepOptions{}, w.signer("sun")))
	out := w.move(station.MovementOptions{Act: "carry-out", Carriers: []string{"YZ-001"}, To: "wu", Channel: "hand", Escorts: []string{"zhou"}})
	consigned := w.move(station.MovementOptions{Act: "consign", Number: "送-1", Carriers: []string{"YZ-003"}, To: "XH", Channel: "own-vehicle", Escorts: []string{"sun", "zhou"}, Seals: []string{"F0002", "F0001"}})
	w.ok(w.st.AcceptMovement(ctx, consigned.ID, station.MovementStepOptions{Receipt: "收-3", Scan: []byte("s"), Remark: "封条完好"}, w.signer("sun")))
	request := func(act string) string {
		for _, r := range must(w.st.Requests(ctx, station.RequestFilter{Limit: 1000})).Requests {
			if r.Act == act {
				return r.ID
			}
		}
		t.Fatalf("no request to %s", act)
		return ""
	}
	w.ok(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("sun"), Number: "清-7", Before: days[2]}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("sun"), Campaign: "清-7", Filter: held, Fate: "return"}))

	seen := map[string]bool{}
	check := func(o station.PrintOptions, rows int, cells ...string) {
		t.Helper()
		seen[o.Form] = true
		f := w.print(o, "sun")
		if rows >= 0 && f.View.Rows != int64(rows) {
			t.Errorf("%s has %d rows, want %d", o.Form, f.View.Rows, rows)
		}
		if len(cells) > 0 {
			has(t, f, cells...)
		}
	}
	check(station.PrintOptions{Form: "F1", Filter: held}, -1, "文件某局〔2026〕1号（演练）", "某局（演练）", "纸介质", "某局〔2026〕1号", "秘密", "10页", "1")
	check(station.PrintOptions{Form: "F1a", Filter: held}, -1, "YZ-002", "姓名sun", "在库")
	check(station.PrintOptions{Form: "F1b", Filter: held}, 0)
	check(station.PrintOptions{Form: "F14a", Filter: held}, 0)
	check(station.PrintOptions{Form: "F2", From: days[1], To: days[1]}, 12, "某局〔2026〕100号", "姓名admin", days[1])
	check(station.PrintOptions{Form: "F2a", From: days[0], To: days[0]}, 6, "姓名admin")
	check(station.PrintOptions{Form: "F3", From: from, To: to}, -1)
	check(station.PrintOptions{Form: "F6", From: from, To: to}, 1, "某局〔2026〕111号", "姓名wu", "姓名zhou", days[1])
	check(station.PrintOptions{Form: "F6a", From: from, To: to}, 0)
	check(station.PrintOptions{Form: "F4", For: "某局〔2026〕1号"}, 1, "姓名sun", "000002", "1")
	check(station.PrintOptions{Form: "F5", For: "某局〔2026〕111号"}, 1, "姓名wu")
	check(station.PrintOptions{Form: "F7", For: request("copy")}, 1, "文件某局〔2026〕1号（演练）", "3")
	check(station.PrintOptions{Form: "F9a", For: request("lend")}, 0, "接收部门")
	check(station.PrintOptions{Form: "F18", For: request("reclassify")}, 0, "拟变更密级", "秘密")
	check(station.PrintOptions{Form: "F8", For: out.ID}, 0, "保密编号", "YZ-001")
	check(station.PrintOptions{Form: "F9", For: "交-1"}, 1, "000002", "秘密", "纸介质")
	check(station.PrintOptions{Form: "F9b", For: returned}, 0, "接收方部门", "某单位（演练）")
	check(station.PrintOptions{Form: "P1", For: "送-1"}, 1, "F0001、F0002")
	check(station.PrintOptions{Form: "P4", For: "送-1"}, 0, "封条号起", "F0001")
	check(station.PrintOptions{Form: "P5", For: "送-1"}, 0, "差异说明", "封条完好")
	check(station.PrintOptions{Form: "F10", For: "清-7"}, -1, "某局〔2026〕111号", "1", "0")
	check(station.PrintOptions{Form: "F10a", For: "清-7"}, -1, "YZ-111", "未勾")
	check(station.PrintOptions{Form: "F11", For: batchNumber}, 2, "某局〔2026〕110号", "1")
	check(station.PrintOptions{Form: "F12", For: batchNumber}, 2, "某局〔2026〕110号", "粉碎", "姓名li", "姓名zhao", "姓名wang", to)
	check(station.PrintOptions{Form: "F13a", For: batchNumber}, 0, "设备编号", "shredder-1")
	check(station.PrintOptions{Form: "F15", For: "检-9"}, 2, "账物相符", "否")
	check(station.PrintOptions{Form: "F15c", For: "检-9"}, 1, "整改时限", "2099-01-01")
	check(station.PrintOptions{Form: "F16b", For: "wu"}, 0, "姓名", "姓名wu")
	check(station.PrintOptions{Form: "F17", For: "wu"}, 0, "承诺人", "姓名wu", days[0])
	check(station.PrintOptions{Form: "F17a", For: "wu"}, 0, "姓名", "姓名wu")
	check(station.PrintOptions{Form: "F17b", For: "wu"}, 1, "未交载体数", "1")
	check(station.PrintOptions{Form: "F19", For: "G1"}, 0, "名称", "一号柜（演练）")
	check(station.PrintOptions{Form: "F19-withdraw", For: "G1"}, 0, "名称", "一号柜（演练）")
	check(station.PrintOptions{Form: "F20", For: "事-9"}, 0, "经过", "丢失（演练）")
	check(station.PrintOptions{Form: "R1", From: from, To: to}, -1, "绝密", "纸介质", "0", "1")
	check(station.PrintOptions{Form: "R2", From: from, To: to}, -1, "YZ-111", "借阅", "逾期")
	for _, f := range must(w.st.Forms(ctx)) {
		if f.Of != "" && !seen[f.ID] {
			t.Errorf("%s is filled and was not looked at", f.ID)
		}
		w.blank(f.ID)
	}
}

// moveOf is the movement that took a carrier.
func (w *world) moveOf(act, number string) string {
	w.t.Helper()
	for _, m := range must(w.st.Movements(w.t.Context(), station.MovementFilter{Act: act, Limit: 1000})).Movements {
		if slices.ContainsFunc(m.Carriers, func(c station.MovedCarrier) bool { return c.Number == number }) {
			return m.ID
		}
	}
	w.t.Fatalf("%s was never moved to %s", number, act)
	return ""
}

// blank prints a form blank, in every format, without a session and without a leaf.
func (w *world) blank(id string) {
	w.t.Helper()
	before := w.led.Head().Size
	for _, format := range []string{"html", "xlsx", "csv", "json"} {
		f, err := w.st.PrintForm(w.t.Context(), station.PrintOptions{Form: id, Format: format}, station.Signer{})
		if err != nil || len(f.Data) == 0 || f.View.Index != -1 || f.View.SHA256 != fmt.Sprintf("%x", sha256.Sum256(f.Data)) {
			w.t.Errorf("blank %s as %s: %+v, %v", id, format, f.View, err)
		}
	}
	if w.led.Head().Size != before {
		w.t.Errorf("a blank %s left a leaf", id)
	}
}

// TestDutyD14WhatLeavesIsOnRecord: the leaf names the file by its hash, its rows and the head it was drawn from, under a signature.
func TestDutyD14WhatLeavesIsOnRecord(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	head := w.led.Head()
	f := w.print(station.PrintOptions{Form: "F1", Filter: &station.SearchFilter{}}, "admin")
	_, p, err := leaf.Decode(must(w.led.Leaf(ctx, f.View.Index)))
	if err != nil {
		t.Fatal(err)
	}
	b, ok := p.Body.(*leaf.Report)
	if !ok || b.Form != "F1" || b.SHA256 != fmt.Sprintf("%x", sha256.Sum256(f.Data)) || b.Rows != 6 || b.Size != head.Size || b.Root != head.Root || p.Actors[0].Person != "admin" {
		t.Errorf("%s %+v by %+v", p.Kind, p.Body, p.Actors)
	}
	var sheet struct {
		Ledger struct {
			Size int64
			Root string
		}
	}
	j := must(w.st.PrintForm(ctx, station.PrintOptions{Form: "R2", From: w.today(), To: w.today(), Format: "json"}, w.signer("sun")))
	if err := json.Unmarshal(j.Data, &sheet); err != nil || sheet.Ledger.Size != f.View.Index+1 {
		t.Errorf("the sheet names %+v, %v", sheet, err)
	}
	if kept := must(w.led.Attachment(ctx, j.View.SHA256)); string(kept) != string(j.Data) {
		t.Error("a report that went out cannot be shown again")
	}

	print := func(by string, o station.PrintOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.PrintForm(ctx, o, w.signer(by)); return err }
	}
	w.as("wu")
	w.as("li")
	w.refused("a form by an operator", "person.role", print("wu", station.PrintOptions{Form: "F1", Filter: &station.SearchFilter{}, Format: "csv"}))
	w.refused("a report by a keeper", "person.role", print("admin", station.PrintOptions{Form: "R2", From: w.today(), To: w.today(), Format: "csv"}))
	w.refused("a form that is none", "usage.not-found", print("admin", station.PrintOptions{Form: "F99", For: "x", Format: "csv"}))
	w.refused("a format that is none", "usage.bad-request", print("admin", station.PrintOptions{Form: "F1", Filter: &station.SearchFilter{}, Format: "pdf"}))
	w.refused("a form that is printed blank only", "form.blank-only", print("admin", station.PrintOptions{Form: "F21", For: "x", Format: "csv"}))
	w.refused("for a thing it is not about", "usage.bad-request", print("admin", station.PrintOptions{Form: "F1", For: "YZ-001", Format: "csv"}))
	w.refused("for a movement that is none", "usage.not-found", print("admin", station.PrintOptions{Form: "F9", For: "x", Format: "csv"}))
	w.refused("without a signature", "session.unknown", func(ctx context.Context) error {
		_, err := w.st.PrintForm(ctx, station.PrintOptions{Form: "F1", Filter: &station.SearchFilter{}, Format: "csv"}, station.Signer{})
		return err
	})
}
