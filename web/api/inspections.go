package api

import "time"

// Requests about inspections, findings and incidents.
type (
	InspectionRequest struct {
		Session  string `json:"session"`
		Number   string `json:"number"`
		Surprise bool   `json:"surprise"`
		Place    string `json:"place"`
	}
	CountInRequest struct {
		Inspection string `json:"inspection"`
		Scan       []byte `json:"scan"`
		By         Signer `json:"by"`
	}
	MissingRequest struct {
		Session    string   `json:"session"`
		Inspection string   `json:"inspection"`
		Carriers   []string `json:"carriers"`
		Reason     string   `json:"reason"`
	}
	FindingRequest struct {
		Session    string `json:"session"`
		Inspection string `json:"inspection"`
		Code       string `json:"code"`
		Carrier    string `json:"carrier"`
		Text       string `json:"text"`
		Answers    string `json:"answers"`
		Due        string `json:"due"`
	}
	FindingStepRequest struct {
		Finding  string `json:"finding"`
		Accepted bool   `json:"accepted"`
		Text     string `json:"text"`
		By       Signer `json:"by"`
	}
	FindingsRequest struct {
		Inspection string `json:"inspection"`
		Open       bool   `json:"open"`
		Overdue    bool   `json:"overdue"`
	}
	IncidentRequest struct {
		Session    string    `json:"session"`
		Number     string    `json:"number"`
		What       string    `json:"what"`
		Discovered time.Time `json:"discovered"`
		Text       string    `json:"text"`
		Carriers   []string  `json:"carriers"`
	}
	IncidentEndRequest struct {
		Incident string `json:"incident"`
		Result   string `json:"result"`
		Measures string `json:"measures"`
		By       Signer `json:"by"`
	}
)

// InspectionView is one count of what is there against the register. Until the count is handed in it says nothing of what is due.
type InspectionView struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Surprise  bool      `json:"surprise"`
	Place     string    `json:"place"` // "" = every place
	Inspector string    `json:"inspector"`
	At        time.Time `json:"at"`
	State     string    `json:"state"` // "opened", "counted", "closed"
	StateZh   string    `json:"state_zh"`
	Due       int64     `json:"due"`     // -1 before the count is handed in, and so the next three
	Found     int64     `json:"found"`   //
	Missing   int64     `json:"missing"` //
	Extra     int64     `json:"extra"`   // scanned, but not due here
	Findings  int64     `json:"findings"`
	Open      int64     `json:"open"` // findings not closed

	Count *CountView `json:"count"` // only in the answers to Inspection and HandInCount, nil before the count
}

// CountView is what a count found.
type CountView struct {
	Found      []string      `json:"found"`      // numbers
	Missing    []CountedView `json:"missing"`    // due and not scanned
	Extra      []CountedView `json:"extra"`      // scanned and not due here, with where the register says they belong
	Unknown    []string      `json:"unknown"`    // labels that nobody registered
	Duplicates []string      `json:"duplicates"` // labels scanned more than once
}

// CountedView is one carrier that differs, as the register has it now.
type CountedView struct {
	Number  string `json:"number"`
	Title   string `json:"title"`
	LevelZh string `json:"level_zh"`
	State   string `json:"state"`
	StateZh string `json:"state_zh"`
	Where   string `json:"where"`
	WhereZh string `json:"where_zh"`
	Place   string `json:"place"`
	Keeper  string `json:"keeper"`
	With    string `json:"with"` // person who has it in hand
}

// FindingView is one thing found wrong.
type FindingView struct {
	ID         string    `json:"id"`
	Inspection string    `json:"inspection"` // its number
	At         time.Time `json:"at"`
	Code       string    `json:"code"`
	CodeZh     string    `json:"code_zh"`
	Carrier    string    `json:"carrier"` // number, "" = none
	Text       string    `json:"text"`
	Answers    string    `json:"answers"` // person who has to correct it
	Due        string    `json:"due"`     // day
	Overdue    bool      `json:"overdue"`
	State      string    `json:"state"` // "open", "corrected", "closed"
	StateZh    string    `json:"state_zh"`
	Correction string    `json:"correction"` // what the answerable person said last
	Review     string    `json:"review"`     // what the inspector said last
}

// IncidentView is a loss, a leak, damage, something found or tampered with.
type IncidentView struct {
	ID         string    `json:"id"`
	Number     string    `json:"number"`
	What       string    `json:"what"`
	WhatZh     string    `json:"what_zh"`
	Reporter   string    `json:"reporter"`
	At         time.Time `json:"at"`
	Discovered time.Time `json:"discovered"`
	Text       string    `json:"text"`
	Carriers   []string  `json:"carriers"` // numbers
	Closed     bool      `json:"closed"`
	Result     string    `json:"result"`
	ResultZh   string    `json:"result_zh"`
	Measures   string    `json:"measures"`
}
