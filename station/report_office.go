package station

import (
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// office takes in what is no carrier's: batches, inspections, findings, incidents, posts and machines.
func (r *leafScan) office(p leaf.Payload, in bool) {
	switch b := p.Body.(type) {
	case *leaf.Opened:
		r.batch(b.Batch).number = b.Number
	case *leaf.Completed:
		x := r.batch(b.Batch)
		for _, a := range p.Actors {
			switch a.Role {
			case leaf.RoleDestroyer:
				x.destroyer = a.Person
			case leaf.RoleAttestor:
				x.attestor = a.Person
			}
		}
	case *leaf.Certified:
		r.batch(b.Batch).certificate = b.Certificate
	case *leaf.Machine:
		r.machines[b.Machine] = MachineLine{Machine: b.Machine, Model: b.Manufacturer + " " + b.Model + " " + b.Serial, ApprovalNo: b.ApprovalNo}
	case *leaf.Posted:
		r.posted(p, b, in)
	case *leaf.Left:
		if in {
			r.people = append(r.people, personEvent{PersonLine{Person: b.Person, Change: "left", ChangeZh: "离岗", At: p.At}, r.posts[b.Person]})
		}
		delete(r.posts, b.Person)
	default:
		r.inspection(p, in)
	}
}

func (r *leafScan) inspection(p leaf.Payload, in bool) {
	switch b := p.Body.(type) {
	case *leaf.Inspection:
		r.places[b.Inspection] = &InspectionLine{Number: b.Number, Surprise: b.Surprise, Place: b.Place}
	case *leaf.Inspected:
		if i := r.places[b.Inspection]; i != nil && in {
			i.At, i.Found, i.Missing, i.Extra = p.At, b.Found, b.Missing, b.Extra
			r.order = append(r.order, b.Inspection)
		}
	case *leaf.Finding:
		if in {
			r.findings[b.Finding] = &FindingLine{Code: b.Code, CodeZh: findingsZh[b.Code], FoundOn: p.At, CorrectBy: b.Due, State: string(custody.FindingOpen)}
			r.events[b.Finding] = p.ID
			r.order = append(r.order, b.Finding)
		}
	case *leaf.FindingStep:
		r.stepFinding(p, b)
	case *leaf.Incident:
		if in {
			r.incidents[b.Incident] = &IncidentLine{Number: b.Number, What: b.What, WhatZh: incidentsZh[b.What], At: p.At, Carriers: int64(len(carriersOf(p)))}
			r.order = append(r.order, b.Incident)
		}
	case *leaf.IncidentEnd:
		if i := r.incidents[b.Incident]; i != nil {
			i.Result, i.ResultZh = b.Result, resultsZh[b.Result]
		}
	}
}

func (r *leafScan) stepFinding(p leaf.Payload, b *leaf.FindingStep) {
	f := r.findings[b.Finding]
	switch {
	case f == nil:
	case p.Kind == leaf.FindingCorrected:
		f.State = string(custody.FindingCorrected)
	case b.Accepted:
		f.State, f.Corrected = string(custody.FindingClosed), p.At
	default:
		f.State = string(custody.FindingOpen)
	}
}

func (r *leafScan) posted(p leaf.Payload, b *leaf.Posted, in bool) {
	change, zh := "posted", "上岗"
	if r.posts[b.Person] != "" {
		change, zh = "moved", "换岗"
	}
	r.posts[b.Person] = p.ID
	if in {
		r.people = append(r.people, personEvent{PersonLine{Person: b.Person, GradeZh: gradesZh[b.Grade], Change: change, ChangeZh: zh, At: p.At}, p.ID})
	}
}

func (r *leafScan) batch(id string) *scannedBatch {
	if r.batches[id] == nil {
		r.batches[id] = &scannedBatch{kinds: map[string]*DestructionLine{}}
	}
	return r.batches[id]
}

// destroyed adds a carrier to the destructions of its batch.
func (r *leafScan) destroyed(id, batch string, at time.Time, in bool) {
	if !in || r.carriers[id].gone {
		return
	}
	kind := r.carriers[id].kind
	lines := r.batch(batch).kinds
	if lines[kind] == nil {
		k, _ := custody.KindOf(kind)
		lines[kind] = &DestructionLine{Kind: kind, KindZh: k.Zh}
	}
	lines[kind].Count++
	lines[kind].At = at
}

// destructions lists what the batches destroyed in the period, the earliest first.
func (r *leafScan) destructions() []DestructionLine {
	out := []DestructionLine{}
	for _, b := range r.batches {
		for _, l := range b.kinds {
			l.Batch, l.Certificate, l.Destroyer, l.Attestor = b.number, b.certificate, b.destroyer, b.attestor
			out = append(out, *l)
		}
	}
	slices.SortFunc(out, func(a, b DestructionLine) int { return a.At.Compare(b.At) })
	return out
}

// open lists the movements that do not close at the end of the period, the oldest first.
func (r *leafScan) open(end time.Time) []OpenLink {
	out := []OpenLink{}
	for _, m := range r.moves {
		if len(m.left) == 0 {
			continue
		}
		l := m.OpenLink
		l.ActZh, l.Overdue, l.Carriers = fault.Term(l.Act), !l.Due.IsZero() && l.Due.Before(end), r.numbers(m.left)
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b OpenLink) int { return a.Opened.Compare(b.Opened) })
	return out
}

// numbers are the sorted numbers of carriers.
func (r *leafScan) numbers(ids map[string]bool) []string {
	out := []string{}
	for id := range ids {
		out = append(out, r.carriers[id].number)
	}
	slices.Sort(out)
	return out
}
