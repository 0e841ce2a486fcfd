package index

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"sexton/custody"
)

// held is what one transaction knows of the tables and has still to write: a
// long request, and a replay even more, changes the same carriers, things and
// sets many times. Rows whose uniqueness the tables decide are inserted at
// once; flush writes the rest. What the tables say at the end does not depend
// on when flush is called.
type held struct {
	carriers map[string]*heldCarrier
	batches  map[string]*heldBatch
	things   map[custody.Ref]*heldThing
	blocks   map[blockKey]*heldBlock
	counts   map[countKey]int64
	stock    map[stockKey]int64

	keys     map[string]enrolment
	ordinals map[string]int64 // next free one by space
	touched  []*heldCarrier   // since the last flush
}

func newHeld() held {
	return held{carriers: map[string]*heldCarrier{}, batches: map[string]*heldBatch{}, things: map[custody.Ref]*heldThing{},
		blocks: map[blockKey]*heldBlock{}, counts: map[countKey]int64{}, stock: map[stockKey]int64{}, keys: map[string]enrolment{}, ordinals: map[string]int64{}}
}

// maxHeld is how many rows are held in memory before they are written.
const maxHeld = 50_000

func (h *held) size() int { return len(h.carriers) + len(h.things) + len(h.blocks) + len(h.batches) }

type heldCarrier struct {
	c       custody.Carrier
	n       int64
	tags    []tag    // that the sets have
	stock   stockKey // that ix_stock has; zero = none yet
	changed int64
	row     bool // the row is behind c
	touched bool
}

type heldBatch struct {
	b            custody.Batch
	idx, changed int64
	dirty        bool
}

type heldThing struct {
	t       custody.Thing
	n       int64
	tags    []tag
	event   string
	idx     int64
	changed int64
	dirty   bool
}

// blockKey names one row of ix_set or, when gram is set, of ix_gram.
type blockKey struct {
	gram               bool
	space, name, value string
	number             int64
}

type heldBlock struct {
	*block
	stored, dirty bool
}

// countKey names one row of ix_hour.
type countKey struct{ hour, what, level, kind string }

// stockKey names one row of ix_stock.
type stockKey struct{ level, kind, state, where string }

func stockOf(c custody.Carrier) stockKey {
	return stockKey{c.Level, c.Kind, c.State.String(), c.Where.String()}
}

// ordinal takes the next one of a space.
func (w *work) ordinal(space, query string, args ...any) (int64, error) {
	n, ok := w.ordinals[space]
	if !ok {
		if err := w.row(query, args...).Scan(&n); err != nil {
			return 0, err
		}
	}
	w.ordinals[space] = n + 1
	return n, nil
}

// tagged moves one ordinal from the sets of its old tags to those of its new
// ones.
func (w *work) tagged(space string, n int64, old, now []tag) error {
	for _, t := range old {
		if !slices.Contains(now, t) {
			b, err := w.block(blockKey{false, space, t.name, t.value, n >> blockBits})
			if err != nil {
				return err
			}
			b.remove(uint16(n & (blockSize - 1)))
			b.dirty = true
		}
	}
	for _, t := range now {
		if !slices.Contains(old, t) {
			if err := w.include(blockKey{false, space, t.name, t.value, n >> blockBits}, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// include puts an ordinal into one block.
func (w *work) include(k blockKey, n int64) error {
	b, err := w.block(k)
	if err != nil {
		return err
	}
	b.add(uint16(n & (blockSize - 1)))
	b.dirty = true
	return nil
}

func (w *work) block(k blockKey) (*heldBlock, error) {
	if b, ok := w.blocks[k]; ok {
		return b, nil
	}
	query := `SELECT bits FROM ix_set WHERE space = ? AND tag = ? AND value = ? AND block = ?`
	if k.gram {
		query = `SELECT bits FROM ix_gram WHERE space = ? AND field = ? AND gram = ? AND block = ?`
	}
	var data []byte
	err := w.row(query, k.space, k.name, k.value, k.number).Scan(&data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	b := &heldBlock{stored: err == nil}
	if b.block, err = decodeBlock(data); err != nil {
		return nil, err
	}
	w.blocks[k] = b
	return b, nil
}

// flush writes everything that is behind.
func (w *work) flush() error {
	if err := w.flushCarriers(); err != nil {
		return err
	}
	for _, do := range []func() error{w.flushThings, w.flushBatches, w.flushBlocks, w.flushCounts} {
		if err := do(); err != nil {
			return err
		}
	}
	if w.size() > maxHeld {
		ordinals := w.ordinals
		w.held = newHeld()
		w.ordinals = ordinals
	}
	return nil
}

// flushCarriers writes the rows of carriers, and moves them between the sets.
func (w *work) flushCarriers() error {
	for _, h := range w.touched {
		if h.row {
			if err := w.updateCarrier(h); err != nil {
				return err
			}
		}
		tags := carrierTags(h.c)
		if err := w.tagged(carrierSpace, h.n, h.tags, tags); err != nil {
			return err
		}
		if now := stockOf(h.c); now != h.stock {
			if h.stock != (stockKey{}) {
				w.stock[h.stock]--
			}
			w.stock[now]++
			h.stock = now
		}
		h.tags, h.row, h.touched = tags, false, false
	}
	w.touched = w.touched[:0]
	return nil
}

func (w *work) flushThings() error {
	for ref, h := range w.things {
		if h == nil || !h.dirty {
			continue
		}
		data, err := json.Marshal(h.t)
		if err != nil {
			return err
		}
		tags, due := thingTags(h.t)
		err = w.exec(`INSERT INTO ix_thing (kind, id, n, due, data, event, idx, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (kind, id) DO UPDATE SET due = excluded.due, data = excluded.data, event = excluded.event, idx = excluded.idx, changed = excluded.changed`,
			string(ref.Kind), ref.ID, h.n, storeTime(due), string(data), h.event, h.idx, h.changed)
		if err != nil {
			return err
		}
		if err := w.tagged(string(ref.Kind), h.n, h.tags, tags); err != nil {
			return err
		}
		h.tags, h.dirty = tags, false
	}
	return nil
}

func (w *work) flushBatches() error {
	for _, h := range w.batches {
		if !h.dirty {
			continue
		}
		data, err := json.Marshal(h.b)
		if err != nil {
			return err
		}
		err = w.exec(`UPDATE ix_batch SET state = ?, data = ?, changed = ? WHERE id = ?`, h.b.State.String(), string(data), h.changed, h.b.ID)
		if err != nil {
			return err
		}
		h.dirty = false
	}
	return nil
}

// flushBlocks writes sets in the order of their table.
func (w *work) flushBlocks() error {
	var dirty []blockKey
	for k, b := range w.blocks {
		if b.dirty {
			dirty = append(dirty, k)
		}
	}
	slices.SortFunc(dirty, compareBlocks)
	for _, k := range dirty {
		if err := w.flushBlock(k, w.blocks[k]); err != nil {
			return err
		}
	}
	return nil
}

func compareBlocks(a, b blockKey) int {
	return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value), cmp.Compare(a.number, b.number))
}

func (w *work) flushBlock(k blockKey, b *heldBlock) error {
	put, drop := `INSERT INTO ix_set (space, tag, value, block, bits) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (space, tag, value, block) DO UPDATE SET bits = excluded.bits`,
		`DELETE FROM ix_set WHERE space = ? AND tag = ? AND value = ? AND block = ?`
	if k.gram {
		put, drop = `INSERT INTO ix_gram (space, field, gram, block, bits) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (space, field, gram, block) DO UPDATE SET bits = excluded.bits`,
			`DELETE FROM ix_gram WHERE space = ? AND field = ? AND gram = ? AND block = ?`
	}
	var err error
	empty := b.len() == 0
	switch {
	case !empty:
		err = w.exec(put, k.space, k.name, k.value, k.number, b.encode())
	case b.stored:
		err = w.exec(drop, k.space, k.name, k.value, k.number)
	}
	b.stored, b.dirty = !empty, false
	return err
}

func (w *work) flushCounts() error {
	for k, n := range w.counts {
		err := w.exec(`INSERT INTO ix_hour (hour, what, level, kind, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (hour, what, level, kind) DO UPDATE SET n = n + excluded.n`, k.hour, k.what, k.level, k.kind, n)
		if err != nil {
			return err
		}
	}
	clear(w.counts)
	for k, n := range w.stock {
		if n == 0 {
			continue
		}
		err := w.exec(`INSERT INTO ix_stock (level, kind, state, whereabouts, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (level, kind, state, whereabouts) DO UPDATE SET n = n + excluded.n`, k.level, k.kind, k.state, k.where, n)
		if err != nil {
			return err
		}
	}
	clear(w.stock)
	_, err := w.run(`DELETE FROM ix_stock WHERE n = 0`) // as if it had never been
	return err
}
