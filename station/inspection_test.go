package station_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sexton/internal/fault"
	"sexton/station"
)

// numbers are those of counted carriers.
func numbers(all []station.CountedView) []string {
	out := []string{}
	for _, c := range all {
		out = append(out, c.Number)
	}
	return out
}

func TestDutyD13BlindInspection(t *testing.T) {
	w := newWorld(t)
	w.unit(4)
	ctx := t.Context()
	open := func(o station.InspectionOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.OpenInspection(ctx, o); return err }
	}
	w.as("qian")
	w.refused("by an operator", "person.role", open(station.InspectionOptions{Session: w.as("sun"), Number: "检〔2026〕1号"}))
	w.refused("a place nobody entered", "usage.not-found", open(station.InspectionOptions{Session: w.as("qian"), Number: "检〔2026〕1号", Place: "G-99"}))

	events := w.st.Events(ctx)
	v := must(w.st.OpenInspection(ctx, station.InspectionOptions{Session: w.as("qian"), Number: "检〔2026〕1号", Surprise: true}))
	w.refused("the number again", "usage.bad-request", open(station.InspectionOptions{Session: w.as("qian"), Number: "检〔2026〕1号"}))
	w.refused("missing before the count", "inspection.not-counted", func(ctx context.Context) error {
		_, err := w.st.ReportMissing(ctx, station.MissingOptions{Session: w.as("chen"), Inspection: v.ID, Carriers: []string{"YZ-001"}, Reason: "看不到"})
		return err
	})

	// Nothing that anybody is shown before the scan is handed in says how much is due.
	shown := []any{v, must(w.st.Inspection(ctx, v.Number)), must(w.st.InspectionList(ctx)), <-events}
	for i, x := range shown {
		b := must(json.Marshal(x))
		for _, leak := range []string{`"due":4`, `"found":4`, `"missing":4`, "YZ-00"} {
			if strings.Contains(string(b), leak) {
				t.Errorf("view %d tells what is due: %s", i, b)
			}
		}
	}
	if v.Due != -1 || v.Found != -1 || v.Missing != -1 || v.Extra != -1 || v.Count != nil || !v.Surprise || v.State != "opened" {
		t.Errorf("before the count %+v", v)
	}

	count := func(by string, scan string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.HandInCount(ctx, v.ID, []byte(scan), w.signer(by))
			return err
		}
	}
	w.refused("counted by the keeper", "person.role", count("admin", "YZ-001"))
	if err := count("qian", "\ufeffYZ-001\r\n\r\nYZ-003\nYZ-001\nYZ-777\n YZ-002 \n")(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("counted again", "inspection.counted", count("qian", "YZ-001"))
	v = must(w.st.Inspection(ctx, "检〔2026〕1号"))
	c := v.Count
	if v.Due != 4 || v.Found != 3 || v.Missing != 1 || v.Extra != 1 || v.State != "counted" || c == nil {
		t.Fatalf("counted %+v", v)
	}
	if !slices.Equal(c.Found, []string{"YZ-001", "YZ-003", "YZ-002"}) || !slices.Equal(numbers(c.Missing), []string{"YZ-004"}) || len(c.Extra) != 0 ||
		!slices.Equal(c.Unknown, []string{"YZ-777"}) || !slices.Equal(c.Duplicates, []string{"YZ-001"}) {
		t.Errorf("count %+v", c)
	}
	if m := c.Missing[0]; m.Keeper != "admin" || m.WhereZh != "在库" || m.Title == "" || m.LevelZh != "秘密" {
		t.Errorf("missing %+v", m)
	}

	missing := func(o station.MissingOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.ReportMissing(ctx, o); return err }
	}
	w.refused("what was found is missing", "inspection.not-missing", missing(station.MissingOptions{Session: w.as("chen"), Inspection: v.ID, Carriers: []string{"YZ-001"}, Reason: "r"}))
	w.refused("by the inspector, who changes nothing", "person.role", missing(station.MissingOptions{Session: w.as("qian"), Inspection: v.ID, Carriers: []string{"YZ-004"}, Reason: "r"}))
	w.refused("without a reason", "usage.bad-request", missing(station.MissingOptions{Session: w.as("chen"), Inspection: v.ID, Carriers: []string{"YZ-004"}}))
	v = must(w.st.ReportMissing(ctx, station.MissingOptions{Session: w.as("chen"), Inspection: v.ID, Carriers: []string{"YZ-004"}, Reason: "柜内未见"}))
	if m := v.Count.Missing[0]; m.State != "missing" || m.WhereZh != "不在库" {
		t.Errorf("reported %+v", m)
	}
}

func TestDutyD13ExtraBelongsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.unit(2)
	ctx := t.Context()
	v := must(w.st.OpenInspection(ctx, station.InspectionOptions{Session: w.as("qian"), Place: "G-01"}))
	v = must(w.st.HandInCount(ctx, v.ID, []byte("YZ-002\n"), w.signer("qian")))
	if v.Due != 0 || v.Extra != 1 || v.State != "counted" || !slices.Equal(numbers(v.Count.Extra), []string{"YZ-002"}) || v.Count.Extra[0].Keeper != "admin" || v.Count.Extra[0].Place != "" {
		t.Errorf("extra %+v %+v", v, v.Count)
	}
	// A count without difference closes the inspection at once.
	v = must(w.st.OpenInspection(ctx, station.InspectionOptions{Session: w.as("qian")}))
	v = must(w.st.HandInCount(ctx, v.ID, []byte("YZ-001\nYZ-002\n"), w.signer("qian")))
	if v.State != "closed" || v.StateZh != "已结束" {
		t.Errorf("clean %+v", v)
	}
}

func TestDutyD13FindingsAreCorrectedByADay(t *testing.T) {
	w := newWorld(t)
	w.unit(2)
	ctx := t.Context()
	i := must(w.st.OpenInspection(ctx, station.InspectionOptions{Session: w.as("qian"), Number: "检-2"}))
	w.ok(w.st.HandInCount(ctx, i.ID, []byte("YZ-001\n"), w.signer("qian")))
	good := station.FindingOptions{Session: w.as("qian"), Inspection: "检-2", Code: "missing", Carrier: "YZ-002", Text: "账上有实物无", Answers: "sun", Due: "2026-01-31"}
	enter := func(f func(*station.FindingOptions)) func(context.Context) error {
		o := good
		f(&o)
		return func(ctx context.Context) error { _, err := w.st.EnterFinding(ctx, o); return err }
	}
	w.as("admin")
	w.refused("by a keeper", "person.role", enter(func(o *station.FindingOptions) { o.Session = w.as("admin") }))
	w.refused("a code that is none", "usage.bad-request", enter(func(o *station.FindingOptions) { o.Code = "bad" }))
	w.refused("no day", "usage.bad-request", enter(func(o *station.FindingOptions) { o.Due = "" }))
	w.refused("nobody answers", "person.not-enrolled", enter(func(o *station.FindingOptions) { o.Answers = "nobody" }))
	w.refused("a carrier nobody registered", "usage.not-found", enter(func(o *station.FindingOptions) { o.Carrier = "YZ-404" }))
	f := must(w.st.EnterFinding(ctx, good))
	if f.State != "open" || f.Inspection != "检-2" || f.Carrier != "YZ-002" || f.CodeZh == "" || f.Text != "账上有实物无" || !f.Overdue {
		t.Errorf("entered %+v", f)
	}
	if o := must(w.st.Outstanding(ctx, "sun")); !slices.Equal(o.Findings, []string{f.ID}) {
		t.Errorf("the answerable person has it outstanding: %+v", o)
	}
	correct := func(by string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.CorrectFinding(ctx, f.ID, "已补登记", w.signer(by))
			return err
		}
	}
	closing := func(by string, accepted bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.CloseFinding(ctx, f.ID, accepted, "复查", w.signer(by))
			return err
		}
	}
	w.refused("corrected by another", "token.wrong-person", correct("chen"))
	w.refused("closed before it is corrected", "custody.refused", closing("qian", true))
	if err := correct("sun")(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("closed by an operator", "person.role", closing("sun", true))
	if err := closing("qian", false)(ctx); err != nil { // sent back
		t.Fatal(err)
	}
	if all := must(w.st.Findings(ctx, station.FindingFilter{Overdue: true})); len(all) != 1 || all[0].State != "open" || all[0].Review != "复查" || all[0].Correction != "已补登记" {
		t.Errorf("sent back %+v", all)
	}
	if err := correct("sun")(ctx); err != nil {
		t.Fatal(err)
	}
	if err := closing("chen", true)(ctx); err != nil {
		t.Fatal(err)
	}
	if all := must(w.st.Findings(ctx, station.FindingFilter{Inspection: "检-2", Open: true})); len(all) != 0 {
		t.Errorf("still open %+v", all)
	}
	if v := must(w.st.Inspection(ctx, "检-2")); v.State != "closed" || v.Findings != 1 || v.Open != 0 {
		t.Errorf("the inspection ends with its last finding: %+v", v)
	}
	// Nobody closes a finding that he answers for.
	f = must(w.st.EnterFinding(ctx, func() station.FindingOptions { o := good; o.Answers = "chen"; return o }()))
	w.ok(w.st.CorrectFinding(ctx, f.ID, "已改", w.signer("chen")))
	err := closing("chen", true)(ctx)
	if err == nil || fault.From(err).Kind != fault.Refused {
		t.Errorf("closed his own finding: %v", err)
	}
}

func TestIncidents(t *testing.T) {
	w := newWorld(t)
	w.unit(2)
	ctx := t.Context()
	good := station.IncidentOptions{Session: w.as("sun"), Number: "事-1", What: "lost", Text: "借出后未归还（演练）", Carriers: []string{"YZ-002"}}
	report := func(f func(*station.IncidentOptions)) func(context.Context) error {
		o := good
		f(&o)
		return func(ctx context.Context) error { _, err := w.st.ReportIncident(ctx, o); return err }
	}
	w.refused("a kind that is none", "usage.bad-request", report(func(o *station.IncidentOptions) { o.What = "gone" }))
	w.refused("no words", "usage.bad-request", report(func(o *station.IncidentOptions) { o.Text = "" }))
	w.refused("a carrier nobody registered", "usage.not-found", report(func(o *station.IncidentOptions) { o.Carriers = []string{"YZ-404"} }))
	v := must(w.st.ReportIncident(ctx, good))
	if v.WhatZh != "丢失" || v.Reporter != "sun" || v.Closed || !slices.Equal(v.Carriers, []string{"YZ-002"}) || v.Text != good.Text || v.Discovered.IsZero() {
		t.Errorf("reported %+v", v)
	}
	closing := func(by, result string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.CloseIncident(ctx, "事-1", result, "已通报", w.signer(by))
			return err
		}
	}
	w.refused("closed by who reported", "person.role", closing("sun", "found"))
	w.refused("a result that is none", "usage.bad-request", closing("chen", "fine"))
	if err := closing("chen", "written-off")(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("closed twice", "custody.refused", closing("chen", "found"))
	if v := must(w.st.Incident(ctx, v.ID)); !v.Closed || v.ResultZh != "核销" || v.Measures != "已通报" {
		t.Errorf("closed %+v", v)
	}
	if all := must(w.st.IncidentList(ctx)); len(all) != 1 || all[0].Number != "事-1" {
		t.Errorf("incidents %+v", all)
	}
}
