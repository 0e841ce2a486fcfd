package station_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/station"
)

// tally counts by itself what a story did to carriers: day by day, row by row. It shares nothing with the station.
type tally struct {
	w    *world
	days map[string]map[string]map[string]int64 // day -> "level kind" -> column -> carriers
}

// note counts n carriers of a level in a column, today by the station's clock.
func (y *tally) note(level, column string, n int64) {
	day := y.w.clock().Now().Format(time.DateOnly)
	if y.days[day] == nil {
		y.days[day] = map[string]map[string]int64{}
	}
	row := level + " paper"
	if y.days[day][row] == nil {
		y.days[day][row] = map[string]int64{}
	}
	y.days[day][row][column] += n
}

var comesIn = []string{"received", "made", "regraded-in"}

// between adds up the days of a period.
func (y *tally) between(from, to string) map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	for day, rows := range y.days {
		if day > to {
			continue
		}
		for row, columns := range rows {
			if out[row] == nil {
				out[row] = map[string]int64{}
			}
			for column, n := range columns {
				sign := int64(-1)
				if slices.Contains(comesIn, column) {
					sign = 1
				}
				out[row]["closing"] += sign * n
				if day < from {
					out[row]["opening"] += sign * n
				} else {
					out[row][column] += n
				}
			}
		}
	}
	for row, columns := range out {
		maps.DeleteFunc(columns, func(_ string, n int64) bool { return n == 0 })
		if len(columns) == 0 {
			delete(out, row)
		}
	}
	return out
}

// reported is a report in the words of the tally.
func reported(v station.PeriodView) map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	for _, r := range v.Rows {
		row := map[string]int64{"opening": r.Opening, "received": r.Received, "made": r.Made, "regraded-in": r.RegradedIn, "returned": r.Returned, "archived": r.Archived,
			"transferred": r.Transferred, "dispatched": r.Dispatched, "declassified": r.Declassified, "consigned": r.Consigned, "destroyed": r.Destroyed,
			"regraded-out": r.RegradedOut, "other": r.Other, "closing": r.Closing}
		maps.DeleteFunc(row, func(_ string, n int64) bool { return n == 0 })
		out[r.Level+" "+r.Kind] = row
	}
	return out
}

// day moves the station's clock to so many days before today.
func (w *world) day(before int) string {
	w.wall.Store(int64(-time.Duration(before) * 24 * time.Hour))
	return w.clock().Now().Format(time.DateOnly)
}

// away sends a carrier out for good.
func (w *world) away(act, number string, signed bool) {
	w.t.Helper()
	channel := map[string]string{"archive": "own-vehicle", "transfer": "own-vehicle"}[act]
	if channel == "" {
		channel = "confidential-courier"
	}
	m := w.move(station.MovementOptions{Act: act, Carriers: []string{number}, Outside: true, Party: "某单位（演练）", Channel: channel, Escorts: []string{"sun", "zhou"}})
	if signed {
		w.ok(w.st.AcceptMovement(w.t.Context(), m.ID, station.MovementStepOptions{Receipt: "回执-" + number, Scan: []byte("scan " + number)}, w.signer("sun")))
	}
}

// aYear lives through a few days that have a little of everything, and gives what happened as it saw it.
func aYear(w *world) (*tally, []string) {
	t, ctx := w.t, w.t.Context()
	y := &tally{w: w, days: map[string]map[string]map[string]int64{}}
	days := []string{w.day(4)}
	w.bureau(papers)
	for level, n := range map[string]int64{"secret": 3, "top-secret": 1, "confidential": 1, "work-secret": 1} {
		y.note(level, "received", n)
	}
	days = append(days, w.day(3))
	rows := ""
	for i := range 12 {
		rows += numbered(i+1, 100+i, fmt.Sprintf("某局〔2026〕%d号", 100+i), "000001", "秘密", "5年")
	}
	more := []byte("序号,载体编号,文件资料名称,制发单位,载体类别,文号,份号,密级,保密期限,页数或容量,份数或数量,须清退,备注,印制份数,成文日期\n" + rows)
	v, err := w.st.ImportList(ctx, more, station.ImportOptions{Session: w.as("admin")})
	if err != nil {
		t.Fatalf("%v %+v", err, v.Bad)
	}
	w.ok(w.st.CountList(ctx, v.List.ID, station.ListCountOptions{Session: w.as("admin"), Found: 12}))
	w.ok(w.st.NumberList(ctx, v.List.ID, station.ListNumberOptions{Session: w.as("sun")}))
	w.ok(w.st.ReceiveList(ctx, v.List.ID, w.signer("admin")))
	y.note("confidential", "received", 12)
	w.loan("YZ-111")

	r := rand.New(rand.NewPCG(7, 26))
	for _, before := range []int{2, 1, 0} {
		days = append(days, w.day(before))
		for i := range 9 {
			number := fmt.Sprintf("YZ-%03d", 100+i)
			if w.carrier(number).Where != "on-shelf" {
				continue
			}
			switch r.IntN(6) {
			case 0:
				w.away("archive", number, true)
				y.note("confidential", "archived", 1)
			case 1:
				w.away("transfer", number, true)
				y.note("confidential", "transferred", 1)
			case 2:
				w.away("dispatch", number, true)
				y.note("confidential", "dispatched", 1)
			case 3:
				w.away("dispatch", number, false) // on its way: still ours
			}
		}
		w.oneDay(y, before)
	}
	return y, days
}

// loan lends a carrier for a day, and nobody brings it back.
func (w *world) loan(number string) {
	w.t.Helper()
	m := w.move(station.MovementOptions{Act: "lend", Carriers: []string{number}, To: "wu", Due: w.clock().Now().Add(24 * time.Hour)})
	w.ok(w.st.AcceptMovement(w.t.Context(), m.ID, station.MovementStepOptions{}, w.signer("wu")))
}

// oneDay is what happens on one of the days beside what chance does.
func (w *world) oneDay(y *tally, before int) {
	t, ctx := w.t, w.t.Context()
	switch before {
	case 2:
		w.away("return", "YZ-005", true)
		y.note("confidential", "returned", 1)
		id := w.granted(station.RequestOptions{Act: "copy", Carriers: []string{"YZ-001"}, Count: 3})
		w.ok(w.st.MakeCopies(ctx, id, station.CopyOptions{Made: 2, Spoiled: 1, Stamp: "复制戳记（演练）"}, w.signer("admin")))
		y.note("secret", "made", 3)
	case 1:
		d := must(w.st.Document(ctx, "某局〔2026〕1号"))
		id := w.granted(station.RequestOptions{Act: "reclassify", Document: d.ID, Classification: "秘密", Period: "5年"})
		w.ok(w.st.Reclassify(ctx, d.ID, station.ClassifyOptions{Request: id, Basis: "变更依据（演练）"}, w.signer("zhou")))
		y.note("secret", "regraded-out", 6)
		y.note("confidential", "regraded-in", 6)
	case 0:
		i := must(w.st.OpenInspection(ctx, station.InspectionOptions{Session: w.as("sun"), Number: "检-9"}))
		var scan []string
		for _, c := range must(w.st.Carriers(ctx, station.CarrierFilter{Limit: 1000})).Carriers {
			if c.Where == "on-shelf" && c.Number != "YZ-006" {
				scan = append(scan, c.Number)
			}
		}
		w.ok(w.st.HandInCount(ctx, i.ID, []byte(strings.Join(scan, "\n")), w.signer("sun")))
		w.ok(w.st.ReportMissing(ctx, station.MissingOptions{Session: w.as("sun"), Inspection: i.ID, Carriers: []string{"YZ-006"}, Reason: "未见（演练）"}))
		w.ok(w.st.EnterFinding(ctx, station.FindingOptions{Session: w.as("sun"), Inspection: i.ID, Code: "missing", Carrier: "YZ-006", Text: "去向不明（演练）", Answers: "wu", Due: "2099-01-01"}))
		w.ok(w.st.ReportIncident(ctx, station.IncidentOptions{Session: w.as("wu"), Number: "事-9", What: "lost", Text: "丢失（演练）", Carriers: []string{"YZ-006"}}))
		n := must(w.st.CloseIncident(ctx, "事-9", "written-off", "已上报（演练）", w.signer("sun")))
		o := station.WriteOffOptions{Incident: n.ID, Party: "某局（演练）", Reference: "核〔2026〕1号", With: "wang"}
		w.ok(w.st.WriteOff(ctx, "YZ-006", o, w.signer("admin")))
		o.With = "admin"
		if s := must(w.st.WriteOff(ctx, "YZ-006", o, w.signer("wang"))); !s.Done {
			t.Fatalf("%+v", s)
		}
		y.note("work-secret", "other", 1)
		w.ok(w.st.OpenBatch(ctx, station.OpenOptions{Session: w.as("zhang"), Number: batchNumber, Carriers: []string{"YZ-110", "YZ-109"}}))
		w.counted = []string{"YZ-109", "YZ-110"}
		w.until("done")
		y.note("confidential", "destroyed", 2)
	}
}

// TestDutyD15PeriodReportAgainstAnIndependentCount compares every period of a story with the tally that was kept beside it.
func TestDutyD15PeriodReportAgainstAnIndependentCount(t *testing.T) {
	w := newWorld(t)
	y, days := aYear(w)
	ctx := t.Context()
	for i, from := range days {
		for _, to := range days[i:] {
			v, err := w.st.Period(ctx, from, to)
			if err != nil {
				t.Fatalf("%s to %s: %v", from, to, err)
			}
			if got, want := reported(v), y.between(from, to); !maps.EqualFunc(got, want, maps.Equal[map[string]int64, map[string]int64]) {
				t.Errorf("%s to %s:\nreported %v\ncounted  %v", from, to, got, want)
			}
			if in, out := v.Total.In(), v.Total.Out(); v.Total.Opening+in-out != v.Total.Closing {
				t.Errorf("%s to %s: %d + %d - %d is not %d", from, to, v.Total.Opening, in, out, v.Total.Closing)
			}
		}
	}
	held := int64(0)
	for _, c := range must(w.st.Carriers(ctx, station.CarrierFilter{Limit: 1000})).Carriers {
		if c.Disposition == "" {
			held++
		}
	}
	all := must(w.st.Period(ctx, days[0], days[len(days)-1]))
	if all.Total.Closing != held || all.Total.Opening != 0 {
		t.Errorf("the report closes with %d, held are %d", all.Total.Closing, held)
	}

	// What is beside the balance.
	moved := map[string]int64{}
	for _, m := range all.Moved {
		moved[m.Act] = m.Movements
	}
	if moved["lend"] != 1 || moved["return"] != 1 || len(all.Open) == 0 || all.Open[0].Act != "lend" || !all.Open[0].Overdue || !slices.Equal(all.Open[0].Carriers, []string{"YZ-111"}) {
		t.Errorf("moved %v, open %+v", moved, all.Open)
	}
	if len(all.Destruction) != 1 || all.Destruction[0].Count != 2 || all.Destruction[0].Batch != batchNumber || all.Destruction[0].Certificate == "" || all.Destruction[0].Destroyer != "li" {
		t.Errorf("destructions %+v", all.Destruction)
	}
	if len(all.Inspections) != 1 || all.Inspections[0].Missing != 1 || len(all.Findings) != 1 || all.Findings[0].Text != "去向不明（演练）" || all.Findings[0].State != "open" {
		t.Errorf("inspections %+v, findings %+v", all.Inspections, all.Findings)
	}
	if len(all.Incidents) != 1 || all.Incidents[0].Result != "written-off" || all.Incidents[0].Carriers != 1 || len(all.Machines) != 1 || len(all.Missing) != 0 {
		t.Errorf("incidents %+v, machines %+v, missing %v", all.Incidents, all.Machines, all.Missing)
	}
	if len(all.People) != 12 || all.People[0].Change != "posted" || all.People[0].Name == "" || all.People[0].Post == "" {
		t.Errorf("people %+v", all.People)
	}
	if n := must(w.st.Period(ctx, days[1], days[2])); len(n.People) != 0 || len(n.Destruction) != 0 {
		t.Errorf("another period tells of %+v %+v", n.People, n.Destruction)
	}
}

// miscounted is a register whose counters have lost one carrier.
type miscounted struct{ station.Register }

func (m miscounted) Period(ctx context.Context, from, to time.Time) ([]index.Count, error) {
	all, err := m.Register.Period(ctx, from, to)
	for i := range all {
		if all[i].What == "disposed archived" {
			all[i].N--
			break
		}
	}
	return all, err
}

// TestDutyD15NoReportWhereTheCountsDiffer: a register that has lost a carrier gives no report, and the row is named.
func TestDutyD15NoReportWhereTheCountsDiffer(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	w.away("archive", "YZ-006", true)
	today := w.day(0)
	w.ok(w.st.Period(t.Context(), today, today))
	w.register = func(r station.Register) station.Register { return miscounted{r} }
	w.restart(nil)
	_, err := w.st.Period(t.Context(), today, today)
	if f := fault.From(err); err == nil || f.Code != "report.disagrees" || !strings.Contains(f.Zh, "工作秘密 纸介质“归档”按账本为 1，按登记簿为 0") || !strings.Contains(f.En, "archived") {
		t.Errorf("%v", err)
	}
	for name, days := range map[string][2]string{"no day": {"2026-13-01", "2026-12-31"}, "backwards": {today, "2020-01-01"}, "to come": {"2099-01-01", "2099-12-31"}} {
		w.refused(name, "usage.bad-request", func(ctx context.Context) error { _, err := w.st.Period(ctx, days[0], days[1]); return err })
	}
}
