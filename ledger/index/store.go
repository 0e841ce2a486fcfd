package index

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// carrier reads a carrier with its place in the tables; nil when there is none.
func (w *work) carrier(id string) (*heldCarrier, error) {
	if h, ok := w.carriers[id]; ok {
		return h, nil
	}
	h, err := w.hold(w.row(`SELECT `+columns+`, n, changed FROM ix_carrier WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		w.carriers[id] = nil // until it is registered
		return nil, nil
	}
	return h, err
}

// hold keeps a carrier that was read.
func (w *work) hold(row scanner) (*heldCarrier, error) {
	h := &heldCarrier{}
	var err error
	if h.c, err = scanCarrier(row, &h.n, &h.changed); err != nil {
		return nil, err
	}
	if known := w.carriers[h.c.ID]; known != nil {
		return known, nil
	}
	h.tags, h.stock = carrierTags(h.c), stockOf(h.c)
	w.carriers[h.c.ID] = h
	return h, nil
}

// putCarrier keeps a carrier as custody left it, and its place in the batch.
func (e *entry) putCarrier(c custody.Carrier) error {
	h, err := e.carrier(c.ID)
	if err != nil {
		return err
	}
	var old custody.Carrier
	if h == nil {
		if h, err = e.insertCarrier(c); err != nil {
			return err
		}
		e.counted(registeredAs(c), c)
	} else {
		old = h.c
		h.c, h.row = c, true
		if err := e.passed(old, c); err != nil {
			return err
		}
	}
	h.changed = e.index
	if !h.touched {
		h.touched = true
		e.touched = append(e.touched, h)
	}
	return e.putMember(c, old)
}

func (w *work) updateCarrier(h *heldCarrier) error {
	c := h.c
	counters, err := json.Marshal(c.Counters)
	if err != nil {
		return err
	}
	item, outcome, open, err := blobs(c.Item, c.Outcome, c.Case)
	if err != nil {
		return err
	}
	return w.exec(`UPDATE ix_carrier SET state = ?, batch = ?, place = ?, item = ?, counters = ?, verdict = ?, outcome = ?, open_case = ?,
		level = ?, term = ?, whereabouts = ?, keeper = ?, shelf = ?, holder = ?, movement = ?, due = ?, campaign = ?, fate = ?, since = ?, changed = ? WHERE n = ?`,
		c.State.String(), c.Batch, c.Index, item, string(counters), c.Verdict.String(), outcome, open,
		c.Level, c.Term, c.Where.String(), c.Keeper, c.Place, c.With, c.Movement, storeTime(c.Due), c.Campaign, c.Fate, storeTime(c.Since), h.changed, h.n)
}

// insertCarrier enters a carrier: from a list, or as a copy under a request.
func (e *entry) insertCarrier(c custody.Carrier) (*heldCarrier, error) {
	taken, err := e.has(`SELECT 1 FROM ix_carrier WHERE number = ?`, c.Number)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, refuse(KeyDuplicate, "carrier number %s is registered already", c.Number)
	}
	if c.List != "" {
		if err := e.exec(`UPDATE ix_list SET carriers = carriers + 1 WHERE id = ?`, c.List); err != nil {
			return nil, err
		}
	}
	n, err := e.ordinal(carrierSpace, `SELECT coalesce(max(n) + 1, 0) FROM ix_carrier`)
	if err != nil {
		return nil, err
	}
	counters, err := json.Marshal(c.Counters)
	if err != nil {
		return nil, err
	}
	h := &heldCarrier{c: c, n: n}
	e.carriers[c.ID] = h
	return h, e.exec(`INSERT INTO ix_carrier (`+columns+`, n, registered, event, idx, changed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Number, c.List, c.Row, c.Kind, c.Medium, c.Classification, c.Period, c.Extent.Value, c.Extent.Unit, c.Count, c.MustReturn,
		c.State.String(), c.Batch, c.Index, string(counters), c.Verdict.String(),
		c.Document, c.Parent, c.Request, c.Spoiled, c.Dated, c.Level, c.Term, c.Where.String(), c.Keeper, c.Place, c.With, c.Movement, storeTime(c.Due),
		c.Campaign, c.Fate, storeTime(c.Since), n, e.raw, e.p.ID, e.index, e.index)
}

// putMember keeps the batch's own list. A carrier that was counted but never
// sealed leaves no trace in it; one that was sealed or missed does.
func (e *entry) putMember(c, old custody.Carrier) error {
	if old.Batch != "" && old.Batch != c.Batch && old.Index < 0 && old.State != custody.Missing {
		if err := e.exec(`DELETE FROM ix_member WHERE batch = ? AND carrier = ?`, old.Batch, c.ID); err != nil {
			return err
		}
	}
	if c.Batch == "" || c.Batch == old.Batch && c.Index == old.Index && c.State == old.State && c.Verdict == old.Verdict && c.Outcome == old.Outcome {
		return nil
	}
	_, outcome, _, err := blobs("", c.Outcome, "")
	if err != nil {
		return err
	}
	return e.exec(`INSERT INTO ix_member (batch, carrier, place, missing, verdict, outcome) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (batch, carrier) DO UPDATE SET place = excluded.place, missing = excluded.missing, verdict = excluded.verdict, outcome = excluded.outcome`,
		c.Batch, c.ID, c.Index, c.State == custody.Missing, c.Verdict.String(), outcome)
}

// batch reads a batch; nil when there is none.
func (w *work) batch(id string) (*heldBatch, error) {
	if h, ok := w.batches[id]; ok {
		return h, nil
	}
	h := &heldBatch{}
	var data []byte
	err := w.row(`SELECT data, idx, changed FROM ix_batch WHERE id = ?`, id).Scan(&data, &h.idx, &h.changed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &h.b)
	}
	if err != nil {
		return nil, err
	}
	w.batches[id] = h
	return h, nil
}

// putBatch keeps a batch as custody left it.
func (e *entry) putBatch(b custody.Batch) error {
	h, err := e.batch(b.ID)
	if err != nil {
		return err
	}
	if h == nil {
		if err := e.openBatch(b); err != nil {
			return err
		}
		h = &heldBatch{idx: e.index}
		e.batches[b.ID] = h
	}
	h.b, h.changed, h.dirty = b, e.index, true
	return nil
}

// openBatch enters a batch; flush writes the rest of its row.
func (e *entry) openBatch(b custody.Batch) error {
	taken, err := e.has(`SELECT 1 FROM ix_batch WHERE number = ?`, b.Number)
	if err != nil {
		return err
	}
	if taken {
		return refuse(KeyDuplicate, "batch number %s is used already", b.Number)
	}
	if b.List != "" {
		known, err := e.has(`SELECT 1 FROM ix_list WHERE id = ?`, b.List)
		if err == nil && !known {
			err = refuse(KeyUnknownList, "list %s", b.List)
		}
		if err != nil {
			return err
		}
	}
	return e.exec(`INSERT INTO ix_batch (id, number, list, state, data, idx, changed) VALUES (?, ?, ?, '', '', ?, ?)`, b.ID, b.Number, b.List, e.index, e.index)
}

// thing reads a thing; nil when there is none.
func (w *work) thing(ref custody.Ref) (*heldThing, error) {
	if h, ok := w.things[ref]; ok {
		return h, nil
	}
	h := &heldThing{}
	var data []byte
	err := w.row(`SELECT data, n, event, idx, changed FROM ix_thing WHERE kind = ? AND id = ?`, string(ref.Kind), ref.ID).
		Scan(&data, &h.n, &h.event, &h.idx, &h.changed)
	if errors.Is(err, sql.ErrNoRows) {
		w.things[ref] = nil // until it is entered
		return nil, nil
	}
	if err == nil {
		h.t, err = custody.ParseThing(ref.Kind, data)
	}
	if err != nil {
		return nil, err
	}
	h.tags, _ = thingTags(h.t)
	w.things[ref] = h
	return h, nil
}

// reentered are kinds that say all of a thing anew: its row names the newest of
// them, whose openings hold.
var reentered = map[leaf.Kind]bool{leaf.DepartmentEntered: true, leaf.PlaceEntered: true, leaf.FirmEntered: true, leaf.PersonPosted: true,
	leaf.KeyRegistered: true, leaf.PortEnrolled: true}

// putThing keeps a thing as custody left it.
func (e *entry) putThing(t custody.Thing) error {
	ref := t.Ref()
	h, err := e.thing(ref)
	if err != nil {
		return err
	}
	if h == nil {
		h = &heldThing{event: e.p.ID, idx: e.index}
		h.n, err = e.ordinal(string(ref.Kind), `SELECT coalesce(max(n) + 1, 0) FROM ix_thing WHERE kind = ?`, string(ref.Kind))
		if err != nil {
			return err
		}
		e.things[ref] = h
	}
	if reentered[e.p.Kind] {
		h.event, h.idx = e.p.ID, e.index
	}
	h.t, h.changed, h.dirty = t, e.index, true
	return e.marked(t)
}

// blobs turns hashes in lower hex into blobs; "" becomes NULL.
func blobs(item, outcome, open string) (any, any, any, error) {
	out := [3]any{}
	for i, s := range []string{item, outcome, open} {
		if s == "" {
			continue
		}
		b, err := hex.DecodeString(s)
		if err != nil {
			return nil, nil, nil, err
		}
		out[i] = b
	}
	return out[0], out[1], out[2], nil
}
