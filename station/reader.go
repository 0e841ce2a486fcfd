package station

import (
	"context"
	"errors"
	"slices"
	"time"

	"sexton/custody"
	"sexton/ledger/index"
)

// NewRegister reads the projections of package ledger/index.
func NewRegister(r *index.Reader) Register { return register{r} }

type register struct{ r *index.Reader }

// found turns ErrNotFound into ok = false.
func found[T any](v T, err error) (T, bool, error) {
	if errors.Is(err, index.ErrNotFound) {
		var zero T
		return zero, false, nil
	}
	return v, err == nil, err
}

// all reads every page of an answer.
func all[T any](read func(index.Page) ([]T, error)) ([]T, error) {
	var out []T
	for {
		page, err := read(index.Page{Offset: int64(len(out)), Limit: index.MaxPage})
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < index.MaxPage {
			return out, nil
		}
	}
}

func carrierFrom(c index.Carrier) CarrierRow {
	return CarrierRow{Carrier: c.Carrier, Registered: c.Registered, Event: c.Event, LeafIndex: c.LeafIndex}
}

func (x register) Carrier(ctx context.Context, id string) (CarrierRow, bool, error) {
	c, ok, err := found(x.r.Carrier(ctx, id))
	return carrierFrom(c), ok, err
}

func (x register) CarrierByNumber(ctx context.Context, number string) (CarrierRow, bool, error) {
	c, ok, err := found(x.r.CarrierByNumber(ctx, number))
	return carrierFrom(c), ok, err
}

func (x register) Carriers(ctx context.Context, f CarrierFilter) ([]CarrierRow, int64, error) {
	s := index.Search{List: f.List, Batch: f.Batch, Part: f.Text, Offset: f.Offset, Limit: f.Limit}
	if f.Kind != "" {
		s.Kinds = []string{f.Kind}
	}
	if f.Classification != "" {
		s.Levels = []string{f.Classification}
	}
	if f.State != "" {
		s.States = make([]custody.State, 1)
		if err := s.States[0].UnmarshalText([]byte(f.State)); err != nil {
			return nil, 0, badRequest(err, "state "+f.State)
		}
	}
	found, err := x.Search(ctx, s)
	return convert(found.Hits, func(h index.Hit) CarrierRow { return carrierFrom(h.Carrier) }), found.Count, err
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// batch adds the certificate issued last.
func (x register) batch(ctx context.Context, b index.Batch, ok bool, err error) (BatchRow, bool, error) {
	if err != nil || !ok {
		return BatchRow{}, false, err
	}
	row := BatchRow{Batch: b.Batch}
	row.List = b.List
	certs, err := x.r.Certificates(ctx, b.ID)
	if len(certs) > 0 {
		row.Certificate = certs[len(certs)-1].Number
	}
	return row, err == nil, err
}

func (x register) Batch(ctx context.Context, id string) (BatchRow, bool, error) {
	b, ok, err := found(x.r.Batch(ctx, id))
	return x.batch(ctx, b, ok, err)
}

func (x register) BatchByNumber(ctx context.Context, number string) (BatchRow, bool, error) {
	b, ok, err := found(x.r.BatchByNumber(ctx, number))
	return x.batch(ctx, b, ok, err)
}

func (x register) Batches(ctx context.Context) ([]BatchRow, error) {
	all, err := all(func(p index.Page) ([]index.Batch, error) { return x.r.Batches(ctx, custody.BatchUnknown, p) })
	if err != nil {
		return nil, err
	}
	var out []BatchRow
	for _, b := range all {
		row, _, err := x.batch(ctx, b, true, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

func (x register) everIn(ctx context.Context, batch string) ([]index.Member, error) {
	return all(func(p index.Page) ([]index.Member, error) { return x.r.Members(ctx, batch, p) })
}

func (x register) EverIn(ctx context.Context, batch string) ([]string, error) {
	members, err := x.everIn(ctx, batch)
	return convert(members, func(m index.Member) string { return m.ID }), err
}

// Members is custody's: those whose Batch is batch, sealed ones by their place.
func (x register) Members(ctx context.Context, batch string) ([]string, error) {
	members, err := x.everIn(ctx, batch)
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m index.Member) bool { return m.Batch != batch })
	slices.SortStableFunc(members, func(a, b index.Member) int {
		if (a.Index < 0) != (b.Index < 0) {
			if a.Index < 0 {
				return 1
			}
			return -1
		}
		return int(a.Index - b.Index)
	})
	return convert(members, func(m index.Member) string { return m.ID }), nil
}

func (x register) Listed(ctx context.Context, list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	rows, err := x.everyCarrier(ctx, index.Search{List: list, Order: index.ByEntered})
	slices.SortStableFunc(rows, func(a, b index.Carrier) int { return int(a.Row - b.Row) })
	return convert(rows, func(c index.Carrier) string { return c.ID }), err
}

func (x register) OpenCases(ctx context.Context, batch string) ([]CarrierRow, error) {
	rows, err := x.everyCarrier(ctx, index.Search{Batch: batch, OpenCase: true})
	return convert(rows, carrierFrom), err
}

func (x register) Lists(ctx context.Context) ([]ListRow, error) {
	rows, err := all(func(p index.Page) ([]index.List, error) { return x.r.Lists(ctx, p) })
	return convert(rows, listFrom), err
}

func (x register) List(ctx context.Context, id string) (ListRow, bool, error) {
	l, ok, err := found(x.r.List(ctx, id))
	return listFrom(l), ok, err
}

func listFrom(l index.List) ListRow {
	return ListRow{List: l.ID, Event: l.Event, Index: l.LeafIndex, SHA256: l.Source, Encoding: l.Encoding, Rows: l.Rows, Skipped: l.Skipped,
		Carriers: l.Carriers, Receiver: l.Receiver}
}

func personFrom(p index.Person) PersonRow {
	return PersonRow{Enrolled: p.Enrolled, Event: p.Event, Index: p.LeafIndex}
}

func (x register) People(ctx context.Context) ([]PersonRow, error) {
	rows, err := all(func(p index.Page) ([]index.Person, error) { return x.r.Persons(ctx, p) })
	return convert(rows, personFrom), err
}

func (x register) Person(ctx context.Context, person string) (PersonRow, bool, error) {
	p, ok, err := found(x.r.Person(ctx, person))
	return personFrom(p), ok, err
}

func (x register) PersonByKey(ctx context.Context, key string) (PersonRow, bool, error) {
	p, ok, err := found(x.r.PersonByKey(ctx, key))
	return personFrom(p), ok, err
}

func (x register) Machine(ctx context.Context) (MachineRow, bool, error) {
	rows, err := all(func(p index.Page) ([]index.Machine, error) { return x.r.Machines(ctx, p) })
	var last MachineRow
	for _, m := range rows {
		if last.Machine.Machine == "" || m.LeafIndex > last.Index {
			last = MachineRow{Machine: m.Machine, Index: m.LeafIndex}
		}
	}
	return last, len(rows) > 0, err
}

func (x register) Policy(ctx context.Context) (PolicyView, bool, error) {
	p, ok, err := found(x.r.Profile(ctx))
	return PolicyView{Profile: p.Profile, Version: p.Version, SHA256: p.SHA256}, ok, err
}

func (x register) Events(ctx context.Context, subject string) ([]EventRow, error) {
	rows, err := all(func(p index.Page) ([]index.Event, error) { return x.r.Events(ctx, subject, p) })
	return convert(rows, func(e index.Event) EventRow { return EventRow{Index: e.Index, Hash: e.Hash, ID: e.ID, Kind: e.Kind} }), err
}

func (x register) Thing(ctx context.Context, ref custody.Ref) (ThingRow, bool, error) {
	t, ok, err := found(x.r.Thing(ctx, ref))
	return ThingRow(t), ok, err
}

func (x register) Things(ctx context.Context, kind custody.ThingKind) ([]ThingRow, error) {
	rows, err := all(func(p index.Page) ([]index.Thing, error) { return x.r.Things(ctx, kind, p) })
	return convert(rows, func(t index.Thing) ThingRow { return ThingRow(t) }), err
}

func (x register) Time(ctx context.Context, leaf int64) (time.Time, error) {
	return x.r.Time(ctx, leaf)
}

func (x register) CopiesOf(ctx context.Context, document string) ([]string, error) {
	return x.r.CopiesOf(ctx, document)
}

func (x register) Knew(ctx context.Context, carrier, document string) ([]KnewRow, error) {
	return x.knew(ctx, carrier, document, "")
}

func (x register) Outstanding(ctx context.Context, person string) ([]string, error) {
	return x.r.Outstanding(ctx, person)
}
