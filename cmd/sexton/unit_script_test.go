package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sexton/internal/fault"
	"sexton/web/api"
)

// answerUnit plays the daemon for a unit's own duties; what it answers repeats what was asked. It says whether it knew the operation.
func answerUnit(w http.ResponseWriter, r *http.Request, reply func(any, *fault.Fault)) bool {
	op := strings.TrimPrefix(r.URL.Path, "/v1/")
	do, ok := unitAnswers[op]
	if ok {
		do(w, json.NewDecoder(r.Body), reply)
	}
	return ok
}

type answerer func(http.ResponseWriter, *json.Decoder, func(any, *fault.Fault))

// asked answers a request of one type.
func asked[Req any](do func(Req) (any, *fault.Fault)) answerer {
	return func(_ http.ResponseWriter, d *json.Decoder, reply func(any, *fault.Fault)) {
		var q Req
		if err := d.Decode(&q); err != nil {
			reply(nil, fault.New("usage.bad-request", err, "request"))
			return
		}
		reply(do(q))
	}
}

// handed hands a file out in two pieces.
func handed(text func(*json.Decoder) string, broken bool) answerer {
	return func(w http.ResponseWriter, d *json.Decoder, _ func(any, *fault.Fault)) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		body := text(d)
		enc := json.NewEncoder(w)
		_ = enc.Encode(api.FileLine{Chunk: []byte(body[:len(body)/2])})
		_ = enc.Encode(api.FileLine{Chunk: []byte(body[len(body)/2:])})
		if broken {
			body += "!"
		}
		_ = enc.Encode(api.FileLine{Result: &api.FileView{Rows: 2, Size: int64(len(body)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(body))), Leaf: "ab", Index: 9}})
	}
}

var unitAnswers = map[string]answerer{
	"department/enter": asked(func(q api.DepartmentRequest) (any, *fault.Fault) {
		return api.DepartmentView{Department: q.Department, Name: q.Name, Highest: q.Highest, HighestZh: q.Highest, Closed: q.Closed}, nil
	}),
	"place/list": asked(func(api.None) (any, *fault.Fault) {
		return []api.PlaceView{{Place: "G1", Name: "一号柜（演练）", Department: "JYS", UseZh: "保密柜", HighestZh: "机密", Keeper: "P-0001"}}, nil
	}),
	"person/pledge-text": asked(func(q api.PledgeRequest) (any, *fault.Fault) {
		return api.PledgeView{Leaving: q.Leaving, Text: fmt.Sprintf("保密承诺书 leaving=%v\n", q.Leaving)}, nil
	}),
	"person/pledge": asked(func(api.PledgeRequest) (any, *fault.Fault) {
		return api.SignedView{Done: true, Leaf: "ab", Index: 7}, nil
	}),
	"person/leave": asked(func(q api.LeaveRequest) (any, *fault.Fault) {
		return api.LeaveView{Outstanding: api.OutstandingView{Person: q.Person, Carriers: []string{"YZ-1\x1b[2J"}}}, fault.New("person.outstanding", nil, q.Person, 1, 0, 0, 0, 0)
	}),
	"inspection/open": asked(func(q api.InspectionRequest) (any, *fault.Fault) {
		return api.InspectionView{ID: "i1", Number: q.Number, Place: q.Place, Surprise: q.Surprise, State: "opened", StateZh: "清点中", Due: -1}, nil
	}),
	"inspection/count": asked(func(q api.CountInRequest) (any, *fault.Fault) {
		return api.InspectionView{ID: "i1", State: "counted", StateZh: "待整改", Due: 2, Found: int64(strings.Count(string(q.Scan), "\n")), Missing: 1,
			Count: &api.CountView{Missing: []api.CountedView{{Number: "YZ-2", Keeper: "P-0002"}}, Unknown: []string{"X-9"}}}, nil
	}),
	"finding/list": asked(func(q api.FindingsRequest) (any, *fault.Fault) {
		return []api.FindingView{{ID: "f1", CodeZh: "存放位置不符", Text: fmt.Sprintf("overdue=%v", q.Overdue), Due: "2026-01-01", Overdue: true}}, nil
	}),
	"incident/report": asked(func(q api.IncidentRequest) (any, *fault.Fault) {
		return api.IncidentView{ID: "n1", WhatZh: "丢失", What: q.What, Text: q.Text, Carriers: q.Carriers, Discovered: q.Discovered}, nil
	}),
	"campaign/propose": asked(func(q api.ProposeRequest) (any, *fault.Fault) {
		if string(q.List) != "" {
			return api.ProposeView{Bad: []api.RowFault{{Line: 2, Column: "处置意见", Zh: "没有这种处置方式", En: "there is no such fate"}}}, fault.New("list.bad-rows", nil, 1)
		}
		return api.ProposeView{Proposed: map[string]int64{q.Fate: 3}, Campaign: api.CampaignView{ID: q.Campaign, Proposed: 3}}, nil
	}),
	"campaign/show": asked(func(q api.ByID) (any, *fault.Fault) {
		return api.CampaignView{ID: q.ID, Number: "清-1", Selected: 3, Done: 1, Left: 2, Fates: []api.FateView{{Fate: "return", FateZh: "清退", Due: 2, Done: 1, Left: 1}},
			Remaining: []api.LeftView{{Number: "YZ-3", WhyZh: "已发出，回执未到", WhereZh: "运输中"}}}, nil
	}),
	"campaign/carry-out": asked(func(q api.CarryOutRequest) (any, *fault.Fault) {
		more := int64(1)
		if strings.HasSuffix(q.Number, "-2") {
			more = 0
		}
		return api.CarryOutView{Taken: []string{"YZ-1"}, More: more, Batch: "b-" + q.Number}, nil
	}),
	"report/period": asked(func(q api.PeriodRequest) (any, *fault.Fault) {
		return api.PeriodView{From: q.From, To: q.To, Zone: "+08:00", Rows: []api.PeriodRow{{LevelZh: "秘密", KindZh: "纸介质", Opening: 5, Received: 2, Destroyed: 3, Closing: 4}},
			Open: []api.OpenLink{{ActZh: "借阅", From: "A", To: "B", Overdue: true, Carriers: []string{"YZ-7"}}}}, nil
	}),
	"form/list": asked(func(api.None) (any, *fault.Fault) {
		return []api.FormView{{ID: "F1", Zh: "涉密载体台账", Of: "carriers", OfZh: "载体（筛选）"}, {ID: "F21", Zh: "摆渡（中间机）登记表"}}, nil
	}),
	"form/print": handed(func(d *json.Decoder) string {
		var q api.PrintRequest
		_ = d.Decode(&q)
		return fmt.Sprintf("%s for=%s from=%s to=%s format=%s signed=%v filter=%v\n", q.Form, q.For, q.From, q.To, q.Format, len(q.By.PIN) > 0, q.Filter != nil)
	}, false),
	"carrier/export": handed(func(*json.Decoder) string { return "half of it" }, true),
	"carrier/search": asked(func(q api.SearchRequest) (any, *fault.Fault) {
		if q.Title == "没有" {
			return api.FoundPage{Exact: true, Searched: api.SearchedView{Size: 12, Root: "abcd", Entries: 5}}, nil
		}
		return api.FoundPage{Count: 3, Next: "m1", Carriers: []api.FoundView{{Number: "YZ-1", Mark: "机密★10年", Title: q.Title, Overdue: true, Due: time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC)}}}, nil
	}),
}
