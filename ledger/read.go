package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
)

// read runs f with the connection while no write is under way. A statement that has begun is not interrupted, since the writer
// uses the same connection next; ctx is looked at before.
func (l *Ledger) read(ctx context.Context, what string, f func(context.Context) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	err := ctx.Err()
	if err == nil {
		err = f(context.WithoutCancel(ctx))
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", what, err)
	}
	return nil
}

// Leaf returns the exact bytes of the leaf at index. ErrNotFound if there is none.
func (l *Ledger) Leaf(ctx context.Context, index int64) ([]byte, error) {
	var b []byte
	err := l.read(ctx, fmt.Sprintf("leaf %d", index), func(ctx context.Context) error {
		return l.store.conn.QueryRowContext(ctx, "SELECT leaf FROM entry WHERE idx = ?", index).Scan(&b)
	})
	return b, err
}

// Leaves returns the exact bytes of count leaves from start. ErrNotFound if one is not there.
func (l *Ledger) Leaves(ctx context.Context, start, count int64) ([][]byte, error) {
	var out [][]byte
	err := l.read(ctx, fmt.Sprintf("leaves %d to %d", start, start+count), func(ctx context.Context) error {
		if start < 0 || count < 0 || count > l.state.size-start {
			return ErrNotFound
		}
		return eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
			var b []byte
			err := scan(&b)
			out = append(out, b)
			return err
		}, "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", start, start+count)
	})
	return out, err
}

// ByEvent finds a leaf by its event id. ErrNotFound if there is none; the receipt's checkpoint is the newest.
func (l *Ledger) ByEvent(ctx context.Context, id string) (Receipt, []byte, error) {
	return l.find(ctx, "event "+id, "SELECT idx, leaf FROM entry WHERE id = ?", id)
}

// ByHash finds a leaf by its hash in lower hex. ErrNotFound if there is none.
func (l *Ledger) ByHash(ctx context.Context, hash string) (Receipt, []byte, error) {
	if !leaf.IsHash(hash) {
		return Receipt{}, nil, fmt.Errorf("cannot read leaf %q: %w", hash, ErrNotFound)
	}
	b, err := hex.DecodeString(hash)
	if err != nil {
		return Receipt{}, nil, fmt.Errorf("cannot read leaf %q: %w", hash, ErrNotFound)
	}
	return l.find(ctx, "leaf "+hash, "SELECT idx, leaf FROM entry WHERE hash = ?", b)
}

func (l *Ledger) find(ctx context.Context, what, query string, arg any) (Receipt, []byte, error) {
	var r Receipt
	var b []byte
	err := l.read(ctx, what, func(ctx context.Context) error {
		if err := l.store.conn.QueryRowContext(ctx, query, arg).Scan(&r.Index, &b); err != nil {
			return err
		}
		r.Hash = leaf.Hash(b)
		r.Size, r.Root, r.Note = l.state.size, hex.EncodeToString(l.state.root[:]), append([]byte(nil), l.state.note...)
		return nil
	})
	if err != nil {
		return Receipt{}, nil, err
	}
	return r, b, nil
}

// Openings returns the openings of the commitments of an event, by path. ErrNotFound if there is no such event.
func (l *Ledger) Openings(ctx context.Context, eventID string) ([]leaf.Opening, error) {
	out := []leaf.Opening{}
	err := l.read(ctx, "openings of event "+eventID, func(ctx context.Context) error {
		var index int64
		if err := l.store.conn.QueryRowContext(ctx, "SELECT idx FROM entry WHERE id = ?", eventID).Scan(&index); err != nil {
			return err
		}
		return eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
			var o leaf.Opening
			err := scan(&o.Path, &o.Salt, &o.Value)
			out = append(out, o)
			return err
		}, "SELECT path, salt, value FROM opening WHERE idx = ? ORDER BY path", index)
	})
	return out, err
}

// Attachment returns kept content by its SHA-256 in lower hex. ErrNotFound if it was not kept.
func (l *Ledger) Attachment(ctx context.Context, sha256hex string) ([]byte, error) {
	sum, err := hex.DecodeString(sha256hex)
	if err != nil || !leaf.IsHash(sha256hex) {
		return nil, fmt.Errorf("cannot read attachment %q: %w", sha256hex, ErrNotFound)
	}
	var b []byte
	err = l.read(ctx, "attachment "+sha256hex, func(ctx context.Context) error {
		return l.store.conn.QueryRowContext(ctx, "SELECT data FROM attachment WHERE sha256 = ?", sum).Scan(&b)
	})
	return b, err
}

// SubjectHead returns the leaf hash, in lower hex, that the next event about subject must name in prev; "" when there is none.
func (l *Ledger) SubjectHead(ctx context.Context, subject string) (string, error) {
	var b []byte
	err := l.read(ctx, "head of "+subject, func(ctx context.Context) error {
		err := l.stmt.headOf.QueryRowContext(ctx, subject).Scan(&b)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return hex.EncodeToString(b), err
}

// Checkpoint returns the signed checkpoint at size. ErrNotFound if none was signed there.
func (l *Ledger) Checkpoint(ctx context.Context, size int64) ([]byte, error) {
	var b []byte
	err := l.read(ctx, fmt.Sprintf("checkpoint at %d", size), func(ctx context.Context) error {
		return l.store.conn.QueryRowContext(ctx, "SELECT note FROM commits WHERE size = ? AND note <> '' ORDER BY seq LIMIT 1", size).Scan(&b)
	})
	return b, err
}

// prove runs f with a reader of stored hashes, for trees of at most the durable size.
func (l *Ledger) prove(ctx context.Context, what string, size int64, f func(tlog.HashReader) error) error {
	return l.read(ctx, what, func(ctx context.Context) error {
		if size < 0 || size > l.state.size {
			return fmt.Errorf("size %d: %w", size, ErrNotFound)
		}
		return f(l.hashReader(ctx))
	})
}

// ProveInclusion returns the RFC 6962 audit path of the leaf at index in the tree of size leaves, from the leaf up.
func (l *Ledger) ProveInclusion(ctx context.Context, index, size int64) ([][leaf.HashSize]byte, error) {
	var out [][leaf.HashSize]byte
	err := l.prove(ctx, "inclusion proof", size, func(r tlog.HashReader) error {
		if index < 0 || index >= size {
			return fmt.Errorf("leaf %d of %d: %w", index, size, ErrNotFound)
		}
		p, err := tlog.ProveRecord(size, index, r)
		out = plain(p)
		return err
	})
	return out, err
}

// ProveConsistency returns the RFC 6962 proof that the tree of size from is a prefix of that of size to; 1 <= from <= to.
func (l *Ledger) ProveConsistency(ctx context.Context, from, to int64) ([][leaf.HashSize]byte, error) {
	var out [][leaf.HashSize]byte
	err := l.prove(ctx, "consistency proof", to, func(r tlog.HashReader) error {
		if from < 1 || from > to {
			return fmt.Errorf("sizes %d and %d: %w", from, to, ErrNotFound)
		}
		p, err := tlog.ProveTree(to, from, r)
		out = plain(p)
		return err
	})
	return out, err
}

func plain[P ~[]tlog.Hash](p P) [][leaf.HashSize]byte {
	out := make([][leaf.HashSize]byte, len(p))
	for i, h := range p {
		out[i] = h
	}
	return out
}

// ProveRange returns the hashes that leaf.VerifyRange needs for segments in the tree of size leaves.
func (l *Ledger) ProveRange(ctx context.Context, segments []leaf.Segment, size int64) ([][leaf.HashSize]byte, error) {
	gaps, err := leaf.Gaps(segments, size)
	if err != nil {
		return nil, fmt.Errorf("cannot prove range: %w", err)
	}
	indexes := make([]int64, len(gaps))
	for i, g := range gaps {
		indexes[i] = tlog.StoredHashIndex(g.Level, g.Start>>g.Level)
	}
	var out [][leaf.HashSize]byte
	err = l.prove(ctx, "range proof", size, func(r tlog.HashReader) error {
		hashes, err := r.ReadHashes(indexes)
		out = plain(hashes)
		return err
	})
	return out, err
}

// TlogProof returns the proof of the leaf at index as a C2SP tlog-proof v1 text with the newest checkpoint.
func (l *Ledger) TlogProof(ctx context.Context, index int64) ([]byte, error) {
	var out []byte
	err := l.read(ctx, fmt.Sprintf("proof of leaf %d", index), func(ctx context.Context) error {
		if index < 0 || index >= l.state.size {
			return ErrNotFound
		}
		p, err := tlog.ProveRecord(l.state.size, index, l.hashReader(ctx))
		if err != nil {
			return err
		}
		out = fmt.Appendf(out, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
		for _, h := range p {
			out = fmt.Appendf(out, "%s\n", h)
		}
		out = append(append(out, '\n'), l.state.note...)
		return nil
	})
	return out, err
}
