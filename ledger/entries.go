package ledger

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"

	"sexton/ledger/leaf"
)

// readBatch is how many leaves are decoded at once, on all processors.
const readBatch = 512

// readEntry is one stored entry.
type readEntry struct {
	index   int64
	id      string
	hash    []byte
	leaf    []byte
	env     leaf.Envelope
	payload leaf.Payload
	err     error // why leaf is no leaf
}

// eachEntry gives every stored entry to f, in order. stop is asked now and then; its error ends it.
func eachEntry(ctx context.Context, c *sql.Conn, stop func() error, f func(*readEntry) error) (err error) {
	rows, err := c.QueryContext(ctx, "SELECT idx, id, hash, leaf FROM entry ORDER BY idx")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for batch := make([]readEntry, 0, readBatch); ; batch = batch[:0] {
		for len(batch) < readBatch && rows.Next() {
			var e readEntry
			if err := rows.Scan(&e.index, &e.id, &e.hash, &e.leaf); err != nil {
				return err
			}
			batch = append(batch, e)
		}
		if len(batch) == 0 {
			return rows.Err()
		}
		if err := stop(); err != nil {
			return err
		}
		decodeAll(batch)
		for i := range batch {
			if err := f(&batch[i]); err != nil {
				return err
			}
		}
	}
}

// decodeAll decodes a batch on all processors and waits.
func decodeAll(batch []readEntry) {
	var wg sync.WaitGroup
	n := min(runtime.GOMAXPROCS(0), len(batch))
	for k := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := k; i < len(batch); i += n {
				e := &batch[i]
				e.env, e.payload, e.err = leaf.Decode(e.leaf)
			}
		}()
	}
	wg.Wait()
}
