package index

import (
	"sexton/custody"
	"sexton/ledger/leaf"
)

// Counts of what happened, by hour: a report of a period in any time zone of
// whole hours needs no look at the carriers.
const (
	CountRegistered = "registered" // from a list, or found
	CountMade       = "made"       // here, under an approved request
	CountSpoiled    = "spoiled"    // made here, of no use
	CountLevelIn    = "level-in"   // now of this level, by a change of classification
	CountLevelOut   = "level-out"  // no more of this level
	CountMoved      = "moved "     // and the act: handed out under a movement
	CountDisposed   = "disposed "  // and the disposition: no more held
	CountBecame     = "became "    // and the disposition that took the place of another
)

// hourLayout is the hour of a count, UTC.
const hourLayout = "2006-01-02T15"

func registeredAs(c custody.Carrier) string {
	switch {
	case c.Spoiled:
		return CountSpoiled
	case c.Request != "":
		return CountMade
	}
	return CountRegistered
}

// counted adds one to what happened to carriers like c.
func (e *entry) counted(what string, c custody.Carrier) {
	e.counts[countKey{e.p.At.UTC().Format(hourLayout), what, c.Level, c.Kind}]++
}

// passed counts what a change of a carrier means, and keeps the history of its
// mark.
func (e *entry) passed(old, c custody.Carrier) error {
	was, is := old.State.Disposition(), c.State.Disposition()
	switch {
	case was == is:
	case was == custody.DispositionNone:
		e.counted(CountDisposed+is.String(), c)
	default:
		e.counted(CountBecame+is.String(), c)
	}
	if b, ok := e.p.Body.(*leaf.Movement); ok && c.Movement != old.Movement {
		e.counted(CountMoved+b.Act, c)
	}
	if old.Level != c.Level {
		e.counted(CountLevelOut, old)
		e.counted(CountLevelIn, c)
	}
	if old.Level == c.Level && old.Term == c.Term {
		return nil
	}
	return e.mark(leaf.CarrierSubject+c.ID, c.Level, c.Term)
}

// mark adds a line to the history of a mark.
func (e *entry) mark(subject, level, term string) error {
	return e.exec(`INSERT INTO ix_mark (subject, idx, level, term) VALUES (?, ?, ?, ?)`, subject, e.index, level, term)
}

// marked keeps the history of a document's mark.
func (e *entry) marked(t custody.Thing) error {
	d, ok := t.(custody.Document)
	if !ok {
		return nil
	}
	switch e.p.Body.(type) {
	case *leaf.Document, *leaf.Reclassified:
		level := d.Classification
		if d.Released {
			level = ""
		}
		return e.mark(leaf.DocumentSubject+d.ID, level, d.Period)
	}
	return nil
}
