package index

import (
	"context"
	"fmt"
	"time"

	"sexton/custody"
)

// Thing is one thing of the register with where it came from.
type Thing struct {
	Thing custody.Thing
	Event string // event id of its entry, the newest where it can be entered anew: finds the openings
	Index int64  // of that leaf
}

// Thing finds one thing. ErrNotFound.
func (r *Reader) Thing(ctx context.Context, ref custody.Ref) (Thing, error) {
	return one(ctx, r, "find "+string(ref.Kind)+" "+ref.ID, scanThing(ref.Kind),
		`SELECT data, event, idx FROM ix_thing WHERE kind = ? AND id = ?`, string(ref.Kind), ref.ID)
}

// Things lists the things of a kind by id. Ids that the station gave grow with
// time.
func (r *Reader) Things(ctx context.Context, kind custody.ThingKind, p Page) ([]Thing, error) {
	limit, args := p.clause()
	return many(ctx, r, "list things of kind "+string(kind), scanThing(kind),
		`SELECT data, event, idx FROM ix_thing WHERE kind = ? ORDER BY id`+limit, append([]any{string(kind)}, args...)...)
}

func scanThing(kind custody.ThingKind) func(scanner) (Thing, error) {
	return func(row scanner) (Thing, error) {
		var t Thing
		var data []byte
		if err := row.Scan(&data, &t.Event, &t.Index); err != nil {
			return Thing{}, err
		}
		var err error
		t.Thing, err = custody.ParseThing(kind, data)
		return t, err
	}
}

// CopiesOf lists the ids of the carriers of a document, by id.
func (r *Reader) CopiesOf(ctx context.Context, document string) ([]string, error) {
	return many(ctx, r, "list copies of "+document, scanID, `SELECT id FROM ix_carrier WHERE document = ? AND document <> '' ORDER BY id`, document)
}

// Outstanding lists the ids of the carriers a person keeps or has in hand, by id.
func (r *Reader) Outstanding(ctx context.Context, person string) ([]string, error) {
	return many(ctx, r, "list what "+person+" holds", scanID, `SELECT id FROM ix_carrier WHERE keeper = ?1 AND keeper <> ''
		UNION SELECT id FROM ix_carrier WHERE holder = ?1 AND holder <> '' ORDER BY id`, person)
}

func scanID(row scanner) (string, error) {
	var id string
	err := row.Scan(&id)
	return id, err
}

// Time is when a leaf says it was written. ErrNotFound.
func (r *Reader) Time(ctx context.Context, leaf int64) (time.Time, error) {
	return one(ctx, r, fmt.Sprintf("find the time of leaf %d", leaf), func(row scanner) (time.Time, error) {
		var at string
		if err := row.Scan(&at); err != nil {
			return time.Time{}, err
		}
		return parseTime(at)
	}, `SELECT at FROM ix_event WHERE idx = ?`, leaf)
}

// Knew is one line of who-knew with the index of its leaf.
type Knew struct {
	custody.Knew
	Index int64
}

// Knew lists who had a carrier in hand, or any copy of a document when carrier is "", oldest first.
func (r *Reader) Knew(ctx context.Context, carrier, document string) ([]Knew, error) {
	where, arg := `carrier = ?`, carrier
	if carrier == "" {
		where, arg = `document = ? AND document <> ''`, document
	}
	return many(ctx, r, "list who knew", func(row scanner) (Knew, error) {
		var k Knew
		var at string
		var leaf []byte
		if err := row.Scan(&k.Carrier, &k.Person, &k.Index, &k.Document, &k.Act, &at, &leaf); err != nil {
			return Knew{}, err
		}
		var err error
		k.At, err = parseTime(at)
		k.Leaf = hexOf(leaf)
		return k, err
	}, `SELECT carrier, person, idx, document, act, at, leaf FROM ix_knew WHERE `+where+` ORDER BY idx`, arg)
}
