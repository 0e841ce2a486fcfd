package index

import (
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"sexton/custody"
)

// walk goes through a set in an order, from behind the mark of a page.
func (r *Reader) walk(sc scope, o Order, s set, after *cursor) (iter.Seq2[place, error], error) {
	switch o {
	case ByNewest:
		return newest(s, after), nil
	case ByEntered:
		return entered(s, after), nil
	case ByDue:
		return dueWalk(sc, s, after), nil
	case ByKeeper, ByHolder:
		name := map[Order]string{ByKeeper: tagKeeper, ByHolder: tagHolder}[o]
		return peopleWalk(sc, name, s, after), nil
	case ByNumber:
		return r.rankedWalk(sc, orderNumber, s, after)
	case ByTitle:
		return r.rankedWalk(sc, orderTitle, s, after)
	case ByDocumentNumber:
		return r.rankedWalk(sc, orderDocument, s, after)
	}
	return nil, errors.New("no such order")
}

func newest(s set, after *cursor) iter.Seq2[place, error] {
	from := int64(len(s))*64 - 1
	if after != nil {
		from = after.N - 1
	}
	return func(yield func(place, error) bool) {
		for n := s.previous(from); n >= 0 && yield(place{n: n}, nil); n = s.previous(n - 1) {
		}
	}
}

func entered(s set, after *cursor) iter.Seq2[place, error] {
	from := int64(0)
	if after != nil {
		from = after.N + 1
	}
	return func(yield func(place, error) bool) {
		for n := s.next(from); n >= 0 && yield(place{n: n}, nil); n = s.next(n + 1) {
		}
	}
}

func (r *Reader) rankedWalk(sc scope, name string, s set, after *cursor) (iter.Seq2[place, error], error) {
	k, done, err := r.ranking(sc, name)
	if err != nil {
		return nil, err
	}
	from := 0
	if after != nil {
		key, e := k.keyOf(after.N)
		if e == nil {
			from, e = k.place(0, key, after.N+1)
		}
		err = e
	}
	if err = errors.Join(err, done()); err != nil {
		return nil, err
	}
	return func(yield func(place, error) bool) {
		for _, n := range k.ns[from:] {
			if s.has(int64(n)) && !yield(place{n: int64(n)}, nil) {
				return
			}
		}
	}, nil
}

// dueWalk follows the dates, the earliest first.
func dueWalk(sc scope, s set, after *cursor) iter.Seq2[place, error] {
	query, args := `SELECT n, due FROM ix_thing WHERE kind = ? AND due <> ''`, []any{sc.space}
	if sc.space == carrierSpace {
		query, args = `SELECT n, due FROM ix_carrier WHERE due <> ''`, nil
	}
	if after != nil {
		query, args = query+` AND (due, n) > (?, ?)`, append(args, after.Key, after.N)
	}
	query += ` ORDER BY due, n`
	return func(yield func(place, error) bool) {
		rows, err := sc.tx.QueryContext(sc.ctx, query, args...)
		if err != nil {
			yield(place{}, err)
			return
		}
		var p place
		err = func() error {
			for rows.Next() {
				if err := rows.Scan(&p.n, &p.key); err != nil {
					return err
				}
				if s.has(p.n) && !yield(p, nil) {
					return nil
				}
			}
			return rows.Err()
		}()
		if err != nil {
			yield(place{}, err)
		}
		_ = rows.Close() // what Close could say, Err has said
	}
}

// peopleWalk goes from person to person by name, and through what each keeps
// or has in the order of entry. What nobody has comes last.
func peopleWalk(sc scope, name string, s set, after *cursor) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		ids, err := peopleFrom(sc, after)
		var of func(id string) ([]int64, error)
		if err == nil {
			of, err = byPerson(sc, name, s)
		}
		for _, id := range ids {
			if err != nil {
				break
			}
			var has []int64
			if has, err = of(id); err != nil {
				break
			}
			if after != nil && after.Key == id {
				from, _ := slices.BinarySearch(has, after.N+1)
				has = has[from:]
			}
			for _, n := range has {
				if !yield(place{n, id}, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(place{}, err)
		}
	}
}

// fewCarriers are looked at one by one where many are found by sets.
const fewCarriers = 1000

// byPerson gives the part of a set that a person keeps or has, in order.
func byPerson(sc scope, name string, s set) (func(id string) ([]int64, error), error) {
	if s.count() > fewCarriers {
		return func(id string) ([]int64, error) {
			has, err := sc.taggedNear(s, name, id)
			return members(has), err
		}, nil
	}
	list, err := json.Marshal(members(s))
	if err != nil {
		return nil, err
	}
	of := map[string][]int64{}
	column := map[string]string{tagKeeper: "keeper", tagHolder: "holder"}[name]
	err = each(sc.ctx, sc.tx, `SELECT c.n, c.`+column+` FROM json_each(?) j JOIN ix_carrier c ON c.n = j.value`, []any{string(list)}, func(row scanner) error {
		var n int64
		var id string
		err := row.Scan(&n, &id)
		of[id] = append(of[id], n)
		return err
	})
	for _, ns := range of {
		slices.Sort(ns)
	}
	return func(id string) ([]int64, error) { return of[id], nil }, err
}

// peopleFrom lists persons by name, from that of the mark on, and nobody.
func peopleFrom(sc scope, after *cursor) ([]string, error) {
	if after != nil && after.Key == "" {
		return []string{""}, nil
	}
	query, args := `SELECT id FROM ix_name WHERE kind = ? ORDER BY key, id`, []any{string(custody.PostThing)}
	if after != nil {
		query = `SELECT id FROM ix_name WHERE kind = ?1 AND (key, id) >= (SELECT key, id FROM ix_name WHERE kind = ?1 AND id = ?2) ORDER BY key, id`
		args = append(args, after.Key)
	}
	var ids []string
	err := each(sc.ctx, sc.tx, query, args, func(row scanner) error {
		id, err := scanID(row)
		ids = append(ids, id)
		return err
	})
	return append(ids, ""), err
}
