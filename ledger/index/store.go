package index

import (
	"encoding/hex"
	"encoding/json"

	"sexton/custody"
)

// putCarrier writes a carrier as custody left it, and its place in the batch.
func (e *entry) putCarrier(c, old custody.Carrier, known bool) error {
	counters, err := json.Marshal(c.Counters)
	if err != nil {
		return err
	}
	item, outcome, open, err := blobs(c.Item, c.Outcome, c.Case)
	if err != nil {
		return err
	}
	if known {
		err = e.exec(`UPDATE ix_carrier SET state = ?, batch = ?, place = ?, item = ?, counters = ?, verdict = ?, outcome = ?, open_case = ?,
			level = ?, term = ?, whereabouts = ?, keeper = ?, shelf = ?, holder = ?, movement = ?, due = ?, campaign = ?, fate = ?, since = ?, changed = ? WHERE id = ?`,
			c.State.String(), c.Batch, c.Index, item, string(counters), c.Verdict.String(), outcome, open,
			c.Level, c.Term, c.Where.String(), c.Keeper, c.Place, c.With, c.Movement, storeTime(c.Due), c.Campaign, c.Fate, storeTime(c.Since), e.index, c.ID)
	} else {
		err = e.insertCarrier(c, string(counters))
	}
	if err != nil {
		return err
	}
	return e.putMember(c, old, outcome)
}

func (e *entry) insertCarrier(c custody.Carrier, counters string) error {
	taken, err := e.has(`SELECT 1 FROM ix_carrier WHERE number = ?`, c.Number)
	if err != nil {
		return err
	}
	if taken {
		return refuse(KeyDuplicate, "carrier number %s is registered already", c.Number)
	}
	open, err := e.has(`SELECT 1 FROM ix_list WHERE id = ? AND received IS NULL AND carriers < rows`, c.List)
	if err != nil {
		return err
	}
	if !open {
		return refuse(KeyUnknownList, "list %s is unknown, full, or signed for", c.List)
	}
	if err := e.exec(`UPDATE ix_list SET carriers = carriers + 1 WHERE id = ?`, c.List); err != nil {
		return err
	}
	return e.exec(`INSERT INTO ix_carrier (`+columns+`, registered, event, idx, changed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Number, c.List, c.Row, c.Kind, c.Medium, c.Classification, c.Period, c.Extent.Value, c.Extent.Unit, c.Count, c.MustReturn,
		c.State.String(), c.Batch, c.Index, counters, c.Verdict.String(),
		c.Document, c.Parent, c.Request, c.Spoiled, c.Dated, c.Level, c.Term, c.Where.String(), c.Keeper, c.Place, c.With, c.Movement, storeTime(c.Due),
		c.Campaign, c.Fate, storeTime(c.Since), e.raw, e.p.ID, e.index, e.index)
}

// putMember keeps the batch's own list. A carrier that was counted but never
// sealed leaves no trace in it; one that was sealed or missed does.
func (e *entry) putMember(c, old custody.Carrier, outcome any) error {
	if old.Batch != "" && old.Batch != c.Batch && old.Index < 0 && old.State != custody.Missing {
		if err := e.exec(`DELETE FROM ix_member WHERE batch = ? AND carrier = ?`, old.Batch, c.ID); err != nil {
			return err
		}
	}
	if c.Batch == "" {
		return nil
	}
	return e.exec(`INSERT INTO ix_member (batch, carrier, place, missing, verdict, outcome) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (batch, carrier) DO UPDATE SET place = excluded.place, missing = excluded.missing, verdict = excluded.verdict, outcome = excluded.outcome`,
		c.Batch, c.ID, c.Index, c.State == custody.Missing, c.Verdict.String(), outcome)
}

// putBatch writes a batch as custody left it.
func (e *entry) putBatch(b custody.Batch) error {
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if b.State == custody.Opened && b.Members == 0 {
		if err := e.openBatch(b); err != nil {
			return err
		}
	}
	return e.exec(`INSERT INTO ix_batch (id, number, list, state, data, idx, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, data = excluded.data, changed = excluded.changed`,
		b.ID, b.Number, b.List, b.State.String(), string(data), e.index, e.index)
}

func (e *entry) openBatch(b custody.Batch) error {
	taken, err := e.has(`SELECT 1 FROM ix_batch WHERE number = ?`, b.Number)
	if err != nil {
		return err
	}
	if taken {
		return refuse(KeyDuplicate, "batch number %s is used already", b.Number)
	}
	if b.List == "" {
		return nil
	}
	known, err := e.has(`SELECT 1 FROM ix_list WHERE id = ?`, b.List)
	if err == nil && !known {
		err = refuse(KeyUnknownList, "list %s", b.List)
	}
	return err
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
