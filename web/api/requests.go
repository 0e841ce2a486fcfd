package api

import "time"

// Requests for applications (申请).
type (
	// ApplyRequest opens an application for one act.
	ApplyRequest struct {
		Session        string    `json:"session"`
		Act            string    `json:"act"`
		Number         string    `json:"number"`
		Carriers       []string  `json:"carriers"`
		Document       string    `json:"document"`
		Count          int64     `json:"count"`
		NotAfter       time.Time `json:"not_after"`
		To             string    `json:"to"`
		Party          string    `json:"party"`
		Persons        []string  `json:"persons"`
		Channel        string    `json:"channel"`
		Classification string    `json:"classification"`
		Period         string    `json:"period"`
		Reason         string    `json:"reason"`
	}
	// DecideRequest audits, approves or rejects an application (By), or withdraws it (Session).
	DecideRequest struct {
		Request   string `json:"request"`
		Authority string `json:"authority"`
		Opinion   string `json:"opinion"`
		Session   string `json:"session"`
		By        Signer `json:"by"`
	}
	RequestFilter struct {
		Act       string `json:"act"`
		State     string `json:"state"`
		Document  string `json:"document"`
		Applicant string `json:"applicant"`
		After     string `json:"after"`
		Limit     int64  `json:"limit"`
	}
)

// RequestView is one application. Party, Reason, Audit.Opinion and Approval.Opinion are private.
type RequestView struct {
	ID             string        `json:"id"`
	Number         string        `json:"number"` // of the form
	Act            string        `json:"act"`
	ActZh          string        `json:"act_zh"`
	State          string        `json:"state"`
	StateZh        string        `json:"state_zh"`
	Applicant      string        `json:"applicant"`
	Auditor        string        `json:"auditor"`
	Approver       string        `json:"approver"`
	Authority      string        `json:"authority"` // that approved
	Needs          NeedsView     `json:"needs"`     // what the rules ask for now
	Carriers       []string      `json:"carriers"`  // numbers
	Document       string        `json:"document"`  // id
	DocumentNumber string        `json:"document_number"`
	Count          int64         `json:"count"`
	Used           int64         `json:"used"`
	NotAfter       time.Time     `json:"not_after"`
	To             string        `json:"to"`
	Party          string        `json:"party"`
	Persons        []string      `json:"persons"`
	Channel        string        `json:"channel"`
	Classification string        `json:"classification"`
	Period         string        `json:"period"`
	Reason         string        `json:"reason"`
	Opinions       []OpinionView `json:"opinions"` // only in the answer to Request
	History        []HistoryView `json:"history"`  // only in the answer to Request
}

// OpinionView is what somebody wrote into an opinion box; private.
type OpinionView struct {
	Person  string `json:"person"`
	Role    string `json:"role"`
	Opinion string `json:"opinion"`
}

// NeedsView is what the rules in force demand of an act.
type NeedsView struct {
	Rows      []string `json:"rows"` // policy rows that decide
	Approval  bool     `json:"approval"`
	Audit     string   `json:"audit"`     // role that audits, "" = nobody
	Approver  string   `json:"approver"`  // role that approves
	Authority string   `json:"authority"` // least one
	Channels  []string `json:"channels"`
	Escorts   int      `json:"escorts"`
	MaxDays   int      `json:"max_days"`
	Cleared   bool     `json:"cleared"`
	Qualified bool     `json:"qualified"`
}

// RequestPage is one page of applications, newest first.
type RequestPage struct {
	Requests []RequestView `json:"requests"`
	Total    int64         `json:"total"`
	Next     string        `json:"next"` // RequestFilter.After of the next page, "" = this is the last
	Searched SearchedView  `json:"searched"`
}
