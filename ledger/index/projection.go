package index

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// timeLayout is how times are kept: UTC with milliseconds, so that text order
// is time order.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Projection keeps the tables. It implements the ledger's Projection, Opener
// and Settler. Between two leaves of one transaction it remembers what it knows
// of the tables and has still to write; nothing beyond that.
type Projection struct {
	mu       sync.Mutex // guards all, and one leaf at a time
	last     *work
	collator *collator
}

// New makes the projection.
func New() *Projection { return &Projection{collator: newCollator()} }

// Name implements ledger.Projection. The number grows with what the tables say.
func (*Projection) Name() string { return "index/4" }

// Schema implements ledger.Projection.
func (*Projection) Schema() []string { return slices.Clone(schema) }

// Tables implements ledger.Projection.
func (*Projection) Tables() []string { return slices.Clone(tables) }

// work is one transaction.
type work struct {
	*statements
	held
	*collator
}

// in gives the work in tx. That of another transaction is over: it was settled,
// or it is undone.
func (px *Projection) in(ctx context.Context, tx *sql.Tx) *work {
	if px.last == nil || px.last.tx != tx {
		px.last = &work{&statements{tx: tx, all: map[string]*sql.Stmt{}}, newHeld(), px.collator}
	}
	px.last.ctx = ctx
	return px.last
}

// Settle implements ledger.Settler.
func (px *Projection) Settle(ctx context.Context, tx *sql.Tx) error {
	px.mu.Lock()
	defer px.mu.Unlock()
	return px.in(ctx, tx).flush()
}

// Forget implements ledger.Settler.
func (px *Projection) Forget() {
	px.mu.Lock()
	defer px.mu.Unlock()
	if px.last != nil {
		px.last.held = newHeld()
	}
}

// Refusal says why an event may not enter the ledger, beyond custody's own
// reasons.
type Refusal struct {
	Key    string // stable: "index.not-enrolled" and its siblings
	Detail string
}

func (r *Refusal) Error() string { return r.Key + ": " + r.Detail }

// Reasons of a Refusal.
const (
	KeyStation     = "index.station"      // not the first leaf, or the second one that initialises
	KeyNotEnrolled = "index.not-enrolled" // an actor, credential or machine nobody enrolled
	KeyRole        = "index.role"         // the person does not hold the role
	KeyDuplicate   = "index.duplicate"    // number, key, card or list used before
	KeyUnknownList = "index.unknown-list"
	KeyItem        = "index.item"   // manifest item is not the registered carrier
	KeyPolicy      = "index.policy" // not the policy in force
	KeyEvidence    = "index.evidence-reused"
	KeyLeft        = "index.left" // who left acts no more
	KeyMalformed   = "index.malformed"
)

func refuse(key, format string, args ...any) error {
	return &Refusal{Key: key, Detail: fmt.Sprintf(format, args...)}
}

// entry is one leaf on its way into the tables.
type entry struct {
	*work
	index int64
	hash  string
	raw   []byte // of hash
	p     leaf.Payload
}

// Apply implements ledger.Projection.
func (px *Projection) Apply(ctx context.Context, tx *sql.Tx, index int64, hash string, _ leaf.Envelope, p leaf.Payload) error {
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != leaf.HashSize {
		return fmt.Errorf("cannot index leaf %d: %q is no leaf hash", index, hash)
	}
	px.mu.Lock()
	defer px.mu.Unlock()
	w := px.in(ctx, tx)
	if w.size() > maxHeld {
		if err := w.flush(); err != nil {
			return fmt.Errorf("cannot index what is held: %w", err)
		}
	}
	e := &entry{w, index, hash, raw, p}
	for _, do := range []func() error{e.checkStation, e.checkActors, e.applyCustody, e.checkBody, e.putNumber, e.applyOffice, e.applyEvent} {
		if err := do(); err != nil {
			return fmt.Errorf("cannot index %s (leaf %d): %w", p.Kind, index, err)
		}
	}
	return nil
}

// applyCustody lets custody decide, and keeps what it changed.
func (e *entry) applyCustody() error {
	r, err := leaf.Record(e.hash, e.p)
	if err != nil {
		return err
	}
	r.Index = e.index
	change, err := custody.Step(view{e.work}, r)
	if err != nil {
		return err
	}
	return e.keep(change)
}

// keep enters what custody changed.
func (e *entry) keep(change custody.Change) error {
	for _, c := range change.Carriers {
		if err := e.putCarrier(c); err != nil {
			return err
		}
	}
	for _, b := range change.Batches {
		if err := e.putBatch(b); err != nil {
			return err
		}
	}
	for _, t := range change.Things {
		if err := e.putThing(t); err != nil {
			return err
		}
	}
	for _, k := range change.Knew {
		if err := e.exec(`INSERT INTO ix_knew (carrier, person, idx, document, act, at, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			k.Carrier, k.Person, e.index, k.Document, k.Act, storeTime(k.At), e.raw); err != nil {
			return err
		}
	}
	return nil
}

// applyEvent files the leaf under its subjects.
func (e *entry) applyEvent() error {
	err := e.exec(`INSERT INTO ix_event (idx, id, hash, kind, at) VALUES (?, ?, ?, ?, ?)`,
		e.index, e.p.ID, e.raw, string(e.p.Kind), e.at())
	if err != nil {
		return err
	}
	for _, s := range e.p.Subjects {
		if err := e.exec(`INSERT INTO ix_subject (subject, idx) VALUES (?, ?)`, s, e.index); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) at() string { return e.p.At.UTC().Format(timeLayout) }

// storedTime reads a time that may be none.
func storedTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return parseTime(s)
}

// storeTime is how storedTime reads it.
func storeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func parseTime(s string) (time.Time, error) { return time.Parse(timeLayout, s) }
