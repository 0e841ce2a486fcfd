package main

import (
	"encoding/json"
	"net/http"
	"time"

	"sexton/internal/fault"
	"sexton/web/api"
)

// answerRegister plays the daemon for receipt, documents, requests, movements and keeping: what was asked for comes back in the view. It
// says whether the operation is one of these.
func answerRegister(r *http.Request, reply func(any, *fault.Fault)) bool {
	due := time.Date(2026, 3, 9, 15, 59, 59, 0, time.UTC)
	switch r.URL.Path {
	case "/v1/list/count":
		q := read[api.ListCountRequest](r)
		reply(api.ListView{ID: q.List, Rows: 2, Counted: q.Found, Counter: "P-0001", Lacks: []string{"number"}}, nil)
	case "/v1/list/number":
		q := read[api.ListNumberRequest](r)
		reply(api.ListView{ID: q.List, Rows: 2, Counted: 2, Series: q.Series, Year: 2026, First: 7, Last: 8, Numberer: "P-0001"}, nil)
	case "/v1/document/enter":
		q := read[api.DocumentRequest](r)
		reply(api.DocumentView{ID: "d1", Number: q.Number, Mark: q.Classification + "★" + q.Period}, nil)
	case "/v1/document/balance":
		reply(api.BalanceView{Document: api.DocumentView{ID: "d1", Number: "某局〔2026〕1号", Mark: "机密★10年"}, Made: 20, Registered: 3, Elsewhere: 17,
			Held: map[string]int64{"on-shelf": 1}, Open: 1, Disposed: map[string]int64{"returned": 1}, Edges: []api.EdgeView{
				{Carrier: "YZ-2", What: "in-transit", Zh: "运输中，回执未到", En: "on its way, and the receipt is due"},
				{Carrier: "YZ-3", What: "kept", Broken: true, Zh: "已处置，但仍有人保管", En: "disposed of, but somebody still keeps it"}},
			Searched: api.SearchedView{Size: 99, Root: "ab", Entries: 12}}, nil)
	case "/v1/request/open":
		q := read[api.ApplyRequest](r)
		reply(api.RequestView{ID: "r1", Number: q.Number, Act: q.Act, ActZh: "复制", State: "open", StateZh: "待审批", Carriers: q.Carriers, Count: q.Count, NotAfter: due,
			Needs: api.NeedsView{Approval: true, Audit: "auditor", Approver: "approver", Authority: "own-leader", Rows: []string{"copy.secret"}}}, nil)
	case "/v1/request/approve":
		q := read[api.DecideRequest](r)
		if q.Authority != "issuer" || q.Opinion == "" {
			reply(nil, fault.New("batch.authority", nil, "issuer", q.Authority))
			return true
		}
		reply(api.SignedView{Done: true, Leaf: "cd", Index: 42}, nil)
	case "/v1/movement/open":
		q := read[api.MoveRequest](r)
		if q.Channel == "fax" {
			reply(nil, fault.New("movement.channel", nil, "fax", "by hand of a named person"))
			return true
		}
		v := api.MovementView{ID: "m1", Act: q.Act, ActZh: "借阅", State: "opened", StateZh: "待签收", From: api.HandView{Person: "P-0001", ClearanceZh: "绝密"},
			To: api.HandView{Person: q.To, OutsideParty: q.Party}, Outside: q.Outside, Due: q.Due, Channel: q.Channel, Escorts: q.Escorts, Request: q.Request}
		for _, n := range q.Carriers {
			v.Carriers = append(v.Carriers, api.MovedCarrier{Number: n, Title: "关于清屏\x1b[2J的通知（演练）", Out: true})
		}
		reply(v, nil)
	case "/v1/movement/accept":
		q := read[api.MoveStepRequest](r)
		reply(api.MovementView{ID: q.Movement, State: "closed", StateZh: "已闭环", Receipt: q.Receipt + " " + string(q.Scan)}, nil)
	case "/v1/carrier/copy":
		q := read[api.CopyRequest](r)
		reply(api.CopiesView{Signed: api.SignedView{Done: true, Leaf: "ef", Index: 43}, Numbers: append([]string{"YZ-1-F01"}, q.Numbers...)}, nil)
	case "/v1/carrier/overdue":
		reply(api.HeldPage{Held: []api.HeldView{{Carrier: api.CarrierView{Number: "YZ-1", LevelZh: "机密", WhereZh: "借出", With: "P-0002", Due: due, Movement: "m1"}, Overdue: true, DaysOver: 3}},
			Total: 2, Next: "mark", Searched: api.SearchedView{Size: 99, Root: "ab", Entries: 50}}, nil)
	default:
		return false
	}
	return true
}

func read[T any](r *http.Request) T {
	var q T
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		panic(err)
	}
	return q
}
