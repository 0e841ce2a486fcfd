package leaf

import (
	"fmt"
	"strings"
	"time"

	"sexton/custody"
)

// Record says p in custody's words. hash is the leaf's hash in lower hex; the caller fills in Index, which the leaf cannot know.
func Record(hash string, p Payload) (custody.Record, error) {
	r := custody.Record{Hash: hash, ID: p.ID, Kind: custody.Kind(p.Kind), At: p.At}
	if !IsHash(hash) {
		return custody.Record{}, fmt.Errorf("cannot make record of event %s: %q is no leaf hash", p.ID, hash)
	}
	for _, a := range p.Actors {
		r.Actors = append(r.Actors, custody.Actor{Person: a.Person, Role: custody.Role(a.Role), Credential: a.Credential})
	}
	for _, s := range p.Subjects {
		switch prefix := kinds[p.Kind].subject; {
		case prefix == CarrierSubject && strings.HasPrefix(s, prefix):
			r.Carrier = strings.TrimPrefix(s, prefix)
		case prefix == BatchSubject && strings.HasPrefix(s, prefix):
			r.Batch = strings.TrimPrefix(s, prefix)
		case prefix == ListSubject && strings.HasPrefix(s, prefix):
			r.List = strings.TrimPrefix(s, prefix)
		}
	}
	done, err := recordRegister(&r, p)
	if err == nil && !done {
		err = recordBody(&r, p.Body)
	}
	if err != nil {
		return custody.Record{}, fmt.Errorf("cannot make record of %s event %s: %w", p.Kind, p.ID, err)
	}
	return r, nil
}

func recordBody(r *custody.Record, body any) error {
	var err error
	switch b := body.(type) {
	case *Registered:
		r.List = b.List
		r.Entry = &custody.Entry{List: b.List, Row: b.Row, Number: b.Number, Kind: b.CarrierKind, Medium: b.Medium,
			Classification: b.Classification, Period: b.Period, Extent: custody.Extent(b.Extent), Count: b.Count, MustReturn: b.MustReturn,
			Document: b.DocumentID, Parent: b.Parent, Request: b.Request, Spoiled: b.Spoiled, Dated: b.Dated}
	case *Received:
		r.Count = b.Count
	case *Opened:
		r.Number, r.List, r.Act = b.Number, b.List, b.Act
	case *Counted:
		r.Batch = b.Batch
	case *Missing:
		r.Batch = b.Batch
	case *Disposed:
		r.By, r.Incident = b.By, b.Incident
	case *Sealed:
		r.Batch, r.Position, r.Item = b.Batch, b.Index, b.Item
	case *Manifest:
		r.Number, r.Items, r.ItemsRoot, r.Kinds, r.Levels = b.Number, b.Items, b.ItemsRoot, b.Kinds, b.Levels
		r.Method, r.Machine = b.Method, b.Machine
		r.NotAfter, err = parseTime("not_after", b.NotAfter)
	case *Decision:
		r.Manifest, r.Authority, r.PaperNumber, r.PaperSHA256 = b.Manifest, b.Authority, b.PaperNumber, b.PaperSHA256
	case *Authorisation:
		r.Manifest, r.Approval, r.ItemsRoot, r.Machine = b.Manifest, b.Approval, b.ItemsRoot, b.Machine
		r.NotAfter, err = parseTime("not_after", b.NotAfter)
	case *Released:
		r.Authorisation, r.Machine, r.Boot, r.Resumes = b.Authorisation, b.Machine, b.Boot, b.Resumes
	case *Outcome:
		r.Batch, r.Evidence = b.Batch, b.Evidence
		r.Verdict, err = custody.ParseVerdict(b.Verdict)
	case *Unfed:
		r.Batch = b.Batch
	case *Resolved:
		r.Case, r.Resolution, r.Evidence = b.Case, b.Resolution, b.Evidence
	case *Reconciled:
		r.Tally, r.OutcomesRoot = tally(b.Tally), b.OutcomesRoot
	case *Completed:
		r.Reconciled, r.Tally, r.OutcomesRoot = b.Reconciled, tally(b.Tally), b.OutcomesRoot
	case *Certified:
		r.Certificate = b.Certificate
	}
	return err
}

func tally(t Tally) *custody.Tally {
	c := custody.Tally(t)
	return &c
}

// parseTime reads an RFC 3339 time in UTC, in the one way it is written by [AtLayout] or without milliseconds.
func parseTime(name, s string) (time.Time, error) {
	for _, layout := range []string{AtLayout, "2006-01-02T15:04:05Z"} {
		if t, err := time.Parse(layout, s); err == nil && t.Format(layout) == s {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is not RFC 3339 in UTC", name, s)
}
